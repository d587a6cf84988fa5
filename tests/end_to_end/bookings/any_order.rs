//! Reports in any order, all at once, beside changes and merges of the contact, and by a function that is killed.

use chrono::TimeDelta;
use futures::future::join_all;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{BOOKINGS, event, figures, report};
use crate::interactions::{contact, items, show, texts, timeline};

/// In an order that follows from the seed.
fn shuffled(mut events: Vec<Value>, mut seed: u64) -> Vec<Value> {
    for at in (1..events.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        events.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
    }
    events
}

/// What happened to three bookings of one person.
fn story(who: &str) -> Vec<Value> {
    let email = format!("{who}@example.com");
    [
        ("1", "created", 1),
        ("1", "completed", 9),
        ("2", "created", 2),
        ("2", "cancelled", 8),
        ("3", "created", 3),
        // Moved to another day.
        ("3", "created", 5),
    ]
    .map(|(booking, kind, day)| event(&format!("{who}-{booking}"), kind, &email, day))
    .to_vec()
}

async fn demand_the_end_of_the_story(world: &World, who: &str) {
    let any = report(&world.client, &story(who)[0]).await;
    assert_eq!(any.status, 200);
    let id = any.body["contact"]["id"].as_str().unwrap();
    let shown = show(world, id).await;
    let expected = [json!(2), json!("2027-01-09T00:00:00Z"), json!("2024-01-09T00:00:00Z")];
    assert_eq!(figures(&shown), expected, "{who}");
    let told = texts(&world.client.get(&timeline(id)).await.unwrap(), "occurred_at");
    let days = ["09", "08", "03", "02", "01"].map(|day| format!("2024-01-{day}T00:00:00Z"));
    assert_eq!(told, days, "{who}: each event once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_order_and_however_often_the_figures_are_those_of_the_bookings() {
    let world = World::start().await.unwrap();
    let orders = (0..24_u64).map(async |seed| {
        let who = format!("p{seed}");
        let events = [story(&who), story(&who)].concat();
        for draft in shuffled(events, seed) {
            let answer = report(&world.client, &draft).await;
            assert!([200, 201].contains(&answer.status), "{}", answer.body);
        }
        who
    });
    for who in join_all(orders).await {
        demand_the_end_of_the_story(&world, &who).await;
    }
    assert_eq!((world.items("CONTACT").await.unwrap(), world.items("B#").await.unwrap()), (24, 72));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_all_at_once_make_one_contact_with_the_right_figures() {
    let world = World::start().await.unwrap();
    for round in 0..4_u64 {
        let who = format!("p{round}");
        let events = shuffled([story(&who), story(&who)].concat(), round);
        let answers = join_all(events.iter().map(|draft| report(&world.client, draft))).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert!(
            answers.iter().all(|answer| [200, 201].contains(&answer.status)),
            "{:?}",
            answers.iter().map(|a| a.status).collect::<Vec<_>>()
        );
        assert_eq!(made, 1);
        demand_the_end_of_the_story(&world, &who).await;
    }
    assert_eq!((world.items("CONTACT").await.unwrap(), world.items("B#").await.unwrap()), (4, 12));
    assert_eq!(world.items("I#").await.unwrap(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bookings_and_changes_of_a_contact_at_the_same_time_are_all_kept() {
    let world = World::start().await.unwrap();
    let ada = contact(&world, json!({ "email": "ada@example.com" })).await;
    let path = format!("/api/v1/contacts/{ada}");
    let drafts: Vec<_> = (1..=6)
        .map(|day| {
            let mut draft = event(&format!("b{day}"), "created", "ada@example.com", day);
            draft["invitee_name"] = json!("Ada King");
            draft
        })
        .collect();
    let patches: Vec<_> = (1..=6).map(|at| json!({ "custom_fields": { format!("f{at}"): at } })).collect();
    let (reported, patched) = futures::future::join(
        join_all(drafts.iter().map(|draft| report(&world.client, draft))),
        join_all(patches.iter().map(|patch| world.client.call(Method::PATCH, &path, Some(patch)))),
    )
    .await;
    assert!(reported.iter().all(|answer| answer.status == 200));
    let patched = patched.into_iter().filter(|answer| answer.as_ref().unwrap().status == 200).count();
    let shown = show(&world, &ada).await;
    assert_eq!((&shown["total_bookings"], &shown["full_name"]), (&json!(6), &json!("Ada King")));
    assert_eq!(shown["custom_fields"].as_object().unwrap().len(), patched);
    assert_eq!(shown["version"], 1 + 1 + patched);
}

#[tokio::test]
async fn a_report_that_is_killed_anywhere_and_repeated_has_its_effect_once() {
    let world = World::start().await.unwrap();
    let mut killed = 0;
    for (call, moment) in (1..=7).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let who = format!("{moment:?}{call}").to_lowercase();
        let draft = event(&who, "created", &format!("{who}@example.com"), 1);
        let headers = [("idempotency-key", who.as_str())];
        let post = async || world.client.call_with(Method::POST, BOOKINGS, &headers, Some(&draft)).await.unwrap();
        let kill = world.stack.kill("ContactsFunction", call, moment);
        if post().await.status == 500 {
            killed += 1;
            kill.happened().await;
            world.stack.advance(TimeDelta::seconds(61)).await;
        } else {
            // The order was for a call that never came: any request uses it up.
            while world.client.call(Method::GET, "/api/v1/contacts/interactions", None).await.unwrap().status != 500 {}
        }
        let again = post().await;
        assert_eq!(again.status, 201, "{who}: {}", again.body);
        assert_eq!(again.body["contact"]["total_bookings"], 1, "{who}");
    }
    assert!(killed >= 10, "{killed} were killed");
    for sort in ["CONTACT", "B#", "I#"] {
        assert_eq!(world.items(sort).await.unwrap(), 14, "{sort}");
    }
}

/// How many bookings stand under which id, and how many the contact believes to have.
async fn count(world: &World, contact: &str) -> (usize, Value) {
    let partition = format!("T#{}#C#{contact}", world.stack.tenant());
    let here = items(world, "B#").await.iter().filter(|item| item["PK"].as_s().unwrap() == &partition).count();
    (here, show(world, contact).await["total_bookings"].clone())
}

#[tokio::test]
async fn bookings_follow_their_contact_into_another_and_back_and_are_counted_where_they_are() {
    let world = World::start().await.unwrap();
    for draft in [event("a1", "created", "ada@example.com", 1), event("a2", "created", "ada@example.com", 9)] {
        assert_eq!(report(&world.client, &draft).await.body["booking"]["status"], "created");
    }
    let old = report(&world.client, &event("a1", "created", "ada@example.com", 1)).await.body["contact"]["id"].clone();
    let new = report(&world.client, &event("k1", "created", "king@example.com", 2)).await.body["contact"]["id"].clone();
    let (old, new) = (old.as_str().unwrap(), new.as_str().unwrap());
    let body = json!({ "primary_id": new, "duplicate_ids": [old] });
    let merged = world.client.post("/api/v1/contacts/merge", &body).await.unwrap();
    // At once, be they moved or not.
    let done = report(&world.client, &event("a1", "completed", "ada@example.com", 4)).await.body;
    assert_eq!((&done["contact"]["id"], &done["contact"]["total_bookings"]), (&json!(new), &json!(3)));
    assert_eq!(done["booking"]["contact_id"], json!(new));
    world.settled().await.unwrap();
    assert_eq!(count(&world, new).await, (3, json!(3)));
    let cancelled = report(&world.client, &event("a2", "cancelled", "ada@example.com", 5)).await.body;
    assert_eq!(
        (&cancelled["contact"]["total_bookings"], &cancelled["contact"]["last_booking_date"]),
        (&json!(2), &json!("2027-01-04T00:00:00Z"))
    );
    report(&world.client, &event("k2", "created", "king@example.com", 6)).await;
    let undo = format!("/api/v1/contacts/merges/{}/undo", merged["merge_id"].as_str().unwrap());
    assert_eq!(world.client.call(Method::POST, &undo, None).await.unwrap().status, 200);
    let early = report(&world.client, &event("k3", "created", "king@example.com", 7)).await;
    assert_eq!(early.status, 200);
    world.settled().await.unwrap();
    assert_eq!(count(&world, new).await, (3, json!(3)));
    assert_eq!(count(&world, old).await, (2, json!(1)));
    let shown = show(&world, old).await;
    assert_eq!(shown["last_booking_date"], "2027-01-04T00:00:00Z", "what happened meanwhile stays");
    let known = report(&world.client, &event("a2", "cancelled", "ada@example.com", 5)).await;
    assert_eq!((known.status, &known.body["contact"]["id"]), (200, &json!(old)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_a_merge_at_the_same_time_lose_no_booking() {
    let world = World::start().await.unwrap();
    for round in 0..4 {
        let (one, other) = (format!("a{round}"), format!("b{round}"));
        let [first, second] =
            [&one, &other].map(|who| event(&format!("{who}-0"), "created", &format!("{who}@example.com"), 1));
        let (first, second) = (report(&world.client, &first).await.body, report(&world.client, &second).await.body);
        let reports: Vec<_> = (1..=4)
            .flat_map(|day| {
                [&one, &other].map(|who| event(&format!("{who}-{day}"), "created", &format!("{who}@example.com"), day))
            })
            .chain([&one, &other].map(|who| event(&format!("{who}-0"), "completed", &format!("{who}@example.com"), 8)))
            .collect();
        let (primary, duplicate) = (&first["contact"]["id"], &second["contact"]["id"]);
        let body = json!({ "primary_id": primary, "duplicate_ids": [duplicate] });
        let (reported, merged) = futures::future::join(
            join_all(reports.iter().map(|draft| report(&world.client, draft))),
            world.client.call(Method::POST, "/api/v1/contacts/merge", Some(&body)),
        )
        .await;
        let unmade: Vec<_> = reported.iter().filter(|answer| ![200, 201].contains(&answer.status)).collect();
        assert!(unmade.is_empty(), "{unmade:?}");
        world.settled().await.unwrap();
        let ids = [primary, duplicate].map(|id| id.as_str().unwrap());
        let merged = merged.unwrap().status == 200;
        let mut sum = 0;
        for id in ids.into_iter().take(if merged { 1 } else { 2 }) {
            let (here, believed) = count(&world, id).await;
            assert_eq!(json!(here), believed);
            sum += here;
        }
        // After the merge the duplicate's address is nobody's: its later bookings make a contact of their own.
        let made =
            reported.iter().find(|answer| answer.status == 201).map(|answer| answer.body["contact"]["id"].clone());
        if let Some(made) = made {
            let (here, believed) = count(&world, made.as_str().unwrap()).await;
            assert_eq!(json!(here), believed);
            sum += here;
        }
        assert_eq!(sum, 10, "merged: {merged}");
    }
}
