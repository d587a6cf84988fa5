//! Likeness: names that nobody agreed on, understood by their words.

use super::known::{Origin, whole_name};
use super::{Form, Meaning, Place, key};
use crate::fold::fold;
use crate::import::column::{Field, How};

mod phrases;

use phrases::{NAMES, NEUTRAL, PHRASES, UNLIKE};

/// From so many letters on, two of a name's letters may stand in the wrong order.
const SWAPPED: usize = 5;
/// From so many on, one may be wrong, missing or too many.
const ONE_ERROR: usize = 6;
/// From so many on, two.
const TWO_ERRORS: usize = 10;
/// What is told by a phrase itself counts before what is only like one.
const RANK: u32 = 10_000;
const VAGUE_RANK: u32 = 2 * RANK;

/// What a name is like: a phrase for a field, its words in any order, a phrase beside words that say nothing, or a phrase
/// with a typing error. Nothing if it is like phrases for several fields.
pub(super) fn meaning(name: &str, origin: Origin) -> Option<Meaning> {
    let words = words(super::repeated(name).0);
    let (whole, sorted) = (words.concat(), sorted(&words));
    // What a name like this promises may be less than what the cells must hold.
    let of =
        |field, rank| Meaning { field: Some(field), how: How::Likeness, place: Place { rank, form: Form::Lenient } };
    if let Some((field, position)) = same(&whole, &sorted) {
        return Some(of(field, RANK + position));
    }
    let telling: Vec<&str> = words.iter().map(String::as_str).filter(|word| !is_neutral(word)).collect();
    if let [name] = &*telling
        && NAMES.contains(name)
        && whole != "username"
    {
        return Some(of(whole_name(origin), VAGUE_RANK));
    }
    let beside = same(&telling.concat(), &self::sorted(&telling)).filter(|(field, _)| is_of_a_person(*field));
    let (field, position) = beside.or_else(|| with_error(&words))?;
    Some(of(field, VAGUE_RANK + position))
}

/// Whether the name is exactly a phrase for the field.
pub(super) fn is_phrase_of(name: &str, field: Field) -> bool {
    let key = key(super::repeated(name).0);
    PHRASES.iter().filter(|(of, _)| *of == field).any(|(_, phrases)| phrases.split(", ").any(|phrase| is(phrase, &key)))
}

fn is_neutral(word: &str) -> bool {
    NEUTRAL.split(", ").any(|neutral| neutral == word)
}

/// What "customer" or "work" may stand before without making another thing of it.
fn is_of_a_person(field: Field) -> bool {
    matches!(
        field,
        Field::FirstName
            | Field::LastName
            | Field::FullName
            | Field::Email
            | Field::Phone
            | Field::Notes
            | Field::Timezone
    )
}

/// The phrase that has these letters or these words, by its field and its place among them.
fn same(whole: &str, sorted: &[&str]) -> Option<(Field, u32)> {
    PHRASES.iter().find_map(|(field, phrases)| {
        let position = phrases.split(", ").position(|phrase| is(phrase, whole) || is_of(phrase, sorted))?;
        Some((*field, u32::try_from(position).unwrap_or(RANK - 1)))
    })
}

/// Whether the phrase without its blanks is this.
fn is(phrase: &str, key: &str) -> bool {
    phrase.bytes().filter(|byte| *byte != b' ').eq(key.bytes())
}

/// Whether the phrase has just these words.
fn is_of(phrase: &str, sorted: &[&str]) -> bool {
    if !phrase.contains(' ') {
        return false;
    }
    let mut words: Vec<&str> = phrase.split(' ').collect();
    words.sort_unstable();
    words == sorted
}

/// The field of the phrase from which the name differs by the fewest typing errors, unless two fields have such a phrase.
fn with_error(words: &[String]) -> Option<(Field, u32)> {
    if words.iter().any(|word| UNLIKE.contains(&&**word)) {
        return None;
    }
    let mut best: Option<(usize, Option<Field>)> = None;
    // A county is no country.
    for (field, phrases) in PHRASES.iter().filter(|(field, _)| *field != Field::Country) {
        for errors in phrases.split(", ").filter_map(|phrase| errors(phrase, words)) {
            match &mut best {
                Some((fewest, _)) if *fewest < errors => {}
                Some((fewest, found)) if *fewest == errors => *found = found.filter(|found| found == field),
                _ => best = Some((errors, Some(*field))),
            }
        }
    }
    best.and_then(|(_, field)| field).map(|field| (field, RANK - 1))
}

/// How many typing errors make the words of the phrase, if each may have as many; a name in one word may be that of
/// several without their blanks.
fn errors(phrase: &str, words: &[String]) -> Option<usize> {
    if let [word] = words {
        let phrase: String = phrase.split(' ').collect();
        return errors_of_word(&phrase, word);
    }
    let meant = phrase.split(' ');
    let same_count = meant.clone().count() == words.len();
    same_count.then(|| meant.zip(words).map(|(meant, word)| errors_of_word(meant, word)).sum()).flatten()
}

fn errors_of_word(meant: &str, typed: &str) -> Option<usize> {
    let letters = meant.len();
    if meant == typed {
        return Some(0);
    }
    if letters.abs_diff(typed.len()) > 1 || meant.as_bytes().first() != typed.as_bytes().first() {
        return None;
    }
    let allowed = match letters {
        ..SWAPPED => 0,
        SWAPPED..ONE_ERROR => usize::from(is_swapped(meant, typed)),
        ONE_ERROR..TWO_ERRORS => 1,
        TWO_ERRORS.. => 2,
    };
    let errors = if allowed == 0 { usize::MAX } else { strsim::osa_distance(meant, typed) };
    (errors <= allowed).then_some(errors)
}

/// Whether both have the same letters.
fn is_swapped(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        let mut letters = text.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    letters(one) == letters(other)
}

/// The words of a name: `workEmail`, `work_email` and `Work E-Mail (1)` have the same. Numbers are none.
fn words(name: &str) -> Vec<String> {
    let mut text = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for letter in name.chars() {
        if before.is_lowercase() && letter.is_uppercase() {
            text.push(' ');
        }
        text.push(letter);
        before = letter;
    }
    let mut words: Vec<String> = Vec::new();
    for word in fold(&text).split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if last == "e" && word.starts_with("mail") => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

fn sorted<T: AsRef<str>>(words: &[T]) -> Vec<&str> {
    let mut sorted: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_phrase_stands_for_two_fields_and_all_are_folded() {
        let mut known: HashMap<String, Field> = HashMap::new();
        for (field, phrase) in
            PHRASES.iter().flat_map(|(field, phrases)| phrases.split(", ").map(move |phrase| (field, phrase)))
        {
            assert_eq!(phrase, words(phrase).join(" "));
            let other = known.insert(phrase.replace(' ', ""), *field);
            assert!(other.is_none_or(|other| other == *field), "{phrase}");
        }
    }
}
