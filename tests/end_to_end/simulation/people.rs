//! The people of a world: who wants what from the API, and when.

use serde_json::{Value, json};

use super::dice::Dice;
use super::functions::Function;
use super::http::{Asked, Heard};

/// Something that somebody wants.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) function: Function,
    pub(super) asked: Asked,
    pub(super) due: i64,
    pub(super) what: What,
    /// The id of the contact or campaign that it is about, or the address.
    pub(super) about: String,
}

/// What a wish means for what must hold at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A campaign starts.
    Start,
    /// Contacts come into a campaign.
    Enroll,
    /// A campaign holds back for a while.
    Pause,
    /// It goes on.
    Resume,
    /// It ends for good, or is put away.
    End,
    /// Its steps change.
    Edit,
    /// A contact is taken out of it.
    Unenroll,
    /// A contact does what it is for.
    Activity,
    /// A contact hears nothing any more.
    OptOut,
    /// Nothing more may go to an address: it came back, or somebody complained or answered STOP.
    Refuse,
    /// A contact hears nothing over one channel any more.
    Prefer,
    /// A contact is removed.
    Remove,
    /// Something changes about a contact that changes nothing of its campaigns.
    Rename,
}

/// A tenant.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) settings: Value,
    pub(super) contacts: Vec<Person>,
    pub(super) campaigns: Vec<Plan>,
}

/// A contact.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) draft: Value,
}

/// A campaign.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) id: String,
    pub(super) draft: Value,
    /// The steps that it begins with, as they are shown.
    pub(super) steps: Vec<Value>,
    /// Whom somebody wants in it, by their places.
    pub(super) wanted: Vec<usize>,
}

/// A wish that was granted, or refused for good.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) what: What,
    pub(super) about: String,
    pub(super) granted: bool,
    /// How many calls had been served by then.
    pub(super) served: u64,
}

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) tenants: Vec<Tenant>,
    wishes: Vec<Wish>,
    /// What came of the wishes so far.
    pub(super) done: Vec<Done>,
}

impl People {
    pub(super) fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }

    /// When the last wish is due.
    pub(super) fn last_due(&self) -> i64 {
        self.wishes.last().map_or(0, |wish| wish.due)
    }

    /// Has the last wish wished at another time.
    pub(super) fn put_last(&mut self, due: i64) {
        if let Some(last) = self.wishes.last_mut() {
            last.due = due;
        }
    }

    pub(super) fn is_due(&self, now: i64) -> bool {
        self.wishes.iter().any(|wish| wish.due <= now)
    }

    pub(super) fn next(&self) -> Option<i64> {
        self.wishes.iter().map(|wish| wish.due).min()
    }

    pub(super) fn take_due(&mut self, now: i64, dice: &mut Dice) -> Wish {
        let due: Vec<usize> = (0..self.wishes.len()).filter(|at| self.wishes[*at].due <= now).collect();
        self.wishes.swap_remove(dice.one_of(&due))
    }

    /// Somebody hears, or nobody answers: then the same is asked again later.
    pub(super) fn heard(&mut self, wish: Wish, heard: Option<Heard>, now: i64, served: u64, dice: &mut Dice) -> String {
        let Some(heard) = heard.filter(|heard| !heard.is_passing()) else {
            let due = now + dice.within(1_000, 40_000);
            self.wishes.push(Wish { due, ..wish });
            return "somebody will ask again".to_owned();
        };
        assert!(heard.status != 400 && heard.status != 422, "{:?}: {}", wish.asked, heard.body);
        let told = format!("{:?}: {}", wish.what, heard.status);
        self.done.push(Done { what: wish.what, about: wish.about, granted: heard.status < 300, served });
        told
    }

    /// The ids of those about whom something of this kind was wanted, whether it was granted or not.
    pub(super) fn about(&self, what: &[What]) -> impl Iterator<Item = &str> {
        self.done.iter().filter(|done| what.contains(&done.what)).map(|done| done.about.as_str())
    }
}

impl Person {
    /// The address for the step's channel, if there is one.
    pub(super) fn address(&self, step: &Value) -> Option<&str> {
        let field = if step["message_type"] == "email" { "email" } else { "phone" };
        self.draft[field].as_str()
    }

    /// Whether nothing may ever go to it.
    pub(super) fn is_closed(&self) -> bool {
        self.draft["do_not_contact"] == true || self.draft["opt_in_status"] == "opted_out"
    }
}

impl Plan {
    /// Whether only its steps and its contacts' addresses say how far everybody comes in it.
    pub(super) fn takes_its_course(&self) -> bool {
        let stops = self.steps.iter().any(|step| step["stop_on_reply"] == true);
        self.draft["end_date"].is_null() && self.draft["goal_type"].is_null() && !stops
    }
}

const ZONES: [&str; 6] =
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Apia", "America/St_Johns"];

/// A contact as somebody types it in. Tenants may well know the same person.
pub(super) fn draft(number: usize, dice: &mut Dice) -> Value {
    let kind = dice.one_of(&["plain", "plain", "plain", "plain", "bounce", "refused"]);
    let mut draft = json!({ "first_name": format!("Person {number}") });
    if !dice.chance(120) {
        draft["email"] = json!(format!("{kind}-{number}@people.example"));
    }
    if !dice.chance(250) {
        draft["phone"] = json!(format!("+1202555{:04}", 100 + number));
    }
    if dice.chance(600) {
        draft["timezone"] = json!(dice.one_of(&ZONES));
    }
    if dice.chance(60) {
        draft["do_not_contact"] = json!(true);
    }
    if dice.chance(60) {
        draft["opt_in_status"] = json!("opted_out");
    }
    draft
}

/// What a tenant chooses.
pub(super) fn settings(tenant: usize, dice: &mut Dice) -> Value {
    let number = format!("+1305555010{tenant}");
    let mut settings = json!({ "default_timezone": dice.one_of(&ZONES),
                               "sender_identities": { "sms": number, "whatsapp": number, "voice": number } });
    if dice.chance(400) {
        let hours =
            [("22:00", "08:00"), ("00:00", "06:30"), ("13:00", "15:00"), ("09:00", "08:30"), ("18:45", "23:59")];
        let (start, end) = dice.one_of(&hours);
        settings["quiet_hours_start"] = json!(start);
        settings["quiet_hours_end"] = json!(end);
    }
    if dice.chance(350) {
        settings["frequency_cap"] = dice
            .one_of(&[
                r#"{ "all": { "per_day": 1 } }"#,
                r#"{ "all": { "per_day": 2, "per_week": 3 } }"#,
                r#"{ "email": { "per_day": 1 }, "sms": { "per_week": 2 } }"#,
            ])
            .parse()
            .unwrap();
    }
    if dice.chance(250) {
        settings["send_rates"] = json!({ "email": dice.one_of(&[0.05, 0.5, 3.0]), "sms": dice.one_of(&[0.2, 1.0]) });
    }
    if dice.chance(300) {
        settings["message_costs"] = json!({ "email": 0.0001, "sms": 0.0079 });
    }
    settings
}
