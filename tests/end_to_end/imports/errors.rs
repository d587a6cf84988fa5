//! The list of refused rows: complete, harmless, and made to be mended and uploaded again.

use std::fmt::Write;

use serde_json::json;
use tests::{World, outcomes};

use super::{imported, records, refused};

#[tokio::test]
async fn refused_rows_can_be_mended_and_uploaded_as_they_are() {
    let world = World::start().await.unwrap();
    let csv = "E-Mail;First Name;Notes;Shoe\r\n\
               good@example.com;Ada;;\r\n\
               one(at)example.com;'=cmd;\"two\r\n\"\"lines\"\"\";x,y\r\n\
               \r\n\
               two(at)example.com;Zoë;+49 is a code;\r\n";
    let import = imported(&world, csv, &json!({})).await;
    assert_eq!(outcomes(&import), [1, 0, 0, 0, 2]);
    let errors = refused(&world, &import).await;
    let rows = records(&errors);
    assert_eq!(rows[0], ["line", "column", "value", "code", "reason", "E-Mail", "First Name", "Notes", "Shoe"]);
    assert_eq!(rows[1][..4], ["3", "E-Mail", "one(at)example.com", "invalid"].map(str::to_owned));
    assert_eq!(rows[1][5..], ["one(at)example.com", "'=cmd", "two\r\n\"lines\"", "x,y"].map(str::to_owned));
    assert_eq!((rows[2][0].as_str(), rows[2][7].as_str(), rows.len()), ("6", "'+49 is a code", 3));

    let again = imported(&world, errors.replace("(at)", "@"), &json!({})).await;
    assert_eq!(outcomes(&again), [2, 0, 0, 0, 0]);
    let one = world.client.get("/api/v1/contacts?email=one@example.com").await.unwrap();
    let one = &one["items"][0];
    assert_eq!((&one["first_name"], &one["notes"]), (&json!("=cmd"), &json!("two\r\n\"lines\"")));
    let two = world.client.get("/api/v1/contacts?email=two@example.com").await.unwrap();
    assert_eq!(two["items"][0]["notes"], "+49 is a code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_comes_in_pages_that_make_one_file() {
    let world = World::start().await.unwrap();
    let mut csv = "email,padding\n".to_owned();
    for row in 0..60 {
        writeln!(csv, "nobody{row},{}", "x".repeat(100_000)).unwrap();
    }
    let import = imported(&world, csv, &json!({})).await;
    assert_eq!(outcomes(&import), [0, 0, 0, 0, 60]);
    let rows = records(&refused(&world, &import).await);
    let lines: Vec<u64> = rows[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(lines, (2..62).collect::<Vec<u64>>(), "in the order of the file, each once");
    assert!(rows[1..].iter().all(|row| row[6].len() == 100_000));
}

#[tokio::test]
async fn a_row_that_is_no_text_is_told_with_its_line() {
    let world = World::start().await.unwrap();
    let csv = b"email,first_name\nz\xc3\xbc@example.com,x\nada@example.com,A\xff\nb@example.com,B\0\nc@example.com,C\n";
    let import = imported(&world, csv.to_vec(), &json!({})).await;
    assert_eq!(outcomes(&import), [1, 0, 0, 0, 3], "{import}");
    let rows = records(&refused(&world, &import).await);
    let told: Vec<_> = rows[1..].iter().map(|row| (row[0].as_str(), row[3].as_str())).collect();
    assert_eq!(told, [("2", "invalid"), ("3", "malformed"), ("4", "malformed")]);
}
