//! Exports: contacts into files that anybody can read, and our import best.

mod crashes;
mod erasure;
mod round_trip;

use chrono::TimeDelta;
use local::client::Client;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

const EXPORT: &str = "/api/v1/contacts/export";

/// The export when it has ended.
async fn ended(world: &World, client: &Client, wanted: &Value) -> Value {
    let answer = client.call(Method::POST, EXPORT, Some(wanted)).await.unwrap();
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    assert_eq!(answer.body["status"], "queued");
    world.settled().await.unwrap();
    client.get(answer.header("location")).await.unwrap()
}

/// The file of a completed export.
async fn file(export: &Value) -> Vec<u8> {
    assert_eq!(export["status"], "completed", "{export}");
    let url = export["download"]["url"].as_str().unwrap();
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert_eq!(export["bytes"], bytes.len());
    bytes
}

async fn exported(world: &World, client: &Client, wanted: &Value) -> Vec<u8> {
    file(&ended(world, client, wanted).await).await
}

async fn text(world: &World, wanted: &Value) -> String {
    String::from_utf8(exported(world, &world.client, wanted).await).unwrap()
}

/// Who is not easily written into a table: formulas, quotes, line breaks, separators, other scripts, hardly anything.
async fn awkward_contacts(client: &Client) {
    for contact in [
        json!({ "first_name": "=cmd|' /C calc'!A0", "last_name": "'=1", "email": "formula@example.com",
                "company": "+Plus", "notes": "-1+1", "tags": ["=tag", "@home"] }),
        json!({ "first_name": "Ada \"Countess\"", "last_name": "King, Lovelace; etc.", "email": "ada@example.com",
                "phone": "+442079460123", "notes": "two\nlines, and \\n a backslash;\n\n\"quoted\"",
                "tags": ["a, b", "c; d", "say \"x\""], "job_title": "Countess\\Programmer" }),
        json!({ "first_name": "李", "last_name": "小龍", "email": "li@example.com", "company": "Ünïcode & Söhne 😀",
                "tags": ["日本", "vip"], "timezone": "Asia/Hong_Kong", "lead_source": "website",
                "lifecycle_stage": "mql", "opt_in_status": "opted_out", "department": "R&D" }),
        json!({ "phone": "+12025550143" }),
        json!({ "email": "only.address@example.com" }),
        json!({ "last_name": "'n Sync", "company": "O'Brien", "department": "=Legal" }),
    ] {
        client.post("/api/v1/contacts", &contact).await.unwrap();
    }
    let booking = json!({
        "booking_id": "one", "event": "created", "invitee_email": "ada@example.com",
        "starts_at": "2026-11-21T09:30:00Z",
    });
    let answer = client.call(Method::POST, "/api/v1/bookings", Some(&booking)).await.unwrap();
    assert!(answer.status < 300, "{:?}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_exported_with_s2s_columns_and_no_cell_is_a_formula() {
    let world = World::start().await.unwrap();
    awkward_contacts(&world.client).await;
    let file = text(&world, &json!({})).await;
    let expected = "\u{feff}First Name,Last Name,Email,Phone,Company,Job Title,Notes,Tags,Total Bookings,Last Booking Date\r\n\
        \"'=cmd|' /C calc'!A0\",''=1,formula@example.com,,'+Plus,,'-1+1,\"'=tag, @home\",0,\r\n";
    assert!(file.starts_with(expected), "{file}");
    let ada = "\"Ada \"\"Countess\"\"\",\"King, Lovelace; etc.\",ada@example.com,+442079460123,,Countess\\Programmer,\
        \"two\nlines, and \\n a backslash;\n\n\"\"quoted\"\"\",\"\"\"a, b\"\", \"\"c; d\"\", \"\"say \"\"\"\"x\"\"\"\"\"\"\",1,2026-11-21T09:30:00Z\r\n";
    assert!(file.contains(ada), "{file}");
    assert!(file.contains("\r\n,,,+12025550143,,,,,0,\r\n"), "{file}");
    let none = text(&world, &json!({ "filter": { "company": "nobody's" } })).await;
    assert_eq!(none.lines().count(), 1, "a file without contacts has its header");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_says_who_and_fields_say_what() {
    let world = World::start().await.unwrap();
    awkward_contacts(&world.client).await;
    let fields = json!(["custom_fields.plan", "lead_source", "email", "do_not_contact"]);
    let file = text(&world, &json!({ "filter": { "tags": ["VIP"] }, "fields": fields })).await;
    assert_eq!(
        file,
        "\u{feff}custom_fields.plan,Lead Source,Email,Do Not Contact\r\n,website,li@example.com,false\r\n"
    );
    for (wanted, status, field) in [
        (json!({ "fields": ["shoe_size"] }), 422, "fields[0]"),
        (json!({ "format": "pdf" }), 422, "format"),
        (json!({ "filter": { "email": "x" } }), 422, "filter.email"),
        (json!({ "filter": { "shoe": 1 } }), 400, "filter.shoe"),
    ] {
        let answer = world.client.call(Method::POST, EXPORT, Some(&wanted)).await.unwrap();
        assert_eq!(
            (answer.status, answer.body["error"]["details"]["field"].as_str()),
            (status, Some(field)),
            "{wanted}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_are_what_address_books_read() {
    let world = World::start().await.unwrap();
    awkward_contacts(&world.client).await;
    let file = text(&world, &json!({ "format": "vcf" })).await;
    assert_eq!(file.matches("BEGIN:VCARD\r\nVERSION:3.0\r\n").count(), 6);
    assert!(file.lines().all(|line| line.len() <= 75));
    let file = file.replace("\r\n ", "");
    for line in [
        "N:King\\, Lovelace\\; etc.;Ada \"Countess\";;;",
        "FN:李 小龍",
        "N:;;;;\r\nFN:+12025550143\r\nTEL;TYPE=VOICE:+12025550143",
        "N:;;;;\r\nFN:only.address@example.com\r\nEMAIL;TYPE=INTERNET:only.address@example.com",
        "ORG:Ünïcode & Söhne 😀;R&D",
        "NOTE:two\\nlines\\, and \\\\n a backslash\\;\\n\\n\"quoted\"",
        "CATEGORIES:a\\, b,c\\; d,say \"x\"",
        "TZ;VALUE=text:Asia/Hong_Kong",
        "X-ROLLCALL-OPT-IN-STATUS:opted_out",
        "X-ROLLCALL-TOTAL-BOOKINGS:1",
        "X-ROLLCALL-LAST-BOOKING-DATE:2026-11-21T09:30:00Z",
    ] {
        assert!(file.contains(&format!("\r\n{line}\r\n")), "{line}\n{file}");
    }
    let nobody = text(&world, &json!({ "format": "vcf", "filter": { "company": "nobody's" } })).await;
    assert_eq!(nobody, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_downloaded_by_its_name_for_a_quarter_of_an_hour_and_is_there_for_a_week() {
    let world = World::start().await.unwrap();
    let export = ended(&world, &world.client, &json!({})).await;
    let url = export["download"]["url"].as_str().unwrap();
    let answer = reqwest::get(url).await.unwrap();
    let day = &export["created_at"].as_str().unwrap()[..10];
    let name = format!("attachment; filename=\"contacts-{day}.csv\"");
    assert_eq!(answer.headers()["content-disposition"], *name);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let other = url.replace(export["id"].as_str().unwrap(), &world.stack.tenant().to_string());
    assert_eq!(reqwest::get(other).await.unwrap().status(), 403, "the URL is for this file only");
    assert!(url.contains("X-Amz-Expires=900"));
    world.stack.advance(TimeDelta::days(7)).await;
    let path = format!("/api/v1/contacts/exports/{}", export["id"].as_str().unwrap());
    let later = world.client.get(&path).await.unwrap();
    assert_eq!((later["status"].as_str(), &later["download"]), (Some("expired"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_are_listed_from_the_newest_until_they_are_removed() {
    let world = World::start().await.unwrap();
    let mut ids = Vec::new();
    for format in ["csv", "vcf", "csv"] {
        ids.push(ended(&world, &world.client, &json!({ "format": format })).await["id"].clone());
    }
    ids.reverse();
    let first = world.client.get(&format!("{EXPORT}?per_page=2")).await.unwrap();
    assert_eq!((&first["total"], first["items"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let rest = format!("/api/v1/contacts/exports?per_page=2&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = world.client.get(&rest).await.unwrap();
    let listed = [&first, &rest].map(|list| list["items"].as_array().unwrap().clone()).concat();
    assert_eq!(listed.iter().map(|export| export["id"].clone()).collect::<Vec<_>>(), ids);
    assert!(listed[0]["expires_at"].is_string() && listed[0]["created_by"]["type"] == "api_key");

    let path = format!("/api/v1/contacts/exports/{}", ids[0].as_str().unwrap());
    let url = world.client.get(&path).await.unwrap()["download"]["url"].as_str().unwrap().to_owned();
    let reader = json!({ "name": "reader", "role": "client", "scopes": ["crm:read"] });
    let reader = world.client.post("/api/v1/api-keys", &reader).await.unwrap();
    let reader = world.client.with_key(reader["key"].as_str().unwrap());
    assert_eq!(reader.call(Method::DELETE, &path, None).await.unwrap().status, 403, "it is not the reader's");
    assert_eq!(world.client.call(Method::DELETE, &path, None).await.unwrap().status, 204);
    assert_eq!(world.client.call(Method::GET, &path, None).await.unwrap().status, 404);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404, "the file is gone");

    let own = reader.post(EXPORT, &json!({})).await.unwrap();
    let path = format!("/api/v1/contacts/exports/{}", own["id"].as_str().unwrap());
    assert_eq!(reader.call(Method::DELETE, &path, None).await.unwrap().status, 204, "be it under way or not");
    world.settled().await.unwrap();
    assert_eq!(world.client.get(EXPORT).await.unwrap()["total"], 2);
    let files = world.files().await.unwrap();
    assert_eq!(files.iter().filter(|(key, _)| key.starts_with("exports/")).count(), 2);
}

#[tokio::test]
async fn a_repeated_request_makes_one_export() {
    let world = World::start().await.unwrap();
    let (key, body) = ([("idempotency-key", "one")], json!({}));
    let first = world.client.call_with(Method::POST, EXPORT, &key, Some(&body)).await.unwrap();
    let again = world.client.call_with(Method::POST, EXPORT, &key, Some(&body)).await.unwrap();
    assert_eq!((first.status, &first.body["id"]), (202, &again.body["id"]));
    world.settled().await.unwrap();
    assert_eq!(world.client.get(EXPORT).await.unwrap()["total"], 1);
}
