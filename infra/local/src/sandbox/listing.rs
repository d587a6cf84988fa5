//! What the store tells those who look into it: pages of entries, single ones, and counts.

use domain::Timestamp;
use domain::message::{Channel, ReceiptEvent};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use serde::Serialize;

use super::outbox::{Outbox, word};

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) limit: u32,
    pub(super) offset: u64,
    pub(super) channel: Option<String>,
    pub(super) recipient: Option<String>,
    pub(super) reference: Option<String>,
}

/// A page of entries, newest first.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// How many entries match.
    pub(super) total: u64,
    /// How many different messages they are.
    pub(super) distinct: u64,
    pub(super) limit: u32,
    pub(super) offset: u64,
    pub(super) messages: Vec<Shown>,
}

/// An entry as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) reference: String,
    pub(super) channel: Channel,
    pub(super) recipient: String,
    pub(super) subject: Option<String>,
    pub(super) body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) html: Option<String>,
    pub(super) accepted_at: Timestamp,
    pub(super) reports: Vec<Report>,
}

/// A report as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) event: ReceiptEvent,
    pub(super) at: Timestamp,
    pub(super) delivered: bool,
}

/// What went out and what was reported back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// E-mails.
    pub email: Counts,
    /// Text messages.
    pub sms: Counts,
    /// WhatsApp messages.
    pub whatsapp: Counts,
    /// Calls.
    pub voice: Counts,
}

/// Counts of one channel. Of reports only those count that their receiver took, once for each reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Calls that were accepted.
    pub calls: u64,
    /// Different references among them; fewer than calls if a message was sent twice.
    pub distinct: u64,
    /// Reported as arrived.
    pub delivered: u64,
    /// Reported as opened.
    pub opened: u64,
    /// Reported as clicked.
    pub clicked: u64,
    /// Answered.
    pub replied: u64,
    /// Reported as taken by a machine.
    pub voicemail: u64,
    /// Answered with STOP.
    pub unsubscribed: u64,
    /// Reported as bounced.
    pub bounced: u64,
    /// Reported with a complaint.
    pub complained: u64,
    /// Reported as failed.
    pub failed: u64,
}

/// The name that the outside knows an entry by.
pub(super) fn name(id: i64) -> String {
    format!("sandbox-{id}")
}

impl Outbox {
    /// The page that `filter` asks for.
    pub(super) async fn page(&self, filter: Filter) -> anyhow::Result<Page> {
        self.run(move |connection| page(connection, &filter)).await
    }

    /// The entry of that name.
    pub(super) async fn one(&self, name: &str) -> anyhow::Result<Option<Shown>> {
        let Some(id) = name.strip_prefix("sandbox-").and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(None);
        };
        let find = move |connection: &mut Connection| {
            let sql = format!("SELECT {COLUMNS} FROM messages WHERE id = ?");
            let found = connection.prepare_cached(&sql)?.query_row([id], shown).optional()?;
            found.map(|found| with_reports(connection, found)).transpose()
        };
        self.run(find).await
    }

    /// All counts.
    pub(super) fn tally(&self) -> anyhow::Result<Tally> {
        self.run_now(tally)
    }
}

const COLUMNS: &str = "id, reference, channel, recipient, subject, body, html, accepted_at";

