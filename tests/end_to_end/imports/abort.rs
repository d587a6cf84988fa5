//! All or nothing: where one row that is refused refuses the file.

use std::fmt::Write;

use serde_json::json;
use tests::{World, outcomes};

use super::{imported, records, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_refused_row_is_not_imported_at_all_and_all_of_them_are_told() {
    let world = World::start().await.unwrap();
    let mut csv = "email,first_name\n".to_owned();
    for row in 0..2_500 {
        let at = if [1_300, 2_400].contains(&row) { "(at)" } else { "@" };
        writeln!(csv, "p{row}{at}example.com,P").unwrap();
    }
    let import = imported(&world, csv.clone(), &json!({ "on_error": "abort" })).await;
    assert_eq!((&import["status"], outcomes(&import)), (&json!("failed"), [0; 5]));
    let reason = "2 rows are not acceptable; line 1302: email is not a valid e-mail address";
    assert_eq!(import["error"], reason);
    let lines: Vec<_> = records(&refused(&world, &import).await).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(lines, ["line", "1302", "2402"]);
    assert_eq!(world.client.get("/api/v1/contacts?per_page=1").await.unwrap()["total"], 0);
    world.settled().await.unwrap();
    assert!(world.files().await.unwrap().iter().all(|(key, _)| !key.starts_with("import-chunks/")));

    let mended = imported(&world, csv.replace("(at)", "@"), &json!({ "on_error": "abort" })).await;
    assert_eq!((&mended["status"], outcomes(&mended)), (&json!("completed"), [2_500, 0, 0, 0, 0]));
}
