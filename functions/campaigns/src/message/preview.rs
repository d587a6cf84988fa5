//! What a contact would get of a message.

use axum::Json;
use axum::extract::{Path, State};
use domain::campaign::step::{Wording, Words};
use domain::campaign::{ContentType, Step};
use domain::contact::{Contact, OptInStatus};
use domain::id::{ContactId, StepId};
use domain::message::Channel;
use domain::sms::Weight;
use domain::{Error, Fault, FaultCode, Result};
use edge::{Answer, Body, Reader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Found, TenantStore};

use super::Scene;
use crate::Campaigns;

/// For whom a preview is made.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct PreviewRequest {
    /// The contact; it need not be in the campaign.
    contact_id: String,
}

fn example() -> Value {
    serde_json::json!({ "contact_id": "01930c5e-7d4a-7b1e-9c54-0f6a3b2d1e00" })
}

/// What a contact would get of a message if it were due now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Preview {
    /// The message.
    message_id: StepId,
    /// Its place in the sequence.
    step_number: u32,
    /// The channel.
    message_type: Channel,
    /// For whom: the contact, or the one that it went into.
    contact_id: ContactId,
    /// The address that it would go to.
    recipient: Option<String>,
    /// Why the contact would not get it, as far as its own data tell; nothing if it would.
    skipped: Option<Skipped>,
    /// What the contact would get.
    #[serde(flatten)]
    shown: Shown,
    /// What the contacts get, by variant; empty if the message has none.
    variants: Vec<Shown>,
}

/// Why a contact would not get a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Skipped {
    /// It must not be contacted.
    DoNotContact,
    /// It opted out.
    OptedOut,
    /// It has no address for the channel.
    NoAddress,
    /// Nothing may be sent to its address: messages came back, or somebody complained.
    Suppressed,
}

/// A wording, rendered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PreviewedWording")]
struct Shown {
    /// The variant's name.
    variant: Option<String>,
    /// One line, of an e-mail.
    subject: Option<String>,
    /// What is sent: a text, an e-mail's HTML, or what is said on the phone.
    content: String,
    /// What the content is written in.
    content_type: ContentType,
    /// What those see whose program shows no HTML, of an e-mail in HTML.
    plain_text: Option<String>,
    /// What it weighs, of a text message.
    sms: Option<Weight>,
    /// The tokens for which the contact has no value.
    missing_tokens: Vec<MissingToken>,
}

/// A token for which a contact has no value.
#[derive(Debug, Serialize, JsonSchema)]
struct MissingToken {
    /// What it names, such as `company` or `custom_fields.plan`.
    token: String,
    /// What stands in its place.
    default: String,
}

pub(crate) async fn preview(
    State(campaigns): State<Campaigns>,
    Reader(caller): Reader,
    Path((id, message_id)): Path<(String, String)>,
    Body(request): Body<PreviewRequest>,
) -> Answer<Json<Preview>> {
    let scene = Scene::load(&campaigns, caller.tenant, &id).await?;
    let (step, _) = scene.step(&message_id)?;
    let (asked, contact) = contact(&scene.store, &request.contact_id).await?;
    let wordings = step.wordings()?;
    let shown = |wording: &Wording| Shown::new(step.message_type, wording, &contact);
    let variants = if step.variants.is_empty() { Vec::new() } else { wordings.all().map(shown).collect() };
    Ok(Json(Preview {
        message_id: step.id,
        step_number: step.step_number,
        message_type: step.message_type,
        contact_id: contact.id,
        recipient: contact.address(step.message_type).map(str::to_owned),
        skipped: skipped(&scene.store, &step, &contact).await?,
        shown: shown(wordings.of(asked)),
        variants,
    }))
}

/// The contact under the id that was asked for, which it may have had before it went into another one.
async fn contact(store: &TenantStore, id: &str) -> Result<(ContactId, Contact)> {
    let unknown = || Error::refused(Fault::new("contact_id", FaultCode::Invalid, "is not the id of a contact"));
    let id: ContactId = id.parse().map_err(|_| unknown())?;
    let found = match store.contacts().find(id).await? {
        Some(Found::Contact(contact)) => Some(*contact),
        Some(Found::Merged(merged)) => store.contacts().get(merged.merged_into).await?,
        None => None,
    };
    found.map(|contact| (id, contact)).ok_or_else(unknown)
}

/// In the order in which the sender looks.
async fn skipped(store: &TenantStore, step: &Step, contact: &Contact) -> Result<Option<Skipped>> {
    if contact.profile.do_not_contact {
        return Ok(Some(Skipped::DoNotContact));
    }
    if contact.profile.opt_in() == OptInStatus::OptedOut {
        return Ok(Some(Skipped::OptedOut));
    }
    let Some(address) = contact.address(step.message_type) else { return Ok(Some(Skipped::NoAddress)) };
    let suppressed = store.suppressions().get(step.message_type, address).await?.is_some();
    Ok(suppressed.then_some(Skipped::Suppressed))
}

impl Shown {
    fn new(channel: Channel, wording: &Wording, contact: &Contact) -> Self {
        let Words { subject, text, html } = wording.render(contact);
        let missing = wording.missing(contact).into_iter();
        let missing = missing.map(|token| MissingToken { token: token.name, default: token.default.to_owned() });
        let (content_type, content, plain_text) = match html {
            Some(html) => (ContentType::Html, html, Some(text)),
            None => (ContentType::Text, text, None),
        };
        let sms = (channel == Channel::Sms).then(|| Weight::of(&content));
        let (variant, missing_tokens) = (wording.variant.clone(), missing.collect());
        Self { variant, subject, content, content_type, plain_text, sms, missing_tokens }
    }
}
