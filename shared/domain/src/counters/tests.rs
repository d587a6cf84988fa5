//! Tests: the counts are the sums over the items, whatever happens to these.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::conversion::News;
use crate::enrollment::Due;
use crate::id::{CampaignId, ContactId, Id, StepId};
use crate::message::{Receipt, ReceiptEvent};
use crate::money::Money;

fn at(second: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap_or_default()
}

fn enrolled() -> Enrollment {
    Enrollment::new(CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]), None, at(0))
}

fn message(step: u32, channel: Channel, variant: Option<&str>) -> Message {
    let ids = (CampaignId::derived(at(0), &[]), ContactId::derived(at(0), &[]), StepId::derived(at(0), &[]));
    Message {
        id: Message::id_for(ids.0, ids.1, ids.2),
        contact_id: ids.1,
        person: None,
        campaign_id: ids.0,
        step_id: ids.2,
        step_number: step,
        variant: variant.map(str::to_owned),
        channel,
        recipient: "+12025550143".into(),
        status: MessageStatus::Pending,
        provider_id: None,
        claimed_at: at(0),
        sent_at: None,
        delivered_at: None,
        opened_at: None,
        clicked_at: None,
        replied_at: None,
        voicemail_at: None,
        unsubscribed_at: None,
        cost: Money::ZERO,
        failed: None,
        bounced: None,
        revision: 1,
    }
}

#[test]
fn every_counter_is_found_again_by_its_name() {
    let counters = [
        Counter::Reached(Stage::Opened),
        Counter::Enrollments(EnrollmentStatus::Bounced),
        Counter::PutOff(PutOff::QuietHours),
        Counter::Held,
        Counter::Conversions,
        Counter::Revenue,
        Counter::Events(7, Channel::Sms, MessageEvent::Delivered),
        Counter::Messages(2, Channel::Email, MessageStatus::Failed),
        Counter::Variant(2, Channel::Email, MessageEvent::Opened, "v1.2 long. subject".into()),
        Counter::Cost(3, Channel::Voice),
        Counter::ResponseMillis,
    ];
    for counter in counters {
        assert_eq!(Counter::named(&counter.name()), Some(counter));
    }
    assert_eq!(Counter::named("events.x.sms.sent"), None);
}

#[test]
fn a_step_down_the_funnel_counts_every_stage_on_the_way() {
    let old = enrolled();
    let new = old.reached(Stage::Clicked, at(0));
    let mut tally = Tally::default();
    tally.count_enrollment(None, Some(&old));
    tally.count_enrollment(Some(&old), new.as_ref());
    for stage in Stage::ALL {
        assert_eq!(tally.get(Counter::Reached(*stage)), i64::from(*stage <= Stage::Clicked));
    }
    assert_eq!(tally.get(Counter::Enrollments(EnrollmentStatus::Pending)), 1);
    tally.count_enrollment(new.as_ref(), None);
    assert!(tally.is_empty());
}

#[test]
fn what_waits_is_counted_with_its_reason_until_it_goes_on_or_ends() {
    let waits = Enrollment { put_off: Some(PutOff::FrequencyCap), due: Some(Due::new(at(60), at(0))), ..enrolled() };
    let mut tally = Tally::default();
    tally.count_enrollment(None, Some(&waits));
    assert_eq!(tally.get(Counter::PutOff(PutOff::FrequencyCap)), 1);
    let ended = waits.ended(EnrollmentStatus::Cancelled, None, at(1));
    tally.count_enrollment(Some(&waits), ended.as_ref());
    assert_eq!(tally.get(Counter::PutOff(PutOff::FrequencyCap)), 0);
}

/// What happens to a message or an enrolment, and to which of them.
#[derive(Debug, Clone)]
enum Happening {
    Reported(usize, ReceiptEvent, i64),
    Charged(usize, i64),
    Heard(usize, Stage, Option<i64>, bool),
    PutOff(usize, PutOff),
    Gone(usize),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let which = 0..4_usize;
    let one =
        prop_oneof![
            (which.clone(), 0..ReceiptEvent::ALL.len(), 0..5_i64)
                .prop_map(|(which, event, second)| Happening::Reported(which, ReceiptEvent::ALL[event], second)),
            (which.clone(), 0..5_i64).prop_map(|(which, micros)| Happening::Charged(which, micros)),
            (which.clone(), 0..Stage::ALL.len(), prop::option::of(0..9_i64), any::<bool>())
                .prop_map(|(which, stage, won, ends)| Happening::Heard(which, Stage::ALL[stage], won, ends)),
            (which.clone(), 0..PutOff::ALL.len()).prop_map(|(which, why)| Happening::PutOff(which, PutOff::ALL[why])),
            which.prop_map(Happening::Gone),
        ];
    prop::collection::vec(one, 0..40)
}

