//! Questions of each class, drawn from the people who are there.

use domain::contact::Contact;
use domain::contact::criteria::Criteria;
use domain::contact::indexed::Indexed;
use domain::contact::order::{Order, SortField};
use domain::contact::words::Words;
use domain::email::EmailAddress;
use domain::fold::fold;
use index::{Snapshot, Start};

use super::people::People;
use crate::dice::Dice;

/// Contacts on a page.
pub(crate) const PAGE: usize = 50;
/// By name, from A on.
pub(crate) const BY_NAME: Order = Order { by: SortField::Name, descending: false };

/// What is asked.
#[derive(Debug)]
pub(crate) enum Question {
    Page(Criteria, Order, usize),
    Count(Criteria),
    Ids(Criteria),
    Companies(Criteria),
    Growth(Criteria),
    Tags(Criteria),
    /// The first page of the newest, with these states laid over.
    Over(Vec<Indexed>, Criteria),
}

impl Question {
    /// Asks, and tells how many contacts, or values, were found.
    pub(crate) fn ask(&self, snapshot: &Snapshot) -> u64 {
        let page = |snapshot: &Snapshot, criteria: &Criteria, order, offset| {
            snapshot.page(criteria, order, &Start::Offset(offset), PAGE).total
        };
        match self {
            Self::Page(criteria, order, offset) => page(snapshot, criteria, *order, *offset),
            Self::Count(criteria) => snapshot.count(criteria),
            Self::Ids(criteria) => snapshot.ids(criteria, None, usize::MAX).len() as u64,
            Self::Companies(criteria) => snapshot.top_companies(criteria, 10).len() as u64,
            Self::Growth(criteria) => snapshot.growth(criteria).len() as u64,
            Self::Tags(criteria) => snapshot.tags(criteria).len() as u64,
            Self::Over(states, criteria) => page(&snapshot.with(states), criteria, Order::NEWEST, 0),
        }
    }
}

/// People to ask about.
pub(crate) struct Asker {
    pub(crate) people: People,
    pub(crate) contacts: u64,
    pub(crate) dice: Dice,
}

