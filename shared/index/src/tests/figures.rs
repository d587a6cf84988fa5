//! Those who are meant, summed up.

use std::collections::BTreeMap;

use chrono::{Datelike, TimeDelta};
use domain::contact::{Contact, LifecycleStage, OptInStatus};
use domain::fold::fold;
use proptest::prelude::*;

use super::people::{criteria, now, spread};
use super::plain::meant;
use crate::{Bookings, HeardOf, TopCompany, Totals};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn companies_are_counted(spread in spread(), criteria in criteria(), most in 0..9_usize) {
        let mut companies: BTreeMap<String, Vec<&Contact>> = BTreeMap::new();
        for contact in meant(&spread.states, &criteria) {
            if let Some(company) = &contact.profile.company {
                companies.entry(fold(company)).or_default().push(contact);
            }
        }
        let top = companies.into_iter().map(|(folded, contacts)| TopCompany {
            folded,
            contacts: contacts.len() as u64,
            example: contacts[0].id,
        });
        let mut top: Vec<_> = top.collect();
        top.sort_by_key(|company| std::cmp::Reverse(company.contacts));
        top.truncate(most);
        prop_assert_eq!(spread.snapshot().top_companies(&criteria, most), top);
    }

    #[test]
    fn tags_are_counted(spread in spread(), criteria in criteria(), most in 0..6_usize) {
        let mut tags: BTreeMap<String, u64> = BTreeMap::new();
        for contact in meant(&spread.states, &criteria) {
            let mut its: Vec<String> = contact.profile.tags.iter().map(|tag| tag.to_lowercase()).collect();
            its.sort_unstable();
            its.dedup();
            its.into_iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
        }
        let mut tags: Vec<_> = tags.into_iter().collect();
        prop_assert_eq!(spread.snapshot().tags(&criteria), tags.clone());
        tags.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        tags.truncate(most);
        prop_assert_eq!(spread.snapshot().top_tags(&criteria, most), tags);
    }

    #[test]
    fn months_are_counted(spread in spread(), criteria in criteria()) {
        let mut months = BTreeMap::new();
        for contact in meant(&spread.states, &criteria) {
            *months.entry((contact.created_at.year(), contact.created_at.month())).or_default() += 1;
        }
        prop_assert_eq!(spread.snapshot().growth(&criteria), months);
    }

    #[test]
    fn contacts_are_summed_up(spread in spread(), criteria in criteria()) {
        let contacts = meant(&spread.states, &criteria);
        let found = spread.snapshot().totals(&criteria, now());
        let scores: f64 = contacts.iter().filter_map(|contact| contact.figures.score).sum();
        prop_assert!((found.scores - scores).abs() < 1e-6);
        prop_assert_eq!(Totals { scores: 0.0, ..found }, totals(&contacts));
    }
}

/// All but the sum of the scores.
fn totals(contacts: &[&Contact]) -> Totals {
    let count = |holds: &dyn Fn(&Contact) -> bool| contacts.iter().filter(|contact| holds(contact)).count() as u64;
    let stage = |stage: &LifecycleStage| count(&|contact| contact.profile.lifecycle_stage == Some(*stage));
    let opt_in = |status: &OptInStatus| count(&|contact| contact.profile.opt_in() == *status);
    Totals {
        contacts: contacts.len() as u64,
        active: count(&|contact| contact.profile.is_active()),
        do_not_contact: count(&|contact| contact.profile.do_not_contact),
        lifecycle_stages: std::array::from_fn(|at| stage(&LifecycleStage::ALL[at])),
        opt_in: std::array::from_fn(|at| opt_in(&OptInStatus::ALL[at])),
        bookings: bookings(contacts),
        heard_of: heard_of(contacts),
        scored: count(&|contact| contact.figures.score.is_some()),
        scores: 0.0,
    }
}

fn bookings(contacts: &[&Contact]) -> Bookings {
    let numbers = || contacts.iter().map(|contact| contact.figures.total_bookings);
    let classes = [0..=0, 1..=1, 2..=2, 3..=5, 6..=10, 11..=u64::MAX];
    Bookings {
        total: numbers().sum(),
        contacts: numbers().filter(|number| *number > 0).count() as u64,
        by_number: classes.map(|class| numbers().filter(|number| class.contains(number)).count() as u64),
    }
}

fn heard_of(contacts: &[&Contact]) -> HeardOf {
    let since = |days: i64| {
        let from = now() - TimeDelta::days(days);
        contacts.iter().filter(|contact| contact.figures.last_interaction_at.is_some_and(|at| at >= from)).count()
            as u64
    };
    let heard = contacts.iter().filter(|contact| contact.figures.last_interaction_at.is_some()).count() as u64;
    HeardOf {
        last_7_days: since(7),
        last_30_days: since(30) - since(7),
        last_90_days: since(90) - since(30),
        earlier: heard - since(90),
        never: contacts.len() as u64 - heard,
    }
}