/// The items of a campaign, and the counts that were kept of their changes.
struct Scene {
    messages: Vec<Option<Message>>,
    enrollments: Vec<Option<Enrollment>>,
    kept: Tally,
}

impl Scene {
    fn new() -> Self {
        let messages = [(1, Channel::Email, Some("a")), (1, Channel::Email, Some("b.c")), (2, Channel::Sms, None)];
        let messages = messages.into_iter().chain([(3, Channel::Voice, None)]);
        let messages = messages.map(|(step, channel, variant)| Some(message(step, channel, variant))).collect();
        let mut scene = Self { messages, enrollments: vec![Some(enrolled()); 4], kept: Tally::default() };
        scene.kept = scene.sums();
        scene
    }

    /// The counts, from nothing but the items.
    fn sums(&self) -> Tally {
        let mut sums = Tally::default();
        self.messages.iter().flatten().for_each(|message| sums.count_message(None, Some(message)));
        self.enrollments.iter().flatten().for_each(|enrollment| sums.count_enrollment(None, Some(enrollment)));
        sums
    }

    fn happen(&mut self, happening: &Happening) {
        let (mut messages, mut enrollments) = (self.messages.clone(), self.enrollments.clone());
        match happening {
            Happening::Reported(which, event, second) => {
                let receipt = Receipt { event: *event, at: at(*second), reason: None, provider_id: None };
                let next = messages[*which].as_ref().and_then(|message| message.after(&receipt));
                messages[*which] = next.or(messages[*which].take());
            }
            Happening::Charged(which, micros) => {
                messages[*which].iter_mut().for_each(|message| message.cost = Money::micros(*micros));
            }
            Happening::Heard(which, stage, won, ends) => {
                let mut news = News::reached(*stage);
                if *ends {
                    news = news.ending(EnrollmentStatus::Unsubscribed, None);
                }
                if let Some(micros) = won {
                    news = News { revenue: Money::micros(*micros), ..news }.converting(at(*micros));
                }
                let next = enrollments[*which].as_ref().and_then(|enrollment| enrollment.after(&news, at(1)));
                enrollments[*which] = next.or(enrollments[*which].take());
            }
            Happening::PutOff(which, why) => {
                let next = enrollments[*which].as_ref().and_then(|enrollment| enrollment.put_off(at(9), at(1)));
                let next = next.map(|next| Enrollment { put_off: Some(*why), ..next });
                enrollments[*which] = next.or(enrollments[*which].take());
            }
            Happening::Gone(which) => (messages[*which], enrollments[*which]) = (None, None),
        }
        for (old, new) in self.messages.iter().zip(&messages) {
            self.kept.count_message(old.as_ref(), new.as_ref());
        }
        for (old, new) in self.enrollments.iter().zip(&enrollments) {
            self.kept.count_enrollment(old.as_ref(), new.as_ref());
        }
        (self.messages, self.enrollments) = (messages, enrollments);
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_counts_are_the_sums_over_the_items(happenings in happenings()) {
        let mut scene = Scene::new();
        happenings.iter().for_each(|happening| scene.happen(happening));
        let nonzero = |tally: &Tally| -> Tally { tally.iter().map(|(counter, n)| (counter.clone(), n)).collect() };
        prop_assert_eq!(nonzero(&scene.kept), nonzero(&scene.sums()));
        let revenue: i64 = scene.enrollments.iter().flatten().map(|one| one.revenue.in_micros()).sum();
        let cost: i64 = scene.messages.iter().flatten().map(|one| one.cost.in_micros()).sum();
        let counted: i64 =
            scene.kept.iter().filter(|(counter, _)| matches!(counter, Counter::Cost(..))).map(|(_, n)| n).sum();
        prop_assert_eq!((scene.kept.get(Counter::Revenue), counted), (revenue, cost));
        let open = scene.enrollments.iter().flatten().filter(|one| one.put_off.is_some()).count() as i64;
        let waiting: i64 = PutOff::ALL.iter().map(|why| scene.kept.get(Counter::PutOff(*why))).sum();
        prop_assert_eq!(waiting, open);
    }
}
