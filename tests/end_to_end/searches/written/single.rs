//! Writes about one contact.

use reqwest::Method;
use serde_json::{Value, json};

use super::{CONTACTS, done, made, nobody, only, side_by_side};
use crate::groups::{group, text};
use crate::searches::world;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_found_as_it_was_created_patched_replaced_and_not_once_it_is_deleted() {
    let world = world().await;
    let client = &world.client;
    side_by_side(async |name| {
        let email = format!("email={name}@example.com");
        let id = made(client, json!({ "email": format!("{name}@example.com"), "company": name })).await;
        let path = format!("{CONTACTS}/{id}");
        assert_eq!(only(client, &email).await, id);
        assert_eq!(only(client, &format!("search={name}")).await, id);
        done(client, Method::PATCH, &path, json!({ "company": format!("x{name}x"), "tags": [name] })).await;
        assert_eq!(only(client, &format!("company=x{name}x&tags={name}")).await, id);
        done(client, Method::PATCH, &path, json!({ "tags": [], "is_active": false })).await;
        nobody(client, &format!("tags={name}")).await;
        assert_eq!(only(client, &format!("{email}&is_active=false")).await, id);
        let draft = json!({ "email": format!("new.{name}@example.com"), "last_name": "Put", "lifecycle_stage": "sql" });
        let put = done(client, Method::PUT, &path, draft).await;
        nobody(client, &email).await;
        nobody(client, &format!("company={name}")).await;
        let list = client.get(&format!("{CONTACTS}?email=new.{name}@example.com&lifecycle_stage=sql")).await.unwrap();
        assert_eq!(list["items"], json!([put]), "as it is, with its version");
        done(client, Method::DELETE, &path, Value::Null).await;
        nobody(client, &format!("email=new.{name}@example.com")).await;
    })
    .await;
    nobody(client, "").await;
    world.settled().await.unwrap();
    nobody(client, "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_is_found_with_its_contact_and_so_is_that_it_was_cancelled() {
    let world = world().await;
    let client = &world.client;
    side_by_side(async |name| {
        let email = format!("{name}@example.com");
        let report = async |booking: &str, event: &str| {
            let draft = json!({ "booking_id": format!("{name}{booking}"), "event": event, "invitee_email": email });
            done(client, Method::POST, "/api/v1/bookings", draft).await
        };
        let booked = report("a", "created").await;
        let id = text(&booked["contact"]["id"]);
        assert_eq!(only(client, &format!("email={email}&has_bookings=true")).await, id);
        report("b", "created").await;
        report("a", "cancelled").await;
        assert_eq!(only(client, &format!("email={email}&has_bookings=true")).await, id);
        let cancelled = report("b", "cancelled").await;
        let list = client.get(&format!("{CONTACTS}?search={email}&has_bookings=false")).await.unwrap();
        assert_eq!((&list["total"], &list["items"][0]), (&json!(1), &cancelled["contact"]));
        nobody(client, &format!("email={email}&has_bookings=true")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joined_a_group_is_found_in_it_and_who_left_is_not() {
    let world = world().await;
    let client = &world.client;
    let groups = [group(&world, "one").await, group(&world, "two").await];
    side_by_side(async |name| {
        let id = made(client, json!({ "first_name": name })).await;
        for group in &groups {
            let within = format!("group={group}&first_name={name}");
            for (verb, members) in [("add", 1), ("add", 1), ("remove", 0), ("remove", 0), ("add", 1)] {
                let path = format!("{CONTACTS}/{id}/groups/{group}/{verb}");
                done(client, Method::POST, &path, Value::Null).await;
                assert_eq!(super::total(client, &within).await, members, "{within} after {verb}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_contacts_are_one_and_after_the_undoing_several_again() {
    let world = world().await;
    let client = &world.client;
    side_by_side(async |name| {
        let primary = made(client, json!({ "first_name": format!("{name} one"), "tags": [format!("{name}a")] })).await;
        let email = format!("{name}@example.com");
        let other = made(client, json!({ "email": email, "tags": [format!("{name}b")] })).await;
        let merge = json!({ "primary_id": primary, "duplicate_ids": [other] });
        let merge = done(client, Method::POST, &format!("{CONTACTS}/merge"), merge).await;
        for query in
            [format!("tags={name}a"), format!("tags={name}b"), format!("email={email}"), format!("search={name}")]
        {
            assert_eq!(only(client, &query).await, primary, "{query}");
        }
        let undo = format!("{CONTACTS}/merges/{}/undo", text(&merge["merge_id"]));
        done(client, Method::POST, &undo, Value::Null).await;
        assert_eq!(only(client, &format!("tags={name}a")).await, primary);
        for query in [format!("tags={name}b"), format!("email={email}")] {
            assert_eq!(only(client, &query).await, other, "{query}");
        }
        assert_eq!(super::total(client, &format!("search={name}")).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_contact_that_many_change_at_once_is_found_with_all_their_changes() {
    let world = world().await;
    let client = &world.client;
    let id = made(client, json!({ "first_name": "Ada" })).await;
    side_by_side(async |name| {
        let path = format!("{CONTACTS}/{id}/interactions/add");
        done(client, Method::POST, &path, json!({ "description": name })).await;
        let changed = done(client, Method::PATCH, &format!("{CONTACTS}/{id}"), json!({ "company": name })).await;
        let shown = client.get(&format!("{CONTACTS}?search=ada")).await.unwrap()["items"][0].clone();
        assert!(shown["version"].as_u64() >= changed["version"].as_u64(), "never older than what was written");
    })
    .await;
}
