//! Imports: files into contacts.

mod abort;
mod cancel;
mod dry_runs;
mod errors;
mod formats;
mod groups;
mod hostile;
mod kills;
mod list;
mod options;
mod progress;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tests::{LIMIT, World, outcomes};

/// Imports a file of bytes and waits until the import has ended.
async fn imported(world: &World, file: impl Into<reqwest::Body>, options: &Value) -> Value {
    let id = world.client.import(file, options).await.unwrap();
    world.client.import_ended(&id, LIMIT, |_| {}).await.unwrap()
}

/// The whole list of an import's refused rows, page by page.
async fn refused(world: &World, import: &Value) -> String {
    let path = format!("/api/v1/contacts/imports/{}/errors", import["id"].as_str().unwrap());
    let (mut text, mut cursor) = (String::new(), String::new());
    loop {
        let url = world.stack.url().join(&format!("{path}{cursor}")).unwrap();
        let request = reqwest::Client::new().get(url).header("x-api-key", world.stack.api_key());
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let next = answer.headers().get("x-next-cursor").map(|next| next.to_str().unwrap().to_owned());
        text += &answer.text().await.unwrap();
        match next {
            Some(next) => cursor = format!("?cursor={next}"),
            None => return text,
        }
    }
}

/// The records of a CSV text.
fn records(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_bad_row_harms_no_other_and_is_reported_with_line_column_and_reason() {
    let world = World::start().await.unwrap();
    let csv = "\u{feff}Email,First Name,Phone,Notes\r\n\
               good@example.com,Ada,(202) 555-0143,\"two\r\nlines\"\r\n\
               bad(at)example.com,Bob,12,\r\n\
               \r\n\
               ,,,nobody\r\n\
               late@example.com,Eve,,\r\n";
    let import = world.import(csv, &json!({})).await.unwrap();
    assert_eq!((import["status"].as_str(), outcomes(&import)), (Some("completed"), [2, 0, 0, 0, 2]));
    assert_eq!(import["rows_total"], 4);
    let errors = format!("/api/v1/contacts/imports/{}/errors", import["id"].as_str().unwrap());
    assert_snapshot!(world.client.text(&errors).await.unwrap());
}

#[tokio::test]
async fn duplicates_are_skipped_updated_or_merged_as_the_caller_says() {
    let world = World::start().await.unwrap();
    let first = "email,first_name,company,tags\nada@example.com,Ada,,old\n";
    let second = "email,first_name,company,tags\nADA@example.com,Augusta,Acme,new\nnew@example.com,New,,\n";
    world.import(first, &json!({})).await.unwrap();
    for (policy, counts, name, company) in [
        ("skip", [1, 0, 0, 1, 0], "Ada", None),
        ("merge", [0, 0, 2, 0, 0], "Ada", Some("Acme")),
        ("update", [0, 2, 0, 0, 0], "Augusta", Some("Acme")),
    ] {
        let import = world.import(second, &json!({ "duplicates": policy })).await.unwrap();
        assert_eq!(outcomes(&import), counts, "{policy}");
        let duplicate = json!({ "email": "ada@example.com" });
        let conflict = world.client.call(reqwest::Method::POST, "/api/v1/contacts", Some(&duplicate)).await.unwrap();
        let id = conflict.body["error"]["details"]["existing_id"].as_str().unwrap().to_owned();
        let contact = world.client.get(&format!("/api/v1/contacts/{id}")).await.unwrap();
        assert_eq!((contact["first_name"].as_str(), contact["company"].as_str()), (Some(name), company), "{policy}");
    }
}

#[tokio::test]
async fn an_address_that_comes_twice_in_a_file_makes_one_contact() {
    let world = World::start().await.unwrap();
    let rows: String = (0..2_500).map(|row| format!("p{}@example.com,Name\n", row % 1_250)).collect();
    let import = world.import(format!("email,first_name\n{rows}"), &json!({})).await.unwrap();
    assert_eq!(outcomes(&import), [1_250, 0, 0, 1_250, 0], "also when the two are in chunks that run side by side");
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_fails_with_a_reason() {
    let world = World::start().await.unwrap();
    for (csv, options, reason) in [
        ("", json!({}), "the file is empty"),
        ("company,notes\nAcme,x\n", json!({}), "file has no column for email, phone, first_name or last_name"),
        (
            "email\na@example.com\n",
            json!({ "mapping": { "mail": "email" } }),
            "mapping.mail names a column that the file does not have",
        ),
    ] {
        let import = world.import(csv, &options).await.unwrap();
        assert_eq!((import["status"].as_str(), import["error"].as_str()), (Some("failed"), Some(reason)));
        assert_eq!(outcomes(&import), [0; 5]);
    }
}

#[tokio::test]
async fn an_upload_goes_nowhere_else_than_to_its_own_place() {
    let world = World::start().await.unwrap();
    let job = world.client.post("/api/v1/contacts/import", &json!({})).await.unwrap();
    let url = job["upload"]["url"].as_str().unwrap();
    let elsewhere = url.replace(job["id"].as_str().unwrap(), &world.stack.tenant().to_string());
    let answer = reqwest::Client::new().put(elsewhere).body("email\na@example.com\n").send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_replaced_while_it_is_imported_fails_the_import() {
    let world = World::start().await.unwrap();
    let job = world.client.post("/api/v1/contacts/import", &json!({})).await.unwrap();
    let (id, url) = (job["id"].as_str().unwrap(), job["upload"]["url"].as_str().unwrap());
    let put = async |name: &str| {
        let rows: String = (0..20_000).map(|row| format!("p{row}@example.com,{name}\n")).collect();
        let csv = format!("email,first_name\n{rows}");
        assert_eq!(reqwest::Client::new().put(url).body(csv).send().await.unwrap().status(), 200);
    };
    put("First").await;
    while world.client.get(&format!("/api/v1/contacts/imports/{id}")).await.unwrap()["status"] == "awaiting_upload" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    put("Other").await;
    let import = world.client.import_ended(id, tests::LIMIT, |_| {}).await.unwrap();
    let error = "the file was replaced while it was being imported";
    assert_eq!((import["status"].as_str(), import["error"].as_str()), (Some("failed"), Some(error)));
}
