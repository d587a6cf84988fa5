//! What answers the calls: the table, the queues and the provider of one world.

use std::collections::{BTreeMap, BTreeSet};

use domain::message::MessageRef;
use domain::time::Minute;
use embedded::Alone;
use serde_json::Value;

use super::dice::Dice;
use super::functions::TABLE;
use super::partial;
use super::provider::Provider;
use super::queues::Queues;
use super::wire::{Reply, Request};

/// The servers of a world.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) table: Alone,
    pub(super) queues: Queues,
    pub(super) provider: Provider,
    /// The time, in milliseconds.
    pub(super) now: i64,
    /// Counts what was served: the order of all effects.
    pub(super) served: u64,
    /// Whether the table may have changed since somebody looked at its stream.
    pub(super) changed: bool,
    /// When an invocation last read a contact: its number, the contact's partition.
    read: BTreeMap<(u64, String), u64>,
    /// The claims, by invocation, with which the provider was asked and did not take the message.
    refused: Vec<(u64, MessageRef, Value)>,
    /// Invocations of which a call may arrive after they went on.
    pub(super) stragglers: BTreeSet<u64>,
    dice: Dice,
}

impl Servers {
    pub(super) fn new(table: Alone, now: i64, dice: Dice) -> Self {
        let (queues, provider, read, refused, stragglers) = Default::default();
        Self { table, queues, provider, now, served: 0, changed: false, read, refused, stragglers, dice }
    }

    /// Does what is asked by the invocation, and what it hears of that. `partly`: not all of it, if it is of many parts.
    pub(super) fn serve(&mut self, request: &Request, by: u64, partly: bool) -> Reply {
        self.served += 1;
        match request {
            Request::Table(operation, body) => {
                self.note_reads(operation, body, by);
                self.changed |= !matches!(operation.as_str(), "GetItem" | "BatchGetItem" | "Query" | "Scan");
                let answer = match partly {
                    true => partial::ask(&self.table, operation, body, self.now),
                    false => self.table.ask(operation, body),
                };
                Reply::Http(answer.status, answer.body)
            }
            Request::Queue(operation, body) => {
                assert_eq!(operation, "SendMessageBatch", "nothing else is asked of queues");
                let answer = self.queues.send_batch(body, self.now, partly);
                Reply::Http(answer.status, answer.body)
            }
            Request::Send(message) => {
                let reference = message.reference;
                let partition = format!("T#{}#C#{}", reference.tenant, reference.contact);
                let decided = self.read.get(&(by, partition)).copied();
                Reply::Sent(self.provider.take(message, self.now, decided, &mut self.dice))
            }
            Request::Lookup(reference) => Reply::Found(Ok(self.provider.find(*reference))),
        }
    }

    /// Notes that an invocation hears of the provider that it has not taken a message.
    pub(super) fn note_refusal(&mut self, by: u64, reference: MessageRef) {
        let claim = self.claim(reference);
        self.refused.push((by, reference, claim));
    }

    /// The claims that an invocation ought to have given back and has not; it has ended. Where a call of it arrives late it may
    /// be the claim that was given back before, and comes to nothing in time.
    pub(super) fn claims_left(&mut self, by: u64) -> Vec<MessageRef> {
        let of_it = self.refused.extract_if(.., |(of, ..)| *of == by).collect::<Vec<_>>();
        let is_left = |(_, reference, claim): &&(u64, MessageRef, Value)| {
            !self.stragglers.contains(&by) && !claim.is_null() && self.claim(*reference) == *claim
        };
        of_it.iter().filter(is_left).map(|(_, reference, _)| *reference).collect()
    }

    /// When a message was claimed of which nothing more is known.
    fn claim(&self, reference: MessageRef) -> Value {
        let partition = format!("T#{}#C#{}", reference.tenant, reference.contact);
        let message = self.item(&partition, &format!("M#{}", reference.message));
        if message["status"]["S"] == "pending" { message["claimed_at"].clone() } else { Value::Null }
    }

    /// The first minute for which something is on the agenda.
    pub(super) fn first_on_agenda(&self) -> Option<Minute> {
        let request = serde_json::json!({
            "TableName": TABLE, "KeyConditionExpression": "PK = :pk", "Limit": 1,
            "ExpressionAttributeValues": { ":pk": { "S": "AGENDA" } },
        });
        let answer = self.table.ask("Query", request.to_string().as_bytes());
        let found: Value = serde_json::from_str(&answer.body).unwrap();
        let sort = found["Items"][0]["SK"]["S"].as_str()?;
        Some(sort.split('#').next().unwrap().parse().unwrap())
    }

    /// Where a campaign stands.
    pub(super) fn status(&self, tenant: &str, campaign: &str) -> String {
        let campaign = self.item(&format!("T#{tenant}#K#{campaign}"), "CAMPAIGN");
        campaign["status"]["S"].as_str().unwrap().to_owned()
    }

    fn item(&self, pk: &str, sk: &str) -> Value {
        let request = serde_json::json!({ "TableName": TABLE, "Key": { "PK": { "S": pk }, "SK": { "S": sk } } });
        let answer = self.table.ask("GetItem", request.to_string().as_bytes());
        let mut found: Value = serde_json::from_str(&answer.body).unwrap();
        found["Item"].take()
    }

    fn note_reads(&mut self, operation: &str, body: &[u8], by: u64) {
        if operation != "BatchGetItem" {
            return;
        }
        let request: Value = serde_json::from_slice(body).unwrap();
        let tables = request["RequestItems"].as_object().unwrap();
        for key in tables.values().filter_map(|table| table["Keys"].as_array()).flatten() {
            if key["SK"]["S"] == "CONTACT" {
                let partition = key["PK"]["S"].as_str().unwrap().to_owned();
                self.read.insert((by, partition), self.served);
            }
        }
    }
}
