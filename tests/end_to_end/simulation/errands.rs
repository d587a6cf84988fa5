//! What functions are called for, and what comes of it.

use domain::message::ReceiptEvent;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::functions::Function;
use super::http::{Asked, Heard};
use super::people::{Done, What};
use super::provider::Report;
use super::running::{Errand, Outcome};
use super::stream::{self, Batch};
use super::wire::Request;
use super::world::World;

impl World {
    pub(super) fn begin_messages(&mut self, function: Function) {
        let (worked, queue) = (function.worked(), function.queue().unwrap());
        let hidden = i64::try_from(worked.hidden.as_millis()).unwrap();
        let (now, doubled) = (self.now, self.weather.doubled);
        let most = self.dice.below(worked.batch) + 1;
        let messages = {
            let queues = &mut self.wire.inside().servers.queues;
            queues.put_aside(queue, worked.receives, now);
            queues.receive(queue, most, now, now + hidden, doubled, &mut self.dice)
        };
        if messages.is_empty() {
            return;
        }
        let records: Vec<Value> = messages
            .iter()
            .map(|message| {
                json!({ "messageId": message.id.to_string(), "receiptHandle": message.id.to_string(),
                        "body": message.body, "attributes": { "ApproximateReceiveCount": message.receives.to_string() },
                        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
                        "eventSourceARN": queue, "awsRegion": "us-east-1" })
            })
            .collect();
        let ids = messages.into_iter().map(|message| message.id).collect();
        self.begin(function, Errand::Messages(ids), to_raw_value(&json!({ "Records": records })).unwrap());
    }

    /// Hands the next changes to the projector. Those that are handed over once more come together with all that came with
    /// them, and perhaps with others: a batch is never cut in two.
    pub(super) fn begin_changes(&mut self) {
        let most = self.dice.one_of(&[1, 3, 10, 40, 1_000]).max(self.stream.given);
        let Batch { records, last, count } = {
            let servers = &mut self.wire.inside().servers;
            let batch = stream::read(&servers.table, self.stream.behind.as_deref(), most);
            servers.changed &= batch.last.is_some();
            batch
        };
        let Some(last) = last else { return };
        if records.is_empty() {
            self.stream.behind = Some(last);
            return;
        }
        self.stream.given = count;
        let event = to_raw_value(&json!({ "Records": records })).unwrap();
        self.begin(Function::Projector, Errand::Changes(last), event);
    }

    pub(super) fn begin_wish(&mut self) {
        let wish = self.people.take_due(self.now, &mut self.dice);
        let event = wish.asked.event(self.now);
        self.begin(wish.function, Errand::Wish(wish), event);
    }

    pub(super) fn begin_report(&mut self) {
        let report = {
            let reports = &mut self.wire.inside().servers.provider.reports;
            let due: Vec<usize> = (0..reports.len()).filter(|at| reports[*at].due <= self.now).collect();
            reports.swap_remove(self.dice.one_of(&due))
        };
        let taken = self.wire.inside().servers.provider.sent[report.number as usize - 1].taken.clone();
        let (happened, now) = (super::provider::moment(report.happened_at), self.clock.now());
        let notices = &super::functions::shared().notices;
        let Some(notice) = notices.post(&taken, report.event, happened, now).unwrap() else { return };
        let asked = Asked { method: "POST", url: notice.url, headers: notice.headers, body: notice.body };
        let event = asked.event(self.now);
        self.begin(Function::Webhooks, Errand::Report(report), event);
    }

