//! The contact index when things go wrong: files that are damaged, workers that are killed, a manifest that is lost.

use aws_sdk_s3::primitives::ByteStream;
use local::demo::people::people;
use local::stack::Moment;
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::{World, number};

const ALL: &str = "/api/v1/contacts?per_page=100";

async fn total(world: &World) -> i64 {
    number(&world.client.get(ALL).await.unwrap()["total"])
}

/// The names of the index's files.
async fn files(world: &World) -> Vec<String> {
    let files = world.files().await.unwrap().into_iter().map(|(key, _)| key);
    files.filter(|key| key.starts_with("index/")).collect()
}

async fn damage(world: &World, bytes: &'static [u8]) {
    let config = aws_sdk_s3::config::Builder::from(world.stack.aws()).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    for key in files(world).await {
        client.put_object().bucket("rollcall").key(key).body(ByteStream::from_static(bytes)).send().await.unwrap();
    }
}

/// What the queue of the index's upkeep brings to its function.
async fn work(world: &World, work: &str) {
    let task = json!({ "tenant": world.stack.tenant(), "work": work }).to_string();
    let event = json!({ "Records": [{ "messageId": "1", "body": task, "eventSource": "aws:sqs" }] });
    let answer =
        world.stack.invoke("IndexWorkFunction", RawValue::from_string(event.to_string()).unwrap()).await.unwrap();
    assert!(!answer.get().contains("itemIdentifier"), "{}", answer.get());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_index_is_not_answered_from_but_rebuilt() {
    for bytes in [&b""[..], b"something else altogether"] {
        let world = World::start().await.unwrap();
        let people = people(300);
        world.import(people.csv, &json!({})).await.unwrap();
        world.settled().await.unwrap();
        damage(&world, bytes).await;
        let answer = world.client.call(Method::GET, ALL, None).await.unwrap();
        assert_eq!((answer.status, &answer.body["error"]["code"]), (503, &json!("SERVICE_UNAVAILABLE")));
        world.settled().await.unwrap();
        assert_eq!(total(&world).await, people.created.cast_signed());
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_rebuilt_from_the_table_alone() {
    let world = World::start().await.unwrap();
    let people = people(300);
    world.import(people.csv, &json!({})).await.unwrap();
    world.settled().await.unwrap();
    let before = world.client.get(&format!("{ALL}&sort=name&tags=vip")).await.unwrap();
    let client = aws_sdk_dynamodb::Client::new(world.stack.aws());
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let key = [("PK", format!("INDEX#{}", world.stack.tenant())), ("SK", "MANIFEST".to_owned())];
    let key = key.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    client.delete_item().table_name(world.stack.table_name()).set_key(Some(key)).send().await.unwrap();
    assert_eq!(total(&world).await, 0, "nobody knows of any file");
    work(&world, "rebuild").await;
    assert_eq!(world.client.get(&format!("{ALL}&sort=name&tags=vip")).await.unwrap(), before);
    assert_eq!(total(&world).await, people.created.cast_signed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_indexer_killed_at_any_call_misses_nothing_and_leaves_no_mark() {
    for (call, moment) in (1..=8).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let kill = world.stack.kill("IndexerFunction", call, moment);
        for n in 0..6 {
            world
                .client
                .post("/api/v1/contacts", &json!({ "first_name": "Ada", "tags": [n.to_string()] }))
                .await
                .unwrap();
            assert_eq!(total(&world).await, n + 1, "killed {moment:?} call {call}");
            if n % 2 == 1 {
                world.settled().await.unwrap();
            }
        }
        kill.happened().await;
        world.settled().await.unwrap();
        assert_eq!((total(&world).await, marks(&world).await), (6, 0), "killed {moment:?} call {call}");
        world.stack.stop().await.unwrap();
    }
}

async fn marks(world: &World) -> usize {
    world.kept().await.unwrap().lines().filter(|item| item.contains(&format!("MARKS#{}", world.stack.tenant()))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_import_brought_is_found_when_it_is_completed_even_if_its_worker_was_killed() {
    for (call, moment) in (1..=16).step_by(3).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let world = World::start().await.unwrap();
        let people = people(300);
        let kill = world.stack.kill("ImportWorkFunction", call, moment);
        // The stream is not waited for: the import has told the index itself.
        let import = world.import(people.csv, &json!({})).await.unwrap();
        assert_eq!(total(&world).await, number(&import["created"]), "killed {moment:?} call {call}");
        kill.happened().await;
        world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_changes_leave_few_files() {
    let world = World::start().await.unwrap();
    for n in 0..60 {
        world
            .client
            .post("/api/v1/contacts", &json!({ "first_name": "Ada", "last_name": n.to_string() }))
            .await
            .unwrap();
        world.settled().await.unwrap();
    }
    assert!(files(&world).await.len() <= 16, "{:?}", files(&world).await);
    assert_eq!(total(&world).await, 60);
}

#[tokio::test]
async fn marks_of_what_is_indexed_are_gone_and_an_idle_tenant_costs_nothing() {
    let world = World::start_metered().await.unwrap();
    world.client.post("/api/v1/contacts", &json!({ "first_name": "Ada" })).await.unwrap();
    world.settled().await.unwrap();
    assert_eq!(marks(&world).await, 0);
    let spent =
        |world: &World| ["IndexerFunction", "IndexWorkFunction", "SearchFunction"].map(|f| world.stack.capacity(f));
    let before = spent(&world);
    world.stack.advance(chrono::TimeDelta::days(3)).await;
    world.settled().await.unwrap();
    assert_eq!(format!("{before:?}"), format!("{:?}", spent(&world)));
}

#[tokio::test]
async fn another_tenants_contacts_are_neither_listed_nor_counted() {
    let world = World::start().await.unwrap();
    world.client.post("/api/v1/contacts", &json!({ "first_name": "Ada" })).await.unwrap();
    let stranger = local::client::Client::new(world.stack.url(), &world.stranger().await.unwrap());
    for path in [ALL, "/api/v1/contacts/search?search=ada"] {
        assert_eq!(stranger.get(path).await.unwrap()["total"], 0);
    }
    let stats: Value = stranger.get("/api/v1/contacts/stats").await.unwrap();
    assert_eq!(stats["total_contacts"], 0);
    world.settled().await.unwrap();
    assert_eq!((stranger.get(ALL).await.unwrap()["total"].clone(), total(&world).await), (json!(0), 1));
}
