//! Files as they come: packed, in any encoding, with any separator, as cards.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tests::{World, outcomes};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::imported;
use crate::searches::walked;

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

pub(super) fn in_utf_16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Two people whose names are not ASCII, told apart by `who`.
fn table(who: &str, separator: char) -> String {
    let rows =
        format!("Email|First Name|Notes\r\n{who}1@example.com|Zoë|\"a\r\nb\"\r\n\r\n{who}2@example.com|Jürgen\r\n");
    rows.replace('|', &separator.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_read_whatever_it_is_packed_in_written_in_and_separated_by() {
    let world = World::start().await.unwrap();
    let windows = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Zoë;;;\r\nFN:Zoë\r\nEMAIL:card1@example.com\r\nEND:VCARD\r\n\
                BEGIN:VCARD\r\nVERSION:4.0\r\nN:;Jürgen;;;\r\nFN:Jürgen\r\nEMAIL:card2@example.com\r\nEND:VCARD\r\n";
    for (who, file, facts) in [
        ("plain", table("plain", ',').into_bytes(), ["csv", "none", "UTF-8", ","]),
        ("marked", format!("\u{feff}{}", table("marked", ';')).into_bytes(), ["csv", "none", "UTF-8", ";"]),
        ("wide", in_utf_16(&table("wide", '\t')), ["csv", "none", "UTF-16LE", "\t"]),
        ("old", windows(&table("old", ';')), ["csv", "none", "windows-1252", ";"]),
        ("gzip", gzipped(table("gzip", ',').as_bytes()), ["csv", "gzip", "UTF-8", ","]),
        ("zip", zipped("people.csv", table("zip", '|').as_bytes()), ["csv", "zip", "UTF-8", "|"]),
        ("card", card.as_bytes().to_vec(), ["vcard", "none", "UTF-8", ""]),
    ] {
        let import = imported(&world, file, &json!({})).await;
        assert_eq!((&import["status"], outcomes(&import)), (&json!("completed"), [2, 0, 0, 0, 0]), "{who}: {import}");
        let found = &import["file"];
        let found = ["format", "packing", "encoding", "separator"].map(|fact| found[fact].as_str().unwrap_or_default());
        assert_eq!(found, facts, "{who}");
        for (number, name) in [(1, "Zoë"), (2, "Jürgen")] {
            let list = world.client.get(&format!("/api/v1/contacts?email={who}{number}@example.com")).await.unwrap();
            assert_eq!(list["items"][0]["first_name"], name, "{who}");
        }
    }
    assert!(world.files().await.unwrap().iter().all(|(key, _)| !key.starts_with("import-chunks/")), "all are gone");
}

#[tokio::test]
async fn a_file_without_names_is_mapped_by_what_it_holds_and_its_first_row_counts() {
    let world = World::start().await.unwrap();
    let import = imported(&world, "Ada,King,ada@example.com\nBob,Ross,bob@example.com\n", &json!({})).await;
    assert_eq!(outcomes(&import), [2, 0, 0, 0, 0]);
    let columns: Vec<_> = import["columns"].as_array().unwrap().iter().map(|column| &column["field"]).collect();
    assert_eq!(columns, ["first_name", "last_name", "email"]);
    assert_eq!(import["columns"][2]["how"], "content");
}

#[tokio::test]
async fn who_unsubscribed_is_opted_out_also_where_contacts_stay_as_they_are() {
    let world = World::start().await.unwrap();
    let ada = json!({ "email": "ada@example.com", "first_name": "Ada", "opt_in_status": "opted_in" });
    let ada = world.client.post("/api/v1/contacts", &ada).await.unwrap();
    let csv = "Email,First Name,opt_in_status\nada@example.com,Augusta,opted_out\nbob@example.com,Bob,opted_out\n";
    let import = imported(&world, csv, &json!({ "duplicates": "skip" })).await;
    assert_eq!(outcomes(&import), [1, 1, 0, 0, 0]);
    let ada: Value = world.client.get(&format!("/api/v1/contacts/{}", ada["id"].as_str().unwrap())).await.unwrap();
    assert_eq!((&ada["first_name"], &ada["opt_in_status"]), (&json!("Ada"), &json!("opted_out")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_in_the_order_of_the_file() {
    let world = crate::searches::world().await;
    let rows: String = (0..2_100).map(|row| format!("p{row:04}@example.com\n")).collect();
    imported(&world, format!("email\n{rows}"), &json!({})).await;
    let mut contacts = walked(&world.client, "/api/v1/contacts?sort=created_at", 100).await;
    contacts.sort_unstable_by_key(|contact| contact["id"].as_str().unwrap().to_owned());
    let emails: Vec<_> = contacts.iter().map(|contact| contact["email"].as_str().unwrap()).collect();
    assert!(emails.is_sorted() && emails.len() == 2_100);
}
