//! The log of what came of a campaign.

use std::collections::HashSet;

use domain::Timestamp;
use local::demo::people::people;
use serde_json::{Value, json};
use tests::{World, email, number, sms};

async fn list(world: &World, campaign: &str, query: &str) -> Value {
    world.client.get(&format!("/api/v1/campaigns/{campaign}/activities?{query}")).await.unwrap()
}

/// All activities of a type, or all, page by page.
async fn all(world: &World, campaign: &str, query: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(world, campaign, &format!("limit=17&{query}{cursor}")).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_all_that_the_figures_count_the_newest_first() {
    let world = World::start().await.unwrap();
    let import = world.import(people(60).csv, &json!({})).await.unwrap();
    let steps = [email(1, 0), sms(2, 0)];
    let campaign = world.campaign(&steps, &json!({ "import_id": import["id"] })).await.unwrap();
    world.settled().await.unwrap();
    let shown = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await.unwrap();
    for (kind, figure) in [
        ("email_sent", "emails_sent"),
        ("email_delivered", "emails_delivered"),
        ("email_opened", "emails_opened"),
        ("email_clicked", "emails_clicked"),
        ("link_clicked", "emails_clicked"),
        ("email_bounced", "emails_bounced"),
        ("sms_sent", "sms_sent"),
        ("sms_delivered", "sms_delivered"),
        ("unsubscribed", "unsubscribes"),
    ] {
        let items = all(&world, &campaign, &format!("type={kind}")).await;
        assert_eq!(items.len() as i64, number(&shown[figure]), "{kind}");
        assert!(items.iter().all(|item| item["message_id"].is_string() && item["occurred_at"].is_string()));
        let page = list(&world, &campaign, &format!("type={kind}&limit=1")).await;
        assert_eq!(number(&page["total"]), items.len() as i64, "{kind}");
    }
    let log = all(&world, &campaign, "").await;
    let ids: HashSet<&str> = log.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(ids.len() == log.len() && log.len() as i64 > number(&shown["emails_sent"]));
    // As text, a whole second would come behind its parts.
    let at = |item: &Value| item["occurred_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(log.is_sorted_by_key(|item| std::cmp::Reverse(at(item))));
    let beyond = list(&world, &campaign, "page=3&per_page=10").await;
    assert_eq!(beyond["items"][0], log[20]);
    let opened = list(&world, &campaign, "type=email_opened&limit=1").await["items"][0].clone();
    assert_eq!((&opened["channel"], &opened["step_number"]), (&json!("email"), &json!(1)));
}

#[tokio::test]
async fn a_type_that_does_not_exist_is_refused_and_anothers_log_is_not_there() {
    let world = World::start().await.unwrap();
    let campaign = world.client.campaign("Ours", &[sms(1, 0)]).await.unwrap();
    let path = format!("/api/v1/campaigns/{campaign}/activities");
    let refused = world.client.call(reqwest::Method::GET, &format!("{path}?type=email_eaten"), None).await.unwrap();
    assert_eq!(refused.status, 422);
    let allowed = refused.body["error"]["details"]["allowed_values"].as_array().unwrap();
    assert!(allowed.contains(&json!("deal_won")) && allowed.contains(&json!("whatsapp_sent")), "{}", refused.body);
    assert_eq!(list(&world, &campaign, "").await["items"], json!([]));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    assert_eq!(stranger.call(reqwest::Method::GET, &path, None).await.unwrap().status, 404);
}
