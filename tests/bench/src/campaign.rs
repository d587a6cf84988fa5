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
/// What an open or a click costs, in write units.
const HEARD: f64 = 5.0;
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
    /// How many opens and clicks there were.
    heard: i64,
    /// Seconds from the start until all messages were sent, reported and counted.
    at_rest: f64,
    /// CPU seconds in that time.
    cpu: f64,
    /// The most memory, in MB.
    peak: f64,
    /// Seconds from the start, when all were due, until the last message was accepted.
    lag: f64,
    /// What each function did meanwhile.
    functions: Vec<(&'static str, Work)>,
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
    let names = ["messages", "lag, s", "sent/s", "counted, s", "counted/s", "CPU, ms", "WRU", "RRU", "peak, MB"];
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

    process::forget_peak();
    let (before, (cpu_before, _)) = (FUNCTIONS.map(|name| Work::of(&world, name)), process::used());
    let begun = Instant::now();
    let started = world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await?;
    world.stack.settled(LIMIT).await?;
    let (at_rest, (cpu, peak)) = (begun.elapsed().as_secs_f64(), process::used());
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await?;
    let messages = sent(&world, &performance).await?;
    let functions = FUNCTIONS.into_iter().zip(before);
    let measured = Campaign {
        enrolled: number(&performance["total_enrolled"]),
        enrolling,
        messages,
        heard: heard(&performance),
        at_rest,
        cpu: cpu - cpu_before,
        peak,
        lag: lag(&world, &started).await?,
        functions: functions.map(|(name, before)| (name, Work::of(&world, name).since(before))).collect(),
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
        line("all counted after, s", format!("{:.1}", self.at_rest));
        line("messages/s, due to counted", format!("{:.0}", self.per_second()));
        line("CPU per message, ms", format!("{:.2}", self.cpu_per_message()));
        line("peak memory, MB", format!("{:.0}", self.peak));
        line("WRU, due to delivered", format!("{:.2}", self.to_delivered()));
        line("WRU with opens and clicks", format!("{:.2}", self.written()));
        line("RRU with opens and clicks", format!("{:.2}", self.per_message(|work| work.capacity.read)));
        for (name, work) in &self.functions {
            let of = |what: &str| format!("{what} of {}", name.trim_end_matches("Function"));
            line(&of("invocations"), format!("{:.3}", work.invocations as f64 / self.messages as f64));
            line(&of("calls"), format!("{:.3}", work.calls as f64 / self.messages as f64));
            line(&of("WRU"), format!("{:.3}", work.capacity.write / self.messages as f64));
            line(&of("RRU"), format!("{:.3}", work.capacity.read / self.messages as f64));
        }
    }

    fn print_line(&self) {
        columns(&[
            self.messages.to_string(),
            format!("{:.1}", self.lag),
            format!("{:.0}", self.sent_per_second()),
            format!("{:.1}", self.at_rest),
            format!("{:.0}", self.per_second()),
            format!("{:.2}", self.cpu_per_message()),
            format!("{:.2}", self.to_delivered()),
            format!("{:.2}", self.per_message(|work| work.capacity.read)),
            format!("{:.0}", self.peak),
        ]);
    }

    fn per_second(&self) -> f64 {
        self.messages as f64 / self.at_rest
    }

    /// How many the provider took in a second of those until the last one.
    fn sent_per_second(&self) -> f64 {
        self.messages as f64 / self.lag
    }

    fn written(&self) -> f64 {
        self.per_message(|work| work.capacity.write)
    }

    /// Write units from due to delivered: without the [`HEARD`] of each open and each click.
    fn to_delivered(&self) -> f64 {
        self.written() - HEARD * self.heard as f64 / self.messages as f64
    }

    fn cpu_per_message(&self) -> f64 {
        self.cpu * 1e3 / self.messages as f64
    }

    fn per_message(&self, units: fn(&Work) -> f64) -> f64 {
        self.functions.iter().map(|(_, work)| units(work)).sum::<f64>() / self.messages as f64
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
fn columns(cells: &[String; 9]) {
    println!("{}", cells.iter().map(|cell| format!("{cell:>10}")).collect::<String>());
}
