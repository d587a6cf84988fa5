//! Names that somebody typed as one text, split into first and last name.
//!
//! Written here: the crate `human_name` finds no name in "Madonna" or "김민수", takes accents apart, makes "Smith" of
//! "SMITH" and a given name of "van", and is 400 KB.

use crate::contact::draft::MAX_NAME;

/// A person's name in the two parts that a contact has; each at most [`MAX_NAME`] characters, with single blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Given names; of a person with one name only, that one.
    pub first_name: Option<String>,
    /// The family name with its particles, or both family names.
    pub last_name: Option<String>,
}

/// Compared in small letters and without dots, as are all the words below.
const TITLES: [&str; 24] = [
    "dr",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "prof",
    "professor",
    "doctor",
    "sir",
    "rev",
    "reverend",
    "hon",
    "capt",
    "herr",
    "frau",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "sra",
    "srta",
    "ing",
    "dipl-ing",
];
const SUFFIXES: [&str; 10] = ["jr", "sr", "ii", "iii", "iv", "esq", "phd", "mba", "msc", "bsc"];
/// Titles in capitals only: "Md" is short for Muhammad.
const SUFFIXES_IN_CAPITALS: [&str; 3] = ["MD", "RN", "CPA"];
const PARTICLES: [&str; 35] = [
    "van", "von", "vom", "zum", "zur", "der", "den", "de", "del", "della", "delle", "dei", "di", "da", "das", "dos",
    "du", "des", "la", "las", "le", "los", "lo", "af", "av", "ter", "ten", "te", "al", "el", "bin", "bint", "ibn",
    "abu", "ben",
];
/// Particles in small letters only: given names and family names otherwise.
const PARTICLES_IN_SMALL_LETTERS: [&str; 4] = ["do", "e", "y", "zu"];
/// Common Spanish family names that do not end in "ez", to tell "Gabriel García Márquez" from "Mary Ann Smith".
const SPANISH: [&str; 26] = [
    "garcía", "garcia", "ruiz", "díaz", "diaz", "muñoz", "munoz", "moreno", "navarro", "torres", "ortiz", "castillo",
    "castro", "vargas", "rojas", "flores", "reyes", "morales", "ortega", "delgado", "ramos", "herrera", "aguilar",
    "mendoza", "vega", "molina",
];

/// Splits a name: "Jan van der Berg" at the particle, "Smith, Jane" at the comma, else before the last word. Titles, what
/// follows a name ("Jr.", "PhD", "(she/her)"), and middle initials are left out as long as a name remains. Words stay as
/// typed. One word is a first name, after a title a last name. Whatever is visible leaves at least one part.
pub fn split(name: &str) -> PersonName {
    let plain = without_brackets(name);
    let name = if words(&plain).is_empty() { name } else { &plain };
    let mut segments: Vec<Vec<&str>> = name.split([',', '，', '،']).map(words).collect();
    segments.retain(|segment| !segment.is_empty());
    drop_suffixes(&mut segments);
    match segments.as_slice() {
        [] => PersonName::default(),
        [only] => in_order(only),
        [last, first @ ..] => PersonName::of(without_titles(&first.concat()), without_titles(last)),
    }
}

impl PersonName {
    fn of(first: &[&str], last: &[&str]) -> Self {
        Self { first_name: joined(without_initials(first)), last_name: joined(last.iter().copied()) }
    }
}

fn in_order(all: &[&str]) -> PersonName {
    let words = without_titles(all);
    if let [only] = words {
        let addressed = words.len() < all.len();
        return if addressed { PersonName::of(&[], &[only]) } else { PersonName::of(&[only], &[]) };
    }
    if is_family_first(words) {
        return PersonName::of(&words[1..], &words[..1]);
    }
    let (first, last) = words.split_at(family_name(words));
    PersonName::of(first, last)
}

