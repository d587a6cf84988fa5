//! Activities: what comes of a campaign, as its log tells it (S4, section 19). Each is an interaction in the timeline of
//! its contact; nothing is kept twice.

pub mod draft;

use serde_json::{Map, Value};

use crate::access::Actor;
use crate::counters::MessageEvent;
use crate::id::{CampaignId, Id, InteractionId, MessageId};
use crate::interaction::{self, Interaction, InteractionType};
use crate::message::Channel;
use crate::money::Money;

/// What the metadata call what the activity brought.
pub(crate) const REVENUE: &str = "revenue";
/// What they call whatever the caller keeps there.
pub(crate) const DETAILS: &str = "details";
/// What they call whether the activity was what the campaign is for.
pub(crate) const CONVERTED: &str = "converted";

vocabulary! {
    /// What kind of thing came of a campaign: S4's types, and ours where they have none.
    ActivityType {
        /// An e-mail was sent.
        EmailSent = "email_sent",
        /// An e-mail arrived.
        EmailDelivered = "email_delivered",
        /// An e-mail was opened.
        EmailOpened = "email_opened",
        /// A link in an e-mail was followed.
        EmailClicked = "email_clicked",
        /// An e-mail was answered.
        EmailReplied = "email_replied",
        /// An e-mail came back.
        EmailBounced = "email_bounced",
        /// A text message was sent.
        SmsSent = "sms_sent",
        /// A text message arrived.
        SmsDelivered = "sms_delivered",
        /// A text message was read.
        SmsOpened = "sms_opened",
        /// A text message was answered.
        SmsReplied = "sms_replied",
        /// A WhatsApp message was sent.
        WhatsappSent = "whatsapp_sent",
        /// A WhatsApp message arrived.
        WhatsappDelivered = "whatsapp_delivered",
        /// A WhatsApp message was read.
        WhatsappOpened = "whatsapp_opened",
        /// A WhatsApp message was answered.
        WhatsappReplied = "whatsapp_replied",
        /// A call was begun.
        CallInitiated = "call_initiated",
        /// A call was taken, and went to its end.
        CallCompleted = "call_completed",
        /// An answering machine took a call.
        VoicemailDetected = "voicemail_detected",
        /// A link in a message other than an e-mail was followed. Whoever asks for these gets `email_clicked` too.
        LinkClicked = "link_clicked",
        /// A form was filled in.
        FormSubmitted = "form_submitted",
        /// A meeting was agreed.
        MeetingScheduled = "meeting_scheduled",
        /// The contact bought.
        DealWon = "deal_won",
        /// The contact did not buy after all.
        DealLost = "deal_lost",
        /// A message could not be sent, or did not arrive.
        MessageFailed = "message_failed",
        /// The contact wants no more messages.
        Unsubscribed = "unsubscribed",
        /// The contact did what the campaign is for.
        Converted = "converted",
    }
}

impl ActivityType {
    /// Those that happen elsewhere, and are noted by whoever hears of them.
    pub const NOTED: [Self; 6] = [
        Self::FormSubmitted,
        Self::MeetingScheduled,
        Self::DealWon,
        Self::DealLost,
        Self::EmailReplied,
        Self::SmsReplied,
    ];

    /// The types that are meant by whoever asks for this one.
    pub fn meant(self) -> Vec<Self> {
        match self {
            Self::LinkClicked => vec![Self::EmailClicked, Self::LinkClicked],
            only => vec![only],
        }
    }

    /// What it is called in the timeline, if it can be noted without a message.
    pub fn without_message(self) -> Option<InteractionType> {
        match self {
            Self::FormSubmitted => Some(InteractionType::FormSubmitted),
            Self::MeetingScheduled => Some(InteractionType::MeetingScheduled),
            Self::DealWon => Some(InteractionType::DealWon),
            Self::DealLost => Some(InteractionType::DealLost),
            Self::Converted => Some(InteractionType::ContactConverted),
            _ => None,
        }
    }

