//! Parts of lists, in every form in which they are asked for.

use serde_json::{Value, json};
use tests::number;

use super::known::{Known, everybody};
use super::{CONTACTS, labels, walked};

#[tokio::test]
async fn a_list_comes_in_parts_of_any_size_from_any_place_with_its_total() {
    let known = Known::make().await;
    let all = everybody();
    for (query, expected, page) in [
        ("", &all[0..25], 1),
        ("page=2", &all[25..30], 2),
        ("page=3", &all[30..30], 3),
        ("per_page=7", &all[0..7], 1),
        ("page=2&page_size=7", &all[7..14], 2),
        ("page=5&per_page=7", &all[28..30], 5),
        ("offset=3&limit=4", &all[3..7], 1),
        ("skip=3&limit=4", &all[3..7], 1),
        ("offset=29", &all[29..30], 2),
        ("offset=30", &all[30..30], 2),
        ("skip=1000000&limit=100", &all[30..30], 10_001),
        ("limit=100", &all[0..30], 1),
        ("page=1&per_page=30", &all[0..30], 1),
    ] {
        let list = known.world.client.get(&format!("{CONTACTS}?sort=created_at&{query}")).await.unwrap();
        assert_eq!((labels(&list).as_slice(), number(&list["total"])), (expected, 30), "{query}");
        assert_eq!(number(&list["page"]), page, "{query}");
        let is_last = expected.last().is_none_or(|last| last == "rosa");
        assert_eq!(list["next_cursor"].is_null(), is_last, "{query}: a cursor leads on exactly where there is more");
    }
}

#[tokio::test]
async fn cursors_lead_through_every_list_to_its_end() {
    let known = Known::make().await;
    for (query, found) in [("sort=name", 30), ("sort=-score", 30), ("opt_in_status=unknown", 23), ("search=example", 0)]
    {
        let found = if found == 0 {
            number(&known.world.client.get(&format!("{CONTACTS}?{query}")).await.unwrap()["total"])
        } else {
            found
        };
        let path = format!("{CONTACTS}?{query}");
        let whole = known.world.client.get(&format!("{path}&per_page=100")).await.unwrap();
        for size in [1, 3, 10, 29, 100] {
            let walked = json!(walked(&known.world.client, &path, size).await);
            assert_eq!((&walked, number(&whole["total"])), (&whole["items"], found), "{query} by {size}");
        }
    }
    // A cursor goes on from a numbered page, and from any place.
    for from in ["page=2&per_page=6", "offset=6&limit=6"] {
        let part = known.world.client.get(&format!("{CONTACTS}?sort=name&{from}")).await.unwrap();
        let next = format!("{CONTACTS}?sort=name&per_page=100&cursor={}", part["next_cursor"].as_str().unwrap());
        let rest = known.world.client.get(&next).await.unwrap();
        assert_eq!((labels(&rest).len(), &rest["next_cursor"], &rest["total"]), (18, &Value::Null, &json!(30)));
    }
}
