//! That no key leads out of its tenant, and that keys are read back as they were written.

use super::*;
use domain::Timestamp;
use domain::id::{Id, SearchId, StepId};

#[test]
fn what_follows_from_contacts_wakes_nobody_and_is_a_tenants_own() {
    let [one, other] = [b"1", b"2"].map(|name| TenantId::derived(Timestamp::default(), &[name]));
    let keys = |tenant| {
        let counts = [Key::tag_base(tenant), Key::tag_piece(tenant, 3), Key::tag_delta(tenant, "100#0")];
        [Key::mark(tenant, "c#1.1"), Key::manifest(tenant)].into_iter().chain(counts)
    };
    for (key, others) in keys(one).zip(keys(other)) {
        assert!(!key.pk.starts_with("T#") && key.pk.ends_with(&format!("#{one}")), "{key:?}");
        assert!(key.pk != others.pk && kind(&key.pk, &key.sk).is_none());
    }
}

#[test]
fn what_people_say_is_a_tenants_own_and_wakes_nobody() {
    let [one, other] = [b"1", b"2"].map(|name| TenantId::derived(Timestamp::default(), &[name]));
    let keys = |tenant| [Key::last_message(tenant, Channel::Sms, "+12025550143"), Key::heard(tenant, "SM1")];
    for (key, others) in keys(one).into_iter().zip(keys(other)) {
        assert!(key.pk != others.pk && key.pk.contains(&format!("#{one}#")), "{key:?}");
        assert!(!key.pk.starts_with("T#") && !key.pk.contains("2025550143") && kind(&key.pk, &key.sk).is_none());
    }
}

#[test]
fn every_tenants_key_begins_with_the_tenant() {
    let now = Timestamp::default();
    let (tenant, contact) = (TenantId::derived(now, &[b"t"]), ContactId::derived(now, &[b"c"]));
    let (campaign, job) = (CampaignId::derived(now, &[b"k"]), JobId::derived(now, &[b"j"]));
    let message = MessageId::derived(now, &[b"m"]);
    let keys = [
        Key::contact(tenant, contact),
        Key::ledger(tenant, contact),
        Key::message(tenant, contact, message),
        Key::suppression(tenant, Channel::Sms, "+12025550143"),
        Key::job(tenant, job),
        Key::searches(tenant),
        Key::suggestion(tenant, job, 3),
        Key::chunk(tenant, job, 3),
        Key::chunk_report(tenant, job, 3, 49),
        Key::campaign(tenant, campaign),
        Key::step(tenant, campaign, 1),
        Key::sequence(tenant, campaign),
        Key::step_gone(tenant, campaign, StepId::derived(now, &[])),
        Key::campaign_counters(tenant, campaign),
        Key::enrollment(tenant, campaign, contact),
        Key::tenant(tenant),
        Key::api_key(tenant, ApiKeyId::derived(now, &[])),
        Key::settings(tenant),
        Key::audit(tenant, AuditId::derived(now, &[])),
        Key::erased(tenant, &AddressHash::of(tenant, "ada@example.com")),
        Key::contact_audit(tenant, contact, AuditId::derived(now, &[])),
        Key::enrolled(tenant, contact, campaign),
        Key::interaction(tenant, contact, now, InteractionId::derived(now, &[])),
        Key::booking(tenant, contact, "booking"),
        Key::booking_guard(tenant, "booking"),
        Key::membership(tenant, GroupId::derived(now, &[]), contact),
        Key::member_count(tenant, GroupId::derived(now, &[]), Shard::of(contact)),
        Key::named(tenant, "GROUPS", "GROUP#", GroupId::derived(now, &[])),
        Key::name_guard(tenant, "GROUPS", &Name::parse("VIP").unwrap()),
        Key::named_gone(tenant, "GROUPS", GroupId::derived(now, &[])),
        Key::named_total(tenant, "GROUPS"),
        Key::named(tenant, "SEARCHES", "SEARCH#", SearchId::derived(now, &[])),
        Key::merge_kept(tenant, contact, job, 0),
        Key::merge_moved(tenant, contact, job, Uuid::nil()),
    ];
    for key in &keys {
        assert!(key.pk.starts_with(&format!("T#{tenant}#")), "{key:?}");
    }
    let kinds: Vec<_> = keys.iter().filter_map(|key| kind(&key.pk, &key.sk)).collect();
    assert_eq!(
        kinds,
        [
            Kind::Contact(tenant),
            Kind::Message(tenant),
            Kind::Campaign(tenant, campaign),
            Kind::Enrollment(tenant, campaign, contact),
        ]
    );
}
