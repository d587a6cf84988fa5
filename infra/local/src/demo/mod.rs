//! The demo: the main job from end to end on sample data, and whether all of its sums hold.
//!
//! A file is uploaded, becomes contacts, these are found in two segments, a campaign of three steps over five days reaches them, the sandbox provider
//! reports back, and the figures are compared: with each other, with what the file was made to contain, and with what the
//! provider counted.

pub mod people;
mod sums;
mod table;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::client::Client;
use crate::stack::{Options, Stack};
use people::{People, people};
use sums::Sums;

/// How long any part may take.
const LIMIT: Duration = Duration::from_secs(1800);
/// How far the clock is moved at a time.
const DAY: TimeDelta = TimeDelta::days(1);
/// After how many days the campaign must be over.
const DAYS: usize = 14;

/// What the demo is run with.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// How many rows the file has.
    #[arg(long, default_value_t = 10_000)]
    pub rows: u64,
}

/// What happened, for the table and the sums.
pub(crate) struct Outcome {
    people: People,
    import: Value,
    import_took: Duration,
    segments: Vec<Segment>,
    enrollment: Value,
    campaign: Value,
    campaign_took: Duration,
    performance: Value,
    funnel: Value,
    outbox: Value,
    tally: crate::sandbox::Tally,
}

/// Contacts that were looked for.
pub(crate) struct Segment {
    /// Whom it means.
    name: &'static str,
    /// How many were found.
    contacts: i64,
    took: Duration,
}

/// Runs the demo on a stack of its own, in memory, and prints what happened. Fails if a sum does not hold.
///
/// # Errors
/// When a part of it does not work at all.
pub async fn run(args: &DemoArgs) -> Result<ExitCode> {
    let stack = Stack::start(Options::in_memory()).await?;
    let outcome = play(&stack, args.rows).await;
    stack.stop().await?;
    let outcome = outcome?;
    let sums = Sums::of(&outcome);
    say(&table::render(&outcome, &sums));
    Ok(if sums.hold() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(stack: &Stack, rows: u64) -> Result<Outcome> {
    let client = Client::new(stack.url(), &stack.api_key());
    let people = people(rows);
    say(&format!("A file of {rows} rows ({:.1} MB) goes into the bucket.", people.csv.len() as f64 / 1e6));
    let begun = Instant::now();
    let id = client.import(people.csv.clone(), &json!({ "duplicates": "skip" })).await?;
    let import = client
        .import_ended(&id, LIMIT, |job| {
            progress(&format!("import: {} of {} rows", job["rows_done"], or_dots(&job["rows_total"])));
        })
        .await?;
    let import_took = begun.elapsed();
    if import["status"] != "completed" {
        bail!("the import failed: {}", import["error"]);
    }
    say(&format!(
        "The import is completed after {:.1} s. Its contacts are looked for, and a campaign of three steps begins.",
        import_took.as_secs_f64()
    ));
    let segments = segments(&client).await?;

    let begun = Instant::now();
    let campaign = client.campaign("Demo", &steps()).await?;
    let enrollment = client.enroll(&campaign, &json!({ "import_id": id }), LIMIT).await?;
    client.post(&format!("/api/v1/campaigns/{campaign}/start"), &json!({})).await?;
    let ended = run_through(stack, &client, &campaign).await?;
    let figures = format!("/api/v1/campaigns/{campaign}");
    Ok(Outcome {
        import_took,
        segments,
        campaign_took: begun.elapsed(),
        performance: client.get(&format!("{figures}/performance")).await?,
        funnel: client.get(&format!("{figures}/funnel")).await?,
        outbox: client.get("/_local/outbox?format=json&limit=1").await?,
        tally: stack.sandbox().tally()?,
        campaign: ended,
        enrollment,
        import,
        people,
    })
}

/// Everybody, and two segments that everybody is in one of.
async fn segments(client: &Client) -> Result<Vec<Segment>> {
    let mut found = Vec::new();
    for (name, query) in [("all contacts", ""), ("tag customer", "&tags=customer"), ("tag lead", "&tags=lead")] {
        let begun = Instant::now();
        let list = client.get(&format!("/api/v1/contacts?per_page=25&sort=name{query}")).await?;
        let contacts = list["total"].as_i64().unwrap_or(-1);
        found.push(Segment { name, contacts, took: begun.elapsed() });
    }
    Ok(found)
}

fn steps() -> [Value; 3] {
    let email = |number: u32, subject: &str, content: &str, days: u32| {
        json!({ "step_number": number, "message_type": "email", "subject": subject, "content": content,
                "delay_amount": days, "delay_unit": "days" })
    };
    [
        email(1, "Hello {{first_name|there}}", "Hi {{first_name|there}},\n\ngood to have met you.", 0),
        json!({ "step_number": 2, "message_type": "sms", "content": "{{first_name|Hi}}, did you see our mail?",
                "delay_amount": 2, "delay_unit": "days" }),
        email(3, "One more thing, {{name|friend}}", "How are things at {{company|your company}}?", 3),
    ]
}

/// Moves the clock on, day by day, until the campaign is over. The campaign at its end.
async fn run_through(stack: &Stack, client: &Client, campaign: &str) -> Result<Value> {
    let path = format!("/api/v1/campaigns/{campaign}");
    for day in 0..=DAYS {
        watch(stack, client, &path, day).await?;
        let found = client.get(&path).await?;
        if found["status"] == "completed" {
            return Ok(found);
        }
        stack.advance(DAY).await;
    }
    bail!("the campaign is not over after {DAYS} days")
}

/// Waits until everything that is due has been dealt with, and shows how it goes.
async fn watch(stack: &Stack, client: &Client, path: &str, day: usize) -> Result<()> {
    let settled = stack.settled(LIMIT);
    tokio::pin!(settled);
    loop {
        tokio::select! {
            done = &mut settled => return done.context("the stack does not come to rest"),
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                let figures = client.get(&format!("{path}/performance")).await?;
                progress(&format!("day {day}: {} e-mails and {} text messages sent", figures["emails_sent"], figures["sms_sent"]));
            }
        }
    }
}

fn or_dots(value: &Value) -> String {
    value.as_u64().map_or_else(|| "…".to_owned(), |number| number.to_string())
}

#[expect(clippy::print_stdout, reason = "the demo talks to a person")]
fn say(text: &str) {
    if std::io::stdout().is_terminal() {
        print!("\r\u{1b}[K");
    }
    println!("{text}");
}

/// A line that the next one replaces, on a terminal; elsewhere nothing.
#[expect(clippy::print_stdout, reason = "the demo talks to a person")]
fn progress(text: &str) {
    if std::io::stdout().is_terminal() {
        print!("\r\u{1b}[K{text}");
        // A progress line that is not shown harms nobody.
        let _ = std::io::stdout().flush();
    }
}
