//! What a world begins with, and what people will do in it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::functions::Function;
use super::http::Asked;
use super::people::{Person, Plan, Tenant, What, Wish, draft};
use super::world::World;

/// Within how many milliseconds people do things.
const BUSY: i64 = 1_800_000;

impl World {
    /// Tenants with their contacts and campaigns, and wishes.
    pub(super) async fn begins(&mut self) {
        for number in 0..self.dice.below(2) + 1 {
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
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (id, key) = (text(&given["tenant"]), text(&given["api_key"]));
        let mut tenant = Tenant { id, key, contacts: Vec::new(), campaigns: Vec::new() };
        for person in 0..self.dice.below(8) + 2 {
            let draft = draft(number, person, &mut self.dice);
            let made = self.make(&tenant, Function::Contacts, "/api/v1/contacts", &draft, person).await;
            tenant.contacts.push(Person { id: text(&made["id"]), draft });
        }
        for campaign in 0..self.dice.below(3) + 1 {
            let plan = self.campaign(&tenant, campaign).await;
            tenant.campaigns.push(plan);
        }
        tenant
    }

    async fn campaign(&mut self, tenant: &Tenant, number: usize) -> Plan {
        let draft = json!({ "name": format!("Campaign {number}"), "campaign_type": "multi_channel" });
        let made = self.make(tenant, Function::Campaigns, "/api/v1/campaigns", &draft, number).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let mut steps = Vec::new();
        for step in 1..self.dice.below(3) + 2 {
            let draft = self.step(step);
            let path = format!("/api/v1/campaigns/{id}/messages");
            self.make(tenant, Function::Campaigns, &path, &draft, step).await;
            steps.push(draft);
        }
        let everybody: Vec<usize> = (0..tenant.contacts.len()).collect();
        let most = self.dice.below(everybody.len()) + 1;
        let wanted = self.dice.some(&everybody, most);
        Plan { id, steps, wanted }
    }

    fn step(&mut self, number: usize) -> Value {
        let (amount, unit) = self.dice.one_of(&[
            (0, "minutes"),
            (0, "days"),
            (3, "minutes"),
            (50, "minutes"),
            (7, "hours"),
            (2, "days"),
            (1, "weeks"),
        ]);
        let mut step = json!({ "step_number": number * 10, "content": format!("Step {number} for {{{{first_name}}}}"),
                               "delay_amount": amount, "delay_unit": unit });
        if self.dice.chance(600) {
            step["message_type"] = json!("email");
            step["subject"] = json!("Hello {{first_name|you}}");
        } else {
            step["message_type"] = json!("sms");
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
            let path = |rest: &str| format!("/api/v1/campaigns/{}/{rest}", campaign.id);
            let mut left = campaign.wanted.clone();
            while !left.is_empty() {
                let some = left.split_off(left.len().saturating_sub(self.dice.below(left.len()) + 1));
                let ids: Vec<&str> = some.iter().map(|at| tenant.contacts[*at].id.as_str()).collect();
                self.want(
                    &tenant,
                    Function::Campaigns,
                    "POST",
                    &path("enroll"),
                    &json!({ "contact_ids": ids }),
                    What::Enroll,
                );
            }
            self.want(&tenant, Function::Campaigns, "POST", &path("start"), &json!({}), What::Start);
        }
        for person in &tenant.contacts {
            let path = format!("/api/v1/contacts/{}", person.id);
            match self.dice.below(12) {
                0 => {
                    let change = json!({ "opt_in_status": "opted_out" });
                    self.want(&tenant, Function::Contacts, "PATCH", &path, &change, What::OptOut(person.id.clone()));
                }
                1 => {
                    let change = json!({ "job_title": "Countess" });
                    self.want(&tenant, Function::Contacts, "PATCH", &path, &change, What::Rename);
                }
                2 => self.want(
                    &tenant,
                    Function::Contacts,
                    "DELETE",
                    &path,
                    &Value::Null,
                    What::Remove(person.id.clone()),
                ),
                _ => {}
            }
        }
    }

    fn want(
        &mut self,
        tenant: &Tenant,
        function: Function,
        method: &'static str,
        path: &str,
        body: &Value,
        what: What,
    ) {
        let due = self.now + self.dice.within(0, BUSY);
        let name = format!("{path}-{due}");
        let asked = Asked::of_user(&tenant.key, method, path, body, &name);
        self.people.wish(Wish { function, asked, due, what });
    }
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
