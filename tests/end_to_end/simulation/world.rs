//! One world: functions, servers and people, and the dice that say who goes on next and what goes wrong.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::time::{Minute, after};
use runtime::Clock;
use serde_json::json;
use serde_json::value::to_raw_value;

use super::dice::Dice;
use super::functions::{Function, Functions};
use super::http::Asked;
use super::people::People;
use super::provider::moment;
use super::running::{Errand, Outcome, Running};
use super::stream::Stream;
use super::trace::Trace;
use super::weather::Weather;
use super::wire::{Request, Wire};

/// After so many steps a world must have come to its end.
const MOST_STEPS: u64 = 60_000;

/// How often in a thousand turns those go on that lag behind.
const TURNS_OF_LAGGARDS: u32 = 40;

/// A call that arrives although its caller has given it up.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) due: i64,
    pub(super) by: u64,
    pub(super) request: Request,
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// The call at this place arrives.
    Serve(usize),
    /// The answer of the call at this place arrives.
    Answer(usize),
    /// A function is called.
    Begin(Function),
    /// Somebody wants something.
    Wish,
    /// The provider reports.
    Report,
    /// Nothing, for a while.
    Pass,
}

/// A world.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) wire: Wire,
    pub(super) functions: Functions,
    pub(super) clock: Clock,
    pub(super) now: i64,
    pub(super) weather: Weather,
    pub(super) running: Vec<Running>,
    pub(super) stream: Stream,
    pub(super) people: People,
    pub(super) trace: Trace,
    pub(super) late: Vec<Late>,
    pub(super) steps: u64,
    pub(super) kills: u64,
    pub(super) faults: u64,
    pub(super) ticked: Minute,
    /// What was seen on the way that must not be.
    pub(super) wrong: Vec<String>,
    /// Invocations that everybody overtakes.
    laggards: BTreeSet<u64>,
    invoked: u64,
}

impl World {
    pub(super) fn new(wire: Wire, clock: Clock, mut dice: Dice, trace: Trace) -> Self {
        let weather = Weather::of(&mut dice);
        let (functions, now) = (Functions::new(wire.clone(), clock.clone()), clock.now().timestamp_millis());
        let (running, late) = Default::default();
        Self {
            dice,
            wire,
            functions,
            now,
            weather,
            running,
            stream: Stream::default(),
            people: People::default(),
            trace,
            late,
            steps: 0,
            kills: 0,
            faults: 0,
            ticked: Minute::of(clock.now()),
            wrong: Vec::new(),
            laggards: BTreeSet::new(),
            invoked: 0,
            clock,
        }
    }

    /// Goes on until nothing is left to be done; `false` if that does not come.
    pub(super) async fn run(&mut self) -> bool {
        loop {
            self.poll();
            // Whoever let others go first is woken by that.
            tokio::task::yield_now().await;
            self.poll();
            if self.steps >= self.weather.clears {
                self.note("the weather clears");
                self.weather.clear();
            }
            self.steps += 1;
            if self.steps >= MOST_STEPS {
                return false;
            }
            let moves = self.moves();
            if moves.is_empty() {
                if !self.idle().await && !self.tidies() {
                    return true;
                }
                continue;
            }
            let chosen = self.dice.one_of(&moves);
            self.go(chosen).await;
            let pause = self.dice.within(0, 20);
            self.pass(pause).await;
            if self.dice.chance(self.weather.jumps) {
                let jump = self.dice.one_of(&[4_000, 60_000, 400_000, 4_000_000, 90_000_000]);
                self.note(&format!("the clock jumps by {jump}"));
                self.pass(jump).await;
            }
        }
    }

    fn moves(&mut self) -> Vec<Move> {
        let mut moves = Vec::new();
        let inside = self.wire.inside();
        for (at, call) in inside.calls.iter().enumerate() {
            if self.laggards.contains(&call.by) && !self.dice.chance(TURNS_OF_LAGGARDS) {
                continue;
            }
            let next = if call.reply.is_some() { Move::Answer(at) } else { Move::Serve(at) };
            moves.extend([next; 3]);
        }
        let shown =
            |function: Function| function.queue().is_some_and(|queue| inside.servers.queues.shows(queue, self.now));
        let mut begin: Vec<Function> =
            [Function::Enrollment, Function::Sender, Function::ContactWork].into_iter().filter(|f| shown(*f)).collect();
        if inside.servers.changed && self.now >= self.stream.again {
            begin.push(Function::Projector);
        }
        if Minute::of(moment(self.now)) > self.ticked {
            begin.push(Function::Scheduler);
        }
        let reported = inside.servers.provider.reports.iter().any(|report| report.due <= self.now);
        drop(inside);
        moves.extend(begin.into_iter().filter(|f| self.has_room(*f)).map(Move::Begin));
        if reported && self.has_room(Function::Webhooks) {
            moves.push(Move::Report);
        }
        if self.people.is_due(self.now) {
            moves.push(Move::Wish);
        }
        if !moves.is_empty() && self.dice.chance(self.weather.slow) {
            moves = vec![Move::Pass];
        }
        moves
    }