fn page(connection: &mut Connection, filter: &Filter) -> rusqlite::Result<Page> {
    // One moment for all that is read, so that the totals fit the entries.
    let snapshot = connection.transaction()?;
    let (condition, values) = condition(filter);
    let sql = format!("SELECT COUNT(*), COUNT(DISTINCT reference) FROM messages {condition}");
    let (total, distinct) =
        snapshot.prepare_cached(&sql)?.query_row(values.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = format!("SELECT {COLUMNS} FROM messages {condition} ORDER BY id DESC LIMIT :limit OFFSET :offset");
    let mut values = values;
    let offset = i64::try_from(filter.offset).unwrap_or(i64::MAX);
    values.extend_from_slice(named_params! { ":limit": filter.limit, ":offset": offset });
    let found = snapshot.prepare_cached(&sql)?.query_map(values.as_slice(), shown)?.collect::<Result<Vec<_>, _>>()?;
    let messages = found.into_iter().map(|found| with_reports(&snapshot, found)).collect::<Result<_, _>>()?;
    Ok(Page { total, distinct, limit: filter.limit, offset: filter.offset, messages })
}

type Named<'a> = (&'static str, &'a dyn ToSql);

fn condition(filter: &Filter) -> (String, Vec<Named<'_>>) {
    let wanted = [
        ("channel = :channel", ":channel", &filter.channel),
        ("recipient = :recipient COLLATE NOCASE", ":recipient", &filter.recipient),
        ("reference = :reference", ":reference", &filter.reference),
    ];
    let mut terms = Vec::new();
    let mut values: Vec<Named<'_>> = Vec::new();
    for (term, name, value) in wanted {
        if let Some(value) = value {
            terms.push(term);
            values.push((name, value));
        }
    }
    let sql = if terms.is_empty() { String::new() } else { format!("WHERE {}", terms.join(" AND ")) };
    (sql, values)
}

fn shown(row: &Row<'_>) -> rusqlite::Result<(i64, Shown)> {
    let id = row.get(0)?;
    let entry = Shown {
        id: name(id),
        reference: row.get(1)?,
        channel: word(row, 2, Channel::parse)?,
        recipient: row.get(3)?,
        subject: row.get(4)?,
        body: row.get(5)?,
        html: row.get(6)?,
        accepted_at: moment(row, 7)?,
        reports: Vec::new(),
    };
    Ok((id, entry))
}

fn with_reports(connection: &Connection, (id, shown): (i64, Shown)) -> rusqlite::Result<Shown> {
    let sql = "SELECT event, at, state FROM reports WHERE message = ? ORDER BY id";
    let report = |row: &Row<'_>| {
        let delivered = row.get::<_, i64>(2)? == 1;
        Ok(Report { event: word(row, 0, ReceiptEvent::parse)?, at: moment(row, 1)?, delivered })
    };
    let reports = connection.prepare_cached(sql)?.query_map([id], report)?.collect::<Result<_, _>>()?;
    Ok(Shown { reports, ..shown })
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_timestamp_millis(row.get(column)?).ok_or(rusqlite::Error::InvalidQuery)
}

fn tally(connection: &Connection) -> rusqlite::Result<Tally> {
    let mut tally = Tally::default();
    let sql = "SELECT channel, COUNT(*), COUNT(DISTINCT reference) FROM messages GROUP BY channel";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let counts = tally.of(word(row, 0, Channel::parse)?);
        (counts.calls, counts.distinct) = (row.get(1)?, row.get(2)?);
    }
    let sql = "SELECT channel, event, COUNT(DISTINCT reference) FROM reports JOIN messages ON messages.id = message
               WHERE state = 1 GROUP BY channel, event";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let counts = tally.of(word(row, 0, Channel::parse)?);
        if let Some(count) = counts.of(word(row, 1, ReceiptEvent::parse)?) {
            *count = row.get(2)?;
        }
    }
    Ok(tally)
}

impl Tally {
    fn of(&mut self, channel: Channel) -> &mut Counts {
        match channel {
            Channel::Email => &mut self.email,
            Channel::Sms => &mut self.sms,
            Channel::Whatsapp => &mut self.whatsapp,
            Channel::Voice => &mut self.voice,
        }
    }
}

impl Counts {
    fn of(&mut self, event: ReceiptEvent) -> Option<&mut u64> {
        match event {
            ReceiptEvent::Sent => None,
            ReceiptEvent::Replied => Some(&mut self.replied),
            ReceiptEvent::Voicemail => Some(&mut self.voicemail),
            ReceiptEvent::Unsubscribed => Some(&mut self.unsubscribed),
            ReceiptEvent::Delivered => Some(&mut self.delivered),
            ReceiptEvent::Opened => Some(&mut self.opened),
            ReceiptEvent::Clicked => Some(&mut self.clicked),
            ReceiptEvent::Bounced => Some(&mut self.bounced),
            ReceiptEvent::Complained => Some(&mut self.complained),
            ReceiptEvent::Failed => Some(&mut self.failed),
        }
    }
}
