//! The sums that must hold (design: what must always hold), from figures that come about independently.

use serde_json::Value;

use super::Outcome;

/// Figures that must be equal, each pair under its name.
pub(crate) struct Sums(Vec<Sum>);

/// Two figures.
pub(crate) struct Sum {
    pub(crate) name: String,
    pub(crate) left: i64,
    pub(crate) right: i64,
}

impl Sum {
    /// Whether they are equal.
    pub(crate) fn holds(&self) -> bool {
        self.left == self.right
    }
}

impl Sums {
    /// All sums of a run.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let mut sums = Self(Vec::new());
        sums.import(outcome);
        sums.segments(outcome);
        sums.audience(outcome);
        sums.messages(outcome);
        sums.funnel(outcome);
        sums
    }

    /// Whether all of them hold.
    pub(crate) fn hold(&self) -> bool {
        self.0.iter().all(Sum::holds)
    }

    /// The sums.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sum> {
        self.0.iter()
    }

    fn equal(&mut self, name: impl Into<String>, left: i64, right: i64) {
        self.0.push(Sum { name: name.into(), left, right });
    }

    fn import(&mut self, outcome: &Outcome) {
        let (import, people) = (&outcome.import, &outcome.people);
        let parts = ["created", "updated", "merged", "skipped", "refused"];
        let sum = parts.iter().map(|part| number(&import[*part])).sum();
        self.equal("outcomes of the import = rows of the file", sum, people.rows.cast_signed());
        let expected = [("created", people.created), ("skipped", people.skipped), ("refused", people.refused)];
        for (part, expected) in expected {
            self.equal(format!("rows {part} = expected"), number(&import[part]), expected.cast_signed());
        }
    }

    fn segments(&mut self, outcome: &Outcome) {
        let found: Vec<i64> = outcome.segments.iter().map(|segment| segment.contacts).collect();
        let (all, parts) = found.split_first().map_or((-1, 0), |(all, parts)| (*all, parts.iter().sum()));
        self.equal("contacts listed = contacts created", all, number(&outcome.import["created"]));
        self.equal("contacts of both segments = contacts listed", parts, all);
    }

    fn audience(&mut self, outcome: &Outcome) {
        let performance = &outcome.performance;
        let enrolled = number(&performance["total_enrolled"]);
        self.equal("enrolled = contacts created", enrolled, number(&outcome.import["created"]));
        self.equal("enrolled = audience of the campaign", enrolled, number(&outcome.campaign["audience"]));
        self.equal("enrolled = enrolled by the job", enrolled, number(&outcome.enrollment["enrolled"]));
        let by_status = |wanted: fn(&str) -> bool| -> i64 {
            let counted = performance["enrollments"].as_array().into_iter().flatten();
            counted.filter(|each| each["status"].as_str().is_some_and(wanted)).map(|each| number(&each["count"])).sum()
        };
        self.equal("enrolments that ended = enrolled", by_status(|s| !["pending", "active"].contains(&s)), enrolled);
        self.equal("enrolments that go on = 0", by_status(|s| ["pending", "active"].contains(&s)), 0);
    }

    fn messages(&mut self, outcome: &Outcome) {
        let (performance, tally) = (&outcome.performance, &outcome.tally);
        let (calls, distinct) = (number(&outcome.outbox["total"]), number(&outcome.outbox["distinct"]));
        self.equal("messages in the outbox = different ones", calls, distinct);
        let of_step = |field: &str| -> i64 {
            performance["steps"].as_array().into_iter().flatten().map(|step| number(&step[field])).sum()
        };
        self.equal("messages sent, by step = outbox", of_step("sent"), distinct);
        self.equal("messages of unknown outcome = 0", of_step("pending"), 0);
        let pairs = [
            ("emails_sent", tally.email.distinct),
            ("emails_delivered", tally.email.delivered),
            ("emails_opened", tally.email.opened),
            ("emails_clicked", tally.email.clicked),
            ("emails_bounced", tally.email.bounced),
            ("sms_sent", tally.sms.distinct),
            ("sms_delivered", tally.sms.delivered),
        ];
        for (figure, provider) in pairs {
            let provider = i64::try_from(provider).unwrap_or(i64::MAX);
            self.equal(format!("{figure} = the provider's"), number(&performance[figure]), provider);
        }
    }

    fn funnel(&mut self, outcome: &Outcome) {
        let stages: Vec<i64> =
            outcome.funnel["stages"].as_array().into_iter().flatten().map(|stage| number(&stage["count"])).collect();
        let narrowing = stages.is_sorted_by(|wide, narrow| wide >= narrow);
        self.equal("stages of the funnel that are wider than the one before = 0", i64::from(!narrowing), 0);
        let widest = stages.first().copied().unwrap_or_default();
        self.equal("first stage of the funnel = enrolled", widest, number(&outcome.performance["total_enrolled"]));
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(-1)
}
