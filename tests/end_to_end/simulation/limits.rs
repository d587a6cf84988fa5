//! What must hold of the time at which messages go out: quiet hours, frequency caps, pauses and ends.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use domain::Timestamp;
use serde_json::Value;

use super::checks::Checks;
use super::ledger::{Kind, kind};
use super::people::{Person, Tenant};
use super::provider::Sent;
use super::scenario::moment_of;

/// How long a message may be on its way when it is decided that it goes out: as long as its sender lives, and as long as a
/// call may be late.
const ON_ITS_WAY: TimeDelta = TimeDelta::seconds(45);
/// How far clocks are apart at most.
const SKEW: TimeDelta = TimeDelta::seconds(3);

/// A person's messages, each with the time at which it was taken.
type Letters<'a> = Vec<&'a Sent>;

impl Checks<'_> {
    /// No message goes out in its contact's quiet hours.
    pub(super) fn quiet_hours_are_kept(&mut self) {
        let mut faults = Vec::new();
        for tenant in &self.world.people.tenants {
            let (start, end) = (time(&tenant.settings["quiet_hours_start"]), time(&tenant.settings["quiet_hours_end"]));
            let (Some(start), Some(end)) = (start, end) else { continue };
            for (person, letters) in letters(tenant, self.sent) {
                let zone = person.zone(tenant);
                let is_quiet = |at: Timestamp| is_within(start, end, at.with_timezone(&zone).time());
                for sent in letters {
                    let at = sent.taken.at;
                    if is_quiet(at) && is_quiet(at - ON_ITS_WAY) && is_quiet(at + SKEW) {
                        let local = at.with_timezone(&zone);
                        faults.push(format!("{} went out at {local}, quiet from {start} to {end}", sent.reference));
                    }
                }
            }
        }
        self.faults.extend(faults);
    }

    /// No contact gets more than the tenant's caps allow, in no day of its own and in no seven of them.
    pub(super) fn caps_are_exact(&mut self) {
        let mut faults = Vec::new();
        for tenant in &self.world.people.tenants {
            for (scope, cap) in tenant.settings["frequency_cap"].as_object().into_iter().flatten() {
                for (person, letters) in letters(tenant, self.sent) {
                    let zone = person.zone(tenant);
                    let counted =
                        letters.into_iter().filter(|sent| scope == "all" || sent.taken.channel.as_str() == scope);
                    let days: Vec<NaiveDate> = counted.filter_map(|sent| day(sent.taken.at, zone)).collect();
                    for (days_of, most) in [(1, &cap["per_day"]), (7, &cap["per_week"])] {
                        let Some(most) = most.as_u64() else { continue };
                        let within = |first: &NaiveDate| {
                            days.iter().filter(|day| (0..days_of).contains(&(**day - *first).num_days())).count()
                        };
                        if let Some(first) = days.iter().find(|first| within(first) as u64 > most) {
                            let count = within(first);
                            faults.push(format!("{} got {count} in {days_of} days from {first}: {cap}", person.id));
                        }
                    }
                }
            }
        }
        self.faults.extend(faults);
    }

    /// Only enrolments of campaigns that are paused wait to be resumed: for others nobody comes.
    pub(super) fn only_the_paused_wait(&mut self) {
        let mut status: BTreeMap<String, String> = BTreeMap::new();
        for change in &self.ledger.changes {
            let Some(new) = &change.new else { continue };
            match kind(&change.pk, &change.sk) {
                Kind::Campaign(_, campaign) => {
                    status.insert(campaign, new["status"].as_str().unwrap().to_owned());
                }
                Kind::Enrollment(_, campaign) if !new["held"].is_null() => {
                    let waited = change.old.as_ref().is_some_and(|old| !old["held"].is_null());
                    if !waited && status[&campaign] != "paused" {
                        self.faults.push(format!("{campaign} is {}, and this waits: {new}", status[&campaign]));
                    }
                }
                _ => {}
            }
        }
    }

    /// While a campaign is paused, and after its end, nothing is claimed.
    pub(super) fn pauses_hold(&mut self) {
        let mut moves: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
        let mut claims: BTreeSet<(String, Timestamp)> = BTreeSet::new();
        for change in &self.ledger.changes {
            let Some(new) = &change.new else { continue };
            let old = |name: &str| change.old.as_ref().map(|old| old[name].clone()).unwrap_or_default();
            match kind(&change.pk, &change.sk) {
                Kind::Campaign(_, campaign) if old("status") != new["status"] => {
                    let at = moment_of(&new["updated_at"]).unwrap();
                    moves.entry(campaign).or_default().push((at, new["status"].as_str().unwrap().to_owned()));
                }
                Kind::Message(_) if old("claimed_at") != new["claimed_at"] => {
                    let campaign = new["campaign_id"].as_str().unwrap().to_owned();
                    claims.insert((campaign, moment_of(&new["claimed_at"]).unwrap()));
                }
                _ => {}
            }
        }
        for (campaign, claimed) in claims {
            let moves = &moves[&campaign];
            let rests = |(at, status): &(Timestamp, String), until: Option<&(Timestamp, String)>| {
                let ends = until.is_none_or(|(until, _)| claimed < *until - SKEW);
                let rests = ["paused", "cancelled", "archived", "completed"].contains(&status.as_str());
                rests && claimed > *at + ON_ITS_WAY && ends
            };
            if let Some(at) = (0..moves.len()).find(|at| rests(&moves[*at], moves.get(at + 1))) {
                self.faults.push(format!("{campaign} was {:?}, and a message was claimed at {claimed}", moves[at]));
            }
        }
    }
}

/// The messages of each of a tenant's contacts.
fn letters<'a>(tenant: &'a Tenant, sent: &'a [Sent]) -> Vec<(&'a Person, Letters<'a>)> {
    let of = |person: &Person| sent.iter().filter(|sent| sent.reference.contact.to_string() == person.id).collect();
    tenant.contacts.iter().map(|person| (person, of(person))).collect()
}

impl Person {
    fn zone(&self, tenant: &Tenant) -> Tz {
        let own = self.draft["timezone"].as_str();
        own.or(tenant.settings["default_timezone"].as_str()).unwrap().parse().unwrap()
    }
}

fn time(value: &Value) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(value.as_str()?, "%H:%M").ok()
}

fn is_within(start: NaiveTime, end: NaiveTime, at: NaiveTime) -> bool {
    if start < end { start <= at && at < end } else { start <= at || at < end }
}

/// The day on which a message was decided on; nothing if it may have been one of two.
fn day(taken_at: Timestamp, zone: Tz) -> Option<NaiveDate> {
    let day = |at: Timestamp| at.with_timezone(&zone).date_naive();
    let one = day(taken_at);
    (day(taken_at - ON_ITS_WAY) == one && day(taken_at + SKEW) == one).then_some(one)
}
