//! The sandbox's store: each accepted call as an entry of its own, and the reports owed for it.
//!
//! Write-ahead logging without a sync at each commit: what was committed outlives the process, though not the power.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::message::{Channel, ReceiptEvent};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use tokio::sync::{Notify, watch};

use super::mix::{Planned, is_of_people};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
        subject TEXT, body TEXT NOT NULL, html TEXT, callback TEXT NOT NULL, accepted_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS senders (message INTEGER PRIMARY KEY REFERENCES messages, sender TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS messages_by_reference ON messages (reference);
    CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient COLLATE NOCASE);
    CREATE TABLE IF NOT EXISTS reports (
        id INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL REFERENCES messages, event TEXT NOT NULL,
        at INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS reports_by_message ON reports (message);
    CREATE INDEX IF NOT EXISTS reports_due ON reports (due_at, id) WHERE state = 0;
    UPDATE reports SET due_at = 0 WHERE state = 0;
";

/// How long a claimed report is left to the one who claimed it: longer than all the posts of a claim can take.
const CLAIM_MILLIS: i64 = 1_800_000;
/// Of how many messages the reports are claimed at a time.
const CLAIMED_AT_ONCE: usize = 8;
/// When a report is due that waits for people to be let act.
const WHEN_PEOPLE_ACT: i64 = i64::MAX;
/// How often to look for reports whose pause is over, while there are any.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A call that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) reference: String,
    pub(super) channel: Channel,
    /// The number that answers go to, if one was given.
    pub(super) sender: Option<String>,
    pub(super) recipient: String,
    pub(super) subject: Option<String>,
    pub(super) body: String,
    pub(super) html: Option<String>,
    pub(super) callback: String,
    /// In milliseconds since the epoch, like every time in the store.
    pub(super) accepted_at: i64,
}

/// Reports of one message that one worker may post now.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) message: i64,
    pub(super) entry: Entry,
    pub(super) reports: Vec<Owed>,
}

/// A report that is owed.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) id: i64,
    pub(super) event: ReceiptEvent,
    pub(super) at: i64,
    pub(super) attempts: u32,
}

/// What became of a report; the numbers are those of the store, where 0 is an owed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver took it.
    Delivered,
    /// The receiver did not take it in all the attempts there are.
    Undeliverable,
    /// Try again at this time.
    Again(i64),
}

