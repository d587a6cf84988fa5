//! The table at the end of the demo.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::Outcome;
use super::sums::Sums;

/// What happened, and whether the sums hold, as text.
pub(crate) fn render(outcome: &Outcome, sums: &Sums) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write(&mut text, outcome, sums);
    text
}

fn write(text: &mut String, outcome: &Outcome, sums: &Sums) -> std::fmt::Result {
    writeln!(text, "\nRows by outcome")?;
    let mut sum = 0;
    for part in ["created", "updated", "merged", "skipped", "refused"] {
        let count = outcome.import[part].as_u64().unwrap_or_default();
        sum += count;
        writeln!(text, "  {part:<24}{count:>8}")?;
    }
    writeln!(text, "  {:<24}{sum:>8}\n", "sum")?;
    writeln!(text, "Contacts found")?;
    for segment in &outcome.segments {
        let took = segment.took.as_secs_f64() * 1e3;
        writeln!(text, "  {:<24}{:>8}{took:>9.1} ms", segment.name, segment.contacts)?;
    }
    writeln!(text, "\nEnrolments by status")?;
    for each in array(&outcome.performance["enrollments"]) {
        writeln!(text, "  {:<24}{:>8}", each["status"].as_str().unwrap_or_default(), each["count"].to_string())?;
    }
    writeln!(text, "  {:<24}{:>8}\n", "enrolled", outcome.performance["total_enrolled"].to_string())?;
    steps(text, &outcome.performance)?;
    writeln!(text, "Funnel")?;
    for stage in array(&outcome.funnel["stages"]) {
        let (name, share) = (stage["stage"].as_str().unwrap_or_default(), stage["percentage"].as_f64().unwrap_or(0.0));
        writeln!(text, "  {name:<24}{:>8}{share:>9.2} %", stage["count"].to_string())?;
    }
    pace(text, outcome)?;
    writeln!(text, "\nSums")?;
    for sum in sums.iter() {
        let verdict = if sum.holds() { "holds" } else { "DOES NOT HOLD" };
        writeln!(text, "  {:<64}{:>8} {:>8}  {verdict}", sum.name, sum.left, sum.right)?;
    }
    Ok(())
}

fn steps(text: &mut String, performance: &Value) -> std::fmt::Result {
    let states = ["messages", "sent", "delivered", "opened", "clicked", "bounced", "failed", "pending"];
    write!(text, "Messages by step and state\n  {:<12}", "step")?;
    states.iter().try_for_each(|state| write!(text, "{state:>10}"))?;
    writeln!(text)?;
    for step in array(&performance["steps"]) {
        let name = format!("{} {}", step["step_number"], step["message_type"].as_str().unwrap_or_default());
        write!(text, "  {name:<12}")?;
        states.iter().try_for_each(|state| write!(text, "{:>10}", step[*state].to_string()))?;
        writeln!(text)?;
    }
    writeln!(text)
}

fn pace(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let rate = |count: f64, took: Duration| count / took.as_secs_f64().max(0.001);
    let messages = outcome.outbox["total"].as_f64().unwrap_or(0.0);
    let (import, campaign) = (outcome.import_took, outcome.campaign_took);
    writeln!(text, "\nPace")?;
    writeln!(
        text,
        "  import    {:>6.1} s {:>8.0} rows/s",
        import.as_secs_f64(),
        rate(outcome.people.rows as f64, import)
    )?;
    writeln!(text, "  campaign  {:>6.1} s {:>8.0} messages/s", campaign.as_secs_f64(), rate(messages, campaign))
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
