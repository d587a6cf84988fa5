//! Conditions: a step may depend on what the contact did with the messages of earlier ones.

use std::collections::BTreeSet;

use crate::campaign::{Campaign, Reaction, Step};
use crate::id::{ContactId, MessageId};
use crate::message::Message;

/// The messages that the conditions of `step` are about, each with the contact that it is kept under; `enrolled` are the
/// ids under which the contact may have been enrolled. A condition on a step that was removed is about none.
pub fn earlier_messages(
    campaign: &Campaign,
    steps: &[Step],
    step: &Step,
    enrolled: &[ContactId],
) -> Vec<(ContactId, MessageId)> {
    let numbers: BTreeSet<u32> = step.conditions.iter().map(|condition| condition.step_number).collect();
    let earlier = steps.iter().filter(|earlier| numbers.contains(&earlier.step_number));
    let message = |step: &Step, contact| (contact, Message::id_for(campaign.id, contact, step.id));
    earlier.flat_map(|earlier| enrolled.iter().map(move |&contact| message(earlier, contact))).collect()
}

/// Whether all conditions of `step` hold, after these earlier messages. A message that was never sent was not opened.
pub(super) fn hold(step: &Step, steps: &[Step], earlier: &[Message]) -> bool {
    step.conditions.iter().all(|condition| {
        let about = steps.iter().find(|step| step.step_number == condition.step_number).map(|step| step.id);
        let did =
            |what: fn(&Message) -> bool| earlier.iter().filter(|message| Some(message.step_id) == about).any(what);
        let opened = |message: &Message| message.opened_at.is_some();
        let clicked = |message: &Message| message.clicked_at.is_some();
        let replied = |message: &Message| message.replied_at.is_some();
        match condition.event {
            Reaction::Opened => did(opened),
            Reaction::Clicked => did(clicked),
            Reaction::Replied => did(replied),
            Reaction::NotOpened => !did(opened),
            Reaction::NotClicked => !did(clicked),
            Reaction::NotReplied => !did(replied),
        }
    })
}
