//! Walks through the enrolments of a campaign, shard by shard.

use domain::campaign::CampaignStatus;
use domain::enrollment::{Enrollment, Shard};
use domain::id::ContactId;
use domain::job::{EnrollmentChunk, EnrollmentSource, Range};
use domain::{Error, Result};
use store::{EnrollmentJobs, Page};

use crate::chunk::{Group, Scene, Worker};

impl Worker<'_> {
    /// The next enrolments of the shard, as the job leaves them; nothing at the end, or when there is nothing to be done
    /// any more: who pauses, ends or extends a campaign while its enrolments are gone through sees to them in turn.
    pub(crate) async fn walked(&self, chunk: &EnrollmentChunk, scene: &Scene) -> Result<Option<Group>> {
        let (campaign, ended) = (&scene.campaign, scene.campaign.has_ended(scene.now));
        let goes_on = match self.job.source {
            EnrollmentSource::End => ended,
            _ => campaign.status == CampaignStatus::Active && !ended,
        };
        if !goes_on {
            return Ok(None);
        }
        let page = self.shard(chunk.number, chunk.after).await?;
        let Some(last) = page.items.last() else { return Ok(None) };
        let after = EnrollmentChunk { after: Some(last.contact_id), ..chunk.moved(page.items.len()) };
        let writes = page.items.iter().filter_map(|enrollment| scene.caught_up(enrollment)).collect();
        Ok(Some(Group { after, writes }))
    }

    /// The next enrolments of a range, in all shards one after another.
    pub(crate) async fn range_again(
        &self,
        chunk: &EnrollmentChunk,
        range: &Range,
        scene: &Scene,
    ) -> Result<Option<Group>> {
        if chunk.position as usize >= Shard::COUNT {
            return Ok(None);
        }
        let page = self.shard(chunk.position, chunk.after.or(range.after)).await?;
        let within = page.items.iter().take_while(|enrollment| range.reaches(enrollment.contact_id));
        let enrollments: Vec<&Enrollment> = within.collect();
        let writes = enrollments.iter().filter_map(|enrollment| scene.caught_up(enrollment)).collect();
        let ended = page.next.is_none() || enrollments.len() < page.items.len();
        let after = match enrollments.last() {
            Some(last) if !ended => chunk.moved_to(last.contact_id),
            _ => chunk.next_shard(),
        };
        Ok(Some(Group { after, writes }))
    }

    async fn shard(&self, number: u32, after: Option<ContactId>) -> Result<Page<Enrollment, ContactId>> {
        let shard = u8::try_from(number).ok().and_then(Shard::numbered);
        let shard = shard.ok_or_else(|| Error::internal("walking through a campaign", "there is no such shard"))?;
        let store = self.store.enrollments();
        store.of_shard(self.job.campaign_id, shard, after, EnrollmentJobs::commit_limit()).await
    }
}
