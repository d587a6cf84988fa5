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
}

/// What a wish means for what must hold at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// That a campaign starts.
    Start,
    /// That these contacts are in a campaign.
    Enroll,
    /// That a contact hears nothing any more.
    OptOut(String),
    /// That a contact is removed.
    Remove(String),
    /// That something changes about a contact that changes nothing of its campaigns.
    Rename,
}

/// A tenant.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) key: String,
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
    pub(super) steps: Vec<Value>,
    /// Whom somebody wants in it, by their places.
    pub(super) wanted: Vec<usize>,
}

/// A wish that was granted, or refused for good.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) what: What,
    pub(super) granted: bool,
    /// How many calls had been served by then.
    pub(super) served: u64,
}

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) tenants: Vec<Tenant>,
    wishes: Vec<Wish>,
    /// The time at which each wish was first asked for is not told, only what came of it.
    pub(super) done: Vec<Done>,
}

impl People {
    pub(super) fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
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
        match heard.filter(|heard| !heard.is_passing()) {
            None => {
                let due = now + dice.within(1_000, 40_000);
                self.wishes.push(Wish { due, ..wish });
                "somebody will ask again".to_owned()
            }
            Some(heard) => {
                let granted = heard.status < 300;
                let told = format!("{:?}: {}", wish.what, heard.status);
                assert!(heard.status != 400 && heard.status != 422, "{:?}: {}", wish.asked, heard.body);
                self.done.push(Done { what: wish.what, granted, served });
                told
            }
        }
    }
}

/// A contact as somebody types it in; who it is follows from the numbers.
pub(super) fn draft(tenant: usize, number: usize, dice: &mut Dice) -> Value {
    let kind = dice.one_of(&["plain", "plain", "plain", "plain", "bounce", "refused"]);
    let mut draft = json!({ "first_name": format!("Person {number}") });
    if !dice.chance(120) {
        draft["email"] = json!(format!("{kind}-{number}@tenant-{tenant}.example"));
    }
    if !dice.chance(250) {
        draft["phone"] = json!(format!("+1202555{:04}", 100 + number));
    }
    let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Apia"];
    if dice.chance(700) {
        draft["timezone"] = json!(dice.one_of(&zones));
    }
    if dice.chance(60) {
        draft["do_not_contact"] = json!(true);
    }
    if dice.chance(60) {
        draft["opt_in_status"] = json!("opted_out");
    }
    draft
}
