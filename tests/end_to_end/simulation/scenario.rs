//! What a world begins with, and what people will do in it.

use chrono::TimeDelta;
use domain::Timestamp;
use serde_json::{Value, json};

use super::functions::Function;
use super::http::Asked;
use super::people::{Person, Plan, Tenant, What, Wish, draft, settings};
use super::provider::moment;
use super::world::World;

impl World {
    /// Tenants with their contacts and campaigns, and wishes.
    pub(super) async fn begins(&mut self) {
        for number in 0..self.dice.one_of(&[1, 1, 2]) {
            let tenant = self.tenant(number).await;
            self.people.tenants.push(tenant);
        }
        for number in 0..self.people.tenants.len() {
            self.wishes(number);
        }
    }

    async fn tenant(&mut self, number: usize) -> Tenant {
        let event = serde_json::value::to_raw_value(&json!({ "tenant_name": format!("tenant {number}") })).unwrap();
        let instance = self.functions.instance(Function::Bootstrap, &mut self.dice);
        let given: Value = serde_json::from_str(instance.handler.invoke(event).await.unwrap().get()).unwrap();
        let (id, key) = (text(&given["tenant"]), text(&given["api_key"]));
        let settings = settings(number, &mut self.dice);
        let mut tenant = Tenant { id, key, settings, contacts: Vec::new(), campaigns: Vec::new() };
        let asked = Asked::of_user(&tenant.key, "PUT", "/api/v1/settings", &tenant.settings, "");
        self.ask(Function::Accounts, &asked).await;
        for person in 0..self.dice.below(8) + 2 {
            let draft = draft(person, &mut self.dice);
            let made = self.make(&tenant, Function::Contacts, "/api/v1/contacts", &draft, person).await;
            tenant.contacts.push(Person { id: text(&made["id"]), draft });
        }
        for campaign in 0..self.dice.one_of(&[1, 1, 2, 2, 3]) {
            let plan = self.campaign(&tenant, campaign).await;
            tenant.campaigns.push(plan);
        }
        tenant
    }

    async fn campaign(&mut self, tenant: &Tenant, number: usize) -> Plan {
        let mut draft = json!({ "name": format!("Campaign {number}"), "campaign_type": "multi_channel" });
        if self.dice.chance(100) {
            let end = moment(self.now + self.dice.within(600_000, 300_000_000));
            draft["end_date"] = json!(end);
        }
        if self.dice.chance(150) {
            draft["goal_type"] = json!(self.dice.one_of(&["nurture", "engagement", "conversion"]));
        }
        if self.dice.chance(150) {
            draft["settings"] = json!({ "frequency_cap": self.dice.one_of(&["1_per_day", "2_per_week"]) });
        }
        let made = self.make(tenant, Function::Campaigns, "/api/v1/campaigns", &draft, number).await;
        let id = text(&made["id"]);
        let mut steps = Vec::new();
        for step in 1..self.dice.below(3) + 2 {
            let draft = self.step(step);
            let path = format!("/api/v1/campaigns/{id}/messages");
            steps.push(self.make(tenant, Function::Campaigns, &path, &draft, step).await);
        }
        let everybody: Vec<usize> = (0..tenant.contacts.len()).collect();
        let most = self.dice.below(everybody.len()) + 1;
        let wanted = self.dice.some(&everybody, most);
        Plan { id, draft, steps, wanted }
    }

    /// A step, but for its conditions.
    fn step(&mut self, number: usize) -> Value {
        let delays =
            [(0, "minutes"), (0, "days"), (3, "minutes"), (50, "minutes"), (7, "hours"), (2, "days"), (1, "weeks")];
        let (amount, unit) = self.dice.one_of(&delays);
        let mut step = json!({ "step_number": number * 10, "content": format!("Step {number} for {{{{first_name}}}}"),
                               "delay_amount": amount, "delay_unit": unit });
        let channel = self.dice.one_of(&["email", "email", "email", "sms", "sms", "whatsapp", "voice"]);
        step["message_type"] = json!(channel);
        match channel {
            "email" => step["subject"] = json!("Hello {{first_name|you}}"),
            "voice" => {
                let content = step.as_object_mut().unwrap().remove("content").unwrap();
                step["voice_script"] = content;
            }
            _ => {}
        }
        if self.dice.chance(150) {
            step["send_time"] = json!(self.dice.one_of(&["09:00", "02:30", "23:59"]));
        }
        if number > 1 && self.dice.chance(150) {
            let event = self.dice.one_of(&["opened", "not_opened", "clicked", "not_replied"]);
            step["conditions"] = json!([{ "step_number": 10, "event": event }]);
        }
        if self.dice.chance(100) {
            step["stop_on_reply"] = json!(true);
        }
        if channel != "voice" && self.dice.chance(150) {
            let variant = |name: &str| json!({ "name": name, "weight": 1, "content": format!("Variant {name}") });
            step["variants"] = json!([variant("a"), variant("b")]);
        }
        step
    }

    async fn make(&mut self, tenant: &Tenant, function: Function, path: &str, draft: &Value, number: usize) -> Value {
        let asked = Asked::of_user(&tenant.key, "POST", path, draft, &format!("{path}-{number}"));
        self.ask(function, &asked).await
    }