    /// The channel over which this answer comes, if it is one that somebody can note.
    pub fn answers(self) -> Option<Channel> {
        match self {
            Self::EmailReplied => Some(Channel::Email),
            Self::SmsReplied => Some(Channel::Sms),
            _ => None,
        }
    }

    /// What it is called that something happened to a message of a channel.
    pub fn of_event(channel: Channel, event: MessageEvent) -> Option<Self> {
        let kind = match event {
            MessageEvent::Sent => InteractionType::MessageSent,
            MessageEvent::Delivered => InteractionType::MessageDelivered,
            MessageEvent::Opened => InteractionType::MessageOpened,
            MessageEvent::Clicked => InteractionType::MessageClicked,
            MessageEvent::Replied => InteractionType::MessageReplied,
            MessageEvent::Bounced => InteractionType::MessageBounced,
            MessageEvent::Voicemail => InteractionType::VoicemailDetected,
            MessageEvent::Unsubscribed => InteractionType::MessageUnsubscribed,
        };
        Self::of_type(kind, Some(channel))
    }

    /// What something in the timeline is called in the log of its campaign.
    fn of_type(kind: InteractionType, channel: Option<Channel>) -> Option<Self> {
        use InteractionType as T;
        let by_channel = |types: [Option<Self>; 4]| channel.and_then(|channel| types[channel as usize]);
        match kind {
            T::EmailSent | T::MessageSent => {
                by_channel([Self::EmailSent, Self::SmsSent, Self::WhatsappSent, Self::CallInitiated].map(Some))
            }
            T::MessageDelivered => by_channel(
                [Self::EmailDelivered, Self::SmsDelivered, Self::WhatsappDelivered, Self::CallCompleted].map(Some),
            ),
            T::MessageOpened => {
                by_channel([Some(Self::EmailOpened), Some(Self::SmsOpened), Some(Self::WhatsappOpened), None])
            }
            T::MessageClicked => {
                by_channel([Self::EmailClicked, Self::LinkClicked, Self::LinkClicked, Self::LinkClicked].map(Some))
            }
            T::MessageReplied => {
                by_channel([Some(Self::EmailReplied), Some(Self::SmsReplied), Some(Self::WhatsappReplied), None])
            }
            T::MessageBounced => by_channel([Some(Self::EmailBounced), None, None, None]).or(Some(Self::MessageFailed)),
            T::MessageFailed => Some(Self::MessageFailed),
            T::MessageUnsubscribed => Some(Self::Unsubscribed),
            T::VoicemailDetected => Some(Self::VoicemailDetected),
            T::FormSubmitted => Some(Self::FormSubmitted),
            T::MeetingScheduled => Some(Self::MeetingScheduled),
            T::DealWon => Some(Self::DealWon),
            T::DealLost => Some(Self::DealLost),
            T::ContactConverted => Some(Self::Converted),
            _ => None,
        }
    }
}

/// Over how many partitions the activities of one type of a campaign are spread.
const SHARDS: u8 = 4;

/// The part of the activities of one type that an interaction stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActivityShard(u8);

impl ActivityShard {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// The shard of an interaction: the last bits of its id, which are random or a hash.
    pub fn of(id: InteractionId) -> Self {
        Self(id.uuid().as_bytes()[15] % SHARDS)
    }

    /// Its number, from 0.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// The activity that an interaction is, and of which campaign; nothing for what has to do with none. What somebody notes by
/// hand is none, whatever it says of a campaign.
pub fn of(interaction: &Interaction) -> Option<(CampaignId, ActivityType)> {
    let is_ours = matches!(interaction.created_by, Actor::Campaign(_));
    if !is_ours && InteractionType::BY_HAND.contains(&interaction.interaction_type) {
        return None;
    }
    let about = About::of(interaction);
    Some((about.campaign?, ActivityType::of_type(interaction.interaction_type, about.channel)?))
}

/// What an activity says of its message, and of what came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Whose it is.
    pub campaign: Option<CampaignId>,
    /// The message.
    pub message: Option<MessageId>,
    /// The number of the message's step.
    pub step_number: Option<u32>,
    /// The message's channel.
    pub channel: Option<Channel>,
    /// Which of the step's variants the message was.
    pub variant: Option<String>,
    /// What it brought.
    pub revenue: Option<Money>,
    /// Whether it was what the campaign is for.
    pub converted: bool,
    /// Whatever else its teller keeps there.
    pub details: Map<String, Value>,
}

