//! The table's change stream → counters of campaigns and of tags, and the timelines of contacts. When a campaign's last
//! enrolment has ended, the campaign is completed here.

mod timeline;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::campaign::CampaignStatus;
use domain::counters::Counter;
use domain::enrollment::EnrollmentStatus;
use domain::id::{CampaignId, TenantId};
use domain::tags::ledger;
use domain::{Result, Timestamp};
use runtime::{Clock, Handler, Platform, StartError};
use store::stream::{Change, Record, StreamAnswer, StreamEvent};
use store::{Run, Store, Sums};

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

impl Projector {
    async fn project(&self, mut records: &[Record]) -> Result<()> {
        timeline::keep(&self.store, records).await?;
        while let Some(known) = self.add(records).await? {
            // An earlier run began with the same record and ended elsewhere. It is gone through as it was, for its worker
            // may have died over it; what is behind it is a run of its own.
            let (again, rest) = records.split_at(known);
            self.add(again).await?;
            records = rest;
        }
        Ok(())
    }

    /// Adds a run, and does what follows from it. If one that began with the same record was added before, it says how
    /// many records that had.
    async fn add(&self, records: &[Record]) -> Result<Option<usize>> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(None) };
        let (now, (sums, touched)) = (self.clock.now(), sum(records)?);
        let run = Run { first: first.sequence_number(), last: last.sequence_number() };
        if let Some(counted_to) = self.store.projection().add(run, &sums, now).await? {
            let is_known = |record: &&Record| place(record.sequence_number()) <= place(&counted_to);
            return Ok(Some(records.iter().take_while(is_known).count()));
        }
        self.complete(&touched, now).await?;
        self.fold(run, sums.tags.keys()).await;
        Ok(None)
    }

    /// Folds the counts of tags, if it is time. They count without that as well, so a failure is only told.
    async fn fold(&self, run: Run<'_>, tenants: impl Iterator<Item = &TenantId>) {
        for &tenant in tenants.filter(|tenant| ledger::folds(run.first, **tenant)) {
            if let Err(error) = self.store.tenant(tenant).tag_counts().fold().await {
                tracing::error!(%tenant, error = error.chain(), "the counts of tags could not be folded");
            }
        }
    }

    async fn complete(&self, touched: &BTreeSet<(TenantId, CampaignId)>, now: Timestamp) -> Result<()> {
        for &(tenant, id) in touched {
            let store = self.store.tenant(tenant);
            let Some(campaign) = store.campaigns().get(id).await? else { continue };
            if campaign.status != CampaignStatus::Active || campaign.enrolling > 0 {
                continue;
            }
            let tally = store.counters().of_campaign(id).await?;
            let ended = EnrollmentStatus::ALL.iter().filter(|status| status.is_end());
            let ended: i64 = ended.map(|&status| tally.get(Counter::Enrollments(status))).sum();
            if u64::try_from(ended).is_ok_and(|ended| campaign.is_complete(ended, now)) {
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

/// What a run of records amounts to, and the campaigns that may be over.
fn sum(records: &[Record]) -> Result<(Sums, BTreeSet<(TenantId, CampaignId)>)> {
    let (mut sums, mut touched) = (Sums::default(), BTreeSet::new());
    for record in records {
        match record.change()? {
            Change::Campaign(tenant, campaign) => {
                touched.insert((tenant, campaign));
            }
            Change::Enrollment(tenant, campaign, old, new) => {
                sums.campaigns.entry((tenant, campaign)).or_default().count_enrollment(old.as_deref(), new.as_deref());
                sums.counts = true;
                if new.is_none_or(|new| new.status.is_end()) {
                    touched.insert((tenant, campaign));
                }
            }
            Change::Message(tenant, campaign, old, new) => {
                sums.campaigns.entry((tenant, campaign)).or_default().count_message(old.as_deref(), new.as_deref());
                sums.counts = true;
            }
            Change::Contact(tenant, old, new) => {
                sums.tags.entry(tenant).or_default().count(&old, &new);
                sums.counts |= old != new;
            }
            Change::Other => {}
        }
    }
    sums.tags.retain(|_, tally| !tally.is_empty());
    Ok((sums, touched))
}
