//! Queues deliver at least once: what comes twice changes nothing.

use domain::enrollment::SendTask;
use domain::id::{CampaignId, ContactId, JobId};
use domain::job::{EnrollmentTask, ImportTask};
use local::demo::people::people;
use serde::Serialize;
use serde_json::json;
use tests::{World, email, expected, number, outcomes};

async fn send(world: &World, queue: &str, task: &impl Serialize, times: usize) {
    let sqs = aws_sdk_sqs::Client::new(world.stack.aws());
    let body = serde_json::to_string(task).unwrap();
    let calls =
        (0..times).map(|_| sqs.send_message().queue_url(world.stack.queue_url(queue)).message_body(&body).send());
    for sent in futures::future::join_all(calls).await {
        sent.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_comes_again_imports_nothing_again() {
    let world = World::start().await.unwrap();
    let people = people(500);
    let id = world.client.import(people.csv.clone(), &json!({})).await.unwrap();
    let job: JobId = id.parse().unwrap();
    let task = |chunk| ImportTask { tenant: world.stack.tenant(), job, chunk };
    send(&world, "ImportQueue", &task(None), 2).await;
    let import = world.client.import_ended(&id, tests::LIMIT, |_| {}).await.unwrap();
    send(&world, "ImportQueue", &task(Some(0)), 3).await;
    send(&world, "ImportQueue", &task(None), 1).await;
    world.settled().await.unwrap();
    let again = world.client.get(&format!("/api/v1/contacts/imports/{id}")).await.unwrap();
    assert_eq!((outcomes(&import), &again), (expected(&people), &import));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_task_that_comes_ten_times_sends_one_message() {
    let world = World::start().await.unwrap();
    let contact = world.client.post("/api/v1/contacts", &json!({ "email": "ada@example.com" })).await.unwrap();
    let contact: ContactId = contact["id"].as_str().unwrap().parse().unwrap();
    let steps = [email(1, 0), email(2, 1)];
    let campaign = world.campaign(&steps, &json!({ "contact_ids": [contact.to_string()] })).await.unwrap();
    let id: CampaignId = campaign.parse().unwrap();
    for step_done in [0, 1, 2] {
        let task = SendTask { tenant: world.stack.tenant(), campaign: id, contact, step_done };
        send(&world, "SendQueue", &task, 10).await;
        world.settled().await.unwrap();
    }
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "neither again nor too early");
    world.completed(&campaign, 4).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enrolment_that_comes_again_enrols_nobody_again() {
    let world = World::start().await.unwrap();
    let import = world.import(people(200).csv, &json!({})).await.unwrap();
    let campaign = world.client.campaign("Twice", &[email(1, 1)]).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    let body = json!({ "import_id": import["id"] });
    let job = world.client.post(&format!("{path}/enroll"), &body).await.unwrap();
    let (tenant, job) = (world.stack.tenant(), job["job_id"].as_str().unwrap().parse().unwrap());
    send(&world, "EnrollmentQueue", &EnrollmentTask::Job { tenant, job, chunk: Some(0) }, 5).await;
    send(&world, "EnrollmentQueue", &EnrollmentTask::Job { tenant, job, chunk: None }, 1).await;
    world.settled().await.unwrap();
    let found = world.client.get(&path).await.unwrap();
    assert_eq!(number(&found["audience"]), number(&import["created"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_right_after_the_enrolment_call_misses_nobody() {
    let world = World::start().await.unwrap();
    let import = world.import(people(1_500).csv, &json!({})).await.unwrap();
    let campaign = world.client.campaign("In a hurry", &[email(1, 0)]).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}");
    world.client.post(&format!("{path}/enroll"), &json!({ "import_id": import["id"] })).await.unwrap();
    world.client.post(&format!("{path}/start"), &json!({})).await.unwrap();
    world.completed(&campaign, 2).await.unwrap();
    let performance = world.client.get(&format!("{path}/performance")).await.unwrap();
    assert_eq!(number(&performance["total_enrolled"]), number(&import["created"]));
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!((total, number(&performance["emails_sent"])), (distinct, distinct));
}

#[tokio::test]
async fn a_message_that_nobody_can_read_ends_in_the_dead_letter_queue_and_harms_no_other() {
    let world = World::start().await.unwrap();
    send(&world, "ImportQueue", &json!({ "not": "a task" }), 1).await;
    let import = world.import("email\nada@example.com\n", &json!({})).await.unwrap();
    assert_eq!(outcomes(&import), [1, 0, 0, 0, 0]);
    world.settled().await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(world.stack.aws());
    let dead = sqs.receive_message().queue_url(world.stack.queue_url("ImportDeadLetterQueue")).send().await.unwrap();
    assert_eq!(dead.messages().len(), 1);
}