/// The store. Clones are the same one.
#[derive(Clone)]
pub(super) struct Outbox(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    owed: watch::Sender<usize>,
    news: Notify,
    people_wait: AtomicBool,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox {
    /// Opens the store in `dir`, or one in memory.
    pub(super) fn open(dir: Option<&Path>) -> anyhow::Result<Self> {
        let connection = match dir {
            Some(dir) => Connection::open(dir.join("outbox.sqlite"))?,
            None => Connection::open_in_memory()?,
        };
        connection.set_prepared_statement_cache_capacity(64);
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch(SCHEMA)?;
        add_html(&connection)?;
        let owed = connection.query_row("SELECT COUNT(*) FROM reports WHERE state = 0", [], |row| row.get(0))?;
        let (connection, owed) = (Mutex::new(connection), watch::Sender::new(owed));
        Ok(Self(Arc::new(Inner { connection, owed, news: Notify::new(), people_wait: AtomicBool::new(false) })))
    }

    /// Keeps an accepted call and what is owed for it, due at `now`; the number of its entry.
    pub(super) fn add(&self, entry: &Entry, plan: &[Planned], now: i64) -> anyhow::Result<i64> {
        let mut connection = self.0.lock();
        let people_wait = self.0.people_wait.load(Ordering::SeqCst);
        let due = |event| if people_wait && is_of_people(event) { WHEN_PEOPLE_ACT } else { now };
        let id = insert(&mut connection, entry, plan, due)?;
        // Counted before the lock is given back, so that no worker can settle a report that was not counted.
        let owed_now = plan.iter().filter(|(event, _)| due(*event) == now).count();
        self.0.owed.send_modify(|owed| *owed += owed_now);
        drop(connection);
        self.0.news.notify_one();
        Ok(id)
    }

    /// What people do about what is accepted from now on is reported when they are [let act](Self::let_people_act).
    pub(super) fn let_people_wait(&self) {
        self.0.people_wait.store(true, Ordering::SeqCst);
    }

    /// What people did not do so far is owed from `now` on.
    pub(super) fn let_people_act(&self, now: i64) -> anyhow::Result<()> {
        let connection = self.0.lock();
        self.0.people_wait.store(false, Ordering::SeqCst);
        let sql = "UPDATE reports SET due_at = ? WHERE state = 0 AND due_at = ?";
        let owed_now = connection.execute(sql, [now, WHEN_PEOPLE_ACT])?;
        self.0.owed.send_modify(|owed| *owed += owed_now);
        drop(connection);
        self.0.news.notify_waiters();
        Ok(())
    }

    /// The first entry of `reference`, and when it was accepted.
    pub(super) fn first(&self, reference: &str) -> anyhow::Result<Option<(i64, i64)>> {
        self.run_now(|connection| {
            let sql = "SELECT id, accepted_at FROM messages WHERE reference = ? ORDER BY id LIMIT 1";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([reference], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
    }

    /// The reports of some messages that are due at `now`, for the caller alone; none if none are due.
    pub(super) fn claim(&self, now: i64) -> anyhow::Result<Vec<Claim>> {
        let mut connection = self.0.lock();
        let transaction = connection.transaction()?;
        let mut claims = Vec::new();
        while claims.len() < CLAIMED_AT_ONCE {
            match claim(&transaction, now)? {
                Some(claim) => claims.push(claim),
                None => break,
            }
        }
        transaction.commit()?;
        Ok(claims)
    }

    /// Records what became of claimed reports.
    pub(super) fn settle(&self, outcomes: &[(i64, Outcome)]) -> anyhow::Result<()> {
        let ended = outcomes.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Again(_))).count();
        record(&mut self.0.lock(), outcomes)?;
        self.0.owed.send_modify(|owed| *owed = owed.saturating_sub(ended));
        Ok(())
    }

    /// Resolves when there may be something to claim.
    pub(super) async fn news(&self) {
        let news = self.0.news.notified();
        if *self.0.owed.borrow() == 0 {
            news.await;
        } else {
            let _ = tokio::time::timeout(LOOK_AGAIN, news).await;
        }
    }

    /// Resolves when nothing is owed.
    pub(super) async fn settled(&self) {
        // The sender lives in `self`, so that the wait cannot end for want of one.
        let _ = self.0.owed.subscribe().wait_for(|owed| *owed == 0).await;
    }

    /// Runs `work`, which may take long, where it may block.
    pub(super) async fn run<T, F>(&self, work: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        Ok(tokio::task::spawn_blocking(move || work(&mut inner.lock())).await??)
    }

    /// Runs `work` here and now.
    pub(super) fn run_now<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> anyhow::Result<T> {
        Ok(work(&self.0.lock())?)
    }
}

/// A store that an earlier version made has no place for documents.
fn add_html(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT COUNT(*) FROM pragma_table_info('messages') WHERE name = 'html'";
    match connection.query_row(sql, [], |row| row.get(0))? {
        0_i64 => connection.execute_batch("ALTER TABLE messages ADD COLUMN html TEXT"),
        _ => Ok(()),
    }
}

/// Inserts an entry, and its reports as they are `due`.
fn insert(
    connection: &mut Connection,
    entry: &Entry,
    plan: &[Planned],
    due: impl Fn(ReceiptEvent) -> i64,
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    transaction
        .prepare_cached(
            "INSERT INTO messages (reference, channel, recipient, subject, body, html, callback, accepted_at)
             VALUES (:reference, :channel, :recipient, :subject, :body, :html, :callback, :accepted_at)",
        )?
        .execute(named_params! {
            ":reference": entry.reference, ":channel": entry.channel.as_str(), ":recipient": entry.recipient,
            ":subject": entry.subject, ":body": entry.body, ":html": entry.html, ":callback": entry.callback,
            ":accepted_at": entry.accepted_at,
        })?;
    let id = transaction.last_insert_rowid();
    if let Some(sender) = &entry.sender {
        let sql = "INSERT INTO senders (message, sender) VALUES (?, ?)";
        transaction.prepare_cached(sql)?.execute(params![id, sender])?;
    }
    {
        let sql = "INSERT INTO reports (message, event, at, due_at) VALUES (?, ?, ?, ?)";
        let mut statement = transaction.prepare_cached(sql)?;
        for (event, after) in plan {
            let at = entry.accepted_at.saturating_add(after.num_milliseconds());
            statement.execute(params![id, event.as_str(), at, due(*event)])?;
        }
    }
    transaction.commit()?;
    Ok(id)
}

fn claim(connection: &Connection, now: i64) -> rusqlite::Result<Option<Claim>> {
    let due = "SELECT message FROM reports WHERE state = 0 AND due_at <= ? ORDER BY due_at, id LIMIT 1";
    let Some(message) = connection.prepare_cached(due)?.query_row([now], |row| row.get(0)).optional()? else {
        return Ok(None);
    };
    let mut reports = connection
        .prepare_cached(
            "UPDATE reports SET due_at = ? WHERE message = ? AND state = 0 AND due_at <= ?
             RETURNING id, event, at, attempts",
        )?
        .query_map(params![now.saturating_add(CLAIM_MILLIS), message, now], owed)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    reports.sort_by_key(|report| report.id);
    let entry = connection
        .prepare_cached(
            "SELECT reference, channel, recipient, subject, body, html, callback, accepted_at FROM messages WHERE id = ?",
        )?
        .query_row([message], entry)?;
    let sql = "SELECT sender FROM senders WHERE message = ?";
    let sender = connection.prepare_cached(sql)?.query_row([message], |row| row.get(0)).optional()?;
    Ok(Some(Claim { message, entry: Entry { sender, ..entry }, reports }))
}

fn record(connection: &mut Connection, outcomes: &[(i64, Outcome)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for (id, outcome) in outcomes {
        let (state, due_at) = match outcome {
            Outcome::Delivered => (1, None),
            Outcome::Undeliverable => (2, None),
            Outcome::Again(at) => (0, Some(*at)),
        };
        let sql = "UPDATE reports SET state = ?, due_at = COALESCE(?, due_at), attempts = attempts + 1 WHERE id = ?";
        transaction.prepare_cached(sql)?.execute(params![state, due_at, id])?;
    }
    transaction.commit()
}

fn owed(row: &Row<'_>) -> rusqlite::Result<Owed> {
    Ok(Owed { id: row.get(0)?, event: word(row, 1, ReceiptEvent::parse)?, at: row.get(2)?, attempts: row.get(3)? })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        reference: row.get(0)?,
        channel: word(row, 1, Channel::parse)?,
        sender: None,
        recipient: row.get(2)?,
        subject: row.get(3)?,
        body: row.get(4)?,
        html: row.get(5)?,
        callback: row.get(6)?,
        accepted_at: row.get(7)?,
    })
}

/// Reads a column that holds a word of a vocabulary.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: usize,
    parse: fn(&str, &str) -> Result<T, domain::Fault>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse("word", &text).map_err(|_| rusqlite::Error::InvalidQuery)
}
