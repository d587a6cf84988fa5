//! What goes wrong with calls, and how often: a weather of its own for each world, until it clears.

use super::dice::Dice;
use super::provider::throttled;
use super::wire::{Reply, Request};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is answered.
    Well,
    /// Some of it is done, or told.
    Partly,
    /// It is turned away.
    Throttled,
    /// It never arrives, and the caller hears of that.
    LostBefore,
    /// It is done, but the answer is lost.
    LostAfter,
    /// The caller gives up, and it arrives later.
    Late,
    /// The worker dies, and the call with it.
    KilledBefore,
    /// The worker dies when the call is done.
    KilledAfter,
}

const FAULTS: [Fate; 7] = [
    Fate::Partly,
    Fate::Throttled,
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::Late,
    Fate::KilledBefore,
    Fate::KilledAfter,
];

/// How often each fault happens to calls to AWS and to the provider, in a thousand calls; and how often other things go
/// wrong, in a thousand times.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    aws: [u32; FAULTS.len()],
    provider: [u32; FAULTS.len()],
    /// A message is given out that is being worked on.
    pub(super) doubled: u32,
    /// What was worked on is given out again all the same.
    pub(super) forgotten: u32,
    /// The scheduler is not called in a minute, or twice.
    pub(super) ticks: u32,
    /// Nothing happens for a while although something could.
    pub(super) slow: u32,
    /// The clock jumps.
    pub(super) jumps: u32,
    /// The index does not know yet what has just changed.
    pub(super) behind: u32,
    /// An invocation gets its turn so rarely that all others overtake it.
    pub(super) laggards: u32,
    /// After so many steps it clears.
    pub(super) clears: u64,
}

impl Weather {
    /// Each world has some of the faults only, so that each kind is met alone and together with others.
    pub(super) fn of(dice: &mut Dice) -> Self {
        let strength = dice.one_of(&[0, 3, 6, 12, 25]);
        let mut rates =
            |usual: [u32; FAULTS.len()]| usual.map(|rate| if dice.chance(600) { rate * strength / 6 } else { 0 });
        let aws = rates([20, 15, 12, 12, 8, 4, 4]);
        let provider = rates([0, 60, 30, 40, 30, 15, 20]);
        Self {
            aws,
            provider,
            doubled: dice.one_of(&[0, 20, 100]),
            forgotten: dice.one_of(&[0, 20, 100]),
            ticks: dice.one_of(&[0, 100, 400]),
            slow: dice.one_of(&[0, 10, 50]),
            jumps: dice.one_of(&[0, 1, 4]),
            behind: dice.one_of(&[0, 200, 1_000]),
            laggards: dice.one_of(&[0, 50, 200]),
            clears: u64::try_from(dice.within(500, 6_000)).unwrap(),
        }
    }

    /// From now on all goes well.
    pub(super) fn clear(&mut self) {
        *self = Self {
            aws: [0; FAULTS.len()],
            provider: [0; FAULTS.len()],
            doubled: 0,
            forgotten: 0,
            ticks: 0,
            slow: 0,
            jumps: 0,
            behind: 0,
            laggards: 0,
            clears: u64::MAX,
        };
    }

    pub(super) fn fate(&self, request: &Request, dice: &mut Dice) -> Fate {
        let rates = match request {
            Request::Table(..) | Request::Queue(..) => &self.aws,
            Request::Send(_) | Request::Lookup(_) => &self.provider,
        };
        let mut rolled = u32::try_from(dice.below(1_000)).unwrap();
        for (fate, rate) in FAULTS.into_iter().zip(rates) {
            match rolled.checked_sub(*rate) {
                Some(rest) => rolled = rest,
                None => return fate,
            }
        }
        if request.asks_index() && dice.chance(self.behind) { Fate::Partly } else { Fate::Well }
    }
}

/// What a caller hears who is turned away.
pub(super) fn turned_away(request: &Request, dice: &mut Dice) -> Reply {
    let http = |status, name: &str, more: serde_json::Value| {
        let mut body = serde_json::json!({ "__type": name, "message": "a fault of the simulation" });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        Reply::Http(status, body.to_string())
    };
    let none = serde_json::Value::Null;
    match request {
        Request::Table(operation, body) if operation == "TransactWriteItems" && dice.chance(500) => {
            let asked: serde_json::Value = serde_json::from_slice(body).unwrap();
            let count = asked["TransactItems"].as_array().unwrap().len();
            let (hit, code) = (dice.below(count), dice.one_of(&["TransactionConflict", "ThrottlingError"]));
            let reason = |at| serde_json::json!({ "Code": if at == hit { code } else { "None" } });
            let reasons: Vec<_> = (0..count).map(reason).collect();
            let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
            http(400, name, serde_json::json!({ "CancellationReasons": reasons }))
        }
        Request::Table(..) if dice.chance(300) => {
            http(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", none)
        }
        Request::Table(..) => {
            http(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", none)
        }
        Request::Queue(..) => http(400, "com.amazonaws.sqs#RequestThrottled", none),
        Request::Send(_) => Reply::Sent(Err(throttled(dice))),
        Request::Lookup(_) => Reply::Found(Err(throttled(dice))),
    }
}

/// What a caller hears whose call, as far as anybody knows, did not arrive or was not answered.
pub(super) fn lost(request: &Request, arrived: bool, dice: &mut Dice) -> Reply {
    use channels::SendError::{Unknown, Unreachable};
    match request {
        Request::Table(..) | Request::Queue(..) => Reply::Broken,
        // That nothing can have arrived is known only now and then.
        Request::Send(_) if !arrived && dice.chance(500) => {
            Reply::Sent(Err(Unreachable("the provider was not reached".into())))
        }
        Request::Send(_) => Reply::Sent(Err(Unknown("the connection broke".into()))),
        Request::Lookup(_) => Reply::Found(Err(Unreachable("the connection broke".into()))),
    }
}
