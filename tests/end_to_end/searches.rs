//! Lists of contacts: searched, filtered, sorted, page by page; searches that are saved, segments,
//! and statistics.

mod faults;
mod figures;
mod filters;
mod growth;
mod imported;
pub(crate) mod known;
mod orders;
mod pages;
mod rights;
mod saved;
mod segments;
mod shifting;
mod typos;
mod written;

use local::client::Client;
use local::stack::Options;
use serde_json::Value;
use tests::{World, number};

pub(crate) const CONTACTS: &str = "/api/v1/contacts";

/// A world in which a tenant may ask as often as it likes.
pub(crate) async fn world() -> World {
    let per_minute = ("TenantRequestsPerMinute".to_owned(), "1000000".to_owned());
    World::start_with(Options { parameters: vec![per_minute], ..Options::in_memory() }).await.unwrap()
}

/// What contacts are called in `people.json`: that is in their notes, which nobody searches.
pub(crate) fn labels(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|contact| contact["notes"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The labels of all whom a query means, in the order of the list.
pub(crate) async fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{CONTACTS}?per_page=100&{query}")).await.unwrap();
    let found = labels(&list);
    assert_eq!((number(&list["total"]), &list["next_cursor"]), (found.len() as i64, &Value::Null), "{query}");
    found
}

/// How many contacts a query means.
pub(crate) async fn total(client: &Client, query: &str) -> i64 {
    number(&client.get(&format!("{CONTACTS}?per_page=1&{query}")).await.unwrap()["total"])
}

/// All contacts of a list, by cursors, a few at a time.
pub(crate) async fn walked(client: &Client, path: &str, per_page: usize) -> Vec<Value> {
    let (mut contacts, mut cursor, mut page) = (Vec::new(), String::new(), 1);
    loop {
        let list = client.get(&format!("{path}&per_page={per_page}{cursor}")).await.unwrap();
        assert_eq!((number(&list["page"]), number(&list["per_page"])), (page, per_page as i64));
        contacts.extend(list["items"].as_array().unwrap().clone());
        let Some(next) = list["next_cursor"].as_str() else { return contacts };
        (cursor, page) = (format!("&cursor={next}"), page + 1);
    }
}
