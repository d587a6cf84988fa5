//! Analytics: how contacts grow in number, and how they are engaged.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::CONTACTS;
use super::figures::happened;
use super::known::Known;
use crate::groups::{call, field};

async fn analytics(known: &Known, query: &str) -> Value {
    known.world.client.get(&format!("{CONTACTS}/analytics{query}")).await.unwrap()
}

/// What growth must be shown of so many contacts on each day, for the months up to this one.
fn growth(made: &[(NaiveDate, u64)], now: NaiveDate, months: u32) -> Value {
    let first = now.with_day(1).unwrap() - Months::new(months - 1);
    let shown = (0..months).map(|month| {
        let begin = first + Months::new(month);
        let end = begin + Months::new(1);
        let sum =
            |from: NaiveDate| made.iter().filter(|(day, _)| (from..end).contains(day)).map(|(_, count)| count).sum();
        let (new, total): (u64, u64) = (sum(begin), sum(NaiveDate::MIN));
        json!({ "month": begin.format("%Y-%m").to_string(), "new_contacts": new, "total_contacts": total })
    });
    shown.collect()
}

#[tokio::test]
async fn growth_is_told_month_by_month_of_those_who_are_still_there() {
    let known = Known::make().await;
    let mut made: Vec<(NaiveDate, u64)> = known.days.iter().map(|day| (*day, 10)).collect();
    let today = || known.world.stack.clock().now().date_naive();
    for (query, months) in [("", 12), ("?months=1", 1), ("?months=2", 2), ("?months=3", 3), ("?months=120", 120)] {
        assert_eq!(analytics(&known, query).await["growth"], growth(&made, today(), months), "{query}");
    }
    for gone in ["ada", "bob", "rosa"] {
        assert_eq!(call(&known.world, Method::DELETE, &known.path(gone), None).await.status, 204);
    }
    (made[0].1, made[2].1) = (8, 9);
    assert_eq!(analytics(&known, "").await["growth"], growth(&made, today(), 12));
    known.world.stack.advance(TimeDelta::days(70)).await;
    known.world.client.post(CONTACTS, &json!({ "first_name": "Late" })).await.unwrap();
    made.push((today(), 1));
    let shown = analytics(&known, "?months=5").await["growth"].clone();
    assert_eq!(shown, growth(&made, today(), 5));
    assert_eq!((&shown[3]["new_contacts"], &shown[4]["total_contacts"]), (&json!(0), &json!(28)));
    for (query, name) in [
        ("months=0", "months"),
        ("months=121", "months"),
        ("months=x", "months"),
        ("days=1", "days"),
        ("page=1", "page"),
    ] {
        let answer = call(&known.world, Method::GET, &format!("{CONTACTS}/analytics?{query}"), None).await;
        assert_eq!(field(&answer), (400, name), "{query}");
    }
}

#[tokio::test]
async fn interactions_bookings_and_engagement_are_told_of_known_contacts() {
    let known = Known::make().await;
    // Of bob and dora nobody hears any more.
    let happenings = [
        ("ada", "note_added", 0),
        ("ada", "note_added", 1),
        ("jose", "email_sent", 6),
        ("zoe", "manual_entry", 8),
        ("bob", "note_added", 29),
        ("emil", "email_sent", 31),
        ("fred", "email_sent", 89),
        ("gina", "email_sent", 91),
    ];
    let mut per_day: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for (who, kind, days) in happenings {
        happened(&known, who, kind, days).await;
        let day = known.world.stack.clock().now().date_naive() - TimeDelta::days(days);
        if days < 30 {
            *per_day.entry(day).or_default() += 1;
        }
    }
    known.world.settled().await.unwrap();
    let shown = analytics(&known, "").await;
    let interactions = json!({
        "days": 30, "per_day": per_day, "per_active_contact": 0.18,
        "by_type": { "note_added": 3, "email_sent": 1, "manual_entry": 1 },
        // Alan and carl were last heard of when they booked, years ago.
        "last_heard_of": { "last_7_days": 2, "last_30_days": 2, "last_90_days": 2, "earlier": 3, "never": 21 },
    });
    assert_eq!(shown["interactions"], interactions);
    let bookings = json!({
        "total_bookings": 3, "contacts_with_bookings": 2, "average_per_contact": 1.5, "conversion_rate": 6.67,
        "contacts_by_bookings": { "0": 28, "1": 1, "2": 1, "3-5": 0, "6-10": 0, "11+": 0 },
    });
    assert_eq!(shown["bookings"], bookings);
    // 50 · 3/28 + 30 · 5/28 + 20 · 2/28
    let engagement = json!({
        "score": 12.14, "active_contacts": 28, "heard_of_within_30_days": 3, "heard_of_within_90_days": 5, "with_bookings": 2,
    });
    assert_eq!(shown["engagement"], engagement);
    let top: Vec<Value> = [("new", 5), ("vip", 4), ("maths", 3), ("old", 2), ("sales", 2), ("a,b", 1)]
        .map(|(tag, count)| json!({ "tag": tag, "contact_count": count }))
        .to_vec();
    assert_eq!((&shown["top_tags"], &shown["top_companies"][0]["contact_count"]), (&json!(top), &json!(3)));

    known.world.stack.advance(TimeDelta::days(31)).await;
    let later = analytics(&known, "").await;
    assert_eq!((&later["interactions"]["per_day"], &later["interactions"]["by_type"]), (&json!({}), &json!({})));
    let heard = json!({ "last_7_days": 0, "last_30_days": 0, "last_90_days": 5, "earlier": 4, "never": 21 });
    assert_eq!(later["interactions"]["last_heard_of"], heard);
    // 30 · 4/28 + 20 · 2/28
    assert_eq!(later["engagement"]["score"], 5.71);
}

#[tokio::test]
async fn contacts_are_told_apart_by_how_often_they_book() {
    let world = super::world().await;
    for (who, times) in [("a", 1), ("b", 2), ("c", 3), ("d", 5), ("e", 6), ("f", 10), ("g", 11), ("h", 13)] {
        for n in 0..times {
            let email = format!("{who}@example.com");
            let draft = json!({ "booking_id": format!("{who}{n}"), "event": "created", "invitee_email": email });
            world.client.post("/api/v1/bookings", &draft).await.unwrap();
        }
    }
    world.client.post(CONTACTS, &json!({ "first_name": "Never" })).await.unwrap();
    let shown = world.client.get(&format!("{CONTACTS}/analytics")).await.unwrap()["bookings"].clone();
    let by_number = json!({ "0": 1, "1": 1, "2": 1, "3-5": 2, "6-10": 2, "11+": 2 });
    assert_eq!((&shown["contacts_by_bookings"], &shown["total_bookings"]), (&by_number, &json!(51)));
    assert_eq!((&shown["average_per_contact"], &shown["conversion_rate"]), (&json!(6.38), &json!(88.89)));
}
