//! Answers to questions, to be compared: ours, and PostgreSQL's.

use anyhow::Result;
use domain::contact::criteria::Criteria;
use domain::contact::order::Order;
use domain::id::{ContactId, Id};
use index::{Snapshot, Start};
use postgres::Row;

use super::sql::{Conditions, order_by};
use crate::search::questions::{PAGE, Question};

/// What is answered.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// How many are meant, where that is asked.
    pub(super) total: Option<u64>,
    /// Contacts, in order.
    ids: Vec<ContactId>,
    /// Values and how many have each, in order.
    values: Vec<(String, u64)>,
}

/// What rows of PostgreSQL tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told {
    Total,
    Ids,
    Values,
}

/// Whom the question is about.
pub(super) fn criteria(question: &Question) -> &Criteria {
    match question {
        Question::Page(criteria, ..)
        | Question::Over(_, criteria)
        | Question::Count(criteria)
        | Question::Ids(criteria)
        | Question::Companies(criteria)
        | Question::Growth(criteria)
        | Question::Tags(criteria) => criteria,
    }
}

/// Ours.
pub(super) fn ours(question: &Question, snapshot: &Snapshot) -> Answer {
    let values = |values: Vec<(String, u64)>| Answer { values, ..Answer::default() };
    match question {
        Question::Page(criteria, order, offset) => page(snapshot, criteria, *order, *offset),
        Question::Over(states, criteria) => page(&snapshot.with(states), criteria, Order::NEWEST, 0),
        Question::Count(criteria) => Answer { total: Some(snapshot.count(criteria)), ..Answer::default() },
        Question::Ids(criteria) => Answer { ids: snapshot.ids(criteria, None, usize::MAX), ..Answer::default() },
        Question::Tags(criteria) => values(snapshot.tags(criteria)),
        Question::Companies(criteria) => {
            let companies = snapshot.top_companies(criteria, 10).into_iter();
            values(companies.map(|company| (company.folded, company.contacts)).collect())
        }
        Question::Growth(criteria) => {
            let months = snapshot.growth(criteria).into_iter();
            values(months.map(|((year, month), count)| (format!("{year:04}-{month:02}"), count)).collect())
        }
    }
}

fn page(snapshot: &Snapshot, criteria: &Criteria, order: Order, offset: usize) -> Answer {
    let page = snapshot.page(criteria, order, &Start::Offset(offset), PAGE);
    let ids = page.hits.iter().map(|hit| hit.id).collect();
    Answer { total: Some(page.total), ids, ..Answer::default() }
}

/// The statements that ask PostgreSQL the same, with what each tells. A company's example is not asked for.
pub(super) fn statements(question: &Question) -> Vec<(Told, String, Conditions<'_>)> {
    let one = |told, criteria, text: &dyn Fn(&str) -> String| {
        let conditions = Conditions::of(criteria);
        vec![(told, text(&conditions.text()), conditions)]
    };
    let count = |met: &str| format!("SELECT count(*) FROM contacts WHERE {met}");
    let page = |criteria, order: &Order, offset: usize| {
        let mut statements = one(Told::Total, criteria, &count);
        let mut conditions = Conditions::of(criteria);
        let (met, order) = (conditions.text(), order_by(*order));
        let offset = conditions.bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let text = format!("SELECT id FROM contacts WHERE {met} ORDER BY {order} LIMIT {PAGE} OFFSET {offset}");
        statements.push((Told::Ids, text, conditions));
        statements
    };
    match question {
        Question::Page(criteria, order, offset) => page(criteria, order, *offset),
        Question::Over(_, criteria) => page(criteria, &Order::NEWEST, 0),
        Question::Count(criteria) => one(Told::Total, criteria, &count),
        Question::Ids(criteria) => {
            one(Told::Ids, criteria, &|met| format!("SELECT id FROM contacts WHERE {met} ORDER BY id"))
        }
        Question::Companies(criteria) => one(Told::Values, criteria, &companies),
        Question::Growth(criteria) => one(Told::Values, criteria, &growth),
        Question::Tags(criteria) => one(Told::Values, criteria, &tags),
    }
}

fn companies(met: &str) -> String {
    format!(
        "SELECT company, count(*) FROM contacts WHERE company IS NOT NULL AND {met} \
         GROUP BY company ORDER BY count(*) DESC, company LIMIT 10"
    )
}

fn growth(met: &str) -> String {
    format!(
        "SELECT to_char(month, 'YYYY-MM'), contacts FROM ( \
             SELECT date_trunc('month', created_at AT TIME ZONE 'UTC') AS month, count(*) AS contacts \
             FROM contacts WHERE {met} GROUP BY month \
         ) AS months ORDER BY month"
    )
}

fn tags(met: &str) -> String {
    // Faster than to join each contact with its tags.
    let all = format!("SELECT unnest(tags) AS tag FROM contacts WHERE {met}");
    format!("SELECT tag, count(*) FROM ({all}) AS tags GROUP BY tag ORDER BY tag")
}

impl Answer {
    /// Takes in what a statement answered.
    pub(super) fn add(&mut self, told: Told, rows: &[Row]) -> Result<()> {
        for row in rows {
            match told {
                Told::Total => self.total = Some(row.try_get::<_, i64>(0)?.cast_unsigned()),
                Told::Ids => self.ids.push(ContactId::from_uuid(row.try_get(0)?)),
                Told::Values => self.values.push((row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned())),
            }
        }
        Ok(())
    }

    /// Its beginning, for a person to read.
    pub(super) fn shortened(&self) -> String {
        format!("{self:?}").chars().take(400).collect()
    }
}
