//! What came of a campaign, by time; and what came of it elsewhere, as somebody notes it.

use axum::Json;
use axum::extract::{Path, State};
use domain::activity::draft::ActivityDraft;
use domain::activity::{self, About, ActivityType};
use domain::id::{ContactId, InteractionId, MessageId};
use domain::interaction::Interaction;
use domain::message::Channel;
use domain::money::Money;
use domain::{Error, Result, Timestamp};
use edge::{Answer, Body, ContactWriter, Created, Fresh, List, Listing, Reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Notice;

use crate::Campaigns;

/// Which activities are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityFilter {
    /// Only those of this type. `link_clicked` means clicks in e-mails too.
    #[serde(rename = "type")]
    #[schemars(with = "Option<ActivityType>")]
    kind: Option<String>,
}

/// Something that came of a campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Activity")]
pub(crate) struct ActivityOut {
    /// Its id, which it has in the timeline of its contact too.
    id: InteractionId,
    /// What it was.
    #[serde(rename = "type")]
    kind: ActivityType,
    /// With whom.
    contact_id: ContactId,
    /// The message that it is about; null if it is about none.
    message_id: Option<MessageId>,
    /// The number of the message's step.
    step_number: Option<u32>,
    /// The message's channel.
    channel: Option<Channel>,
    /// Which of the step's variants the message was.
    variant: Option<String>,
    /// When it happened.
    occurred_at: Timestamp,
    /// What it was, in words.
    description: String,
    /// What it brought; null if nothing.
    revenue: Option<Money>,
    /// Whether it was what the campaign is for.
    converted: bool,
    /// Whatever else its teller keeps there.
    metadata: Map<String, Value>,
}

impl ActivityOut {
    /// What an interaction tells of a campaign; nothing for one that tells of none.
    fn of(interaction: Interaction) -> Option<Self> {
        let (_, kind) = activity::of(&interaction)?;
        let About { message, step_number, channel, variant, revenue, converted, details, .. } = About::of(&interaction);
        Some(Self {
            id: interaction.id,
            kind,
            contact_id: interaction.contact_id,
            message_id: message,
            step_number,
            channel,
            variant,
            occurred_at: interaction.occurred_at,
            description: interaction.description,
            revenue,
            converted: converted || kind == ActivityType::Converted,
            metadata: details,
        })
    }
}

pub(crate) async fn list_activities(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Listing { filter, paging }: Listing<ActivityFilter>,
) -> Answer<Json<List<ActivityOut>>> {
    let kind = filter.kind.map(|word| ActivityType::parse("type", &word)).transpose().map_err(Error::refused)?;
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let tally = match kind {
        Some(_) => None,
        None => Some(store.counters().of_campaign(campaign.id).await?),
    };
    let activities = store.activities();
    let wanted = [paging.offset, paging.limit];
    let part = activities.newest(campaign.id, kind, &tally.unwrap_or_default(), paging.after()?, wanted).await?;
    let items = part.items.into_iter().filter_map(ActivityOut::of).collect();
    Ok(Json(paging.list(items, part.total, part.next)))
}

pub(crate) async fn note_activity(
    State(campaigns): State<Campaigns>,
    ContactWriter(caller): ContactWriter,
    Path(id): Path<String>,
    fresh: Fresh,
    Body(draft): Body<ActivityDraft>,
) -> Answer<Created<ActivityOut>> {
    let (store, campaign) = campaigns.load(caller.tenant, &id).await?;
    let notice = Notice { id: fresh.id(), by: caller.actor.clone(), now: fresh.now() };
    let noted = draft.parse(notice.now)?;
    let contact = store.contacts().get(noted.contact).await?;
    let contact = contact.ok_or_else(|| Error::not_found("contact", noted.contact))?;
    caller.demand_ownership(contact.profile.owner_id.as_ref())?;
    let done = store.conversions().note(&campaign, &noted, &notice).await?;
    let location = format!("/api/v1/campaigns/{}/activities", campaign.id);
    Ok(Created { location, version: None, body: shown(done.told, done.converted)? })
}

fn shown(told: Interaction, converted: bool) -> Result<ActivityOut> {
    let shown = ActivityOut::of(told).map(|shown| ActivityOut { converted, ..shown });
    shown.ok_or_else(|| Error::internal("showing an activity", "it is told as none"))
}