    fn has_room(&self, function: Function) -> bool {
        self.running.iter().filter(|running| running.function == function).count() < function.at_once()
    }

    async fn go(&mut self, chosen: Move) {
        match chosen {
            Move::Serve(at) => self.serve(at),
            Move::Answer(at) => {
                let call = self.wire.inside().calls.remove(at);
                call.answer();
            }
            Move::Begin(Function::Projector) => self.begin_changes(),
            Move::Begin(Function::Scheduler) => self.begin_tick(),
            Move::Begin(function) => self.begin_messages(function),
            Move::Wish => self.begin_wish(),
            Move::Report => self.begin_report(),
            Move::Pass => {
                let long = self.dice.one_of(&[50, 500, 3_000]);
                self.pass(long).await;
            }
        }
    }

    /// Lets everybody go on who can.
    fn poll(&mut self) {
        while let Some(at) = self.running.iter().position(Running::rings) {
            self.wire.inside().polled = Some(self.running[at].number);
            let polled = self.running[at].poll();
            self.wire.inside().polled = None;
            if let std::task::Poll::Ready(outcome) = polled {
                self.ended(at, outcome);
            }
        }
    }

    fn ended(&mut self, at: usize, outcome: Outcome) {
        let Running { number, function, errand, instance, .. } = self.running.remove(at);
        let how = if outcome.is_ok() { "done" } else { "failed" };
        self.note(&format!("{number} {function:?} is {how}"));
        self.functions.idles(function, instance);
        // What nobody waits for any more goes with who asked for it.
        self.wire.inside().calls.retain(|call| call.by != number);
        self.claims_are_given_back(number, &outcome);
        self.came_to(function, errand, Some(outcome));
    }

    pub(super) fn begin(&mut self, function: Function, errand: Errand, event: Box<serde_json::value::RawValue>) {
        self.invoked += 1;
        let number = self.invoked;
        self.note(&format!("{number} {function:?} begins {}", errand.shown()));
        if self.dice.chance(self.weather.laggards) {
            self.laggards.insert(number);
        }
        let instance = self.functions.instance(function, &mut self.dice);
        self.running.push(Running::new(number, function, errand, event, instance, self.now));
    }

    fn begin_tick(&mut self) {
        self.ticked = Minute::of(moment(self.now));
        let times = match self.dice.chance(self.weather.ticks) {
            true => self.dice.one_of(&[0, 2]),
            false => 1,
        };
        for _ in 0..times {
            self.begin(Function::Scheduler, Errand::Tick, to_raw_value(&json!({ "source": "aws.events" })).unwrap());
        }
    }

    /// What happened, in figures.
    pub(super) fn told(&self) -> String {
        let inside = self.wire.inside();
        let provider = &inside.servers.provider;
        format!(
            "{} steps, {} calls, {} invocations by {} instances, {} faults, {} kills, {} messages, {} put aside, {:?}\n",
            self.steps,
            inside.servers.served,
            self.invoked,
            self.functions.begun,
            self.faults,
            self.kills,
            provider.sent.len(),
            inside.servers.queues.dead,
            self.weather,
        )
    }

    pub(super) fn note(&self, what: &str) {
        self.trace.note(self.now, what);
    }

    /// Asks a function straight away, in good weather: for what a world begins with.
    pub(super) async fn ask(&mut self, function: Function, asked: &Asked) -> serde_json::Value {
        let instance = self.functions.instance(function, &mut self.dice);
        let answer = instance.handler.invoke(asked.event(self.now)).await.unwrap();
        self.functions.idles(function, instance);
        let heard = super::http::Heard::read(&answer);
        assert!(heard.status < 300, "{} {}: {}", asked.method, asked.url, heard.body);
        self.clock.turn(after(self.clock.now(), TimeDelta::milliseconds(5)));
        self.now = self.clock.now().timestamp_millis();
        heard.body
    }
}
