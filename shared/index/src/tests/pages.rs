//! Pages and ids of those who are meant.

use domain::contact::indexed::Indexed;
use domain::contact::order::{Order, Position, SortField, SortKey};
use domain::id::ContactId;
use proptest::prelude::*;
use proptest::sample::select;

use super::people::{DECEMBER, contact_id, criteria, spread};
use super::plain::meant;
use crate::{Hit, Page, Start};

fn order() -> impl Strategy<Value = Order> {
    (select(SortField::ALL), any::<bool>()).prop_map(|(by, descending)| Order { by, descending })
}

/// A position that need not be that of a contact, nor one of the order's.
fn position() -> impl Strategy<Value = Position> {
    let name = select(&["", "a", "ana", "anb", "jose", "smith", "smithson", "zz", "ёлкина", "я"][..]);
    let key = prop_oneof![
        (name.clone(), name).prop_map(|(first, last)| SortKey::Name(first.to_owned(), last.to_owned())),
        (0..100_i64, -1..2_i64).prop_map(|(days, odd)| SortKey::Moment(DECEMBER + days * 86_400_000 + odd)),
        select(&[-1.0, -0.0, 0.0, 12.5, 50.0, 60.0, 101.0][..]).prop_map(SortKey::Score),
        Just(SortKey::Nothing),
    ];
    (key, 0..45_u8).prop_map(|(key, id)| Position { key, id: contact_id(id) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_page_is_a_part_of_all_in_order(
        spread in spread(), criteria in criteria(), order in order(), offset in 0..60_usize, limit in 0..30_usize,
    ) {
        let mut all: Vec<_> = meant(&spread.states, &criteria).into_iter().map(|contact| hit(order, contact)).collect();
        all.sort_by(|one, other| order.compare(&one.position, &other.position));
        let (total, more) = (all.len() as u64, offset + limit < all.len());
        let hits = all.into_iter().skip(offset).take(limit).collect();
        let page = spread.snapshot().page(&criteria, order, &Start::Offset(offset), limit);
        prop_assert_eq!(page, Page { total, hits, more });
    }

    #[test]
    fn a_page_begins_behind_any_position(
        spread in spread(), criteria in criteria(), order in order(), after in position(), limit in 0..30_usize,
        beside in prop::option::of(any::<prop::sample::Index>()),
    ) {
        // Most are beside a contact: where it was, or where another one would be that is alike.
        let alike = beside.filter(|_| !spread.states.is_empty()).and_then(|at| match at.get(&spread.states) {
            Indexed::Contact(contact) => Some(order.position(contact)),
            Indexed::Gone { .. } => None,
        });
        let after = alike.map_or(after.clone(), |beside| Position { id: after.id, ..beside });
        let all = meant(&spread.states, &criteria).into_iter().map(|contact| hit(order, contact));
        let mut all: Vec<_> = all.collect();
        let total = all.len() as u64;
        all.retain(|hit| order.compare(&hit.position, &after).is_gt());
        all.sort_by(|one, other| order.compare(&one.position, &other.position));
        let more = limit < all.len();
        all.truncate(limit);
        let page = spread.snapshot().page(&criteria, order, &Start::After(after), limit);
        prop_assert_eq!(page, Page { total, hits: all, more });
    }

    #[test]
    fn ids_are_listed_in_their_order_from_any_on(
        spread in spread(), criteria in criteria(), after in prop::option::of(0..45_u8), limit in 0..50_usize,
    ) {
        let after = after.map(contact_id);
        let all = meant(&spread.states, &criteria).into_iter().map(|contact| contact.id);
        let ids: Vec<ContactId> = all.filter(|id| after.is_none_or(|after| *id > after)).take(limit).collect();
        prop_assert_eq!(spread.snapshot().ids(&criteria, after, limit), ids);
    }
}

fn hit(order: Order, contact: &domain::contact::Contact) -> Hit {
    Hit { id: contact.id, stamp: contact.stamp(), position: order.position(contact) }
}
