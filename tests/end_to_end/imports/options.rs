//! What can be said of an import, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

async fn refused(world: &World, wanted: &Value) -> (u16, Vec<String>) {
    let answer = world.client.call(Method::POST, "/api/v1/contacts/import", Some(wanted)).await.unwrap();
    let details = &answer.body["error"]["details"];
    let fields = match details["errors"].as_array() {
        Some(faults) => faults.iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect(),
        None => details["field"].as_str().map(str::to_owned).into_iter().collect(),
    };
    (answer.status, fields)
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_import_is_told_at_once() {
    let world = World::start().await.unwrap();
    let wrong = json!({
        "duplicates": "replace", "mapping": { "": "email" }, "default_country": "Mars", "encoding": "klingon",
        "tags": ["x".repeat(101)], "group": "nobody", "on_error": "ignore", "file_of": "nothing", "size": 5_368_709_121_u64,
    });
    let expected =
        ["default_country", "duplicates", "encoding", "file_of", "group", "mapping", "on_error", "size", "tags[0]"];
    let (status, mut fields) = refused(&world, &wrong).await;
    fields.sort_unstable();
    assert_eq!((status, fields), (422, expected.map(str::to_owned).to_vec()));
    for (wanted, field) in [
        (json!({ "group": world.stack.tenant() }), "group"),
        (json!({ "file_of": world.stack.tenant() }), "file_of"),
        (json!({ "tags": (0..11).map(|tag| format!("t{tag}")).collect::<Vec<_>>() }), "tags"),
    ] {
        assert_eq!(refused(&world, &wanted).await, (422, vec![field.to_owned()]), "{wanted}");
    }
    assert_eq!(refused(&world, &json!({ "size": 5_368_709_120_u64 })).await.0, 202, "5 GiB are not too much");
    assert_eq!(refused(&world, &json!({ "size": -1 })).await.0, 400);
}

#[tokio::test]
async fn an_import_shows_how_it_was_asked_for_and_the_audit_by_whom() {
    let world = World::start().await.unwrap();
    let wanted = json!({
        "duplicates": "merge", "mapping": { "Mail": "email" }, "default_country": "GB", "encoding": "latin1",
        "tags": [" fair ", "FAIR"], "on_error": "abort", "dry_run": true,
    });
    let import = world.client.post("/api/v1/contacts/import", &wanted).await.unwrap();
    let shown =
        world.client.get(&format!("/api/v1/contacts/imports/{}", import["id"].as_str().unwrap())).await.unwrap();
    for (option, value) in [
        ("duplicates", json!("merge")),
        ("mapping", json!({ "Mail": "email" })),
        ("default_country", json!("GB")),
        ("encoding", json!("windows-1252")),
        ("tags", json!(["fair"])),
        ("on_error", json!("abort")),
        ("dry_run", json!(true)),
        ("group", Value::Null),
        ("status", json!("awaiting_upload")),
        ("rows_per_second", Value::Null),
    ] {
        assert_eq!((&shown[option], &import[option]), (&value, &value), "{option}");
    }
    assert_eq!(shown["created_by"]["type"], "api_key");
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    let entry = &audit["items"][0];
    assert_eq!((&entry["action"], &entry["subject"]), (&json!("import.created"), &import["id"]));
    assert_eq!(entry["actor"], shown["created_by"]);
}

#[tokio::test]
async fn the_tags_of_an_import_are_those_of_all_its_contacts() {
    let world = World::start().await.unwrap();
    let import = world.import("email,tags\na@example.com,own\nb@example.com,\n", &json!({ "tags": ["fair"] })).await;
    assert_eq!(import.unwrap()["created"], 2);
    let tagged = world.client.get("/api/v1/contacts?tags=fair").await.unwrap();
    let mut tags: Vec<String> = tagged["items"].as_array().unwrap().iter().map(|one| one["tags"].to_string()).collect();
    tags.sort_unstable();
    assert_eq!(tags, [r#"["fair"]"#, r#"["own","fair"]"#]);
}

#[tokio::test]
async fn the_file_of_a_dry_run_is_imported_without_another_upload_and_only_once() {
    let world = World::start().await.unwrap();
    let dry = world.import("email\na@example.com\nb@example.com\n", &json!({ "dry_run": true })).await.unwrap();
    assert_eq!((&dry["status"], &dry["rows_done"]), (&json!("completed"), &json!(0)));
    assert_eq!(world.items("CONTACT").await.unwrap(), 0, "a dry run changes nothing");
    let again = json!({ "file_of": dry["id"], "tags": ["second"] });
    let import = world.client.post("/api/v1/contacts/import", &again).await.unwrap();
    assert!(import.get("upload").is_none(), "nothing is to be uploaded");
    let import = world.client.import_ended(import["id"].as_str().unwrap(), tests::LIMIT, |_| {}).await.unwrap();
    assert_eq!((&import["created"], &import["file_of"]), (&json!(2), &dry["id"]));
    let third = world.client.call(Method::POST, "/api/v1/contacts/import", Some(&again)).await.unwrap();
    assert_eq!((third.status, &third.body["error"]["details"]["existing_id"]), (409, &import["id"]));
    assert_eq!(refused(&world, &json!({ "file_of": import["id"] })).await, (422, vec!["file_of".to_owned()]));
    world.settled().await.unwrap();
    let left: Vec<_> =
        world.files().await.unwrap().into_iter().filter(|(key, _)| key.starts_with("imports/")).collect();
    assert_eq!(left, [], "the file went with the import that had it");
}

#[tokio::test]
async fn the_file_of_a_dry_run_goes_after_an_hour() {
    let world = World::start().await.unwrap();
    let dry = world.import("email\na@example.com\n", &json!({ "dry_run": true })).await.unwrap();
    world.settled().await.unwrap();
    let kept = async || world.files().await.unwrap().iter().any(|(key, _)| key.starts_with("imports/"));
    for (minutes, there) in [(50, true), (30, false)] {
        assert!(kept().await);
        world.stack.advance(chrono::TimeDelta::minutes(minutes)).await;
        world.settled().await.unwrap();
        assert_eq!(kept().await, there, "{minutes} minutes later");
    }
    let late = world.client.call(Method::POST, "/api/v1/contacts/import", Some(&json!({ "file_of": dry["id"] }))).await;
    assert_eq!(late.unwrap().status, 409);
}
