//! Target criteria (S4): whom a campaign is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use super::draft::{MAX_TAG, unkeepable_bounds};
use super::{LifecycleStage, OptInStatus};
use crate::fold::fold;
use crate::{Error, Fault, FaultCode, Result};

/// The most values of a list.
const MAX_VALUES: usize = 100;
/// The most characters of a source.
const MAX_SOURCE: usize = 254;

/// Whom a campaign is for: contacts of which all that is given holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "lifecycle_stages": ["lead", "mql"], "min_lead_score": 60, "tags": ["enterprise"] }))]
pub struct TargetCriteria {
    /// Stages of the life cycle, in one of which the contact is.
    #[schemars(length(max = MAX_VALUES), with = "Vec<LifecycleStage>")]
    pub lifecycle_stages: Vec<String>,
    /// Stages, in one of which the contact's lead is.
    #[schemars(length(max = MAX_VALUES), with = "Vec<LifecycleStage>")]
    pub lead_stages: Vec<String>,
    /// The least score; who was not scored has none.
    pub min_lead_score: Option<f64>,
    /// The greatest score.
    pub max_lead_score: Option<f64>,
    /// Sources, one of which the contact came from; compared without case and accents.
    #[schemars(length(max = MAX_VALUES), inner(length(max = MAX_SOURCE)))]
    pub lead_sources: Vec<String>,
    /// Tags, all of which the contact has.
    #[schemars(length(max = MAX_VALUES), inner(length(max = MAX_TAG)))]
    pub tags: Vec<String>,
    /// Whether the contact agreed to be written to.
    #[schemars(with = "Option<OptInStatus>")]
    pub opt_in_status: Option<String>,
    /// Leaves out who is never to be written to. True if nothing is said.
    pub exclude_do_not_contact: bool,
    /// Leaves out who is in the campaign already. True if nothing is said.
    pub exclude_already_enrolled: bool,
    /// The most contacts that are meant: those that came to be first.
    #[schemars(range(min = 1))]
    pub max_contacts: Option<u64>,
}

impl Default for TargetCriteria {
    fn default() -> Self {
        Self {
            lifecycle_stages: Vec::new(),
            lead_stages: Vec::new(),
            min_lead_score: None,
            max_lead_score: None,
            lead_sources: Vec::new(),
            tags: Vec::new(),
            opt_in_status: None,
            exclude_do_not_contact: true,
            exclude_already_enrolled: true,
            max_contacts: None,
        }
    }
}

impl TargetCriteria {
    /// Understands the values. Who is enrolled already, and how many are meant at most, is for whoever enrols to see.
    ///
    /// # Errors
    /// [`Error::Refused`] with every value that no contact could have.
    pub fn parse(&self) -> Result<Criteria> {
        let mut faults = Vec::new();
        let mut stages = |field: &str, words: &[String]| -> Vec<LifecycleStage> {
            let parsed = words.iter().map(|word| LifecycleStage::parse(field, word));
            parsed.filter_map(|stage| stage.map_err(|fault| faults.push(fault)).ok()).collect()
        };
        let lifecycle_stages = stages("lifecycle_stages", &self.lifecycle_stages);
        let lead_stages = stages("lead_stages", &self.lead_stages);
        let opt_in_status = self.opt_in_status.as_deref().map(|word| OptInStatus::parse("opt_in_status", word));
        let opt_in_status = opt_in_status.and_then(|status| status.map_err(|fault| faults.push(fault)).ok());
        faults.extend(self.excess());
        let scores = [("min_lead_score", self.min_lead_score), ("max_lead_score", self.max_lead_score)];
        faults.extend(unkeepable_bounds(scores));
        if !faults.is_empty() {
            return Err(Error::Refused(faults));
        }
        Ok(Criteria {
            lifecycle_stages,
            lead_stages,
            opt_in_status,
            min_score: self.min_lead_score,
            max_score: self.max_lead_score,
            lead_sources: self.lead_sources.iter().map(|source| fold(source.trim())).collect(),
            tags: self.tags.iter().map(|tag| tag.trim().to_lowercase()).collect(),
            do_not_contact: self.exclude_do_not_contact.then_some(false),
            ..Criteria::default()
        })
    }

    fn excess(&self) -> Vec<Fault> {
        let lists = [
            ("lifecycle_stages", &self.lifecycle_stages, usize::MAX),
            ("lead_stages", &self.lead_stages, usize::MAX),
            ("lead_sources", &self.lead_sources, MAX_SOURCE),
            ("tags", &self.tags, MAX_TAG),
        ];
        let is_excessive = |list: &[String], longest: usize| {
            list.len() > MAX_VALUES || list.iter().any(|text| text.chars().count() > longest)
        };
        let faulty = lists.into_iter().filter(|(_, list, longest)| is_excessive(list, *longest));
        let reason = format!("are more than {MAX_VALUES}, or one is too long");
        let mut faults: Vec<Fault> =
            faulty.map(|(field, ..)| Fault::new(field, FaultCode::TooLong, reason.clone())).collect();
        if self.max_contacts == Some(0) {
            faults.push(Fault::new("max_contacts", FaultCode::Invalid, "must be 1 or more"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_must_not_be_written_to_is_left_out_unless_it_is_asked_otherwise() {
        let target: TargetCriteria = serde_json::from_value(json!({ "tags": [" VIP "] })).unwrap();
        let criteria = target.parse().unwrap();
        assert_eq!((criteria.do_not_contact, criteria.tags), (Some(false), vec!["vip".to_owned()]));
        let target: TargetCriteria = serde_json::from_value(json!({ "exclude_do_not_contact": false })).unwrap();
        assert!(target.parse().unwrap().is_empty());
    }

    #[test]
    fn what_no_contact_could_have_is_refused_all_at_once() {
        let target = json!({ "lifecycle_stages": ["lead", "king"], "lead_stages": ["x"], "opt_in_status": "no",
                             "max_contacts": 0, "tags": vec!["x"; 101] });
        let target: TargetCriteria = serde_json::from_value(target).unwrap();
        let Err(Error::Refused(faults)) = target.parse() else { panic!() };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["lifecycle_stages", "lead_stages", "opt_in_status", "tags", "max_contacts"]);
    }
}
