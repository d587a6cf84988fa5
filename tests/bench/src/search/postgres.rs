//! The same contacts and questions with PostgreSQL, whose answers must be the same.

mod answers;
mod cluster;
mod sql;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::contact::Contact;
use domain::contact::indexed::Indexed;
use domain::id::Id;
use index::Snapshot;
use postgres::{Client, Statement};

use super::quantile;
use super::questions::{Asker, Class, Question};
use crate::line;
use answers::Answer;
use cluster::Cluster;

/// How long each of the two passes through the questions of a class may take, unless it is at its first two questions.
const PASS: Duration = Duration::from_secs(10);

/// PostgreSQL with the contacts, and one connection to it.
pub(crate) struct Rival {
    client: Client,
    /// The process that serves the connection.
    backend: i32,
    prepared: HashMap<String, Statement>,
    // Behind the client, so that it ends later.
    _cluster: Cluster,
}

/// What was measured of a class.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Processor time of the backend for each question but the first, in milliseconds, sorted.
    took: Vec<f64>,
    /// How many answers were compared, and were the same.
    same: usize,
    /// How many answers may be others, and were not compared.
    others: usize,
    /// How many contacts these found together.
    found: u64,
}

impl Rival {
    /// Starts PostgreSQL and loads the contacts.
    pub(crate) fn start(contacts: impl Iterator<Item = Contact>) -> Result<Self> {
        let mut cluster = Cluster::start()?;
        let mut client = cluster.connect()?;
        let version: String = client.query_one("SHOW server_version", &[])?.try_get(0)?;
        line("PostgreSQL", version.split(' ').next().unwrap_or_default());
        let begun = Instant::now();
        table::create(&mut client)?;
        table::load(&mut client, contacts)?;
        line("loaded in, s", format!("{:.1}", begun.elapsed().as_secs_f64()));
        let begun = Instant::now();
        table::index(&mut client)?;
        line("indexed in, s", format!("{:.1}", begun.elapsed().as_secs_f64()));
        let row = client.query_one("SELECT pg_backend_pid(), pg_database_size(current_database())", &[])?;
        let (backend, size): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
        line("database, MB", format!("{:.0}", size as f64 / 1e6));
        Ok(Self { client, backend, prepared: HashMap::new(), _cluster: cluster })
    }

    /// Asks the questions that come first twice: to compare the answers, then to measure. Where they take long, these
    /// are fewer.
    ///
    /// # Errors
    /// An answer that is not the same.
    pub(crate) fn measure(
        &mut self,
        class: &Class,
        asker: impl Fn() -> Asker,
        snapshot: &Snapshot,
        questions: usize,
    ) -> Result<Measured> {
        let mut measured = Measured::default();
        self.pass(class, asker(), questions, |question, answer, _| measured.compare(question, &answer, snapshot))?;
        let compared = measured.same + measured.others;
        let mut took = Vec::new();
        self.pass(class, asker(), compared, |_, _, millis| {
            took.push(millis);
            Ok(())
        })?;
        // Like ours, the first does not count.
        took.remove(0);
        took.sort_unstable_by(f64::total_cmp);
        Ok(Measured { took, ..measured })
    }

    fn pass(
        &mut self,
        (name, ask): &Class,
        mut asker: Asker,
        most: usize,
        mut answered: impl FnMut(&Question, Answer, f64) -> Result<()>,
    ) -> Result<()> {
        let begun = Instant::now();
        for asked in 0..most {
            if asked >= 2 && begun.elapsed() > PASS {
                break;
            }
            let question = ask(&mut asker);
            let (answer, millis) = self.ask(&question).with_context(|| format!("{name}: {question:?}"))?;
            answered(&question, answer, millis).with_context(|| format!("{name}: {question:?}"))?;
        }
        Ok(())
    }

    /// The answer, and the processor time that it took.
    fn ask(&mut self, question: &Question) -> Result<(Answer, f64)> {
        let Question::Over(states, _) = question else { return self.answer(question) };
        // What was changed is there once it is written; what that costs is not part of the question.
        self.client.batch_execute("BEGIN")?;
        self.write(states)?;
        let answer = self.answer(question)?;
        self.client.batch_execute("ROLLBACK")?;
        Ok(answer)
    }

    fn write(&mut self, states: &[Indexed]) -> Result<()> {
        let latest: BTreeMap<_, _> = states.iter().map(|state| (state.id(), state)).collect();
        let ids: Vec<_> = latest.keys().map(Id::uuid).collect();
        self.client.execute("DELETE FROM contacts WHERE id = ANY($1)", &[&ids])?;
        let contacts = latest.values().filter_map(|state| match state {
            Indexed::Contact(contact) => Some((**contact).clone()),
            Indexed::Gone { .. } => None,
        });
        table::load(&mut self.client, contacts)
    }

    fn answer(&mut self, question: &Question) -> Result<(Answer, f64)> {
        let mut statements = Vec::new();
        for (told, text, conditions) in answers::statements(question) {
            statements.push((told, self.prepare(text)?, conditions));
        }
        let before = self.spent()?;
        let mut told = Vec::new();
        for (what, statement, conditions) in &statements {
            told.push((*what, self.client.query(statement, &conditions.values())?));
        }
        let took = self.spent()? - before;
        let mut answer = Answer::default();
        told.iter().try_for_each(|(what, rows)| answer.add(*what, rows))?;
        Ok((answer, took))
    }

    fn prepare(&mut self, text: String) -> Result<Statement> {
        if let Some(statement) = self.prepared.get(&text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&text).with_context(|| text.clone())?;
        self.prepared.insert(text, statement.clone());
        Ok(statement)
    }

    /// The processor time in milliseconds that the backend has had when it next waits (proc(5), and
    /// Documentation/scheduler/sched-stats.rst of Linux). Before that, what Linux tells is some milliseconds old.
    fn spent(&self) -> Result<f64> {
        let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.backend));
        // The state stands behind the name, which is in parentheses.
        while !read("stat")?.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('S')) {
            yield_now();
        }
        let nanoseconds = read("schedstat")?;
        let nanoseconds = nanoseconds.split(' ').next().context("an empty schedstat")?;
        Ok(nanoseconds.parse::<f64>()? / 1e6)
    }
}

impl Measured {
    /// For the table: quantiles, how many times our median theirs is, and how many answers were the same.
    pub(crate) fn cells(&self, ours: f64) -> [String; 4] {
        let (median, worst) = (quantile(&self.took, 50), quantile(&self.took, 99));
        let found = self.found as f64 / self.others as f64;
        let answers = if self.others > 0 { format!("others: {found:.0}") } else { format!("{} same", self.same) };
        [format!("{median:.2}"), format!("{worst:.2}"), format!("{:.1}", median / ours), answers]
    }

    fn compare(&mut self, question: &Question, answer: &Answer, snapshot: &Snapshot) -> Result<()> {
        if answers::criteria(question).words.typos {
            // Similar trigrams are something else than few typing errors.
            self.others += 1;
            self.found += answer.total.unwrap_or_default();
            return Ok(());
        }
        let ours = answers::ours(question, snapshot);
        ensure!(*answer == ours, "PostgreSQL answers {}, and not {}", answer.shortened(), ours.shortened());
        self.same += 1;
        Ok(())
    }
}
