//! The table's change stream → counters, and the timelines of contacts. When a campaign's last enrolment has ended, the campaign is completed here.

mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::campaign::CampaignStatus;
use domain::counters::{Counter, Tally};
use domain::enrollment::EnrollmentStatus;
use domain::id::{CampaignId, TenantId};
use domain::{Result, Timestamp};
use runtime::{Clock, Handler, Platform, StartError};
use store::stream::{Change, Record, StreamAnswer, StreamEvent};
use store::{Run, Store};

struct Projector {
    store: Store,
    clock: Clock,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let projector = Arc::new(Projector { store, clock: platform.clock.clone() });
    Ok(Handler::events(move |event: StreamEvent| {
        let projector = projector.clone();
        async move {
            projector.project(&event.records).await?;
            // A batch is counted whole or not at all, so that it comes again as it was.
            Ok(StreamAnswer::default())
        }
    }))
}

/// What a run of records amounts to.
#[derive(Default)]
struct Sums {
    tallies: BTreeMap<(TenantId, CampaignId), Tally>,
    /// Campaigns that may be over.
    touched: BTreeSet<(TenantId, CampaignId)>,
}

impl Projector {
    async fn project(&self, mut records: &[Record]) -> Result<()> {
        let now = self.clock.now();
        timeline::keep(&self.store, records).await?;
        while let (Some(first), Some(last)) = (records.first(), records.last()) {
            let sums = sum(records)?;
            let run = Run { first: first.sequence_number(), last: last.sequence_number() };
            let Some(counted_to) = self.store.projection().add(run, &sums.tallies, now).await? else {
                return self.complete(&sums.touched, now).await;
            };
            // An earlier run began with the same record and ended elsewhere: what it counted is not counted again.
            let known =
                records.iter().take_while(|record| place(record.sequence_number()) <= place(&counted_to)).count();
            records = &records[known..];
        }
        Ok(())
    }

    async fn complete(&self, touched: &BTreeSet<(TenantId, CampaignId)>, now: Timestamp) -> Result<()> {
        for &(tenant, id) in touched {
            let store = self.store.tenant(tenant);
            let Some(campaign) = store.campaigns().get(id).await? else { continue };
            if campaign.status != CampaignStatus::Active || campaign.enrolling > 0 || campaign.audience == 0 {
                continue;
            }
            let tally = store.counters().of_campaign(id).await?;
            let ended = EnrollmentStatus::ALL.iter().filter(|status| status.is_end());
            let ended: i64 = ended.map(|&status| tally.get(Counter::Enrollments(status))).sum();
            if u64::try_from(ended) == Ok(campaign.audience) {
                store.campaigns().complete(&campaign, now).await?;
            }
        }
        Ok(())
    }
}

/// Sequence numbers are decimal, without leading zeros, of 21 to 40 digits.
fn place(sequence_number: &str) -> (usize, &str) {
    (sequence_number.len(), sequence_number)
}

fn sum(records: &[Record]) -> Result<Sums> {
    let mut sums = Sums::default();
    for record in records {
        match record.change()? {
            Change::Campaign(tenant, campaign) => {
                sums.touched.insert((tenant, campaign));
            }
            Change::Enrollment(tenant, campaign, old, new) => {
                sums.tallies.entry((tenant, campaign)).or_default().count_enrollment(old.as_deref(), new.as_deref());
                if new.is_none_or(|new| new.status.is_end()) {
                    sums.touched.insert((tenant, campaign));
                }
            }
            Change::Message(tenant, campaign, old, new) => {
                sums.tallies.entry((tenant, campaign)).or_default().count_message(old.as_deref(), new.as_deref());
            }
            Change::Other => {}
        }
    }
    Ok(sums)
}
