//! What queries must answer, found out the plain way.

use std::collections::HashMap;

use domain::contact::Contact;
use domain::contact::criteria::Criteria;
use domain::contact::indexed::Indexed;
use domain::id::ContactId;

/// The contacts that are meant, of those whose latest states these are, in the order of their ids.
pub(crate) fn meant<'a>(states: &'a [Indexed], criteria: &Criteria) -> Vec<&'a Contact> {
    let mut latest: HashMap<ContactId, &Indexed> = HashMap::new();
    for state in states {
        let known = latest.entry(state.id()).or_insert(state);
        if known.stamp() < state.stamp() {
            *known = state;
        }
    }
    let contacts = latest.into_values().filter_map(|state| match state {
        Indexed::Contact(contact) => Some(contact.as_ref()),
        Indexed::Gone { .. } => None,
    });
    let mut meant: Vec<_> = contacts.filter(|contact| criteria.matches(contact)).collect();
    meant.sort_unstable_by_key(|contact| contact.id);
    meant
}
