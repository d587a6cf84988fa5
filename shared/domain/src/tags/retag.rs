//! Retagging: contacts follow a tag that was renamed or removed. No key leads from a tag to its contacts, so all of the
//! tenant's contacts are looked at.

use serde::{Deserialize, Serialize};

use super::folded;
use super::registry::Tag;
use crate::Timestamp;
use crate::contact::walk::Walk;
use crate::contact::{Contact, Profile, distinct_tags};
use crate::id::TagId;

/// Work on the contacts that have a tag under a name that it had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retag {
    /// The tag.
    pub tag: TagId,
    /// The name that it had, folded.
    pub from: String,
    /// When the tag was registered that contacts are to follow; nothing if it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<Timestamp>,
    /// How far the walk has come.
    pub walk: Walk,
}

/// What is to become of the old name.
#[derive(Debug, Clone, PartialEq)]
pub struct Retagging {
    from: String,
    to: Option<String>,
    /// Contacts that changed after this moment keep the name, for it is another tag's since.
    up_to: Option<Timestamp>,
}

impl Retag {
    /// Follows the tag, as it is now, from the name that it had.
    pub fn following(tag: &Tag, from: &str, now: Timestamp) -> Self {
        Self { registered_at: Some(tag.created_at), ..Self::removing(tag.id, from, now) }
    }

    /// Takes a tag out that was removed.
    pub fn removing(tag: TagId, name: &str, now: Timestamp) -> Self {
        Self { tag, from: folded(name), registered_at: None, walk: Walk::new(now) }
    }

    /// What is to be done as things are. `under_id`: what is registered under the tag's id; `under_name`: what has its old
    /// name; `began`: when the work was asked for.
    pub fn now(&self, under_id: Option<&Tag>, under_name: Option<&Tag>, began: Timestamp) -> Retagging {
        let is_ours = |tag: &&Tag| tag.id == self.tag && Some(tag.created_at) == self.registered_at;
        let to = under_id.filter(is_ours).map(|tag| tag.label.name.to_string());
        let is_taken = under_name.is_some_and(|tag| !is_ours(&tag));
        Retagging { from: self.from.clone(), to, up_to: is_taken.then_some(began) }
    }
}

impl Retagging {
    /// The profile that the contact is to have; nothing if it is right.
    pub fn edited(&self, contact: &Contact) -> Option<Profile> {
        let tags = &contact.profile.tags;
        let is_kept = self.up_to.is_some_and(|moment| contact.updated_at > moment);
        if is_kept || !tags.iter().any(|tag| folded(tag) == self.from) {
            return None;
        }
        let to = self.to.as_ref().map(|to| (folded(to), to));
        let renamed = |tag: &String| match &to {
            Some((name, to)) if [&self.from, name].contains(&&folded(tag)) => Some((*to).clone()),
            None if folded(tag) == self.from => None,
            _ => Some(tag.clone()),
        };
        let new = distinct_tags(tags.iter().filter_map(renamed));
        (new != *tags).then(|| Profile { tags: new, ..contact.profile.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Actor;
    use crate::id::{ContactId, Id};
    use crate::tags::registry::Label;
    use crate::time::after;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        after(Timestamp::default(), TimeDelta::seconds(second))
    }

    fn tag(number: u8, name: &str, created: i64) -> Tag {
        let label = Label { name: name.parse().unwrap(), color: None, category: None };
        Tag::new(TagId::derived(at(0), &[&[number]]), label, at(created))
    }

    fn edited(retagging: &Retagging, tags: &[&str], changed: i64) -> Option<Vec<String>> {
        let profile = Profile { tags: tags.iter().map(|&tag| tag.into()).collect(), ..Profile::default() };
        let contact = Contact::new(ContactId::derived(at(0), &[]), profile, Actor::Operator, at(changed));
        retagging.edited(&contact).map(|profile| profile.tags)
    }

    #[test]
    fn a_name_is_replaced_or_taken_out_without_case_and_two_become_one() {
        let old = tag(1, "lead", 1);
        for (name, tags, expected) in [
            ("Client", &["a", "LEAD", "b"][..], Some(&["a", "Client", "b"][..])),
            ("Client", &["client", "lead"], Some(&["Client"])),
            ("Lead", &["lead"], Some(&["Lead"])),
            ("Lead", &["Lead", "x"], None),
            ("Client", &["client", "a"], None),
        ] {
            let new = Tag { label: Label { name: name.parse().unwrap(), ..old.label.clone() }, ..old.clone() };
            let work = Retag::following(&new, "Lead", at(5));
            let expected = expected.map(|tags| tags.iter().map(|&tag| tag.to_owned()).collect());
            assert_eq!(edited(&work.now(Some(&new), None, at(5)), tags, 9), expected, "{name} {tags:?}");
        }
        let work = Retag::removing(old.id, "Lead", at(5));
        assert_eq!(edited(&work.now(None, None, at(5)), &["a", "LEAD"], 9), Some(vec!["a".to_owned()]));
        assert_eq!(edited(&work.now(None, None, at(5)), &["a"], 9), None);
    }

    #[test]
    fn what_was_tagged_since_another_tag_has_the_name_is_left_alone() {
        let (old, anew) = (tag(1, "lead", 1), tag(2, "lead", 6));
        let work = Retag::removing(old.id, "lead", at(5));
        let now = work.now(None, Some(&anew), at(5));
        assert_eq!(edited(&now, &["lead"], 7), None);
        assert_eq!(edited(&now, &["lead"], 4), Some(vec![]), "it was there before");
        // The same id may be registered anew as well.
        let same = Tag { created_at: at(6), ..old };
        assert_eq!(edited(&work.now(Some(&same), Some(&same), at(5)), &["lead"], 7), None);
    }

    #[test]
    fn contacts_follow_a_tag_to_the_name_that_it_has_by_now() {
        let first = tag(1, "Client", 1);
        let work = Retag::following(&first, "lead", at(5));
        let second = first.changed(Label { name: "Partner".parse().unwrap(), ..first.label.clone() }, at(6));
        assert_eq!(edited(&work.now(Some(&second), None, at(5)), &["lead"], 7), Some(vec!["Partner".into()]));
        assert_eq!(edited(&work.now(None, None, at(5)), &["lead"], 7), Some(vec![]), "it was removed meanwhile");
        // It was renamed back.
        let back = first.changed(Label { name: "Lead".parse().unwrap(), ..first.label.clone() }, at(6));
        assert_eq!(edited(&work.now(Some(&back), Some(&back), at(5)), &["LEAD"], 7), Some(vec!["Lead".into()]));
    }
}
