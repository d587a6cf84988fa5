//! Who is in a group.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use local::client::Answer;
use local::stack::{Moment, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{LIMIT, World, number};

use crate::groups::{GROUPS, call, field, group, text};

async fn contact(world: &World, draft: Value) -> String {
    text(&world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"])
}

async fn named(world: &World, name: impl ToString) -> String {
    contact(world, json!({ "first_name": name.to_string() })).await
}

async fn membership(world: &World, contact: &str, group: &str, verb: &str) -> Answer {
    call(world, Method::POST, &format!("/api/v1/contacts/{contact}/groups/{group}/{verb}"), None).await
}

async fn join(world: &World, contact: &str, group: &str) {
    assert_eq!(membership(world, contact, group, "add").await.status, 200);
}

async fn count(world: &World, group: &str) -> i64 {
    number(&world.client.get(&format!("{GROUPS}/{group}")).await.unwrap()["contact_count"])
}

/// The ids of all members, page by page.
async fn members(world: &World, group: &str) -> Vec<String> {
    let (mut ids, mut query) = (Vec::new(), "per_page=7".to_owned());
    loop {
        let page = world.client.get(&format!("{GROUPS}/{group}/contacts?{query}")).await.unwrap();
        ids.extend(page["items"].as_array().unwrap().iter().map(|contact| text(&contact["id"])));
        let Some(cursor) = page["next_cursor"].as_str() else { return ids };
        query = format!("per_page=7&cursor={cursor}");
    }
}

async fn groups_of(world: &World, contact: &str) -> Value {
    world.client.get(&format!("/api/v1/contacts/{contact}")).await.unwrap()["groups"].clone()
}

#[tokio::test]
async fn joining_and_leaving_twice_is_once() {
    let world = World::start().await.unwrap();
    let (vip, ada) = (group(&world, "VIP").await, named(&world, "Ada").await);
    let joined = membership(&world, &ada, &vip, "add").await;
    assert_eq!((joined.status, joined.header("etag"), &joined.body["groups"]), (200, "\"2\"", &json!([vip])));
    let again = membership(&world, &ada, &vip, "add").await;
    assert_eq!((again.status, &again.body), (200, &joined.body));
    assert_eq!((count(&world, &vip).await, members(&world, &vip).await), (1, vec![ada.clone()]));
    let left = membership(&world, &ada, &vip, "remove").await;
    assert_eq!((left.status, &left.body["groups"]), (200, &json!([])));
    assert_eq!(membership(&world, &ada, &vip, "remove").await.body, left.body);
    assert_eq!((count(&world, &vip).await, members(&world, &vip).await.len()), (0, 0));

    let nobody = world.stack.tenant();
    for verb in ["add", "remove"] {
        let message = |answer: &Answer| (answer.status, answer.body["error"]["message"].to_string());
        let no_group = message(&membership(&world, &ada, &nobody.to_string(), verb).await);
        assert_eq!((no_group.0, no_group.1.contains("no group")), (404, true), "{no_group:?}");
        let no_contact = message(&membership(&world, &nobody.to_string(), &vip, verb).await);
        assert_eq!((no_contact.0, no_contact.1.contains("no contact")), (404, true), "{no_contact:?}");
    }
    let user = json!({ "name": "user", "role": "user", "user_id": "bob" });
    let key = world.client.post("/api/v1/api-keys", &user).await.unwrap();
    let bob = world.client.with_key(key["key"].as_str().unwrap());
    let path = format!("/api/v1/contacts/{ada}/groups/{vip}/add");
    assert_eq!(bob.call(Method::POST, &path, None).await.unwrap().status, 403, "not the contact's owner");
    let own = text(&bob.post("/api/v1/contacts", &json!({ "first_name": "Own" })).await.unwrap()["id"]);
    let path = format!("/api/v1/contacts/{own}/groups/{vip}/add");
    assert_eq!(bob.call(Method::POST, &path, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_contact_is_in_50_groups_at_most() {
    let world = World::start().await.unwrap();
    let groups = join_all((0..51).map(async |n| group(&world, &format!("group {n}")).await)).await;
    let ada = contact(&world, json!({ "first_name": "Ada", "groups": groups[..40] })).await;
    for group in &groups[40..50] {
        join(&world, &ada, group).await;
    }
    assert_eq!(field(&membership(&world, &ada, &groups[50], "add").await), (422, "groups"));
    assert_eq!(membership(&world, &ada, &groups[0], "add").await.status, 200, "it is in this one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_exact_whatever_happens_at_the_same_time() {
    let world = World::start().await.unwrap();
    let groups = [group(&world, "one").await, group(&world, "two").await];
    let ids = join_all((0..9).map(async |n| named(&world, n).await)).await;
    // 36 changes of memberships, each contact's of both groups at once, every third one twice, and three removals.
    let changes = (0..36).map(|n| (&ids[n % 9], &groups[n % 2], if n % 3 == 0 { "remove" } else { "add" }));
    let changing = join_all(changes.map(|(id, group, verb)| membership(&world, id, group, verb)));
    let paths: Vec<String> = ids[..3].iter().map(|id| format!("/api/v1/contacts/{id}")).collect();
    let removing = join_all(paths.iter().map(|path| call(&world, Method::DELETE, path, None)));
    let (changed, removed) = futures::join!(changing, removing);
    for answer in changed.iter().chain(&removed) {
        assert!([200, 204, 404, 412].contains(&answer.status), "{answer:?}");
    }
    for group in &groups {
        let mut expected = Vec::new();
        for id in &ids {
            let found = call(&world, Method::GET, &format!("/api/v1/contacts/{id}"), None).await;
            let groups = found.body["groups"].as_array().cloned().unwrap_or_default();
            expected.extend(groups.contains(&json!(group)).then(|| id.clone()));
        }
        expected.sort();
        assert_eq!(count(&world, group).await, expected.len() as i64);
        assert_eq!(members(&world, group).await, expected);
    }
    let again = join_all((0..8).map(|_| membership(&world, &ids[8], &groups[0], "add"))).await;
    assert!(again.iter().all(|answer| answer.status == 200));
    assert_eq!(members(&world, &groups[0]).await.len() as i64, count(&world, &groups[0]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_stays_in_a_group_that_is_removed_while_others_join() {
    let world = World::start().await.unwrap();
    let (vip, other) = (group(&world, "VIP").await, group(&world, "other").await);
    let drafts = (0..30).map(|n| json!({ "first_name": n.to_string(), "groups": [vip, other] }));
    let early = join_all(drafts.map(|draft| contact(&world, draft))).await;
    let late = join_all((0..20).map(async |n| named(&world, n).await)).await;
    let (removed, joined) = futures::join!(
        async { call(&world, Method::DELETE, &format!("{GROUPS}/{vip}"), None).await },
        join_all(late.iter().map(|id| membership(&world, id, &vip, "add"))),
    );
    assert_eq!(removed.status, 204);
    assert!(joined.iter().all(|answer| [200, 404].contains(&answer.status)));
    assert_eq!(membership(&world, &early[0], &vip, "add").await.status, 404);
    let draft = json!({ "first_name": "Eve", "groups": [vip] });
    assert_eq!(field(&call(&world, Method::POST, "/api/v1/contacts", Some(&draft)).await), (422, "groups"));
    world.settled().await.unwrap();
    for id in &late {
        assert_eq!(groups_of(&world, id).await, json!([]));
    }
    assert_eq!(groups_of(&world, &early[29]).await, json!([other]));
    assert_eq!((members(&world, &other).await.len(), count(&world, &other).await), (30, 30));
    assert_eq!(world.items("C#").await.unwrap(), 30, "the memberships of the other group");
    assert_eq!(world.items("COUNT#").await.unwrap(), 16, "the counts of the other group");
    let trail = world.client.get(&format!("/api/v1/contacts/{}/audit", early[0])).await.unwrap();
    assert_eq!(trail["items"][0]["changes"][0], json!({ "field": "groups", "old": [vip, other], "new": [other] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_killed_at_any_call_leaves_nobody_in_the_group() {
    let per_minute = ("TenantRequestsPerMinute".to_owned(), "100000".to_owned());
    let options = Options { parameters: vec![per_minute], ..Options::in_memory() };
    let world = World::start_with(options).await.unwrap();
    let ids = join_all((0..21).map(async |n| named(&world, n).await)).await;
    for (call_number, moment) in (1..=8).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let doomed = group(&world, &format!("{call_number} {moment:?}")).await;
        join_all(ids.iter().map(|id| join(&world, id, &doomed))).await;
        let kill = world.stack.kill("ContactWorkFunction", call_number, moment);
        assert_eq!(call(&world, Method::DELETE, &format!("{GROUPS}/{doomed}"), None).await.status, 204);
        tokio::time::timeout(LIMIT, kill.happened()).await.unwrap();
        world.settled().await.unwrap();
        assert_eq!(world.items("C#").await.unwrap(), 0, "killed {moment:?} call {call_number}");
        for id in &ids {
            assert_eq!(groups_of(&world, id).await, json!([]), "killed {moment:?} call {call_number}");
        }
    }
}

#[tokio::test]
async fn a_member_that_went_into_another_is_shown_as_that_one_and_never_twice() {
    let world = World::start().await.unwrap();
    let vip = group(&world, "VIP").await;
    let ids = join_all((0..5).map(async |n| named(&world, n).await)).await;
    let [ada, bob, eve, outsider, gone] = ids.as_slice() else { panic!() };
    for id in [ada, bob, eve, gone] {
        join(&world, id, &vip).await;
    }
    merged(&world, ada, bob).await;
    merged(&world, eve, outsider).await;
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let call = client.delete_item().table_name(world.stack.table_name());
    call.set_key(Some(contact_key(&world, gone))).send().await.unwrap();
    let mut shown = members(&world, &vip).await;
    let mut expected = vec![bob.clone(), outsider.clone()];
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
    world.client.call(Method::DELETE, &format!("{GROUPS}/{vip}"), None).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!((groups_of(&world, bob).await, world.items("C#").await.unwrap()), (json!([]), 0));
}

fn contact_key(world: &World, id: &str) -> std::collections::HashMap<String, AttributeValue> {
    let pk = format!("T#{}#C#{id}", world.stack.tenant());
    [("PK", pk), ("SK", "CONTACT".to_owned())].map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).into()
}

/// Puts a stub in the place of a contact, as a merge would that left its memberships.
async fn merged(world: &World, id: &str, into: &str) {
    let mut stub = contact_key(world, id);
    let fields = [("id", id), ("merged_into", into), ("merge", id), ("merged_at", "2026-01-01T00:00:00Z")]
        .map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
    stub.extend(fields);
    stub.insert("version".to_owned(), AttributeValue::N("2".to_owned()));
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    client.put_item().table_name(world.stack.table_name()).set_item(Some(stub)).send().await.unwrap();
}

#[tokio::test]
async fn to_join_or_leave_a_group_costs_12_write_units_at_most() {
    let world = World::start_metered().await.unwrap();
    let vip = group(&world, "VIP").await;
    let ada = contact(&world, json!({ "email": "ada@example.com", "first_name": "Ada", "company": "Acme" })).await;
    for verb in ["add", "remove", "add"] {
        world.settled().await.unwrap();
        let functions = ["ContactsFunction", "ProjectorFunction", "ContactWorkFunction"];
        let spent = || functions.iter().map(|name| world.stack.capacity(name).write).sum::<f64>();
        let before = spent();
        assert_eq!(membership(&world, &ada, &vip, verb).await.status, 200);
        world.settled().await.unwrap();
        let write = spent() - before;
        // Contact, mark, membership, count and an entry of the audit 2 each; at first the entry of its making as well.
        assert!(write > 0.0 && write <= 12.0, "{write} WRU to {verb}");
    }
}
