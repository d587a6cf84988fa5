//! Bulk operations on whom a filter means: the same as a list of it shows.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::number;

use super::{BULK, finished};
use crate::groups::{call, text};
use crate::searches::known::Known;
use crate::searches::{CONTACTS, listed, total, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_means_in_bulk_whom_it_means_in_a_list() {
    let known = Known::make().await;
    let client = &known.world.client;
    for (number, (filter, query)) in [
        (json!({}), String::new()),
        (json!({ "email": "ADA@example.com" }), "email=ada@example.com".to_owned()),
        (json!({ "phone": "202.555.0113" }), "phone=2025550113".into()),
        (json!({ "first_name": "JOS" }), "first_name=jos".into()),
        (json!({ "last_name": "strasse" }), "last_name=straße".into()),
        (json!({ "company": "LODZ" }), "company=łódź".into()),
        (json!({ "search": "king  ADA" }), "search=ada king".into()),
        (json!({ "tags": ["vip", "maths"] }), "tags=vip,maths".into()),
        (json!({ "group": known.fair, "is_active": true }), format!("group={}&active=true", known.fair)),
        (json!({ "type": known.partner }), format!("type={}", known.partner)),
        (json!({ "owner_id": "bob", "lifecycle_stage": "mql" }), "owner_id=bob&lifecycle_stage=mql".into()),
        (json!({ "lead_source": "fair" }), "lead_source=FAIR".into()),
        (json!({ "opt_in_status": "unknown", "active": true }), "opt_in_status=unknown&is_active=true".into()),
        (json!({ "has_bookings": true }), "has_bookings=true".into()),
        (json!({ "min_score": 0.0 }), "min_score=0".into()),
        (
            json!({ "created_from": known.days[1], "created_to": known.days[1] }),
            format!("created_from={0}&created_to={0}", known.days[1]),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let (mut expected, tag) = (listed(client, &query).await, format!("bulk{number}"));
        let body = json!({ "filter": filter, "edit": { "add_tags": [tag] } });
        let job = client.post(BULK, &body).await.unwrap();
        let job = finished(&known.world, &job).await;
        assert_eq!(job["outcomes"]["changed"], json!(expected.len()), "{filter}: {job}");
        let mut found = listed(client, &format!("tags={tag}")).await;
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{filter}");
        let undone = json!({ "filter": { "tags": [tag] }, "edit": { "remove_tags": [tag] } });
        let job = finished(&known.world, &client.post(BULK, &undone).await.unwrap()).await;
        assert_eq!(job["outcomes"]["changed"], json!(expected.len()), "{filter}: {job}");
    }
    let mistyped = json!({ "filter": { "search": "gloobex" }, "edit": { "delete": true } });
    let job = finished(&known.world, &client.post(BULK, &mistyped).await.unwrap()).await;
    assert_eq!(job["outcomes"]["matched"], 0, "nobody is taken for somebody else");
    assert_eq!(total(client, "").await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_written_or_imported_just_before_is_meant_too() {
    let world = world().await;
    let rows: String = (0..700).map(|row| format!("i{row}@example.com,Imported\n")).collect();
    let import = world.import(format!("email,company\n{rows}"), &json!({})).await.unwrap();
    assert_eq!(number(&import["created"]), 700);
    let drafts = (0..60).map(|n| json!({ "email": format!("w{n}@example.com"), "company": "Imported" }));
    let made = join_all(drafts.map(async |draft| world.client.post(CONTACTS, &draft).await.unwrap())).await;
    // Some are not meant any more, in the last moment.
    join_all(made[..10].iter().map(async |contact: &Value| {
        let path = format!("{CONTACTS}/{}", text(&contact["id"]));
        call(&world, Method::PATCH, &path, Some(&json!({ "company": "Other" }))).await
    }))
    .await;
    let body = json!({ "filter": { "company": "imported" }, "edit": { "set_fields": { "lead_source": "fair" } } });
    let job = finished(&world, &world.client.post(BULK, &body).await.unwrap()).await;
    assert_eq!(job["outcomes"], json!({ "matched": 750, "changed": 750, "unchanged": 0, "failed": 0 }));
    assert_eq!(total(&world.client, "lead_source=fair").await, 750);
    let gone = json!({ "filter": { "lead_source": "FAIR" }, "edit": { "delete": true } });
    let job = finished(&world, &world.client.post(BULK, &gone).await.unwrap()).await;
    assert_eq!((number(&job["outcomes"]["changed"]), total(&world.client, "").await), (750, 10));
}

#[tokio::test]
async fn of_whom_a_users_filter_means_only_its_own_are_changed() {
    let known = Known::make().await;
    let key = json!({ "name": "a", "role": "user", "user_id": "ada" });
    let key = known.world.client.post("/api/v1/api-keys", &key).await.unwrap();
    let user = known.world.client.with_key(key["key"].as_str().unwrap());
    let body = json!({ "filter": { "lifecycle_stage": "lead" }, "edit": { "add_tags": ["mine"] } });
    let job = finished(&known.world, &user.post(BULK, &body).await.unwrap()).await;
    assert_eq!((number(&job["outcomes"]["changed"]), listed(&user, "tags=mine").await), (1, vec!["alan".to_owned()]));
}
