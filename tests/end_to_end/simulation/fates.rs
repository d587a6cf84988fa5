//! What becomes of the calls that are under way, and of those who made them.

use channels::SendError;

use super::running::Running;
use super::weather::{Fate, lost, turned_away};
use super::wire::{Call, Reply, Request};
use super::world::{Late, World};

/// By how many milliseconds a call may arrive late: well within the time that a claim is believed in.
fn lateness(request: &Request) -> i64 {
    if matches!(request, Request::Send(_)) { 10_000 } else { 1_500 }
}

impl World {
    /// The call at this place arrives, or whatever else becomes of it.
    pub(super) fn serve(&mut self, at: usize) {
        let (by, number, request) = {
            let inside = self.wire.inside();
            (inside.calls[at].by, inside.calls[at].number, inside.calls[at].request.clone())
        };
        let fate = self.weather.fate(&request, &mut self.dice);
        self.note(&format!("{by}.{number} {} {fate:?}", request.shown()));
        self.faults += u64::from(fate != Fate::Well);
        let reply = match fate {
            Fate::Well | Fate::Partly => self.wire.inside().servers.serve(&request, by, fate == Fate::Partly),
            Fate::Throttled => turned_away(&request, &mut self.dice),
            Fate::LostBefore => lost(&request, false, &mut self.dice),
            Fate::LostAfter => {
                self.wire.inside().servers.serve(&request, by, false);
                lost(&request, true, &mut self.dice)
            }
            Fate::Late => {
                self.arrives_late(by, request.clone());
                lost(&request, true, &mut self.dice)
            }
            Fate::KilledBefore | Fate::KilledAfter => {
                let call = self.wire.inside().calls.remove(at);
                if fate == Fate::KilledAfter {
                    self.wire.inside().servers.serve(&call.request, by, false);
                }
                self.kill(by);
                return;
            }
        };
        let is_refused = matches!(reply, Reply::Sent(Err(SendError::Throttled { .. } | SendError::Unreachable(_))));
        let mut inside = self.wire.inside();
        if let Request::Send(message) = &request
            && is_refused
        {
            inside.servers.note_refusal(by, message.reference);
        }
        inside.calls[at].reply = Some(reply);
    }

    fn arrives_late(&mut self, by: u64, request: Request) {
        let due = self.now + self.dice.within(1, lateness(&request));
        self.wire.inside().servers.stragglers.insert(by);
        self.late.push(Late { due, by, request });
    }

    /// Ends an invocation on the spot; of its calls that are under way some arrive, and some later.
    pub(super) fn kill(&mut self, number: u64) {
        let Some(at) = self.running.iter().position(|running| running.number == number) else { return };
        let dead = self.running.remove(at);
        self.kills += 1;
        self.note(&format!("{number} {:?} is killed", dead.function));
        let Running { function, errand, instance, .. } = dead;
        drop(instance);
        let calls: Vec<_> = {
            let mut inside = self.wire.inside();
            let (dead, living) = std::mem::take(&mut inside.calls).into_iter().partition(|call| call.by == number);
            inside.calls = living;
            dead
        };
        // What was asked long ago, before the clock jumped, does not arrive any more.
        let may_arrive = |call: &Call| call.reply.is_none() && self.now - call.asked_at <= lateness(&call.request);
        let calls: Vec<Call> = calls.into_iter().filter(may_arrive).collect();
        for call in calls {
            match self.dice.below(3) {
                0 => drop(self.wire.inside().servers.serve(&call.request, number, false)),
                1 => self.arrives_late(number, call.request),
                _ => {}
            }
        }
        self.came_to(function, errand, None);
    }
}
