//! Dry runs: what would become of a file, without anything becoming of it.

use serde_json::{Value, json};
use tests::{World, outcomes};

use super::imported;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_shows_what_rows_would_become_and_changes_nothing() {
    let world = World::start().await.unwrap();
    let ada = json!({ "email": "ada@example.com", "first_name": "Ada" });
    let ada = world.client.post("/api/v1/contacts", &ada).await.unwrap();
    world.settled().await.unwrap();
    let before = world.items("").await.unwrap();
    let mut csv = "E-Mail,Firstname,Company\nada@example.com,Augusta,Acme\nnew@example.com,New,\nnew@example.com,Newer,Inc\nx,,\n".to_owned();
    csv.extend((0..200).map(|row| format!("p{row}@example.com,P,\n")));
    let options = json!({ "dry_run": true, "duplicates": "merge", "tags": ["fair"] });
    let import = imported(&world, csv, &options).await;
    world.settled().await.unwrap();
    assert_eq!((&import["status"], outcomes(&import)), (&json!("completed"), [0; 5]), "{import}");
    let rows = import["preview"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 100);
    let shown = |row: &Value| {
        let part = |name: &str| row["contact"][name].as_str().map(str::to_owned);
        (
            row["line"].as_u64().unwrap(),
            row["outcome"].as_str().unwrap().to_owned(),
            part("first_name"),
            part("company"),
        )
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows[..4].iter().map(shown).collect::<Vec<_>>(),
        [
            (2, "merged".to_owned(), text("Ada"), text("Acme")),
            (3, "created".to_owned(), text("New"), None),
            (4, "merged".to_owned(), text("New"), text("Inc")),
            (5, "refused".to_owned(), None, None),
        ]
    );
    assert_eq!((&rows[0]["contact_id"], &rows[0]["contact"]["tags"]), (&ada["id"], &json!(["fair"])));
    assert_eq!(rows[3]["faults"][0]["column"], "E-Mail");
    let fields: Vec<_> = import["columns"].as_array().unwrap().iter().map(|column| &column["field"]).collect();
    assert_eq!(fields, ["email", "first_name", "company"]);
    // The job, and its place on the agenda.
    assert!(world.items("").await.unwrap() <= before + 3, "nothing was written but the job");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_of_a_dry_run_is_imported_without_another_upload() {
    let world = World::start().await.unwrap();
    let rows: String = (0..1_200).map(|row| format!("p{row}@example.com\n")).collect();
    let dry_run = imported(&world, format!("email\n{rows}"), &json!({ "dry_run": true })).await;
    let wanted = json!({ "file_of": dry_run["id"], "tags": ["fair"] });
    let import = world.client.post("/api/v1/contacts/import", &wanted).await.unwrap();
    assert_eq!(import["upload"], Value::Null);
    let import = world.client.import_ended(import["id"].as_str().unwrap(), tests::LIMIT, |_| {}).await.unwrap();
    assert_eq!((&import["status"], outcomes(&import)), (&json!("completed"), [1_200, 0, 0, 0, 0]));
    let list = world.client.get("/api/v1/contacts?tags=fair&per_page=1").await.unwrap();
    assert_eq!(list["total"], 1_200);
}
