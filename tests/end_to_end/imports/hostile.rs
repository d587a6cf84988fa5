//! Files that mean harm, or are none: a clear reason, and nothing else.

use serde_json::json;
use tests::{World, outcomes};

use super::formats::{gzipped, zipped};
use super::{imported, records, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_meant_ends_with_a_reason() {
    let world = World::start().await.unwrap();
    let line = format!("email,notes\na@example.com,\"{}", "x".repeat(3 << 20));
    let columns = vec!["c"; 1_000_000].join(",");
    let mut bomb = b"email\n".to_vec();
    bomb.resize(8 << 20, b'x');
    for (what, file, reason) in [
        ("a line without an end", line.into_bytes(), "the row that begins in line 2 is longer than 1 MiB"),
        ("a million columns", format!("email,{columns}\n").into_bytes(), "the header in line 1"),
        ("a bomb", gzipped(&bomb), "the row that begins in line 2 is longer than 1 MiB"),
        ("half a gzip file", gzipped(b"email\na@example.com\n")[..20].to_vec(), "the packed file ends too early"),
        ("half an archive", zipped("a.csv", b"email\n")[..40].to_vec(), "the zip archive is damaged"),
        (
            "an archive without a table",
            [&b"PK\x05\x06"[..], &[0; 18]].concat(),
            "the archive holds no CSV or vCard file",
        ),
        ("nothing", gzipped(b""), "the file is empty"),
        (
            "a picture",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            "file has no column for email, phone, first_name or last_name",
        ),
    ] {
        let import = imported(&world, file, &json!({})).await;
        let error = import["error"].as_str().unwrap_or_default();
        assert_eq!((&import["status"], outcomes(&import)), (&json!("failed"), [0; 5]), "{what}: {import}");
        assert!(error.starts_with(reason), "{what}: {error}");
    }
    world.settled().await.unwrap();
    assert_eq!(world.files().await.unwrap(), [], "nothing is left of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_before_the_place_where_a_file_breaks_off_keep_their_outcome() {
    let world = World::start().await.unwrap();
    let rows: String = (0..1_500).map(|row| format!("p{row}@example.com,x\n")).collect();
    let file = format!("email,notes\n{rows}q@example.com,\"{}", "x".repeat(2 << 20));
    let import = imported(&world, file, &json!({})).await;
    let error = "the row that begins in line 1502 is longer than 1 MiB; a quotation mark may be missing";
    assert_eq!((&import["status"], &import["error"]), (&json!("failed"), &json!(error)));
    let done: i64 = outcomes(&import).iter().sum();
    let list = world.client.get("/api/v1/contacts?per_page=1").await.unwrap();
    assert_eq!(list["total"], done, "the sums tell exactly what was done");
}

#[tokio::test]
async fn formulas_and_paths_are_text() {
    let world = World::start().await.unwrap();
    let csv = b"email,first_name,Notes\na@example.com,=cmd|' /C calc'!A0,x\nb,=1+1,@SUM(A1)\n";
    let import = imported(&world, zipped("../../etc/passwd.csv", csv), &json!({})).await;
    assert_eq!((&import["status"], outcomes(&import)), (&json!("completed"), [1, 0, 0, 0, 1]), "{import}");
    let list = world.client.get("/api/v1/contacts?email=a@example.com").await.unwrap();
    assert_eq!(list["items"][0]["first_name"], "=cmd|' /C calc'!A0");
    let rows = records(&refused(&world, &import).await);
    assert_eq!(rows[1][5..], ["b", "'=1+1", "'@SUM(A1)"].map(str::to_owned));
}
