//! Hours: nobody is written to when it is quiet there, a step may have a time of day, and a contact its best hour.

use chrono::TimeDelta;
use domain::enrollment::PutOff;
use domain::message::{Receipt, ReceiptEvent};
use serde_json::json;
use tests::email;

use super::scene::{at_noon, campaign, contact, enrollment, messages, noon, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_falls_into_quiet_hours_is_sent_after_them_and_nobody_is_left_out() {
    let world = at_noon(json!({ "quiet_hours_start": "22:00", "quiet_hours_end": "08:00" })).await;
    let people = [
        contact(&world, "ahead", json!({ "timezone": "Pacific/Kiritimati" })).await,
        contact(&world, "behind", json!({ "timezone": "America/Bogota" })).await,
        contact(&world, "own", json!({ "quiet_hours_start": "11:00", "quiet_hours_end": "13:30" })).await,
        contact(&world, "nowhere", json!(null)).await,
    ];
    let campaign = campaign(&world, json!({}), &[email(1, 0)], &people).await;
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (1, 1), "to the one whose zone is the tenant's");
    let hours = [(0, 18 * 60), (1, 13 * 60), (2, 13 * 60 + 30)];
    for (person, minutes) in hours {
        let enrollment = enrollment(&world, &campaign, &people[person]).await;
        let due = noon(&world) + TimeDelta::minutes(minutes - 12 * 60);
        let waits = (enrollment.put_off, enrollment.due.map(|due| due.at));
        assert_eq!(waits, (Some(PutOff::QuietHours), Some(due)), "{person}");
    }
    for (hours, sent) in [(1, 2), (2, 3), (6, 4)] {
        until(&world, noon(&world) + TimeDelta::hours(hours)).await;
        assert_eq!(world.outbox().await.unwrap(), (sent, sent), "after {hours} hours");
    }
    world.completed(&campaign, 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_waits_for_its_time_of_day_where_the_contact_is() {
    let world = at_noon(json!({ "default_timezone": "Africa/Nairobi" })).await;
    let people = [
        contact(&world, "kolkata", json!({ "timezone": "Asia/Kolkata" })).await,
        contact(&world, "nairobi", json!(null)).await,
    ];
    let mut steps = [email(1, 0), email(2, 1)];
    for step in &mut steps {
        step["send_time"] = json!("16:00:00");
    }
    let campaign = campaign(&world, json!({}), &steps, &people).await;
    world.settled().await.unwrap();
    let (in_nairobi, in_kolkata) =
        (noon(&world) + TimeDelta::hours(1), noon(&world) + TimeDelta::minutes(22 * 60 + 30));
    for (person, due) in people.iter().zip([in_kolkata, in_nairobi]) {
        let enrollment = enrollment(&world, &campaign, person).await;
        let waits = (enrollment.put_off, enrollment.due.map(|due| due.at));
        assert_eq!(waits, (Some(PutOff::SendTime), Some(due)));
    }
    until(&world, in_nairobi).await;
    assert_eq!(world.outbox().await.unwrap(), (1, 1));
    let next = enrollment(&world, &campaign, &people[1]).await;
    assert_eq!((next.step_done, next.due.map(|due| due.at)), (1, Some(in_nairobi + TimeDelta::days(1))));
    until(&world, in_kolkata).await;
    assert_eq!(world.outbox().await.unwrap(), (2, 2));
    until(&world, in_nairobi + TimeDelta::days(1)).await;
    assert_eq!(world.outbox().await.unwrap(), (3, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_wants_it_writes_in_the_hour_in_which_the_contact_opened_before() {
    let world = at_noon(json!({})).await;
    let people = [contact(&world, "reader", json!(null)).await, contact(&world, "unknown", json!(null)).await];
    campaign(&world, json!({}), &[email(1, 0)], &people[..1]).await;
    world.settled().await.unwrap();
    let message = messages(&world, &people[0]).await.remove(0);
    let message = domain::message::Message { opened_at: None, ..message };
    let opened = Receipt {
        event: ReceiptEvent::Opened,
        at: noon(&world) + TimeDelta::minutes(3 * 60 + 20),
        reason: None,
        provider_id: None,
    };
    let store = world.stack.store().tenant(world.stack.tenant());
    assert!(store.messages().save(&message.after(&opened).unwrap()).await.unwrap());
    let campaign = campaign(&world, json!({ "send_time_optimization": true }), &[email(1, 0)], &people).await;
    world.settled().await.unwrap();
    assert_eq!(world.outbox().await.unwrap(), (2, 2), "of whom nothing is known gets it at once");
    let enrollment = enrollment(&world, &campaign, &people[0]).await;
    let three = noon(&world) + TimeDelta::hours(3);
    assert_eq!((enrollment.put_off, enrollment.due.map(|due| due.at)), (Some(PutOff::SendTime), Some(three)));
    until(&world, three).await;
    assert_eq!(world.outbox().await.unwrap(), (3, 3));
}
