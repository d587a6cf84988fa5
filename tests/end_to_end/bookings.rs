//! Bookings: their contact is found or made, counts them and tells of them; the same report twice changes nothing.

mod any_order;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use local::client::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use crate::interactions::{Item, contact, items, show, texts, timeline, warm};

const BOOKINGS: &str = "/api/v1/bookings";

async fn report(client: &Client, draft: &Value) -> Answer {
    client.call(Method::POST, BOOKINGS, Some(draft)).await.unwrap()
}

/// A report of an event at the beginning of a day of 2024, of a meeting on that day in 2027.
fn event(booking: &str, event: &str, email: &str, day: u32) -> Value {
    json!({
        "booking_id": booking, "event": event, "invitee_email": email,
        "occurred_at": format!("2024-01-{day:02}T00:00:00Z"), "starts_at": format!("2027-01-{day:02}T00:00:00Z"),
    })
}

/// Everything that bookings write, by its key.
async fn written(world: &World) -> BTreeMap<String, Item> {
    let mut all = BTreeMap::new();
    for sort in ["CONTACT", "GUARD", "B#", "I#", "AUDIT#"] {
        all.extend(
            items(world, sort).await.into_iter().map(|item| (format!("{:?} {:?}", item["PK"], item["SK"]), item)),
        );
    }
    all
}

fn figures(contact: &Value) -> [Value; 3] {
    ["total_bookings", "last_booking_date", "last_interaction_at"].map(|name| contact[name].clone())
}

#[tokio::test]
async fn a_booking_of_a_new_address_makes_a_contact_and_the_same_again_changes_nothing() {
    let world = World::start().await.unwrap();
    let draft = json!({
        "booking_id": "bk_1", "event": "created", "invitee_name": "Dr. Ada King", "invitee_email": "ADA@example.com",
        "invitee_phone": "(202) 555-0143", "starts_at": "2027-01-02T09:00:00Z", "occurred_at": "2024-01-01T12:00:00Z",
        "title": "Introduction", "metadata": { "minutes": 30 },
    });
    let first = report(&world.client, &draft).await;
    let contact = &first.body["contact"];
    let path = format!("/api/v1/contacts/{}", contact["id"].as_str().unwrap());
    assert_eq!((first.status, first.header("location")), (201, path.as_str()));
    for (name, value) in [
        ("first_name", "Ada"),
        ("last_name", "King"),
        ("email", "ada@example.com"),
        ("phone", "+12025550143"),
        ("lead_source", "booking"),
        ("last_booking_date", "2027-01-02T09:00:00Z"),
        ("last_interaction_at", "2024-01-01T12:00:00Z"),
    ] {
        assert_eq!(contact[name], value, "{name}");
    }
    assert_eq!(
        (&contact["total_bookings"], &contact["version"], &contact["owner_id"]),
        (&json!(1), &json!(1), &Value::Null)
    );
    let booking = json!({
        "booking_id": "bk_1", "contact_id": contact["id"], "status": "created", "created_at": "2024-01-01T12:00:00Z",
        "completed_at": null, "cancelled_at": null, "starts_at": "2027-01-02T09:00:00Z", "title": "Introduction",
    });
    assert_eq!(first.body["booking"], booking);
    let before = written(&world).await;
    let again = report(&world.client, &draft).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(written(&world).await, before, "nothing is written");
    let told = &world.client.get(&timeline(contact["id"].as_str().unwrap())).await.unwrap()["items"];
    assert_eq!(told.as_array().unwrap().len(), 1);
    for (name, value) in [
        ("interaction_type", json!("booking_created")),
        ("description", json!("Booking created: Introduction")),
        ("booking_id", json!("bk_1")),
        ("metadata", json!({ "minutes": 30 })),
        ("occurred_at", json!("2024-01-01T12:00:00Z")),
    ] {
        assert_eq!(told[0][name], value, "{name}");
    }
    assert_eq!(told[0]["created_by"]["type"], "api_key");
    assert_eq!(world.client.get("/api/v1/contacts/interactions").await.unwrap()["items"], *told);
    assert_eq!(show(&world, contact["id"].as_str().unwrap()).await, *contact);
}

