//! Criteria and orders in SQL.

use domain::contact::criteria::Criteria;
use domain::contact::order::{Order, SortField};
use domain::contact::words::Words;
use domain::id::Id;
use postgres::types::ToSql;

/// What is bound to a parameter.
pub(super) type Value<'a> = Box<dyn ToSql + Sync + 'a>;

/// Conditions, and what is bound to their parameters.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    all: Vec<String>,
    values: Vec<Value<'a>>,
}

impl<'a> Conditions<'a> {
    /// What the criteria demand.
    pub(super) fn of(criteria: &'a Criteria) -> Self {
        let Criteria { email, phone, first_name, last_name, company, words, lead_sources, .. } = criteria;
        let mut conditions = Self::default();
        conditions.some("email = ?", email.as_ref().map(|email| email.as_str()));
        conditions.some("phone = ?", phone.as_ref());
        conditions.some("first_name LIKE ?", first_name.as_deref().map(part));
        conditions.some("last_name LIKE ?", last_name.as_deref().map(part));
        conditions.some("company LIKE ?", company.as_deref().map(part));
        words.words.iter().for_each(|word| conditions.word(word, words.typos));
        conditions.one_of("source", lead_sources.iter().map(String::as_str).collect());
        conditions.lists(criteria);
        conditions.state(criteria);
        conditions.figures(criteria);
        conditions
    }

    fn lists(&mut self, criteria: &'a Criteria) {
        let Criteria { tags, group, r#type, owner, .. } = criteria;
        self.some("tags @> ?", Some(tags).filter(|tags| !tags.is_empty()));
        self.some("groups @> ARRAY[?::uuid]", group.map(|group| group.uuid()));
        self.some("types @> ARRAY[?::uuid]", r#type.map(|kind| kind.uuid()));
        self.some("owner = ?", owner.as_ref().map(ToString::to_string));
    }

    fn state(&mut self, criteria: &Criteria) {
        let Criteria { is_active, do_not_contact, lifecycle_stages, lead_stages, opt_in_status, .. } = criteria;
        self.some("active = ?", *is_active);
        self.some("do_not_contact = ?", *do_not_contact);
        self.one_of("stage", lifecycle_stages.iter().map(|stage| stage.as_str()).collect());
        self.one_of("lead_stage", lead_stages.iter().map(|stage| stage.as_str()).collect());
        self.some("opt_in = ?", opt_in_status.map(|status| status.as_str()));
    }

    fn figures(&mut self, criteria: &Criteria) {
        let Criteria { has_bookings, min_score, max_score, created_from, created_to, .. } = criteria;
        self.some("(bookings > 0) = ?", *has_bookings);
        self.some("score >= ?", *min_score);
        self.some("score <= ?", *max_score);
        self.some("created_at >= ?", *created_from);
        self.some("created_at <= ?", *created_to);
    }

    /// A word that may be in any of four columns; with typing errors, in any that has similar trigrams in a row.
    fn word(&mut self, word: &'a str, typos: bool) {
        let as_part = self.bind(part(word));
        let columns = ["email", "first_name", "last_name", "company"];
        let mut any: Vec<String> = columns.iter().map(|column| format!("{column} LIKE {as_part}")).collect();
        if typos && Words::errors_allowed(word) > 0 {
            let like = self.bind(word);
            any.extend(columns.iter().skip(1).map(|column| format!("{column} %> {like}")));
        }
        self.all.push(format!("({})", any.join(" OR ")));
    }

    fn one_of(&mut self, column: &str, values: Vec<&'a str>) {
        self.some(&format!("{column} = ANY(?)"), Some(values).filter(|values| !values.is_empty()));
    }

    /// A condition in which the value stands for the question mark, if there is one.
    fn some(&mut self, condition: &str, value: Option<impl ToSql + Sync + 'a>) {
        if let Some(value) = value {
            let name = self.bind(value);
            self.all.push(condition.replace('?', &name));
        }
    }

    /// The name of a new parameter with the value.
    pub(super) fn bind(&mut self, value: impl ToSql + Sync + 'a) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// What stands behind `WHERE`.
    pub(super) fn text(&self) -> String {
        if self.all.is_empty() { "true".to_owned() } else { self.all.join(" AND ") }
    }

    /// What is bound.
    pub(super) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}

/// The pattern of texts that hold this one.
fn part(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

/// What stands behind `ORDER BY`, and between the parentheses of the index for it.
pub(super) fn order_by(order: Order) -> String {
    let columns: &[&str] = match order.by {
        SortField::Name => &["sort_first", "sort_last", "id"],
        SortField::CreatedAt => &["created_at", "id"],
        SortField::LastActivity => &["last_activity", "id"],
        SortField::Score => &["score", "id"],
    };
    let direction = if order.descending { "DESC NULLS LAST" } else { "ASC NULLS LAST" };
    columns.iter().map(|column| format!("{column} {direction}")).collect::<Vec<_>>().join(", ")
}
