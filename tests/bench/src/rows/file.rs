//! A file as a company might send it: people who do not exist, the same ones every time, no two with the same numbers.

use std::fmt::Write;

use domain::fold::fold;

use super::phones;
use crate::dice::Dice;
use crate::names;

/// The columns of S2's file.
pub(super) const HEADER: &str = "email,first_name,last_name,phone,company,job_title,notes,tags\r\n";
const TITLES: [&str; 12] = [
    "Engineer",
    "Head of Sales",
    "Geschäftsführerin",
    "CEO",
    "Senior Software Engineer",
    "Buyer",
    "Marketing Manager, EMEA",
    "Directeur général",
    "Account Executive",
    "Physician",
    "Owner",
    "Assistant to the Board",
];
const NOTES: [&str; 8] = [
    "Met at the fair in Köln, wants a demo.",
    "Asked for the price list; call back after the holidays, not before ten.",
    "Said: \"\"We decide in spring.\"\"",
    "Two sites, one contract.\r\nInvoice to the head office, delivery to the warehouse in Lyon.",
    "Prefers e-mail, never calls back.",
    "Introduced by the reseller; knows our product from the last job and liked it, but found it slow.",
    "Newsletter only",
    "Contract ends in December.\nBudget: 40,000 to 60,000; three people decide together.",
];

/// The rows of these numbers.
pub(super) fn rows(numbers: std::ops::Range<u64>) -> String {
    let mut file = String::new();
    for number in numbers {
        row(&mut file, &mut Dice::new(1, &[number]), number);
    }
    file
}

/// Whether the row of a number is faulty: two of a hundred are.
pub(super) const fn is_faulty(number: u64) -> bool {
    matches!(number % 100, 17 | 58)
}

fn row(file: &mut String, dice: &mut Dice, number: u64) {
    let (first, last) = (names::first(dice), names::last(dice));
    let (email, phone) = (email(dice, &first, &last, number), phones::phone(dice));
    let (email, phone) = match number % 100 {
        17 => (email.replace('@', "(at)"), phone),
        58 => (email, format!("{}", 10 + dice.below(90))),
        _ => (email, phone),
    };
    let (company, title) = (names::company(dice.uneven(200_000)), dice.one_of(&TITLES));
    let notes = if dice.chance(40) { dice.one_of(&NOTES) } else { "" };
    let tags: Vec<String> = (0..dice.below(4)).map(|_| names::tag(dice.uneven(200))).collect();
    let tags = tags.join(", ");
    // Writing into a String cannot fail.
    let _ = write!(file, "{email},{first},{last},{phone},\"{company}\",\"{title}\",\"{notes}\",\"{tags}\"\r\n");
}

/// One in ten is written with capitals.
fn email(dice: &mut Dice, first: &str, last: &str, number: u64) -> String {
    let plain = |name: &str| fold(name).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let email = format!("{}.{}.{number}@{}", plain(first), plain(last), names::domain(dice.uneven(20_000)));
    let email = email.trim_start_matches('.').replace("..", ".");
    if dice.chance(10) { email.to_uppercase() } else { email }
}
