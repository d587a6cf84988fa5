//! Merges that meet other merges and changes.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{contact, path, shown, try_merge};

#[tokio::test]
async fn of_merges_that_meet_one_is_made() {
    let world = World::start().await.unwrap();
    for round in 0..4 {
        let [a, b, c] = ["a", "b", "c"].map(|name| json!({ "email": format!("{name}{round}@example.com") }));
        let (a, b, c) = (contact(&world, a).await, contact(&world, b).await, contact(&world, c).await);
        let pairs = [(&a, &c), (&b, &c), (&c, &a), (&a, &c)];
        let answers =
            join_all(pairs.map(|(primary, duplicate)| async { try_merge(&world, primary, &[duplicate]).await })).await;
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{answers:?}");
        assert!((1..=2).contains(&made), "{made}: c goes into one of them, or a into c, and perhaps c on into b");
        world.settled().await.unwrap();
        let ends = join_all([&a, &b, &c].map(|id| async { shown(&world, id).await["id"].clone() })).await;
        let distinct: std::collections::BTreeSet<String> = ends.iter().map(Value::to_string).collect();
        assert_eq!(distinct.len(), 3 - made);
    }
}

#[tokio::test]
async fn a_merge_that_meets_changes_loses_none_of_them() {
    let world = World::start().await.unwrap();
    for round in 0..6 {
        let primary = contact(&world, json!({ "first_name": "Ada" })).await;
        let other = contact(&world, json!({ "first_name": "B", "email": format!("b{round}@example.com") })).await;
        let patch = async |id: &str, body: Value| {
            world.client.call(Method::PATCH, &path(id), Some(&body)).await.unwrap().status
        };
        let freed = json!({ "email": format!("b{round}@example.com") });
        let duplicates = [other.as_str()];
        let (merged, kept, late, taken) = tokio::join!(
            try_merge(&world, &primary, &duplicates),
            patch(&primary, json!({ "tags": ["kept"] })),
            patch(&other, json!({ "company": "Late" })),
            world.client.call(Method::POST, "/api/v1/contacts", Some(&freed)),
        );
        assert_eq!((merged.status, kept), (200, 200), "{}", merged.body);
        let found = shown(&world, &primary).await;
        assert_eq!(found["tags"], json!(["kept"]));
        match late {
            200 => assert_eq!(found["company"], "Late"),
            status => assert_eq!(status, 409),
        }
        assert_eq!((taken.unwrap().status, &found["email"]), (409, &freed["email"]), "the primary has it now");
    }
}