/// A class of questions.
pub(crate) type Class = (&'static str, fn(&mut Asker) -> Question);

/// All classes.
pub(crate) const CLASSES: [Class; 22] = [
    ("exact e-mail", |asker| asker.newest(|asker, contact| Criteria { email: asker.email(contact), ..none() })),
    ("part of company", |asker| {
        asker.newest(|asker, contact| Criteria { company: asker.part(&contact.profile.company), ..none() })
    }),
    ("part of last name", |asker| {
        asker.newest(|asker, contact| Criteria { last_name: asker.part(&contact.profile.last_name), ..none() })
    }),
    ("2 letters of first name, page 10", |asker| {
        asker.page(BY_NAME, 9 * PAGE, |asker, contact| Criteria {
            first_name: asker.letters(&contact.profile.first_name, 2),
            ..none()
        })
    }),
    ("free text, 1 word", |asker| asker.newest(|asker, contact| Criteria { words: asker.words(contact, 1), ..none() })),
    ("free text, 2 words", |asker| {
        asker.newest(|asker, contact| Criteria { words: asker.words(contact, 2), ..none() })
    }),
    ("free text with a typo", |asker| asker.newest(|asker, contact| Criteria { words: asker.slip(contact), ..none() })),
    ("all of 2 tags", |asker| {
        asker.newest(|_, contact| Criteria { tags: contact.profile.tags.iter().take(2).cloned().collect(), ..none() })
    }),
    ("group and stage, page 20", |asker| {
        asker.page(Order::NEWEST, 19 * PAGE, |_, contact| Criteria {
            group: contact.profile.groups.first().copied(),
            lifecycle_stages: contact.profile.lifecycle_stage.into_iter().collect(),
            ..none()
        })
    }),
    ("count of a segment", |asker| Question::Count(asker.segment())),
    ("ids of a segment", |asker| Question::Ids(asker.segment())),
    ("ids of nearly all", |_| Question::Ids(reachable())),
    ("newest", |asker| Question::Page(none(), Order::NEWEST, asker.offset(10))),
    ("most active", |asker| {
        Question::Page(none(), Order { by: SortField::LastActivity, descending: true }, asker.offset(10))
    }),
    ("by name, far behind", |asker| Question::Page(reachable(), BY_NAME, asker.offset(usize::MAX))),
    ("4 filters", |asker| {
        asker.newest(|asker, contact| Criteria {
            company: asker.letters(&contact.profile.company, 3),
            lifecycle_stages: contact.profile.lifecycle_stage.into_iter().collect(),
            opt_in_status: contact.profile.opt_in_status,
            created_from: Some(contact.created_at),
            ..none()
        })
    }),
    ("top companies", |asker| Question::Companies(asker.stage())),
    ("growth", |asker| Question::Growth(asker.stage())),
    ("tags", |asker| Question::Tags(asker.stage())),
    ("top companies of all", |_| Question::Companies(none())),
    ("tags of all", |_| Question::Tags(none())),
    ("newest, 1,000 laid over", |asker| {
        let states = (0..1_000).map(|_| asker.people.state(asker.dice.below(asker.contacts), 50)).collect();
        Question::Over(states, asker.stage())
    }),
];

fn none() -> Criteria {
    Criteria::default()
}

fn reachable() -> Criteria {
    Criteria { do_not_contact: Some(false), is_active: Some(true), ..none() }
}

impl Asker {
    fn contact(&mut self) -> Contact {
        self.people.contact(self.dice.below(self.contacts), 1)
    }

    fn page(&mut self, order: Order, offset: usize, ask: impl Fn(&mut Self, &Contact) -> Criteria) -> Question {
        let contact = self.contact();
        Question::Page(ask(self, &contact), order, offset)
    }

    fn newest(&mut self, ask: impl Fn(&mut Self, &Contact) -> Criteria) -> Question {
        self.page(Order::NEWEST, 0, ask)
    }

    /// The beginning of a page, of so many at most.
    fn offset(&mut self, pages: usize) -> usize {
        let last = usize::try_from(self.contacts).unwrap_or_default() * 4 / 5 / PAGE;
        usize::try_from(self.dice.below(last.min(pages) as u64)).unwrap_or_default() * PAGE
    }

    fn email(&mut self, contact: &Contact) -> Option<EmailAddress> {
        let known = contact.profile.email.clone();
        known.or_else(|| std::iter::repeat_with(|| self.contact().profile.email).flatten().next())
    }

    /// Three letters or more of the text.
    fn part(&mut self, text: &Option<String>) -> Option<String> {
        let length = 3 + self.dice.below(4);
        self.letters(text, usize::try_from(length).unwrap_or_default())
    }

    /// So many letters of the text, from somewhere in it; all, if there are no more.
    fn letters(&mut self, text: &Option<String>, count: usize) -> Option<String> {
        let text: Vec<char> = fold(text.as_deref().unwrap_or("smith")).chars().collect();
        let last = text.len().saturating_sub(count) as u64 + 1;
        let from = usize::try_from(self.dice.below(last)).unwrap_or_default();
        Some(text.into_iter().skip(from).take(count).collect::<String>().trim().to_owned())
            .filter(|part| !part.is_empty())
    }

    fn words(&mut self, contact: &Contact, count: usize) -> Words {
        let profile = &contact.profile;
        let company = profile.company.as_deref().map(|name| name.split(' ').next().unwrap_or_default().to_owned());
        let mut texts = vec![profile.last_name.clone(), company, profile.first_name.clone()];
        texts.retain(Option::is_some);
        let parts: Vec<String> = (0..count).filter_map(|at| self.part(texts.get(at).unwrap_or(&None))).collect();
        Words::parse(&parts.join(" "))
    }

    /// A word of the contact's with two letters swapped.
    fn slip(&mut self, contact: &Contact) -> Words {
        let profile = &contact.profile;
        let texts = [&profile.last_name, &profile.company];
        let text = fold(&texts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" "));
        let longest = text.split(' ').max_by_key(|word| word.chars().count()).unwrap_or_default();
        let mut letters: Vec<char> = longest.chars().collect();
        if letters.len() > 2 {
            let at = 1 + usize::try_from(self.dice.below(letters.len() as u64 - 2)).unwrap_or_default();
            letters.swap(at, at - 1);
        }
        Words::parse(&letters.into_iter().collect::<String>()).with_typos()
    }

    fn segment(&mut self) -> Criteria {
        let (one, other) = (self.contact(), self.contact());
        let stages = [&one, &other].into_iter().filter_map(|contact| contact.profile.lifecycle_stage);
        let sources = [&one, &other].into_iter().filter_map(|contact| contact.profile.lead_source.as_deref());
        Criteria {
            lifecycle_stages: stages.collect(),
            min_score: Some(self.dice.below(80) as f64),
            lead_sources: sources.map(fold).collect(),
            do_not_contact: Some(false),
            ..none()
        }
    }

    fn stage(&mut self) -> Criteria {
        Criteria { lifecycle_stages: self.contact().profile.lifecycle_stage.into_iter().collect(), ..none() }
    }
}
