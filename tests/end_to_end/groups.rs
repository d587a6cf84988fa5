//! Groups: made, named, changed, removed.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Actor;
use domain::audit::{Action, AuditEntry};
use domain::contact::group_removal::GroupRemoval;
use domain::contact::job::{ContactJob, Work};
use domain::group::{Group, GroupDraft};
use domain::id::GroupId;
use futures::future::join_all;
use local::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

pub(crate) const GROUPS: &str = "/api/v1/contacts/groups";

pub(crate) async fn call(world: &World, method: Method, path: &str, body: Option<&Value>) -> Answer {
    world.client.call(method, path, body).await.unwrap()
}

pub(crate) async fn group(world: &World, name: &str) -> String {
    text(&world.client.post(GROUPS, &json!({ "name": name })).await.unwrap()["id"])
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(crate) fn field(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["error"]["details"]["field"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_group_is_made_shown_changed_listed_and_removed_and_the_audit_tells_it() {
    let world = World::start().await.unwrap();
    let draft = json!({ "name": " Zürich ", "description": "On the lake" });
    let made = call(&world, Method::POST, GROUPS, Some(&draft)).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""));
    let path = format!("{GROUPS}/{}", text(&made.body["id"]));
    assert_eq!(made.header("location"), path);
    assert_eq!((&made.body["name"], &made.body["color"]), (&json!("Zürich"), &json!("#0066cc")));
    assert_eq!((&made.body["contact_count"], &made.body["version"]), (&json!(0), &json!(1)));
    assert_eq!(world.client.get(&path).await.unwrap(), made.body);

    let other = call(&world, Method::POST, GROUPS, Some(&json!({ "name": "Aarau", "color": "#C60" }))).await;
    assert_eq!(other.body["color"], "#cc6600");
    let page = world.client.get(&format!("{GROUPS}?per_page=1")).await.unwrap();
    assert_eq!((&page["items"], &page["total"]), (&json!([other.body]), &json!(2)));
    let rest = world.client.get(&format!("{GROUPS}?cursor={}", text(&page["next_cursor"]))).await.unwrap();
    assert_eq!((&rest["items"], &rest["next_cursor"]), (&json!([made.body]), &Value::Null));

    let renamed = json!({ "name": "ZÜRICH" });
    let stale = world.client.call_with(Method::PUT, &path, &[("if-match", "\"7\"")], Some(&renamed)).await.unwrap();
    assert_eq!(stale.status, 412);
    let changed = world.client.call_with(Method::PUT, &path, &[("if-match", "\"1\"")], Some(&renamed)).await.unwrap();
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    assert_eq!((&changed.body["name"], &changed.body["description"]), (&json!("ZÜRICH"), &Value::Null));
    assert_eq!(call(&world, Method::PUT, &path, Some(&renamed)).await.header("etag"), "\"2\"", "nothing was changed");

    let stale = world.client.call_with(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.unwrap();
    assert_eq!(stale.status, 412);
    assert_eq!(call(&world, Method::DELETE, &path, None).await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(call(&world, method, &path, None).await.status, 404);
    }
    assert_eq!(call(&world, Method::POST, GROUPS, Some(&json!({ "name": "zürich" }))).await.status, 201);
    let audit = world.client.get("/api/v1/audit").await.unwrap();
    let actions: Vec<&str> = audit["items"].as_array().unwrap().iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions[..4], ["group.created", "group.deleted", "group.updated", "group.created"]);
}

#[tokio::test]
async fn what_a_group_may_not_be_is_named() {
    let world = World::start().await.unwrap();
    for (draft, expected) in [
        (json!({}), (400, "name")),
        (json!({ "name": 7 }), (400, "name")),
        (json!({ "name": "x", "size": 7 }), (400, "size")),
        (json!({ "name": "  " }), (422, "name")),
        (json!({ "name": "x".repeat(101) }), (422, "name")),
        (json!({ "name": "x", "color": "blue" }), (422, "color")),
        (json!({ "name": "x", "color": "" }), (422, "color")),
        (json!({ "name": "x", "description": "x".repeat(2_001) }), (422, "description")),
    ] {
        assert_eq!(field(&call(&world, Method::POST, GROUPS, Some(&draft)).await), expected, "{draft}");
    }
    assert_eq!(world.client.get(GROUPS).await.unwrap()["total"], 0);
}

#[tokio::test]
async fn of_simultaneous_groups_of_one_name_exactly_one_is_made() {
    let world = World::start().await.unwrap();
    let names = ["VIP", "vip", "Vip ", "vIP", "VIp", "vip", "VIP", "vIp"];
    let drafts = names.map(|name| json!({ "name": name }));
    let answers = join_all(drafts.iter().map(|draft| call(&world, Method::POST, GROUPS, Some(draft)))).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((refused.status, &refused.body["error"]["details"]["existing_id"]), (409, &made[0].body["id"]));
    }

    let ids = join_all((0..6).map(async |n| group(&world, &format!("group {n}")).await)).await;
    let paths = ids.iter().map(|id| format!("{GROUPS}/{id}"));
    let renaming = paths.map(async |path| call(&world, Method::PUT, &path, Some(&json!({ "name": "Same" }))).await);
    let answers = join_all(renaming).await;
    let renamed: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(renamed.len(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((refused.status, &refused.body["error"]["details"]["existing_id"]), (409, &renamed[0].body["id"]));
    }
    let number = ids.iter().position(|id| *id == text(&renamed[0].body["id"])).unwrap();
    group(&world, &format!("Group {number}")).await;
    assert_eq!(world.items("NAME#").await.unwrap(), 8, "as many names as groups");
    assert_eq!(world.client.get(GROUPS).await.unwrap()["total"], 8);
}

#[tokio::test]
async fn a_tenant_has_1000_groups_at_most() {
    let world = World::start().await.unwrap();
    let last = group(&world, "last but one").await;
    table_update(&world, "GROUPS", "TOTAL", "SET #n = :n", ("total", "999")).await;
    group(&world, "last").await;
    assert_eq!(call(&world, Method::POST, GROUPS, Some(&json!({ "name": "more" }))).await.status, 409);
    assert_eq!(call(&world, Method::DELETE, &format!("{GROUPS}/{last}"), None).await.status, 204);
    group(&world, "more").await;
}

async fn table_update(world: &World, kind: &str, sort: &str, update: &str, (name, value): (&str, &str)) {
    let text = |text: String| AttributeValue::S(text);
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let call = client.update_item().table_name(world.stack.table_name());
    let call = call.key("PK", text(format!("T#{}#{kind}", world.stack.tenant()))).key("SK", text(sort.to_owned()));
    let call = call.update_expression(update).expression_attribute_names("#n", name);
    call.expression_attribute_values(":n", AttributeValue::N(value.to_owned())).send().await.unwrap();
}

#[tokio::test]
async fn an_id_that_was_given_back_is_not_taken_again() {
    let world = World::start().await.unwrap();
    let clock = world.stack.clock();
    let groups = world.stack.store().tenant(world.stack.tenant()).groups();
    let draft: GroupDraft = serde_json::from_value(json!({ "name": "VIP" })).unwrap();
    let group = Group::new(clock.fresh::<GroupId>(), draft.parse().unwrap(), clock.now());
    let entry = |action| {
        let fields = [Default::default(), group.profile.fields()];
        AuditEntry::of_thing(clock.fresh(), clock.now(), Actor::Operator, action, group.id, fields)
    };
    groups.create(&group, &entry(Action::GroupCreated)).await.unwrap();
    groups.create(&group, &entry(Action::GroupCreated)).await.unwrap();
    assert_eq!(groups.list().await.unwrap().len(), 1, "made by the same request twice is made once");
    let work = Work::GroupRemoval(GroupRemoval::of(group.id));
    let job = ContactJob::new(clock.fresh(), work, Actor::Operator, clock.now());
    groups.remove(&group, &entry(Action::GroupDeleted), &job).await.unwrap();
    assert!(groups.create(&group, &entry(Action::GroupCreated)).await.is_err(), "its members are still leaving it");
    assert_eq!(groups.list().await.unwrap(), []);
}
