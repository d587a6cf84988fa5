//! What a contact would get of a step.

use super::*;

async fn contact(world: &World, draft: Value) -> String {
    world.client.post("/api/v1/contacts", &draft).await.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn preview(world: &World, path: &str, contact: &str) -> Value {
    world.client.post(&format!("{path}/preview"), &json!({ "contact_id": contact })).await.unwrap()
}

#[tokio::test]
async fn a_preview_shows_an_email_as_it_would_arrive() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let ada =
        json!({ "first_name": "Ada & <b>co</b>", "email": "ada@example.com", "custom_fields": { "plan": "gold" } });
    let ada = contact(&world, ada).await;
    let document = "<p>Hi {{first_name}}, <a href=\"https://x.example/?p={{custom_fields.plan}}\">{{company|your company}}</a></p>";
    let step = json!({ "message_type": "email", "subject": "For {{first_name}} {{last_name}}", "content": document });
    let path = add(&world, &messages, step).await;
    let shown = preview(&world, &path, &ada).await;
    assert_eq!((&shown["recipient"], &shown["skipped"]), (&json!("ada@example.com"), &json!(null)));
    assert_eq!(shown["subject"], "For Ada & <b>co</b> ");
    let html = "<p>Hi Ada &amp; &lt;b&gt;co&lt;/b&gt;, <a href=\"https://x.example/?p=gold\">your company</a></p>";
    assert_eq!((&shown["content_type"], &shown["content"]), (&json!("html"), &json!(html)));
    assert_eq!(shown["plain_text"], "Hi Ada & <b>co</b>, your company (https://x.example/?p=gold)");
    let missing = json!([{ "token": "last_name", "default": "" }, { "token": "company", "default": "your company" }]);
    assert_eq!((&shown["missing_tokens"], &shown["sms"]), (&missing, &json!(null)));
}

#[tokio::test]
async fn a_preview_weighs_a_text_message() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let step = json!({ "message_type": "sms", "content": "{{first_name}}".to_owned() + &"x".repeat(158) });
    let path = add(&world, &messages, step).await;
    for (name, phone, sms) in [
        ("Jo", "+12025550143", json!({ "encoding": "GSM-7", "characters": 160, "units": 160, "segments": 1 })),
        ("J€", "+12025550144", json!({ "encoding": "GSM-7", "characters": 160, "units": 161, "segments": 2 })),
        ("Жо", "+12025550145", json!({ "encoding": "UCS-2", "characters": 160, "units": 160, "segments": 3 })),
    ] {
        let contact = contact(&world, json!({ "first_name": name, "phone": phone })).await;
        let shown = preview(&world, &path, &contact).await;
        assert_eq!((&shown["sms"], &shown["recipient"]), (&sms, &json!(phone)));
    }
}

#[tokio::test]
async fn a_preview_tells_who_would_be_left_out() {
    let world = World::start().await.unwrap();
    let path = add(&world, &empty(&world).await, email(1, 0)).await;
    for (draft, skipped) in [
        (json!({ "email": "a@example.com" }), json!(null)),
        (json!({ "first_name": "Nobody" }), json!("no_address")),
        (json!({ "email": "b@example.com", "do_not_contact": true }), json!("do_not_contact")),
        (json!({ "email": "c@example.com", "opt_in_status": "opted_out" }), json!("opted_out")),
    ] {
        let contact = contact(&world, draft).await;
        assert_eq!(preview(&world, &path, &contact).await["skipped"], skipped);
    }
    let unknown = call(&world, Method::POST, &format!("{path}/preview"), json!({ "contact_id": "x" })).await;
    assert_eq!((unknown.status, fields(&unknown)), (422, vec!["contact_id"]));
    let stranger = world.client.with_key(&world.stranger().await.unwrap());
    let foreign = stranger.post("/api/v1/contacts", &json!({ "email": "a@example.com" })).await.unwrap();
    let foreign = json!({ "contact_id": foreign["id"] });
    assert_eq!(call(&world, Method::POST, &format!("{path}/preview"), foreign).await.status, 422);
}

#[tokio::test]
async fn each_contact_gets_the_variant_that_its_preview_shows() {
    let world = World::start().await.unwrap();
    let messages = empty(&world).await;
    let variants = json!([{ "name": "a", "subject": "A" }, { "name": "b", "subject": "B", "content": "<i>b</i>" }]);
    let step = json!({ "message_type": "email", "content": "a", "variants": variants });
    let path = add(&world, &messages, step).await;
    let mut contacts = Vec::new();
    for number in 0..12 {
        contacts.push(contact(&world, json!({ "email": format!("c{number}@example.com") })).await);
    }
    let campaign = messages.trim_end_matches("/messages");
    let id = campaign.rsplit('/').next().unwrap();
    world.client.enroll(id, &json!({ "contact_ids": contacts }), tests::LIMIT).await.unwrap();
    world.client.post(&format!("{campaign}/start"), &json!({})).await.unwrap();
    world.completed(id, 1).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for contact in contacts {
        let shown = preview(&world, &path, &contact).await;
        let all: Vec<_> =
            shown["variants"].as_array().unwrap().iter().map(|variant| variant["subject"].clone()).collect();
        assert_eq!(all, ["A", "B"]);
        let recipient = shown["recipient"].as_str().unwrap();
        let sent = world.client.get(&format!("/_local/outbox?format=json&recipient={recipient}")).await.unwrap();
        let sent = &sent["messages"][0];
        assert_eq!(
            (&sent["subject"], &shown["variant"]),
            (&shown["subject"], &json!(shown["subject"].as_str().unwrap().to_lowercase()))
        );
        let html = if shown["content_type"] == "html" { &shown["content"] } else { &json!(null) };
        assert_eq!(&sent["html"], html);
        seen.insert(shown["variant"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 2, "both are used");
}
