//! A campaign of one e-mail to its audience, receipts included.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use local::demo::people::people;
use local::stack::Options;
use serde_json::json;
use tests::{World, email, number};

use crate::{line, process};

/// How long a campaign may take.
const LIMIT: Duration = Duration::from_secs(7200);
/// What works on a message from due to delivered.
const FUNCTIONS: [&str; 4] = ["SchedulerFunction", "SenderFunction", "WebhooksFunction", "ProjectorFunction"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many rows the imported file has; 95 % of them become the audience.
    #[arg(long, default_value_t = 10_000)]
    contacts: u64,
    /// Count the consumed capacity (which costs time).
    #[arg(long)]
    metered: bool,
}

pub(crate) async fn run(args: &Args) -> Result<()> {
    let options = Options { metered: args.metered, ..Options::in_memory() };
    let world = World::start_with(options).await?;
    let id = world.client.import(people(args.contacts).csv, &json!({})).await?;
    world.client.import_ended(&id, LIMIT, |_| {}).await?;
    let campaign = world.client.campaign("Benchmark", &[email(1, 0)]).await?;
    let begun = Instant::now();
    world.client.enroll(&campaign, &json!({ "import_id": id }), LIMIT).await?;
    let enrolling = begun.elapsed().as_secs_f64();
    world.stack.settled(LIMIT).await?;

    let before = FUNCTIONS.map(|name| world.stack.capacity(name));
    let (cpu_before, _) = process::used();
    let begun = Instant::now();
    world.client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await?;
    world.stack.settled(LIMIT).await?;
    let took = begun.elapsed().as_secs_f64();
    let (cpu, peak) = process::used();
    let (total, distinct) = world.outbox().await?;
    let performance = world.client.get(&format!("/api/v1/campaigns/{campaign}/performance")).await?;
    ensure!(
        total == distinct && number(&performance["emails_sent"]) == distinct,
        "the sums do not hold: {performance}"
    );
    line("enrolled", number(&performance["total_enrolled"]));
    line("enrolled/s", format!("{:.0}", number(&performance["total_enrolled"]) as f64 / enrolling));
    line("messages", total);
    line("wall time, s", format!("{took:.1}"));
    line("messages/s", format!("{:.0}", total as f64 / took));
    line("CPU per message, ms", format!("{:.2}", (cpu - cpu_before) * 1e3 / total as f64));
    line("peak memory, MB", format!("{peak:.0}"));
    if args.metered {
        let spent = FUNCTIONS.iter().zip(before).map(|(name, before)| {
            let after = world.stack.capacity(name);
            (after.read - before.read, after.write - before.write)
        });
        let (read, write) = spent.fold((0.0, 0.0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
        line("WRU per message", format!("{:.2}", write / total as f64));
        line("RRU per message", format!("{:.2}", read / total as f64));
    }
    world.stack.stop().await
}
