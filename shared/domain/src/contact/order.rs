//! The orders in which contacts are listed. [`Order::compare`] is what every faster way must agree with.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Contact;
use crate::fold::fold;
use crate::id::ContactId;

vocabulary! {
    /// What contacts are sorted by.
    SortField {
        /// Given name, then family name, without case and accents. Who has one of them is sorted by that.
        Name = "name",
        /// When it came to be.
        CreatedAt = "created_at",
        /// When it last did something, or something was noted of it.
        LastActivity = "last_activity",
        /// How promising it is as a lead.
        Score = "score",
    }
}

/// An order of contacts. Those that lack what they are sorted by come last, in both directions; contacts that are alike in
/// it are in the order of their ids, or in the opposite one if the order is descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What is compared.
    pub by: SortField,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What a contact is sorted by: its place among those that have it, or that it lacks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SortKey {
    /// Folded: the given name and the family name, or whichever there is and nothing.
    #[serde(rename = "n")]
    Name(String, String),
    /// A moment, in milliseconds since the epoch.
    #[serde(rename = "t")]
    Moment(i64),
    /// A score.
    #[serde(rename = "s")]
    Score(f64),
    /// It lacks it.
    #[serde(rename = "-")]
    Nothing,
}

/// A place in an order: that of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// What the contact is sorted by.
    #[serde(rename = "k")]
    pub key: SortKey,
    /// The contact.
    #[serde(rename = "i")]
    pub id: ContactId,
}

impl Order {
    /// The newest first.
    pub const NEWEST: Self = Self { by: SortField::CreatedAt, descending: true };

    /// Where the contact is in this order.
    pub fn position(self, contact: &Contact) -> Position {
        Position { key: self.key(contact), id: contact.id }
    }

    fn key(self, contact: &Contact) -> SortKey {
        let (profile, figures) = (&contact.profile, &contact.figures);
        let key = match self.by {
            SortField::Name => {
                let folded = |name: &Option<String>| name.as_deref().map(fold);
                let (first, last) = (folded(&profile.first_name), folded(&profile.last_name));
                match (first, last) {
                    (Some(first), last) => Some(SortKey::Name(first, last.unwrap_or_default())),
                    (None, last) => last.map(|last| SortKey::Name(last, String::new())),
                }
            }
            SortField::CreatedAt => Some(SortKey::Moment(contact.created_at.timestamp_millis())),
            SortField::LastActivity => figures.last_interaction_at.map(|at| SortKey::Moment(at.timestamp_millis())),
            SortField::Score => figures.score.map(SortKey::Score),
        };
        key.unwrap_or(SortKey::Nothing)
    }

    /// Which of two positions comes first.
    pub fn compare(self, one: &Position, other: &Position) -> Ordering {
        let turned = |order: Ordering| if self.descending { order.reverse() } else { order };
        let keys = match (&one.key, &other.key) {
            (SortKey::Nothing, SortKey::Nothing) => Ordering::Equal,
            (SortKey::Nothing, _) => Ordering::Greater,
            (_, SortKey::Nothing) => Ordering::Less,
            (SortKey::Name(first, last), SortKey::Name(other_first, other_last)) => {
                turned((first, last).cmp(&(other_first, other_last)))
            }
            (SortKey::Moment(one), SortKey::Moment(other)) => turned(one.cmp(other)),
            (SortKey::Score(one), SortKey::Score(other)) => turned(one.total_cmp(other)),
            // Positions of different orders are not to be compared; any answer will do that is always the same.
            (one, other) => kind(one).cmp(&kind(other)),
        };
        keys.then_with(|| turned(one.id.cmp(&other.id)))
    }

    /// Whether the position can be one of this order's.
    pub fn has(self, position: &Position) -> bool {
        match &position.key {
            SortKey::Name(..) => self.by == SortField::Name,
            SortKey::Moment(_) => matches!(self.by, SortField::CreatedAt | SortField::LastActivity),
            SortKey::Score(_) => self.by == SortField::Score,
            SortKey::Nothing => self.by != SortField::CreatedAt,
        }
    }
}

fn kind(key: &SortKey) -> u8 {
    match key {
        SortKey::Name(..) => 0,
        SortKey::Moment(_) => 1,
        SortKey::Score(_) => 2,
        SortKey::Nothing => 3,
    }
}

/// The text names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be name, created_at, last_activity or score, with - before it for descending")]
pub struct NotAnOrder;

impl FromStr for Order {
    type Err = NotAnOrder;

    fn from_str(text: &str) -> Result<Self, NotAnOrder> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = SortField::parse("sort", name).map_err(|_| NotAnOrder)?;
        Ok(Self { by, descending })
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::access::Actor;
    use crate::contact::Profile;
    use crate::id::Id;

    fn contact(number: u8, first: Option<&str>, last: Option<&str>) -> Contact {
        let profile =
            Profile { first_name: first.map(Into::into), last_name: last.map(Into::into), ..Profile::default() };
        let at = Timestamp::default();
        Contact::new(ContactId::fresh(at, [number; 10]), profile, Actor::Operator, at)
    }

    fn sorted(order: &str, contacts: &[Contact]) -> Vec<String> {
        let order: Order = order.parse().unwrap();
        let mut positions: Vec<_> = contacts.iter().map(|contact| (order.position(contact), contact)).collect();
        positions.sort_by(|(one, _), (other, _)| order.compare(one, other));
        positions.iter().map(|(_, contact)| contact.profile.full_name().unwrap_or_default()).collect()
    }

    #[test]
    fn people_are_sorted_by_what_is_shown_of_their_names() {
        let contacts = [
            contact(1, Some("bob"), Some("Z")),
            contact(2, None, Some("Ábel")),
            contact(3, None, None),
            contact(4, Some("Bob"), Some("A")),
            contact(5, Some("Abel"), None),
        ];
        assert_eq!(sorted("name", &contacts), ["Ábel", "Abel", "Bob A", "bob Z", ""]);
        assert_eq!(sorted("-name", &contacts), ["bob Z", "Bob A", "Abel", "Ábel", ""]);
    }

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for text in ["name", "-name", "created_at", "-last_activity", "score"] {
            assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
        }
        assert!("--name".parse::<Order>().is_err());
        assert!("age".parse::<Order>().is_err());
    }
}
