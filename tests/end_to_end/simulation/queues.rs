//! Queues as SQS has them: at least once, in any order. What is given out and not deleted shows up again.

use std::collections::BTreeMap;

use embedded::Answer;
use serde_json::{Value, json};

use super::dice::Dice;

/// Where queues are, with a slash at the end.
pub(super) const BASE: &str = "https://queues.invalid/";

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) body: String,
    pub(super) shown_at: i64,
    pub(super) receives: u32,
}

/// The queues of a world, by name.
#[derive(Debug, Default)]
pub(super) struct Queues {
    waiting: BTreeMap<String, Vec<Message>>,
    sent: u64,
    /// How many messages were put aside because they were given out too often.
    pub(super) dead: u64,
}

impl Queues {
    /// What SQS answers to `SendMessageBatch`. Of a `broken` one, every other entry is left out.
    pub(super) fn send_batch(&mut self, body: &[u8], now: i64, broken: bool) -> Answer {
        let request: Value = serde_json::from_slice(body).unwrap();
        let url = request["QueueUrl"].as_str().unwrap();
        let name = url.strip_prefix(BASE).unwrap().to_owned();
        let (mut taken, mut failed) = (Vec::new(), Vec::new());
        for (at, entry) in request["Entries"].as_array().unwrap().iter().enumerate() {
            if broken && at % 2 == 1 {
                failed.push(json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }));
                continue;
            }
            let id = self.put(&name, entry, now);
            taken.push(json!({ "Id": entry["Id"], "MessageId": id.to_string(), "MD5OfMessageBody": "unread" }));
        }
        Answer { status: 200, body: json!({ "Successful": taken, "Failed": failed }).to_string() }
    }

    fn put(&mut self, name: &str, entry: &Value, now: i64) -> u64 {
        self.sent += 1;
        let delay = entry["DelaySeconds"].as_i64().unwrap_or(0);
        assert!((0..=900).contains(&delay), "SQS delays up to 15 minutes, not {delay} s");
        let body = entry["MessageBody"].as_str().unwrap().to_owned();
        let message = Message { id: self.sent, body, shown_at: now + 1_000 * delay, receives: 0 };
        self.waiting.entry(name.to_owned()).or_default().push(message);
        self.sent
    }

    /// Whether there is something to give out.
    pub(super) fn shows(&self, name: &str, now: i64) -> bool {
        self.of(name).iter().any(|message| message.shown_at <= now)
    }

    /// When something is to be given out next, of any queue.
    pub(super) fn next(&self) -> Option<i64> {
        self.waiting.values().flatten().map(|message| message.shown_at).min()
    }

    /// Puts aside what was given out as often as it may be: nobody sees it any more.
    pub(super) fn put_aside(&mut self, name: &str, receives: u64, now: i64) {
        let waiting = self.waiting.entry(name.to_owned()).or_default();
        let before = waiting.len();
        waiting.retain(|message| message.shown_at > now || u64::from(message.receives) < receives);
        self.dead += (before - waiting.len()) as u64;
    }

    /// Gives out some messages, which are hidden until `shown_again`. Now and then one comes along that is hidden.
    pub(super) fn receive(
        &mut self,
        name: &str,
        most: usize,
        now: i64,
        shown_again: i64,
        doubled: u32,
        dice: &mut Dice,
    ) -> Vec<Message> {
        let waiting = self.waiting.entry(name.to_owned()).or_default();
        let mut ids: Vec<u64> = waiting.iter().filter(|message| message.shown_at <= now).map(|m| m.id).collect();
        // What is hidden because it was given out; not what its sender delays.
        let hidden: Vec<u64> = waiting.iter().filter(|m| m.shown_at > now && m.receives > 0).map(|m| m.id).collect();
        if dice.chance(doubled) {
            ids.extend(dice.some(&hidden, 1));
        }
        let chosen = dice.some(&ids, most);
        let mut given = Vec::new();
        for id in chosen {
            let message = waiting.iter_mut().find(|message| message.id == id).unwrap();
            message.shown_at = shown_again;
            message.receives += 1;
            given.push(message.clone());
        }
        given
    }

    pub(super) fn delete(&mut self, name: &str, id: u64) {
        if let Some(waiting) = self.waiting.get_mut(name) {
            waiting.retain(|message| message.id != id);
        }
    }

    /// Shows a message again at this time.
    pub(super) fn show(&mut self, name: &str, id: u64, at: i64) {
        if let Some(message) = self.waiting.get_mut(name).and_then(|all| all.iter_mut().find(|m| m.id == id)) {
            message.shown_at = at;
        }
    }

    fn of(&self, name: &str) -> &[Message] {
        self.waiting.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}