#[tokio::test]
async fn a_known_contact_is_found_by_its_address_and_only_its_gaps_are_filled() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "ada@example.com", "first_name": "Augusta", "notes": "vip" })).await;
    let draft = json!({
        "booking_id": "b", "event": "created", "invitee_name": "Ada King", "invitee_email": "ada@example.com",
        "invitee_phone": "+442079460123", "occurred_at": "2024-01-01T00:00:00Z",
    });
    let answer = report(&world.client, &draft).await;
    let shown = &answer.body["contact"];
    assert_eq!((answer.status, &shown["id"], &shown["version"]), (200, &json!(ada), &json!(2)));
    assert_eq!((&shown["first_name"], &shown["last_name"]), (&json!("Augusta"), &json!("King")));
    assert_eq!((&shown["phone"], &shown["notes"]), (&json!("+442079460123"), &json!("vip")));
    assert_eq!((&shown["lead_source"], &shown["total_bookings"]), (&Value::Null, &json!(1)));
    assert_eq!(
        shown["last_booking_date"], "2024-01-01T00:00:00Z",
        "when nobody says when it is, it is when it was made"
    );
    let audit = world.client.get(&format!("/api/v1/contacts/{ada}/audit")).await.unwrap();
    assert_eq!(texts(&audit, "action"), ["contact.updated", "contact.created"]);
    let changed: Vec<_> =
        audit["items"][0]["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(changed, ["last_name", "phone"]);
    // With nothing to fill, the figures alone change, and make no version.
    let next = report(&world.client, &event("c", "created", "ada@example.com", 3)).await;
    assert_eq!((&next.body["contact"]["version"], &next.body["contact"]["total_bookings"]), (&json!(2), &json!(2)));
    // What was taken away since is not brought back by a report that is known.
    let path = format!("/api/v1/contacts/{ada}");
    world.client.call(Method::PATCH, &path, Some(&json!({ "phone": null, "email": "new@example.com" }))).await.unwrap();
    let again = report(&world.client, &draft).await;
    assert_eq!((&again.body["contact"]["phone"], &again.body["contact"]["version"]), (&Value::Null, &json!(3)));
    // The booking stays with its contact, whose address is another one now.
    let done = report(&world.client, &event("b", "completed", "ada@example.com", 5)).await;
    assert_eq!((done.status, &done.body["contact"]["id"]), (200, &json!(ada)));
    // A booking of the address that is free now is somebody else's.
    let other = report(&world.client, &event("d", "created", "ada@example.com", 6)).await;
    assert_eq!(other.status, 201);
    assert_ne!(other.body["contact"]["id"], json!(ada));
}

#[tokio::test]
async fn an_event_that_turns_out_to_have_been_earlier_moves_in_the_timeline() {
    let world = World::start().await.unwrap();
    let first = report(&world.client, &event("b", "completed", "ada@example.com", 5)).await;
    let id = first.body["contact"]["id"].as_str().unwrap();
    for (day, at) in [(7, "2024-01-05T00:00:00Z"), (3, "2024-01-03T00:00:00Z"), (4, "2024-01-03T00:00:00Z")] {
        let answer = report(&world.client, &event("b", "completed", "ada@example.com", day)).await;
        assert_eq!((answer.status, &answer.body["booking"]["completed_at"]), (200, &json!(at)));
        assert_eq!(texts(&world.client.get(&timeline(id)).await.unwrap(), "occurred_at"), [at]);
    }
    let cancelled = report(&world.client, &event("b", "cancelled", "ada@example.com", 6)).await;
    assert_eq!(cancelled.body["booking"]["status"], "completed");
    assert_eq!(cancelled.body["contact"]["total_bookings"], 1);
    let told = texts(&world.client.get(&timeline(id)).await.unwrap(), "interaction_type");
    assert_eq!(told, ["booking_cancelled", "booking_completed"]);
}

