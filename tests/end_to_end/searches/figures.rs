//! Statistics: how many contacts there are, and what they have in common.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::CONTACTS;
use super::known::Known;
use crate::groups::{call, group, text};

pub(super) const STATS: &str = "/api/v1/contacts/stats";

/// Notes something of a contact that happened so many days ago.
pub(super) async fn happened(known: &Known, who: &str, kind: &str, days: i64) {
    let at = known.world.stack.clock().now() - TimeDelta::days(days);
    let draft = json!({ "description": "x", "interaction_type": kind, "occurred_at": at });
    let path = format!("{}/interactions/add", known.path(who));
    assert_eq!(call(&known.world, Method::POST, &path, Some(&draft)).await.status, 201);
}

async fn stats(world: &World) -> Value {
    world.client.get(STATS).await.unwrap()
}

#[tokio::test]
async fn the_figures_of_known_contacts_are_exact() {
    let known = Known::make().await;
    for (who, kind, days) in
        [("ada", "note_added", 0), ("bob", "note_added", 12), ("zoe", "email_sent", 29), ("zoe", "email_sent", 31)]
    {
        happened(&known, who, kind, days).await;
    }
    let stats = stats(&known.world).await;
    let expected = json!({
        "total_contacts": 30, "active_contacts": 28, "inactive_contacts": 2, "do_not_contact": 2,
        "by_lifecycle_stage": { "lead": 6, "mql": 2, "sql": 1, "opportunity": 1, "customer": 3, "lost": 1 },
        "by_opt_in_status": { "opted_in": 4, "opted_out": 2, "pending": 1, "unknown": 23 },
        "total_groups": 2,
        "largest_groups": [
            { "id": known.fair, "name": "Fair", "color": "#0066cc", "contact_count": 3 },
            { "id": known.board, "name": "Board", "color": "#0066cc", "contact_count": 1 },
        ],
        "recent_interactions": { "days": 30, "total": 3, "by_type": { "note_added": 2, "email_sent": 1 } },
        "top_companies": [
            { "company": "ACME Inc.", "contact_count": 3 },
            { "company": "Globex Corporation", "contact_count": 3 },
            { "company": "Initech", "contact_count": 2 },
            { "company": "Straße 7", "contact_count": 2 },
            { "company": "50% Off", "contact_count": 1 },
            { "company": "Analytical Engines", "contact_count": 1 },
            { "company": "Blacksmith Ltd", "contact_count": 1 },
            { "company": "Bletchley Park", "contact_count": 1 },
            { "company": "Café Łódź", "contact_count": 1 },
            { "company": "Cruz & Co", "contact_count": 1 },
        ],
        "bookings": {
            "total_bookings": 3, "contacts_with_bookings": 2, "average_per_contact": 1.5, "conversion_rate": 6.67,
        },
    });
    assert_eq!(stats, expected);
    known.world.settled().await.unwrap();
    assert_eq!(self::stats(&known.world).await, expected, "also once nothing is marked any more");
}

#[tokio::test]
async fn figures_follow_every_write_at_once() {
    let known = Known::make().await;
    let world = &known.world;
    let figures = async || {
        let stats = stats(world).await;
        let top = &stats["top_companies"][0];
        json!([
            stats["total_contacts"],
            stats["active_contacts"],
            stats["do_not_contact"],
            top["company"],
            top["contact_count"]
        ])
    };
    assert_eq!(figures().await, json!([30, 28, 2, "ACME Inc.", 3]));
    let john = known.path("john");
    call(world, Method::PATCH, &john, Some(&json!({ "company": "  GLOBEX corporation", "is_active": false }))).await;
    assert_eq!(figures().await, json!([30, 27, 2, "GLOBEX corporation", 4]), "as the first of them spells it now");
    call(world, Method::DELETE, &john, None).await;
    assert_eq!(figures().await, json!([29, 27, 2, "ACME Inc.", 3]));
    let merge = json!({ "primary_id": known.id("bob"), "duplicate_ids": [known.id("bea")] });
    world.client.post(&format!("{CONTACTS}/merge"), &merge).await.unwrap();
    let stats = stats(world).await;
    assert_eq!((&stats["total_contacts"], &stats["top_companies"][0]["contact_count"]), (&json!(28), &json!(3)));
    let booking = json!({ "booking_id": "new", "event": "created", "invitee_email": "new@example.com" });
    world.client.post("/api/v1/bookings", &booking).await.unwrap();
    let booked = self::stats(world).await;
    let bookings = json!({
        "total_bookings": 4, "contacts_with_bookings": 3, "average_per_contact": 1.33, "conversion_rate": 10.34,
    });
    assert_eq!((&booked["bookings"], &booked["total_contacts"]), (&bookings, &json!(29)));
    assert_eq!(booked["recent_interactions"]["by_type"], json!({ "booking_created": 1 }));
}

#[tokio::test]
async fn nothing_is_nothing_and_no_figure_tells_of_another_tenant() {
    let known = Known::make().await;
    let stranger = known.world.client.with_key(&known.world.stranger().await.unwrap());
    let stats = stranger.get(STATS).await.unwrap();
    let nobody = json!({
        "total_contacts": 0, "active_contacts": 0, "inactive_contacts": 0, "do_not_contact": 0,
        "by_lifecycle_stage": { "lead": 0, "mql": 0, "sql": 0, "opportunity": 0, "customer": 0, "lost": 0 },
        "by_opt_in_status": { "opted_in": 0, "opted_out": 0, "pending": 0, "unknown": 0 },
        "total_groups": 0, "largest_groups": [], "top_companies": [],
        "recent_interactions": { "days": 30, "total": 0, "by_type": {} },
        "bookings": {
            "total_bookings": 0, "contacts_with_bookings": 0, "average_per_contact": 0.0, "conversion_rate": 0.0,
        },
    });
    assert_eq!(stats, nobody);
    let analytics = stranger.get(&format!("{CONTACTS}/analytics?months=2")).await.unwrap();
    assert_eq!(
        (&analytics["engagement"]["score"], &analytics["growth"][1]["total_contacts"]),
        (&json!(0.0), &json!(0))
    );
    for list in ["top_companies", "top_tags"] {
        assert_eq!(analytics[list], json!([]));
    }
}

#[tokio::test]
async fn the_ten_largest_groups_are_shown_those_of_one_size_by_name() {
    let world = super::world().await;
    let mut expected = Vec::new();
    for n in 0..12 {
        let id = group(&world, &format!("group {n:02}")).await;
        let size = [3, 1, 0, 2][n % 4];
        for _ in 0..size {
            let draft = json!({ "first_name": "Ada", "groups": [id] });
            world.client.post(CONTACTS, &draft).await.unwrap();
        }
        expected.push((10 - size, format!("group {n:02}"), size));
    }
    expected.sort();
    let expected: Vec<Value> =
        expected[..10].iter().map(|(_, name, size)| json!({ "name": name, "contact_count": size })).collect();
    let stats = stats(&world).await;
    let shown = stats["largest_groups"].as_array().unwrap().iter();
    let shown: Vec<Value> =
        shown.map(|group| json!({ "name": text(&group["name"]), "contact_count": group["contact_count"] })).collect();
    assert_eq!((shown, &stats["total_groups"]), (expected, &json!(12)));
}
