//! A tag as the API shows it, and how tags are asked for.

use std::cmp::Reverse;

use domain::Timestamp;
use domain::color::Color;
use domain::fold::fold;
use domain::id::TagId;
use domain::tags::folded;
use domain::tags::registry::KnownTag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A label of contacts: one that is registered, or one that is in use.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Tag")]
pub(crate) struct TagOut {
    /// Its id. Of one that is not registered it follows from the name.
    id: TagId,
    /// No two tags have the same without case.
    name: String,
    /// As `#rrggbb`; null if none was chosen.
    color: Option<Color>,
    /// What it is one of.
    category: Option<String>,
    /// How many contacts have it, to a second or so.
    contact_count: u64,
    /// Counts the changes of what is registered, from 1; 0 if nothing is.
    version: u64,
    /// When it was registered; null if it is not.
    created_at: Option<Timestamp>,
    /// When what is registered last changed.
    updated_at: Option<Timestamp>,
}

/// Which tags are wanted; all conditions hold at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagFilter {
    /// The category, compared without case.
    category: Option<String>,
    /// What the name begins with, compared without case.
    search: Option<String>,
}

/// Which tags are suggested.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagPrefix {
    /// What was typed of the name so far, compared without case and accents; as long as that is nothing, any will do.
    prefix: Option<String>,
}

impl From<KnownTag> for TagOut {
    fn from(known: KnownTag) -> Self {
        let (version, KnownTag { id, name, contacts, registered }) = (known.version(), known);
        let (created_at, updated_at) = registered.as_ref().map(|tag| (tag.created_at, tag.updated_at)).unzip();
        let (color, category) = registered.map_or((None, None), |tag| (tag.label.color, tag.label.category));
        Self { id, name, color, category, contact_count: contacts, version, created_at, updated_at }
    }
}

impl TagFilter {
    /// Whether all conditions hold.
    pub(crate) fn takes(&self, tag: &KnownTag) -> bool {
        let category = tag.registered.as_ref().and_then(|tag| tag.label.category.as_deref());
        let begins = |prefix: &String| folded(&tag.name).starts_with(&folded(prefix));
        self.category.as_ref().is_none_or(|wanted| category.map(folded) == Some(folded(wanted)))
            && self.search.as_ref().is_none_or(begins)
    }
}

impl TagPrefix {
    /// Whether the tag's name begins so.
    pub(crate) fn begins(&self, tag: &KnownTag) -> bool {
        // Names are trimmed. A blank at the end is one within the name that is meant.
        self.prefix.as_deref().is_none_or(|prefix| fold(&tag.name).starts_with(&fold(prefix.trim_start())))
    }
}

/// What suggestions are sorted by: the most used first, then by name.
pub(crate) fn usage(tag: &KnownTag) -> (Reverse<u64>, String) {
    (Reverse(tag.contacts), folded(&tag.name))
}
