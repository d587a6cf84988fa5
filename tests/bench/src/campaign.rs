//! A campaign of one e-mail to its audience, receipts included.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::Timestamp;
use local::demo::people::people;
use local::stack::{Capacity, Options};
use serde_json::{Value, json};
use tests::{World, email, number};

use crate::{line, process};

/// How long a campaign may take.
const LIMIT: Duration = Duration::from_secs(7200);
/// What works on a message from due to delivered.
const FUNCTIONS: [&str; 4] = ["SchedulerFunction", "SenderFunction", "WebhooksFunction", "ProjectorFunction"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows the imported file has; 95 % of them become the audience. Several numbers with commas between them: as
    /// many campaigns, each in a stack of its own, and a line of a table for each.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000])]
    contacts: Vec<u64>,
    /// The same as `--contacts 10000,30000,100000`.
    #[arg(long, conflicts_with = "contacts")]
    scale: bool,
}

/// What a campaign took.
struct Campaign {
    enrolled: i64,
    /// Seconds until all were enrolled, before the start.
    enrolling: f64,
    messages: i64,
    /// Seconds from the start, when all were due, until the last message was accepted.
    lag: f64,
    /// From the start until all messages were sent, reported to have arrived, or not, and counted.
    delivered: Stretch,
    /// How many opens and clicks came after that.
    heard: i64,
    /// From the first of them until all were counted.
    hearing: Stretch,
    /// The most memory, in MB.
    peak: f64,
}

/// What was needed from one moment to another.
struct Stretch {
    seconds: f64,
    /// Of the processor.
    cpu: f64,
    /// What each function did.
    functions: [Work; FUNCTIONS.len()],
}

/// The beginning of a stretch.
struct Start {
    at: Instant,
    cpu: f64,
    functions: [Work; FUNCTIONS.len()],
}

/// What a function did.
#[derive(Debug, Clone, Copy)]
struct Work {
    invocations: u64,
    calls: u64,
    capacity: Capacity,
}

pub(crate) async fn run(args: &Args) -> Result<()> {
    let contacts = if args.scale { &[10_000, 30_000, 100_000][..] } else { &args.contacts };
    if let [contacts] = contacts {
        campaign(*contacts).await?.print();
        return Ok(());
    }
    let names = ["messages", "lag, s", "sent/s", "delivered, s", "delivered/s", "CPU, ms", "WRU", "RRU", "peak, MB"];
    columns(&names.map(String::from));
    for &contacts in contacts {
        campaign(contacts).await?.print_line();
    }
    Ok(())
}

async fn campaign(contacts: u64) -> Result<Campaign> {
    let world = World::start_with(Options { metered: true, ..Options::in_memory() }).await?;
    let id = world.client.import(people(contacts).csv, &json!({})).await?;
    world.client.import_ended(&id, LIMIT, |_| {}).await?;
    let campaign = world.client.campaign("Benchmark", &[email(1, 0)]).await?;
    let begun = Instant::now();
    world.client.enroll(&campaign, &json!({ "import_id": id }), LIMIT).await?;
    let enrolling = begun.elapsed().as_secs_f64();
    world.stack.settled(LIMIT).await?;

    // In the world people read their mail over hours and days; here, when all of it has arrived.
    world.stack.sandbox().let_people_wait();
    process::forget_peak();
    let start = Start::now(&world);
    let started = world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await?;
    world.stack.settled(LIMIT).await?;
    let delivered = start.end(&world);
    let start = Start::now(&world);
    world.stack.sandbox().let_people_act()?;
    world.stack.settled(LIMIT).await?;
    let hearing = start.end(&world);
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await?;
    let measured = Campaign {
        enrolled: number(&performance["total_enrolled"]),
        enrolling,
        messages: sent(&world, &performance).await?,
        lag: lag(&world, &started).await?,
        delivered,
        heard: heard(&performance),
        hearing,
        peak: process::used().1,
    };
    world.stack.stop().await?;
    Ok(measured)
}

/// How many messages there are, once each.
async fn sent(world: &World, performance: &Value) -> Result<i64> {
    let (total, distinct) = world.outbox().await?;
    let counted = number(&performance["emails_sent"]);
    ensure!(total == distinct && counted == distinct, "the sums do not hold: {performance}");
    Ok(total)
}

/// How often somebody opened a message or followed a link.
fn heard(performance: &Value) -> i64 {
    let steps = performance["steps"].as_array().into_iter().flatten();
    steps.map(|step| number(&step["opened"]) + number(&step["clicked"])).sum()
}

