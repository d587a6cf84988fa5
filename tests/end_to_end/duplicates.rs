//! Suggestions of duplicates.

use serde_json::{Value, json};
use tests::World;

const DUPLICATES: &str = "/api/v1/contacts/duplicates";

async fn make(world: &World, draft: Value) -> String {
    world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"].as_str().unwrap().to_owned()
}

fn pairs(list: &Value) -> Vec<[&str; 2]> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| [0, 1].map(|at| item["contacts"][at]["id"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn likely_duplicates_are_suggested_with_reason_and_confidence() {
    let world = World::start().await.unwrap();
    let empty = world.client.get(DUPLICATES).await.unwrap();
    assert_eq!((&empty["total"], &empty["searching"]), (&json!(0), &json!(false)));
    let ada = make(&world, json!({ "first_name": "Ada", "last_name": "King", "phone": "+12025550143" })).await;
    let too = make(&world, json!({ "first_name": "Ada", "last_name": "Kings", "phone": "(202) 555-0143" })).await;
    make(&world, json!({ "first_name": "Charles", "last_name": "Babbage", "email": "charles@example.com" })).await;
    world.stack.advance(chrono::TimeDelta::minutes(1)).await;
    let found = world.client.get(DUPLICATES).await.unwrap();
    assert_eq!(pairs(&found), [[ada.as_str(), too.as_str()]], "{found}");
    let pair = &found["items"][0];
    assert!(pair["confidence"].as_f64().unwrap() > 0.6, "{pair}");
    assert!(pair["reasons"].as_array().unwrap().contains(&json!("same_phone")), "{pair}");
    assert_eq!(pair["contacts"][1]["phone"], "+12025550143");
    assert!(found["searched_at"].is_string());
}

#[tokio::test]
async fn suggestions_are_paged_within_one_search_and_leave_out_who_is_gone() {
    let world = World::start().await.unwrap();
    for n in 0..6 {
        let phone = format!("+1202555010{n}");
        let name = ["Nobel", "Curie", "Bohr", "Pauli", "Dirac", "Fermi"][n];
        make(&world, json!({ "first_name": "Ada", "last_name": name, "phone": phone })).await;
        make(
            &world,
            json!({ "first_name": "Ada", "last_name": name, "email": format!("{n}@example.com"), "phone": phone }),
        )
        .await;
    }
    let first = world.client.get(&format!("{DUPLICATES}?per_page=4")).await.unwrap();
    assert_eq!((&first["total"], pairs(&first).len()), (&json!(6), 4));
    let next = first["next_cursor"].as_str().unwrap();
    let rest = world.client.get(&format!("{DUPLICATES}?per_page=4&cursor={next}")).await.unwrap();
    assert_eq!((pairs(&rest).len(), &rest["next_cursor"], &rest["page"]), (2, &Value::Null, &json!(2)));
    let [gone, _] = pairs(&rest)[0];
    world.client.call(reqwest::Method::DELETE, &format!("/api/v1/contacts/{gone}"), None).await.unwrap();
    let again = world.client.get(&format!("{DUPLICATES}?per_page=4&cursor={next}")).await.unwrap();
    assert_eq!(pairs(&again).len(), 1, "of the same search, without who was deleted");
}
