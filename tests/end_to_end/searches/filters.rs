//! Filters, one by one and together.

use std::collections::BTreeSet;

use reqwest::Method;

use super::known::{Known, everybody};
use super::{CONTACTS, labels, listed};

/// A condition: its parameter, its value as it stands in the address, whom it means.
struct Filter(&'static str, String, BTreeSet<String>);

fn set(labels: &str) -> BTreeSet<String> {
    labels.split_whitespace().map(str::to_owned).collect()
}

fn all_but(labels: &str) -> BTreeSet<String> {
    let others = set(labels);
    everybody().into_iter().filter(|label| !others.contains(label)).collect()
}

/// Conditions of texts.
const TEXTS: [(&str, &str, &str); 44] = [
    ("email", "ADA@example.com", "ada"),
    ("email", "ines%2Bnews@example.es", "ines"),
    ("email", "nobody@example.com", ""),
    ("phone", "(202) 555-0101", "ada"),
    ("phone", "%2B1 202 555 0113", "john"),
    ("phone", "2025550129", "quin"),
    ("phone", "%2B44 20 7946 0106", "phone"),
    ("phone", "(202) 555-0199", ""),
    ("first_name", "jose", "jose josef"),
    ("first_name", "JOSÉ", "jose josef"),
    ("first_name", "ines", "ines ines2"),
    ("first_name", "иВа", "ivan"),
    ("first_name", "花", "hana"),
    ("first_name", "o", "bob john dora hugo jose josef nora omar rosa zoe"),
    ("first_name", "ada king", ""),
    ("last_name", "STRASSE", "josef zoe"),
    ("last_name", "Straße", "josef zoe"),
    ("last_name", "aero", "fred"),
    ("last_name", "ANGSTROM", "emil"),
    ("last_name", "o'n", "gina"),
    ("last_name", "van der", "hugo"),
    ("last_name", "-", "kate"),
    ("last_name", " abel ", "abel"),
    ("company", "acme", "bob bea carl"),
    ("company", "Corporation", "dora emil fred"),
    ("company", "lodz", "zoe"),
    ("company", "müller %26", "jose"),
    ("company", "50%25", "hugo"),
    ("company", "strasse 7", "josef gina"),
    ("company", "式会", "hana"),
    ("search", "ada", "ada nora"),
    ("search", "KING ada", "ada nora"),
    ("search", "alan", "alan mary"),
    ("search", "jones acme", "bob bea"),
    ("search", "smith", "carl john"),
    ("search", "example.es", "jose ines ines2"),
    ("search", "nunez  josé", "jose"),
    ("search", "романова", ""),
    ("search", " ", "*"),
    ("tags", "vip", "ada jose bea emil"),
    ("tags", "VIP,maths", "ada emil"),
    ("tags", "new&tags=Vip", "emil"),
    ("tags", "vip,nothing", ""),
    ("tags", "OLD", "zoe kate"),
];

/// Conditions of states and figures.
const STATES: [(&str, &str, &str); 19] = [
    ("owner_id", "ada", "ada alan hugo"),
    ("owner_id", "nobody", ""),
    ("is_active", "false", "bob dora"),
    ("active", "false", "bob dora"),
    ("lifecycle_stage", "customer", "ada fred gina"),
    ("lifecycle_stage", "lead", "alan josef zoe carl kate lena"),
    ("lifecycle_stage", "lost", "emil"),
    ("lead_source", "WEBSITE", "ada jose ines"),
    ("lead_source", "fair", "josef zoe"),
    ("lead_source", "web", ""),
    ("opt_in_status", "opted_in", "ada carl dora fred"),
    ("opt_in_status", "opted_out", "zoe bob"),
    ("opt_in_status", "pending", "jose"),
    ("has_bookings", "true", "ada alan"),
    ("min_score", "0", ""),
    ("max_score", "100", ""),
    ("group", "0190a5d0-0000-7000-8000-000000000000", ""),
    ("type", "0190a5d0-0000-7000-8000-000000000000", ""),
    ("created_to", "2020-01-01", ""),
];

fn filters(known: &Known) -> Vec<Filter> {
    let fixed = TEXTS.iter().chain(&STATES);
    let mut filters: Vec<Filter> = fixed
        .map(|(name, value, labels)| {
            let meant = if *labels == "*" { all_but("") } else { set(labels) };
            Filter(name, (*value).to_owned(), meant)
        })
        .collect();
    let [first, second, third] = known.days[..] else { panic!() };
    let people = everybody();
    let batch = |from: usize, to: usize| people[from..to].iter().cloned().collect::<BTreeSet<_>>();
    let place = people.iter().position(|label| label == "john").unwrap();
    let john = known.moment("john");
    filters.extend([
        Filter("group", known.fair.clone(), set("ada bob hugo")),
        Filter("group", known.board.clone(), set("ada")),
        Filter("type", known.partner.clone(), set("alan emil")),
        Filter("is_active", "true".into(), all_but("bob dora")),
        Filter("opt_in_status", "unknown".into(), all_but("ada carl dora fred zoe bob jose")),
        Filter("has_bookings", "false".into(), all_but("ada alan")),
        Filter("created_from", first.to_string(), batch(0, 30)),
        Filter("created_from", second.to_string(), batch(10, 30)),
        Filter("created_from", third.to_string(), batch(20, 30)),
        Filter("created_from", third.succ_opt().unwrap().to_string(), set("")),
        Filter("created_to", first.pred_opt().unwrap().to_string(), set("")),
        Filter("created_to", second.to_string(), batch(0, 20)),
        Filter("created_from", john.clone(), batch(place, 30)),
        Filter("created_to", john.replace('Z', "%2B00:00"), batch(0, place + 1)),
    ]);
    filters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_filter_finds_exactly_whom_it_means_alone_and_with_any_other() {
    let known = Known::make().await;
    let (filters, client) = (filters(&known), &known.world.client);
    for Filter(name, value, meant) in &filters {
        let found: BTreeSet<String> = listed(client, &format!("{name}={value}")).await.into_iter().collect();
        assert_eq!(found, *meant, "{name}={value}");
    }
    // Each with others that are 1, 2, 4, 8 … behind it, and with two of them.
    for (at, Filter(name, value, meant)) in filters.iter().enumerate() {
        for step in (0..6).map(|power| 1 << power) {
            let other = |times: usize| &filters[(at + step * times) % filters.len()];
            let (Filter(second, its, also), Filter(third, last, too)) = (other(1), other(3));
            let mut names = [*name, second, third].map(|name| if name == "active" { "is_active" } else { name });
            names.sort_unstable();
            // Words that nobody has are taken for mistyped: others would be found.
            let guesses = names.contains(&"search");
            if names.windows(2).any(|pair| pair[0] == pair[1]) || guesses && meant.is_disjoint(also) {
                continue;
            }
            let two: BTreeSet<String> = meant.intersection(also).cloned().collect();
            let query = format!("{name}={value}&{second}={its}");
            let found: BTreeSet<String> = listed(client, &query).await.into_iter().collect();
            assert_eq!(found, two, "{query}");
            if guesses && two.is_disjoint(too) {
                continue;
            }
            let three: BTreeSet<String> = two.intersection(too).cloned().collect();
            let query = format!("{query}&{third}={last}");
            let found: BTreeSet<String> = listed(client, &query).await.into_iter().collect();
            assert_eq!(found, three, "{query}");
        }
    }
}

#[tokio::test]
async fn both_routes_and_a_slash_at_the_end_give_the_same_list() {
    let known = Known::make().await;
    for query in ["", "search=smith&sort=-name", "tags=vip,maths&per_page=1", "company=acme&page=2&per_page=2"] {
        let list = known.world.client.get(&format!("{CONTACTS}?{query}")).await.unwrap();
        for path in ["/search", "/", "/search/"] {
            let same = known.world.client.get(&format!("{CONTACTS}{path}?{query}")).await.unwrap();
            assert_eq!(same, list, "{path}?{query}");
        }
    }
    // What a list shows of a contact is what is shown of it alone.
    let alone = known.world.client.get(&known.path("ada")).await.unwrap();
    let list = known.world.client.get(&format!("{CONTACTS}?email=ada@example.com")).await.unwrap();
    assert_eq!(
        (&list["items"][0], &list["total"], &list["page"], &list["per_page"]),
        (&alone, &1.into(), &1.into(), &25.into())
    );
}

#[tokio::test]
async fn a_national_number_is_one_of_the_tenants_country_whenever_it_is_asked_for() {
    let known = Known::make().await;
    let client = &known.world.client;
    let search = serde_json::json!({ "name": "x", "filter": { "phone": "(202) 555-0101" } });
    let saved = client.post(&format!("{CONTACTS}/searches"), &search).await.unwrap();
    assert_eq!(listed(client, "phone=202-555-0101").await, ["ada"]);
    let mut settings = client.get("/api/v1/settings").await.unwrap();
    let fields = settings.as_object_mut().unwrap();
    fields.retain(|name, _| !["version", "updated_at", "created_at"].contains(&name.as_str()));
    fields["default_country"] = "GB".into();
    let changed = client.call(Method::PUT, "/api/v1/settings", Some(&settings)).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(listed(client, "phone=020 7946 0102").await, ["alan"]);
    assert_eq!(listed(client, "phone=%2B1 202 555 0101").await, ["ada"]);
    let path = format!("{CONTACTS}/searches/{}/contacts", saved["id"].as_str().unwrap());
    assert_eq!(labels(&client.get(&path).await.unwrap()), ["ada"], "as it was meant when it was saved");
}
