//! The registry of tags: those that somebody gave a colour or a category, beside those that are merely in use.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::folded;
use super::tally::TagTally;
use crate::color::{Color, NotAColor};
use crate::id::{Id, TagId, TenantId};
use crate::naming::{Name, fields};
use crate::{Error, Fault, FaultCode, Result, Timestamp};

/// The most tags that a tenant may register.
pub const MOST: u32 = 5_000;
/// The longest category, in characters.
pub const MAX_CATEGORY: usize = 100;

/// A tag that is registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// What it is called, and how it is told from others.
    #[serde(flatten)]
    pub label: Label,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What people say of a tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Unique in the tenant.
    pub name: Name,
    /// Its colour, if one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// What it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Tag {
    /// A tag that is registered now.
    pub fn new(id: TagId, label: Label, now: Timestamp) -> Self {
        Self { id, label, version: 1, created_at: now, updated_at: now }
    }

    /// The tag with another label, one version on.
    pub fn changed(&self, label: Label, now: Timestamp) -> Self {
        Self { label, version: self.version + 1, updated_at: now, ..self.clone() }
    }
}

impl Label {
    /// The label by the names of the contract; absent where nothing is said.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        fields(self)
    }
}

/// A tag as somebody typed it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TagDraft", example = example())]
pub struct TagDraft {
    /// What contacts are labelled with. No two tags of a tenant have the same, compared without case.
    #[schemars(length(min = 1, max = Name::MAX_LENGTH), pattern(r"\S"))]
    pub name: String,
    /// A colour in hexadecimal digits, `#rrggbb`; none if nothing is said.
    #[serde(default)]
    #[schemars(regex(pattern = Color::TYPED))]
    pub color: Option<String>,
    /// What the tag is one of, in the tenant's own terms; nothing if there are only blanks.
    #[serde(default)]
    #[schemars(length(max = MAX_CATEGORY))]
    pub category: Option<String>,
}

fn example() -> Value {
    json!({ "name": "vip", "color": "#0066cc", "category": "importance" })
}

impl TagDraft {
    /// Makes a label of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with every fault of every field.
    pub fn parse(self) -> Result<Label> {
        let mut faults = Vec::new();
        let name = Name::parse(&self.name).map_err(|fault| faults.push(fault)).ok();
        let color = self.color.map(|text| text.parse()).transpose().map_err(|error: NotAColor| {
            faults.push(Fault::new("color", FaultCode::Invalid, error.to_string()));
        });
        if self.category.as_ref().is_some_and(|text| text.chars().count() > MAX_CATEGORY) {
            let reason = format!("is longer than {MAX_CATEGORY} characters");
            faults.push(Fault::new("category", FaultCode::TooLong, reason));
        }
        let category = self.category.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        match (name, color) {
            (Some(name), Ok(color)) if faults.is_empty() => Ok(Label { name, color, category }),
            _ => Err(Error::Refused(faults)),
        }
    }
}

/// A tag that is registered, or in use, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownTag {
    /// Its id. Of one that is not registered it follows from the name.
    pub id: TagId,
    /// Its name; of one that is not registered as it was first spelt.
    pub name: String,
    /// How many contacts have it.
    pub contacts: u64,
    /// What is registered.
    pub registered: Option<Tag>,
}

impl KnownTag {
    /// The version of what is registered; 0 if nothing is.
    pub fn version(&self) -> u64 {
        self.registered.as_ref().map_or(0, |tag| tag.version)
    }
}

/// All tags of a tenant, in the order of their names without case: those that are registered, and those that are in use.
pub fn known(tenant: TenantId, registered: Vec<Tag>, counts: &TagTally) -> Vec<KnownTag> {
    let contacts = |folded: &str| u64::try_from(counts.get(folded)).unwrap_or(0);
    let names: BTreeSet<String> = registered.iter().map(|tag| tag.label.name.folded()).collect();
    let used = counts.iter().filter(|(folded, _, count)| *count > 0 && !names.contains(*folded));
    let spellings: BTreeMap<&str, &str> = used.map(|(folded, spelling, _)| (folded, spelling)).collect();
    let ids = ids(tenant, registered.iter().map(|tag| tag.id), spellings.keys().copied());
    let unregistered = ids.into_iter().map(|(name, id)| {
        let spelling = spellings.get(name).copied().unwrap_or(name).to_owned();
        KnownTag { id, name: spelling, contacts: contacts(name), registered: None }
    });
    let mut known: Vec<KnownTag> = unregistered.collect();
    known.extend(registered.into_iter().map(|tag| {
        let (id, name) = (tag.id, tag.label.name.to_string());
        KnownTag { id, contacts: contacts(&tag.label.name.folded()), name, registered: Some(tag) }
    }));
    known.sort_by_cached_key(|tag| folded(&tag.name));
    known
}

