//! What the names of columns tell.

mod known;
mod likeness;

use super::column::{Column, Field, How, Target};
use crate::fold::fold;
use known::Origin;

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// As everywhere.
    #[default]
    Plain,
    /// Several values may stand in one, of which the first counts.
    Several,
    /// Labels in Google's way.
    Labels,
    /// A value that is none is nothing, rather than wrong.
    Lenient,
}

/// Where a column stands among those of its field, and how its cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// The best one has the lowest.
    pub(super) rank: u32,
    pub(super) form: Form,
}

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meaning {
    /// Nothing, if the column is known not to fill any.
    field: Option<Field>,
    how: How,
    place: Place,
}

impl Meaning {
    fn target(self) -> Target {
        self.field.map_or(Target::Ignored, Target::Field)
    }
}

/// The name with letters and digits only, without case and accents: names that are the same but for the rest.
pub(super) fn key(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether it is a name that is known.
pub(super) fn is_known(name: &str) -> bool {
    !name.is_empty() && (known::meaning(name, Origin::ANY).is_some() || custom(name).is_some())
}

/// What the columns with these names fill.
pub(super) fn columns(names: Vec<String>) -> Vec<Column> {
    let origin = Origin::of(&names);
    let column = |name: String| {
        let found = custom(&name).map(|target| (target, How::Known));
        let found = found.or_else(|| meaning(&name, origin).map(|meaning| (meaning.target(), meaning.how)));
        let (target, how) = found.unwrap_or((Target::Ignored, How::None));
        Column { name, target, how }
    };
    names.into_iter().map(column).collect()
}

/// The places of columns whose targets are known.
pub(super) fn places(columns: &[Column]) -> Vec<Place> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let origin = Origin::of(&names);
    let place = |column: &Column| {
        let is_told = matches!(column.target, Target::Field(_)) && column.how != How::Content;
        let told = is_told.then(|| meaning(&column.name, origin)).flatten();
        let told = told.filter(|meaning| meaning.target() == column.target).map(|meaning| meaning.place);
        let place = told.unwrap_or_default();
        // Between columns that somebody chose, nothing is known that they did not know: the first one counts.
        if column.how == How::Chosen { Place { rank: 0, ..place } } else { place }
    };
    columns.iter().map(place).collect()
}

fn meaning(name: &str, origin: Origin) -> Option<Meaning> {
    known::meaning(name, origin).or_else(|| likeness::meaning(name, origin))
}

/// A name without what tells it apart from others like it, and what that was: `notes (2)`.
fn repeated(name: &str) -> (&str, u32) {
    let number = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let number = number.and_then(|(name, number)| Some((name, number.parse().ok()?)));
    number.unwrap_or((name, 0))
}

fn custom(name: &str) -> Option<Target> {
    let target = Target::parse("", name).ok()?;
    matches!(target, Target::Custom(_)).then_some(target)
}