/// At which of two words or more the family name begins.
fn family_name(words: &[&str]) -> usize {
    let last = words.len() - 1;
    // "van der Berg", "de Vries": a family name alone. But "Van Morrison".
    if words[..last].iter().all(|word| is_particle(word)) && (last > 1 || starts_small(words[0])) {
        return 0;
    }
    let start = (1..last).find(|&at| is_particle(words[at])).unwrap_or(last);
    // "Ramón y Cajal", "García Márquez": what stands before belongs to it, unless it is the first word.
    let doubled = start > 1 && (words[start] == "y" || is_spanish(words[start - 1]));
    if doubled { start - 1 } else { start }
}

fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&&*word.to_lowercase()) || PARTICLES_IN_SMALL_LETTERS.contains(&word)
}

fn is_spanish(word: &str) -> bool {
    let word = word.to_lowercase();
    (word.ends_with("ez") && word.chars().count() > 3) || SPANISH.contains(&&*word)
}

fn starts_small(word: &str) -> bool {
    word.starts_with(char::is_lowercase)
}

/// Chinese, Japanese and Korean names put the family first when they are written in those scripts.
fn is_family_first(words: &[&str]) -> bool {
    let is_han = |c: char| matches!(c, '\u{3005}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    let is_eastern = |c: char| is_han(c) || matches!(c, '\u{ac00}'..='\u{d7a3}');
    let is_kana = |c: char| matches!(c, '\u{3040}'..='\u{30ff}');
    words[0].chars().all(is_eastern) && words.iter().all(|word| word.chars().all(|c| is_eastern(c) || is_kana(c)))
}

fn without_titles<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    let is_title = |word: &str| TITLES.contains(&&*bare(word).to_lowercase());
    let joins = |word: &str| matches!(word, "&" | "and" | "und" | "et" | "y");
    let count = words.iter().enumerate().take_while(|(at, word)| is_title(word) || *at > 0 && joins(word)).count();
    if count < words.len() { &words[count..] } else { words }
}

fn drop_suffixes(segments: &mut Vec<Vec<&str>>) {
    let is_suffix = |word: &&str| {
        let bare = bare(word);
        SUFFIXES.contains(&&*bare.to_lowercase()) || SUFFIXES_IN_CAPITALS.contains(&&*bare)
    };
    let mut kept = segments.clone();
    for segment in &mut kept {
        let length = segment.iter().rposition(|word| !is_suffix(word)).map_or(0, |last| last + 1);
        segment.truncate(length);
    }
    kept.retain(|segment| !segment.is_empty());
    if !kept.is_empty() {
        *segments = kept;
    }
}

/// "Jane Q." is Jane, but "J. R. R." is whole.
fn without_initials<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let is_initial = |word: &str| bare(word).chars().count() == 1 && word.starts_with(char::is_uppercase);
    let in_full = words.first().is_some_and(|first| !is_initial(first));
    words.iter().copied().filter(move |word| !(in_full && is_initial(word)))
}

fn bare(word: &str) -> String {
    word.replace('.', "")
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let text = words.collect::<Vec<_>>().join(" ");
    let text: String = text.chars().take(MAX_NAME).collect();
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// The visible words. Those without a letter or digit, such as an emoji, count only where there are no others.
fn words(text: &str) -> Vec<&str> {
    let visible = text.split(is_gap).map(|word| word.trim_matches(is_joiner)).filter(|word| !word.is_empty());
    let has_meaning = |word: &&str| *word == "&" || word.contains(char::is_alphanumeric);
    let (meaning, decoration): (Vec<&str>, Vec<&str>) = visible.partition(has_meaning);
    if meaning.is_empty() { decoration } else { meaning }
}

/// Blanks, and characters that show nothing: controls, zero-width spaces, marks of direction, fillers.
fn is_gap(c: char) -> bool {
    let is_mark = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    let is_filler = matches!(c, '\u{200b}' | '\u{2800}' | '\u{3164}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || is_mark || is_filler
}

/// Characters that show nothing but shape the letters on either side: soft hyphens, joiners.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200c}' | '\u{200d}')
}

/// Without what stands in brackets: pronouns, companies.
fn without_brackets(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('(')
        && let Some((_, after)) = after.split_once(')')
    {
        kept.extend([before, " "]);
        rest = after;
    }
    kept + rest
}

#[cfg(test)]
mod tests;
