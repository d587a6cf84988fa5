//! Merges whose workers are killed: nothing is lost, and nothing doubled.

use chrono::TimeDelta;
use local::client::Answer;
use local::stack::Moment;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{World, email};

use super::{MERGE, booking, contact, group, hanging, holder, interaction, members, of_merge, settle};

struct Scene {
    world: World,
    primary: String,
    other: String,
    group: String,
    /// What hangs on the other.
    things: Vec<String>,
}

impl Scene {
    async fn set() -> Self {
        let world = World::start().await.unwrap();
        let group = group(&world, 1).await;
        let primary = contact(&world, json!({ "first_name": "Ada" })).await;
        let other = contact(&world, json!({ "email": "b@example.com", "groups": [group] })).await;
        for number in 0..35 {
            interaction(&world, &other, &format!("{number:02}")).await;
        }
        booking(&world, "b@example.com", "b1").await;
        world.campaign(&[email(1, 0)], &json!({ "contact_ids": [other] })).await.unwrap();
        let things = hanging(&world, &other).await;
        assert!(things.len() > 35);
        Self { world, primary, other, group, things }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let key = [("idempotency-key", path)];
        self.world.client.call_with(Method::POST, path, &key, Some(body)).await.unwrap()
    }

    /// A request that is repeated until somebody has lived to answer it.
    async fn insist(&self, path: &str, body: &Value) -> Value {
        loop {
            let answer = self.post(path, body).await;
            match answer.status {
                200 => return answer.body,
                500 | 409 => self.world.stack.advance(TimeDelta::seconds(61)).await,
                other => panic!("{other}: {}", answer.body),
            }
        }
    }

    async fn merge(&self) -> String {
        let body = json!({ "primary_id": self.primary, "duplicate_ids": [self.other] });
        self.insist(MERGE, &body).await["merge_id"].as_str().unwrap().to_owned()
    }

    async fn everything_is_at(&self, one: &str, another: &str) {
        settle(&self.world).await;
        let (one_has, another_has) = (hanging(&self.world, one).await, hanging(&self.world, another).await);
        assert_eq!((one_has, another_has), (self.things.clone(), vec![]));
        assert_eq!(holder(&self.world, "b1").await, *one);
        assert_eq!(members(&self.world, &self.group).await, (vec![one.to_owned()], 1));
    }

    async fn messages_are_of(&self, person: &Value) {
        let store = self.world.stack.store().tenant(self.world.stack.tenant());
        let kept = store.contacts().holdings(self.other.parse().unwrap(), None).await.unwrap();
        let message = kept.items.iter().find(|item| item.kind == "message").unwrap();
        assert_eq!(message.data.get("person").unwrap_or(&Value::Null), person);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merges_worker_killed_at_any_call_loses_and_doubles_nothing() {
    for (call, moment) in (2..=17).step_by(2).flat_map(|call| [(call, Moment::Before), (call + 1, Moment::After)]) {
        let scene = Scene::set().await;
        let kill = scene.world.stack.kill("ContactWorkFunction", call, moment);
        let id = scene.merge().await;
        kill.happened().await;
        scene.everything_is_at(&scene.primary, &scene.other).await;
        scene.messages_are_of(&json!(scene.primary)).await;
        assert_eq!(scene.world.client.get(&of_merge(&id)).await.unwrap()["status"], "completed");
        scene.world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undos_worker_killed_at_any_call_gives_everything_back() {
    for (call, moment) in (2..=13).step_by(2).flat_map(|call| [(call, Moment::Before), (call + 1, Moment::After)]) {
        let scene = Scene::set().await;
        let id = scene.merge().await;
        scene.world.settled().await.unwrap();
        let kill = scene.world.stack.kill("ContactWorkFunction", call, moment);
        scene.insist(&format!("{}/undo", of_merge(&id)), &json!({})).await;
        kill.happened().await;
        scene.everything_is_at(&scene.other, &scene.primary).await;
        scene.messages_are_of(&Value::Null).await;
        scene.world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_in_the_midst_of_the_merges_work_gives_everything_back() {
    for (call, moment) in (1..=12).step_by(3).flat_map(|call| [(call, Moment::Before), (call + 1, Moment::After)]) {
        let scene = Scene::set().await;
        let kill = scene.world.stack.kill("ContactWorkFunction", call, moment);
        let id = scene.merge().await;
        kill.happened().await;
        scene.insist(&format!("{}/undo", of_merge(&id)), &json!({})).await;
        scene.everything_is_at(&scene.other, &scene.primary).await;
        scene.messages_are_of(&Value::Null).await;
        scene.world.stack.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_killed_at_any_call_and_repeated_merges_and_undoes_once() {
    for (call, moment) in (1..=9).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let scene = Scene::set().await;
        scene.world.stack.kill("ContactsFunction", call, moment);
        let id = scene.merge().await;
        scene.world.settled().await.unwrap();
        let merged = scene.insist_shown(&scene.primary).await;
        assert_eq!((&merged["version"], &merged["email"]), (&json!(2), &json!("b@example.com")), "{moment:?} {call}");
        scene.world.stack.kill("ContactsFunction", call, moment);
        let undone = scene.insist(&format!("{}/undo", of_merge(&id)), &json!({})).await;
        assert_eq!(undone["restored"][0]["email"], "b@example.com", "{moment:?} {call}");
        scene.everything_is_at(&scene.other, &scene.primary).await;
        let found = scene.insist_shown(&scene.primary).await;
        assert_eq!((&found["version"], &found["email"]), (&json!(3), &Value::Null));
        scene.world.stack.stop().await.unwrap();
    }
}

impl Scene {
    /// The order to kill may still stand.
    async fn insist_shown(&self, id: &str) -> Value {
        for _ in 0..20 {
            let answer = self.world.client.call(Method::GET, &super::path(id), None).await.unwrap();
            if answer.status == 200 {
                return answer.body;
            }
        }
        panic!("it is not shown")
    }
}