/// How long after the start the provider took the last message, in seconds.
async fn lag(world: &World, started: &Value) -> Result<f64> {
    let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let outbox = world.client.get("/_local/outbox?format=json&limit=1").await?;
    let last = moment(&outbox["messages"][0]["accepted_at"]).context("no message was sent")?;
    let due = moment(&started["started_at"]).context("the campaign was not started")?;
    Ok((last - due).as_seconds_f64())
}

impl Start {
    fn now(world: &World) -> Self {
        let (cpu, _) = process::used();
        Self { at: Instant::now(), cpu, functions: FUNCTIONS.map(|name| Work::of(world, name)) }
    }

    fn end(&self, world: &World) -> Stretch {
        let (seconds, cpu) = (self.at.elapsed().as_secs_f64(), process::used().0 - self.cpu);
        let mut functions = FUNCTIONS.map(|name| Work::of(world, name));
        functions.iter_mut().zip(self.functions).for_each(|(work, before)| *work = work.since(before));
        Stretch { seconds, cpu, functions }
    }
}

impl Work {
    fn of(world: &World, function: &str) -> Self {
        Self {
            invocations: world.stack.invocations(function),
            calls: world.stack.table_calls(function),
            capacity: world.stack.capacity(function),
        }
    }

    fn since(self, before: Self) -> Self {
        let (now, then) = (self.capacity, before.capacity);
        Self {
            invocations: self.invocations - before.invocations,
            calls: self.calls - before.calls,
            capacity: Capacity { read: now.read - then.read, write: now.write - then.write },
        }
    }
}

impl Campaign {
    fn print(&self) {
        line("enrolled", self.enrolled);
        line("enrolled/s", format!("{:.0}", self.enrolled as f64 / self.enrolling));
        line("messages", self.messages);
        line("lag of the last message, s", format!("{:.1}", self.lag));
        line("messages/s, due to sent", format!("{:.0}", self.sent_per_second()));
        line("all delivered after, s", format!("{:.1}", self.delivered.seconds));
        line("messages/s, due to delivered", format!("{:.0}", self.delivered.per_second(self.messages)));
        self.delivered.print("a message", self.messages);
        for (name, work) in FUNCTIONS.iter().zip(self.delivered.functions) {
            let of = |what: &str| format!("{what} of {}", name.trim_end_matches("Function"));
            line(&of("invocations"), format!("{:.3}", work.invocations as f64 / self.messages as f64));
            line(&of("calls"), format!("{:.3}", work.calls as f64 / self.messages as f64));
            line(&of("WRU"), format!("{:.3}", work.capacity.write / self.messages as f64));
            line(&of("RRU"), format!("{:.3}", work.capacity.read / self.messages as f64));
        }
        line("opens and clicks", self.heard);
        line("opens and clicks/s", format!("{:.0}", self.hearing.per_second(self.heard)));
        self.hearing.print("an open or click", self.heard);
        line("peak memory, MB", format!("{:.0}", self.peak));
    }

    fn print_line(&self) {
        columns(&[
            self.messages.to_string(),
            format!("{:.1}", self.lag),
            format!("{:.0}", self.sent_per_second()),
            format!("{:.1}", self.delivered.seconds),
            format!("{:.0}", self.delivered.per_second(self.messages)),
            format!("{:.2}", self.delivered.millis(self.messages)),
            format!("{:.2}", self.delivered.written(self.messages)),
            format!("{:.2}", self.delivered.read(self.messages)),
            format!("{:.0}", self.peak),
        ]);
    }

    /// How many the provider took in a second of those until the last one.
    fn sent_per_second(&self) -> f64 {
        self.messages as f64 / self.lag
    }
}

/// Each of these is for one of `count`.
impl Stretch {
    fn print(&self, what: &str, count: i64) {
        line(&format!("CPU of {what}, ms"), format!("{:.2}", self.millis(count)));
        line(&format!("WRU of {what}"), format!("{:.2}", self.written(count)));
        line(&format!("RRU of {what}"), format!("{:.2}", self.read(count)));
    }

    fn per_second(&self, count: i64) -> f64 {
        count as f64 / self.seconds
    }

    /// Of the processor's time.
    fn millis(&self, count: i64) -> f64 {
        self.cpu * 1e3 / count as f64
    }

    fn written(&self, count: i64) -> f64 {
        self.functions.iter().map(|work| work.capacity.write).sum::<f64>() / count as f64
    }

    fn read(&self, count: i64) -> f64 {
        self.functions.iter().map(|work| work.capacity.read).sum::<f64>() / count as f64
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn columns(cells: &[String; 9]) {
    println!("{}", cells.iter().map(|cell| format!("{cell:>13}")).collect::<String>());
}
