//! The main job from end to end: the sums of the demo.

use local::demo::people::people;
use serde_json::json;
use tests::{World, email, expected, number, outcomes, sms};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_becomes_contacts_a_campaign_reaches_them_and_the_figures_are_right() {
    let world = World::start().await.unwrap();
    let people = people(600);
    let import = world.import(people.csv.clone(), &json!({})).await.unwrap();
    assert_eq!(outcomes(&import), expected(&people));
    let audience = json!({ "import_id": import["id"] });
    let campaign = world.campaign(&[email(1, 0), sms(2, 2), email(3, 3)], &audience).await.unwrap();
    world.completed(&campaign, 14).await.unwrap();

    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    assert_eq!(number(&performance["total_enrolled"]), people.created.cast_signed());
    let ended: i64 = performance["enrollments"].as_array().unwrap().iter().map(|each| number(&each["count"])).sum();
    assert_eq!(ended, people.created.cast_signed());
    let (total, distinct) = world.outbox().await.unwrap();
    assert_eq!(total, distinct, "no message goes out twice");
    assert_eq!(number(&performance["emails_sent"]) + number(&performance["sms_sent"]), distinct);

    let tally = world.stack.sandbox().tally().unwrap();
    for (figure, provider) in [
        ("emails_delivered", tally.email.delivered),
        ("emails_opened", tally.email.opened),
        ("emails_clicked", tally.email.clicked),
        ("emails_bounced", tally.email.bounced),
        ("sms_delivered", tally.sms.delivered),
    ] {
        assert_eq!(number(&performance[figure]), i64::try_from(provider).unwrap(), "{figure}");
        assert!(provider > 0, "{figure}: the mix has some of each");
    }
}
