//! Sequences: steps that depend on earlier ones, and campaigns that are paused on the way.

use chrono::TimeDelta;
use domain::sequence;
use serde_json::json;
use tests::email;

use super::scene::{at_noon, campaign, enrollment, messages, people};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_opened_gets_one_message_and_who_did_not_another() {
    let world = at_noon(json!({})).await;
    let people = people(&world, "reader", 24).await;
    let mut steps = [email(1, 0), email(2, 1), email(3, 1)];
    steps[1]["conditions"] = json!([{ "step_number": 1, "event": "opened" }]);
    steps[2]["conditions"] = json!([{ "step_number": 1, "event": "not_opened" }]);
    let campaign = campaign(&world, json!({}), &steps, &people).await;
    world.completed(&campaign, 6).await.unwrap();
    let mut both = [0, 0];
    for person in &people {
        let messages = messages(&world, person).await;
        let opened = messages.iter().any(|message| message.step_number == 1 && message.opened_at.is_some());
        let mut numbers: Vec<u32> = messages.iter().map(|message| message.step_number).collect();
        numbers.sort_unstable();
        let cut_short = messages.iter().any(|message| message.bounced.is_some() || message.unsubscribed_at.is_some());
        if !cut_short {
            assert_eq!(numbers, if opened { [1, 2] } else { [1, 3] });
            both[usize::from(opened)] += 1;
        }
    }
    assert!(both[0] > 0 && both[1] > 0, "{both:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_campaign_holds_what_is_due_and_goes_on_where_it_was() {
    let world = at_noon(json!({})).await;
    let people = people(&world, "someone", 6).await;
    let campaign = campaign(&world, json!({}), &[email(1, 0), email(2, 1)], &people).await;
    world.settled().await.unwrap();
    let (first, _) = world.outbox().await.unwrap();
    assert_eq!(first, 6);
    let path = |verb: &str| format!("/api/v1/campaigns/{campaign}/{verb}");
    world.client.post(&path("pause"), &json!({})).await.unwrap();
    world.stack.advance(TimeDelta::days(2)).await;
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap().0, 6);
    let mut open = 0;
    for person in &people {
        let enrollment = enrollment(&world, &campaign, person).await;
        if !enrollment.status.is_end() {
            assert!(enrollment.due.is_none() && enrollment.held.is_some(), "{enrollment:?}");
            open += 1;
        }
    }
    world.client.post(&path("resume"), &json!({})).await.unwrap();
    world.completed(&campaign, 2).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (6 + open, 6 + open));
}

/// A sender may have read the campaign while it was paused, and come to hold an enrolment when it goes on again: that one
/// would wait for ever.
#[tokio::test]
async fn nothing_is_held_once_the_campaign_goes_on() {
    let world = at_noon(json!({})).await;
    let people = people(&world, "someone", 1).await;
    let campaign = campaign(&world, json!({}), &[email(1, 1)], &people).await;
    world.settled().await.unwrap();
    let before = enrollment(&world, &campaign, &people[0]).await;
    let held = sequence::held(&before, world.stack.clock().now()).unwrap();
    let turns = world.stack.store().tenant(world.stack.tenant()).turns();
    assert!(!turns.hold(&held).await.unwrap());
    assert_eq!(enrollment(&world, &campaign, &people[0]).await, before);
    world.client.post(&format!("/api/v1/campaigns/{campaign}/pause"), &json!({})).await.unwrap();
    assert!(turns.hold(&held).await.unwrap());
    assert_eq!(enrollment(&world, &campaign, &people[0]).await, held);
    world.client.post(&format!("/api/v1/campaigns/{campaign}/resume"), &json!({})).await.unwrap();
    world.completed(&campaign, 2).await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1));
}