    /// What follows from the end of an invocation; without an outcome it was killed.
    pub(super) fn came_to(&mut self, function: Function, errand: Errand, outcome: Option<Outcome>) {
        match errand {
            Errand::Messages(ids) => self.messages_came_to(function.queue().unwrap(), &ids, outcome),
            Errand::Changes(last) => {
                self.stream.again = self.now + self.dice.one_of(&[0, 1_000, 1_000, 20_000]);
                let worked = outcome.is_some_and(|outcome| outcome.is_ok_and(|answer| failures(&answer).is_empty()));
                if worked && !self.dice.chance(self.weather.forgotten) {
                    self.stream.behind = Some(last);
                    self.stream.given = 0;
                }
                self.wire.inside().servers.changed = true;
            }
            Errand::Tick => {}
            Errand::Wish(wish) => {
                let heard = outcome.and_then(Result::ok).map(|answer| Heard::read(&answer));
                let served = self.wire.inside().servers.served;
                let (now, dice) = (self.now, &mut self.dice);
                let told = self.people.heard(wish, heard, now, served, dice);
                self.note(&told);
            }
            Errand::Report(report) => {
                let heard = outcome.and_then(Result::ok).map(|answer| Heard::read(&answer).status);
                self.report_came_to(report, heard);
            }
        }
    }

    /// Who is told that the provider has not taken a message, and gets through, leaves no claim behind that others wait for.
    pub(super) fn claims_are_given_back(&mut self, number: u64, outcome: &Outcome) {
        let left = self.wire.inside().servers.claims_left(number);
        if outcome.as_ref().is_ok_and(|answer| failures(answer).is_empty()) {
            self.wrong.extend(left.iter().map(|left| format!("{number} did not give back its claim of {left}")));
        }
    }

    fn messages_came_to(&mut self, queue: &str, ids: &[u64], outcome: Option<Outcome>) {
        let failed: Option<Vec<String>> = outcome.map(|outcome| match outcome {
            Ok(answer) => failures(&answer),
            Err(_) => ids.iter().map(u64::to_string).collect(),
        });
        // A worker that died deletes nothing and shows nothing again: the messages stay hidden for their time.
        let Some(failed) = failed else { return };
        for &id in ids {
            let again = failed.contains(&id.to_string());
            if again && self.dice.chance(700) {
                let at = self.now + self.dice.within(500, 20_000);
                self.wire.inside().servers.queues.show(queue, id, at);
            } else if !again && !self.dice.chance(self.weather.forgotten) {
                self.wire.inside().servers.queues.delete(queue, id);
            }
        }
    }

    fn report_came_to(&mut self, report: Report, heard: Option<u64>) {
        if let Some(status) = heard {
            assert!(status == 200 || status >= 500, "a report is refused with {status}: {report:?}");
        }
        let refusals = [ReceiptEvent::Bounced, ReceiptEvent::Complained, ReceiptEvent::Unsubscribed];
        if heard == Some(200) && refusals.contains(&report.event) {
            let servers = &self.wire.inside().servers;
            let about = servers.provider.sent[report.number as usize - 1].address();
            self.people.done.push(Done { what: What::Refuse, about, granted: true, served: servers.served });
        }
        if heard != Some(200) || self.dice.chance(self.weather.forgotten / 2) {
            let due = self.now + self.dice.within(1_000, 120_000);
            self.wire.inside().servers.provider.reports.push(Report { due, ..report });
        }
    }
}

/// The parts of a batch that are to be given out again.
fn failures(answer: &serde_json::value::RawValue) -> Vec<String> {
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    let items = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

impl Errand {
    /// For the trace.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Messages(ids) => format!("with messages {ids:?}"),
            Self::Changes(last) => format!("with changes up to {last}"),
            Self::Tick => "a tick".to_owned(),
            Self::Wish(wish) => format!("{} {}", wish.asked.method, wish.asked.url.path()),
            Self::Report(report) => format!("report of {}: {}", report.number, report.event),
        }
    }
}

impl Request {
    /// For the trace: without what differs each time.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Table(operation, body) => format!("{operation} {}", key(body)),
            Self::Queue(operation, _) => operation.clone(),
            Self::Send(message) => format!("send {} to {}", message.reference.message, message.recipient),
            Self::Lookup(reference) => format!("lookup {}", reference.message),
        }
    }
}

/// The sort key of the one item that is asked for, if it is one.
fn key(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let found: Vec<&str> = text.split(r#""SK":{"S":""#).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    match found[..] {
        [one] => one.to_owned(),
        _ => format!("({})", found.len()),
    }
}
