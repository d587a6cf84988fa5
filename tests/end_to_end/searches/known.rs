//! Thirty contacts of which everything is known.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta, Timelike};
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::CONTACTS;
use crate::groups::{call, group, text};

/// They came to be in three batches, each so many days after the one before.
const APART: i64 = 40;

/// A world with the contacts of `people.json`, and what is known besides.
pub(crate) struct Known {
    pub(crate) world: World,
    /// The contacts as they were made, by their labels.
    pub(crate) made: HashMap<String, Value>,
    /// On which days each batch came to be.
    pub(crate) days: Vec<NaiveDate>,
    /// The group of ada, bob and hugo.
    pub(crate) fair: String,
    /// The group of ada.
    pub(crate) board: String,
    /// The type of alan and emil.
    pub(crate) partner: String,
}

impl Known {
    /// Makes them. Those of the first batches are in files of the index, of the last one perhaps still in marks.
    pub(crate) async fn make() -> Self {
        let world = super::world().await;
        let (fair, board) = (group(&world, "Fair").await, group(&world, "Board").await);
        let partner = world.client.post("/api/v1/contacts/types", &json!({ "name": "Partner" })).await.unwrap();
        let (made, days) = (HashMap::new(), Vec::new());
        let mut known = Self { world, made, days, fair, board, partner: text(&partner["id"]) };
        let batches: Vec<Vec<Value>> = serde_json::from_str(include_str!("people.json")).unwrap();
        for batch in batches {
            known.add(batch).await;
        }
        known.gather().await;
        known
    }

    async fn add(&mut self, batch: Vec<Value>) {
        self.world.settled().await.unwrap();
        let now = self.world.stack.clock().now();
        // Noon: no batch lies on two days.
        let noon = TimeDelta::hours(36 - i64::from(now.hour())) - TimeDelta::minutes(i64::from(now.minute()));
        self.world.stack.advance(noon + TimeDelta::days(APART - 1)).await;
        self.days.push(self.world.stack.clock().now().date_naive());
        for draft in batch {
            let made = self.world.client.post(CONTACTS, &draft).await.unwrap();
            self.made.insert(text(&draft["notes"]), made);
        }
    }

    /// Puts them into groups and types, and lets some of them book.
    async fn gather(&self) {
        for (group, member) in [(&self.fair, "ada"), (&self.fair, "bob"), (&self.fair, "hugo"), (&self.board, "ada")] {
            let path = format!("{}/groups/{group}/add", self.path(member));
            assert_eq!(call(&self.world, Method::POST, &path, None).await.status, 200);
        }
        for partner in ["alan", "emil"] {
            let types = json!({ "types": [self.partner] });
            assert_eq!(call(&self.world, Method::PATCH, &self.path(partner), Some(&types)).await.status, 200);
        }
        for (booking, event, who, day) in [
            ("a", "created", "ada@example.com", 3),
            ("b", "created", "ada@example.com", 9),
            ("c", "completed", "alan@bletchley.example", 5),
            ("d", "created", "carl@example.com", 6),
            ("d", "cancelled", "carl@example.com", 7),
        ] {
            let at = format!("2024-01-{day:02}T00:00:00Z");
            let draft = json!({ "booking_id": booking, "event": event, "invitee_email": who, "occurred_at": at });
            assert_eq!(call(&self.world, Method::POST, "/api/v1/bookings", Some(&draft)).await.status, 200);
        }
    }

    pub(crate) fn id(&self, label: &str) -> String {
        text(&self.made[label]["id"])
    }

    pub(crate) fn path(&self, label: &str) -> String {
        format!("{CONTACTS}/{}", self.id(label))
    }

    /// When it came to be, as it is shown.
    pub(crate) fn moment(&self, label: &str) -> String {
        text(&self.made[label]["created_at"])
    }
}

/// All labels, in the order in which the contacts came to be.
pub(crate) fn everybody() -> Vec<String> {
    let batches: Vec<Vec<Value>> = serde_json::from_str(include_str!("people.json")).unwrap();
    batches.iter().flatten().map(|draft| text(&draft["notes"])).collect()
}