impl About {
    /// What the metadata of an interaction say.
    pub fn of(interaction: &Interaction) -> Self {
        let fields = &interaction.metadata;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let details = fields.get(DETAILS).and_then(Value::as_object);
        Self {
            campaign: text(interaction::CAMPAIGN).and_then(|id| id.parse().ok()),
            message: text(interaction::MESSAGE).and_then(|id| id.parse().ok()),
            step_number: fields.get(interaction::STEP).and_then(Value::as_u64).and_then(|n| n.try_into().ok()),
            channel: text(interaction::CHANNEL).and_then(|word| Channel::parse("", word).ok()),
            variant: text(interaction::VARIANT).map(str::to_owned),
            revenue: fields.get(REVENUE).and_then(|units| serde_json::from_value(units.clone()).ok()),
            converted: fields.get(CONVERTED) == Some(&Value::Bool(true)),
            details: details.cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::id::ContactId;

    fn told(kind: InteractionType, channel: &str, by: Actor) -> Interaction {
        let campaign = CampaignId::derived(Timestamp::default(), &[]);
        let fields = serde_json::json!({ "campaign_id": campaign, "channel": channel });
        Interaction {
            id: InteractionId::derived(Timestamp::default(), &[]),
            contact_id: ContactId::derived(Timestamp::default(), &[]),
            interaction_type: kind,
            description: String::new(),
            booking_id: None,
            metadata: fields.as_object().cloned().unwrap_or_default(),
            occurred_at: Timestamp::default(),
            created_at: Timestamp::default(),
            created_by: by,
        }
    }

    #[test]
    fn what_a_timeline_tells_has_its_name_in_the_log_by_channel() {
        use InteractionType as T;
        let campaign = CampaignId::derived(Timestamp::default(), &[]);
        let table = [
            (T::EmailSent, "email", Some("email_sent")),
            (T::MessageSent, "sms", Some("sms_sent")),
            (T::MessageSent, "voice", Some("call_initiated")),
            (T::MessageDelivered, "voice", Some("call_completed")),
            (T::MessageOpened, "whatsapp", Some("whatsapp_opened")),
            (T::MessageOpened, "voice", None),
            (T::MessageClicked, "email", Some("email_clicked")),
            (T::MessageClicked, "sms", Some("link_clicked")),
            (T::MessageReplied, "sms", Some("sms_replied")),
            (T::MessageBounced, "email", Some("email_bounced")),
            (T::MessageBounced, "sms", Some("message_failed")),
            (T::MessageUnsubscribed, "sms", Some("unsubscribed")),
            (T::ContactConverted, "", Some("converted")),
            (T::NoteAdded, "email", None),
            (T::ContactEnrolled, "", None),
        ];
        for (kind, channel, expected) in table {
            let found = of(&told(kind, channel, Actor::Campaign(campaign)));
            assert_eq!(found.map(|(of, kind)| (of, kind.as_str())), expected.map(|word| (campaign, word)), "{kind}");
        }
    }

    #[test]
    fn what_somebody_notes_by_hand_is_no_activity_whatever_it_says() {
        assert_eq!(of(&told(InteractionType::EmailSent, "email", Actor::Operator)), None);
        let won = of(&told(InteractionType::DealWon, "", Actor::Operator));
        assert_eq!(won.map(|(_, kind)| kind), Some(ActivityType::DealWon));
    }

    #[test]
    fn who_asks_for_clicks_gets_those_in_emails_too() {
        assert_eq!(ActivityType::LinkClicked.meant(), [ActivityType::EmailClicked, ActivityType::LinkClicked]);
        assert_eq!(ActivityType::EmailClicked.meant(), [ActivityType::EmailClicked]);
    }
}