/// Whether the id may be the one of a tag in use with this folded name.
pub fn may_be_id(tenant: TenantId, name: &str, id: TagId) -> bool {
    (0..16).any(|turn| derived(tenant, name, turn) == id)
}

/// The ids of tags that are in use and not registered, by their folded names. Each follows from the name; from the name
/// and a number, if a tag that was registered under that id has another name since.
fn ids<'a>(
    tenant: TenantId,
    registered: impl Iterator<Item = TagId>,
    used: impl Iterator<Item = &'a str>,
) -> BTreeMap<&'a str, TagId> {
    let mut taken: BTreeSet<TagId> = registered.collect();
    let mut ids = BTreeMap::new();
    for name in used {
        let id = (0_u32..).map(|turn| derived(tenant, name, turn)).find(|id| taken.insert(*id));
        ids.extend(id.map(|id| (name, id)));
    }
    ids
}

fn derived(tenant: TenantId, name: &str, turn: u32) -> TagId {
    let (tenant, turn) = (tenant.uuid(), turn.to_be_bytes());
    TagId::derived(Timestamp::default(), &[tenant.as_bytes(), name.as_bytes(), &turn])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::derived(Timestamp::default(), &[])
    }

    fn label(name: &str) -> Label {
        Label { name: name.parse().unwrap(), color: None, category: None }
    }

    fn used(tags: &[&str]) -> TagTally {
        let mut tally = TagTally::default();
        tags.iter().for_each(|&tag| tally.count(&[], &[tag.to_owned()]));
        tally
    }

    fn shown(known: &[KnownTag]) -> Vec<(&str, u64, bool)> {
        known.iter().map(|tag| (tag.name.as_str(), tag.contacts, tag.registered.is_some())).collect()
    }

    #[test]
    fn every_fault_of_a_draft_is_reported_at_once() {
        let draft = TagDraft { name: " ".into(), color: Some("blue".into()), category: Some("x".repeat(101)) };
        let Err(Error::Refused(faults)) = draft.parse() else { panic!() };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "color", "category"]);
        let blank = TagDraft { name: " VIP ".into(), color: None, category: Some(" ".into()) };
        assert_eq!(blank.parse().unwrap(), label("VIP"));
    }

    #[test]
    fn the_example_is_acceptable() {
        let draft: TagDraft = serde_json::from_value(example()).unwrap();
        let fields = draft.parse().unwrap().fields();
        assert_eq!(json!(fields), json!({ "name": "vip", "color": "#0066cc", "category": "importance" }));
    }

    #[test]
    fn registered_tags_and_tags_in_use_are_one_list() {
        let tag = Tag::new(derived(tenant(), "x", 0), label("VIP"), Timestamp::default());
        let mut counts = used(&["vip", "Vip", "Old", "b"]);
        counts.count(&["gone".to_owned()], &[]);
        let known = known(tenant(), vec![tag], &counts);
        assert_eq!(shown(&known), [("b", 1, false), ("Old", 1, false), ("VIP", 2, true)]);
    }

    #[test]
    fn the_id_of_a_tag_in_use_follows_from_its_name_as_long_as_nothing_else_has_it() {
        let id = |registered: Vec<Tag>| {
            let known = known(tenant(), registered, &used(&["Lead"]));
            known.into_iter().find(|tag| tag.name == "Lead").unwrap().id
        };
        let first = id(vec![]);
        assert_eq!(first, id(vec![]));
        // It was registered under its id, and then renamed.
        let renamed = Tag::new(first, label("Customer"), Timestamp::default());
        let second = id(vec![renamed.clone()]);
        assert_ne!(second, first);
        let again = Tag::new(second, label("Partner"), Timestamp::default());
        assert!(![first, second].contains(&id(vec![renamed, again])));
        let other = TenantId::derived(Timestamp::default(), &[b"other"]);
        assert_ne!(known(other, vec![], &used(&["lead"]))[0].id, first);
    }

    #[test]
    fn no_two_known_tags_have_one_id() {
        let names: Vec<String> = (0..200).map(|n| format!("tag {n}")).collect();
        let counts = used(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let renamed =
            |n: usize| Tag::new(derived(tenant(), &names[n], 0), label(&format!("new {n}")), Timestamp::default());
        let known = known(tenant(), (0..100).map(renamed).collect(), &counts);
        let ids: BTreeSet<TagId> = known.iter().map(|tag| tag.id).collect();
        assert_eq!((known.len(), ids.len()), (300, 300));
    }
}