    /// What the people of a tenant will want.
    fn wishes(&mut self, number: usize) {
        let tenant = self.people.tenants[number].clone();
        for campaign in &tenant.campaigns {
            self.wishes_of_campaign(&tenant, campaign);
        }
        for person in &tenant.contacts {
            self.wishes_of_person(&tenant, person);
        }
    }

    fn wishes_of_campaign(&mut self, tenant: &Tenant, campaign: &Plan) {
        let path = |rest: &str| format!("/api/v1/campaigns/{}{rest}", campaign.id);
        let want = |world: &mut Self, method, rest: &str, body: &Value, what| {
            world.want(tenant, Function::Campaigns, method, &path(rest), body, what, &campaign.id);
        };
        let mut left = campaign.wanted.clone();
        while !left.is_empty() {
            let some = left.split_off(left.len().saturating_sub(self.dice.below(left.len()) + 1));
            let ids: Vec<&str> = some.iter().map(|at| tenant.contacts[*at].id.as_str()).collect();
            want(self, "POST", "/enroll", &json!({ "contact_ids": ids }), What::Enroll);
        }
        want(self, "POST", "/start", &json!({}), What::Start);
        let mut moved = self.people.last_due();
        for _ in 0..self.dice.one_of(&[0, 0, 0, 1, 2, 3]) {
            let at_once = self.dice.chance(500);
            for (to, what) in [("/pause", What::Pause), ("/resume", What::Resume)] {
                want(self, "POST", to, &json!({}), what);
                if at_once {
                    moved += self.dice.within(0, 10_000);
                    self.people.put_last(moved);
                }
            }
        }
        match self.dice.below(20) {
            0 => want(self, "POST", "/cancel", &json!({}), What::End),
            1 => want(self, "DELETE", "", &Value::Null, What::End),
            2 => {
                want(self, "DELETE", &format!("/messages/{}", text(&campaign.steps[0]["id"])), &Value::Null, What::Edit)
            }
            3 => {
                let step = format!("/messages/{}", text(&campaign.steps[0]["id"]));
                want(self, "PATCH", &step, &json!({ "delay_amount": 1, "delay_unit": "hours" }), What::Edit);
            }
            4 => {
                let mut step = self.step(4);
                step["step_number"] = json!(self.dice.one_of(&[5, 15, 99]));
                step.as_object_mut().unwrap().remove("conditions");
                want(self, "POST", "/messages", &step, What::Edit);
            }
            5 => {
                let contact = &tenant.contacts[campaign.wanted[0]].id;
                want(self, "POST", &format!("/unenroll/{contact}"), &Value::Null, What::Unenroll);
            }
            6 => {
                let contact = &tenant.contacts[campaign.wanted[0]].id;
                let what = json!({ "type": "deal_won", "contact_id": contact, "revenue": 12.5 });
                want(self, "POST", "/activities", &what, What::Activity);
            }
            _ => {}
        }
    }

    fn wishes_of_person(&mut self, tenant: &Tenant, person: &Person) {
        let path = format!("/api/v1/contacts/{}", person.id);
        let want = |world: &mut Self, function, method, path: &str, body: &Value, what| {
            world.want(tenant, function, method, path, body, what, &person.id);
        };
        match self.dice.below(20) {
            0 => {
                let change = json!({ "opt_in_status": "opted_out" });
                want(self, Function::Contacts, "PATCH", &path, &change, What::OptOut);
            }
            1 => want(self, Function::Contacts, "PATCH", &path, &json!({ "job_title": "Countess" }), What::Rename),
            2 => want(self, Function::Contacts, "DELETE", &path, &Value::Null, What::Remove),
            3 => {
                let said = json!({ "client_id": person.id, "opt_out_email": true, "preferred_channels": ["sms"] });
                want(self, Function::Communications, "POST", "/api/crm/preferences", &said, What::Prefer);
            }
            _ => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all of it makes the wish")]
    fn want(
        &mut self,
        tenant: &Tenant,
        function: Function,
        method: &'static str,
        path: &str,
        body: &Value,
        what: What,
        about: &str,
    ) {
        let busy = self.dice.one_of(&[60_000, 1_800_000, 200_000_000]);
        let due = self.now + self.dice.within(0, busy);
        let asked = Asked::of_user(&tenant.key, method, path, body, &format!("{path}-{due}"));
        self.people.wish(Wish { function, asked, due, what, about: about.to_owned() });
    }

    /// What people would still do when nothing else happens any more: campaigns that were left paused go on. Whether there
    /// was anything.
    pub(super) fn tidies(&mut self) -> bool {
        let mut any = false;
        for tenant in self.people.tenants.clone() {
            for campaign in &tenant.campaigns {
                if self.wire.inside().servers.status(&tenant.id, &campaign.id) == "paused" {
                    let path = format!("/api/v1/campaigns/{}/resume", campaign.id);
                    self.want(&tenant, Function::Campaigns, "POST", &path, &json!({}), What::Resume, &campaign.id);
                    any = true;
                }
            }
        }
        any
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The delay of a step.
pub(super) fn delay(step: &Value) -> TimeDelta {
    let amount = step["delay_amount"].as_i64().unwrap();
    match step["delay_unit"].as_str().unwrap() {
        "minutes" => TimeDelta::minutes(amount),
        "hours" => TimeDelta::hours(amount),
        "days" => TimeDelta::days(amount),
        _ => TimeDelta::weeks(amount),
    }
}

/// A moment of an item.
pub(super) fn moment_of(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