#[tokio::test]
async fn every_fault_of_a_report_is_named_and_nothing_is_written() {
    let world = World::start().await.unwrap();
    let good = event("b", "created", "ada@example.com", 1);
    let late = world.stack.clock().now() + TimeDelta::hours(25);
    for (field, value, status) in [
        ("booking_id", json!(7), 400),
        ("booking_id", json!(" "), 422),
        ("booking_id", json!("x".repeat(129)), 422),
        ("event", json!("rescheduled"), 422),
        ("invitee_email", Value::Null, 400),
        ("invitee_email", json!("nobody"), 422),
        ("invitee_phone", json!("12"), 422),
        ("occurred_at", json!("soon"), 400),
        ("occurred_at", json!(late), 422),
        ("title", json!("x".repeat(201)), 422),
        ("colour", json!("red"), 400),
    ] {
        let mut draft = good.clone();
        draft[field] = value;
        let answer = report(&world.client, &draft).await;
        let found = (answer.status, answer.body["error"]["details"]["field"].as_str());
        assert_eq!(found, (status, Some(field)), "{draft}: {}", answer.body);
    }
    assert_eq!(world.items("CONTACT").await.unwrap() + world.items("B#").await.unwrap(), 0);
}

#[tokio::test]
async fn a_user_reports_bookings_of_contacts_that_it_owns_and_makes_its_own() {
    let world = World::start().await.unwrap();
    let key =
        world.client.post("/api/v1/api-keys", &json!({ "name": "a", "role": "user", "user_id": "ada" })).await.unwrap();
    let user = world.client.with_key(key["key"].as_str().unwrap());
    contact(&world, json!({ "email": "theirs@example.com", "owner_id": "bob" })).await;
    contact(&world, json!({ "email": "ours@example.com", "owner_id": "ada" })).await;
    assert_eq!(report(&user, &event("a", "created", "theirs@example.com", 1)).await.status, 403);
    assert_eq!(report(&user, &event("b", "created", "ours@example.com", 1)).await.status, 200);
    let made = report(&user, &event("c", "created", "new@example.com", 1)).await;
    assert_eq!((made.status, &made.body["contact"]["owner_id"]), (201, &json!("ada")));
    assert_eq!(world.items("B#").await.unwrap(), 2);
    report(&world.client, &event("a", "created", "theirs@example.com", 1)).await;
    assert_eq!(report(&user, &event("a", "completed", "new@example.com", 2)).await.status, 403, "it is another one's");
}

#[tokio::test]
async fn a_booking_whose_contact_was_deleted_begins_anew_and_the_clearing_away_leaves_it_alone() {
    let world = World::start().await.unwrap();
    let old = report(&world.client, &event("b", "created", "ada@example.com", 1)).await.body;
    let path = format!("/api/v1/contacts/{}", old["contact"]["id"].as_str().unwrap());
    assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    let new = report(&world.client, &event("b", "completed", "ada@example.com", 2)).await;
    assert_eq!((new.status, &new.body["contact"]["total_bookings"]), (201, &json!(1)));
    assert_ne!(new.body["contact"]["id"], old["contact"]["id"]);
    world.stack.advance(TimeDelta::hours(1)).await;
    world.settled().await.unwrap();
    let again = report(&world.client, &event("b", "completed", "ada@example.com", 2)).await;
    assert_eq!((again.status, &again.body), (200, &new.body));
    assert_eq!((world.items("B#").await.unwrap(), world.items("I#").await.unwrap()), (1, 1));
}

#[tokio::test]
async fn a_booking_costs_13_write_units_with_its_contact_and_9_for_each_further_event_at_least() {
    let world = World::start_metered().await.unwrap();
    let spent = async |draft: Value, status: u16| {
        let before = world.stack.capacity("ContactsFunction");
        let answer = report(&world.client, &draft).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let after = world.stack.capacity("ContactsFunction");
        (after.read - before.read, after.write - before.write)
    };
    warm(&world).await;
    let mut least = [f64::MAX; 4];
    for who in ["ada", "bob", "cyd"] {
        let (email, first, second) = (format!("{who}@example.com"), format!("{who}-1"), format!("{who}-2"));
        let costs = [
            spent(event(&first, "created", &email, 1), 201).await,
            spent(event(&first, "completed", &email, 2), 200).await,
            spent(event(&first, "completed", &email, 2), 200).await,
            spent(event(&second, "created", &email, 3), 200).await,
        ];
        assert!(costs.iter().all(|(read, _)| *read <= 5.0), "{costs:?}");
        // Now and then a request leases tokens for others too.
        least = std::array::from_fn(|at| least[at].min(costs[at].1));
    }
    // Each of them but the one that is known leaves a mark of the contact: 2.
    assert_eq!(least, [13.0, 9.0, 0.0, 11.0]);
}
