//! Free text: words that are looked for in a contact's names, e-mail address and employer's name.

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::email::EmailAddress;
use crate::fold::fold;

/// From so many letters on a word may have one typing error.
const ONE_ERROR: usize = 5;
/// From so many on, two.
const TWO_ERRORS: usize = 9;

/// Folded words, all of which must be found; none demand nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// The words. Each is found where it is a part of the given or family name, the e-mail address or the employer's name.
    pub words: Vec<String>,
    /// Whether a word may also be found with typing errors: at the beginning of a word of the names or of the employer's
    /// name. From 5 letters on it may differ in one place, from 9 on in two; a place is a letter too many, missing or
    /// wrong, or two letters in the wrong order (optimal string alignment).
    pub typos: bool,
}

impl Words {
    /// The words of a text.
    pub fn parse(text: &str) -> Self {
        Self { words: fold(text).split_whitespace().map(str::to_owned).collect(), typos: false }
    }

    /// The same words, with typing errors allowed.
    pub fn with_typos(self) -> Self {
        Self { typos: true, ..self }
    }

    /// How many typing errors a word may have.
    pub fn errors_allowed(word: &str) -> usize {
        match word.chars().count() {
            ..ONE_ERROR => 0,
            ONE_ERROR..TWO_ERRORS => 1,
            TWO_ERRORS.. => 2,
        }
    }

    /// The words of a folded text, as typing errors are looked for in them: what stands between other signs than letters
    /// and digits.
    pub fn of_text(folded: &str) -> impl Iterator<Item = &str> {
        folded.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty())
    }

    /// Whether all of them are found.
    pub fn are_in(&self, profile: &Profile) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let folded = |text: &Option<String>| text.as_deref().map(fold).unwrap_or_default();
        let names = [folded(&profile.first_name), folded(&profile.last_name), folded(&profile.company)];
        let email = profile.email.as_ref().map_or("", EmailAddress::as_str);
        self.words.iter().all(|word| {
            email.contains(word.as_str())
                || names.iter().any(|name| name.contains(word.as_str()) || (self.typos && begins_like(name, word)))
        })
    }
}

/// Whether a word of the text begins like `word`, but for the typing errors that it may have.
fn begins_like(text: &str, word: &str) -> bool {
    let allowed = Words::errors_allowed(word);
    let length = word.chars().count();
    allowed > 0
        && Words::of_text(text).any(|other| {
            let letters: Vec<char> = other.chars().collect();
            let longest = letters.len().min(length + allowed);
            (length.saturating_sub(allowed)..=longest)
                .any(|end| strsim::osa_distance(word, &letters[..end].iter().collect::<String>()) <= allowed)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_words_may_have_more_typing_errors() {
        for (text, word, meant) in [
            ("smith", "smoth", true),
            ("smith", "smtih", true),
            ("smithson", "smiht", true),
            ("smith", "smit", true),
            ("king", "kong", false),
            ("acme corporation", "corpporatoin", true),
            ("acme corporation", "korporazion", true),
            ("acme corporation", "corporal", true),
            ("acme corporation", "kooporazion", false),
            ("schmidt", "smith", false),
            ("blacksmith", "smoth", false),
        ] {
            let profile = Profile { company: Some(text.to_owned()), ..Profile::default() };
            let words = Words::parse(word).with_typos();
            assert_eq!(words.are_in(&profile), meant, "{word} in {text}");
        }
    }

    #[test]
    fn without_typing_errors_a_word_is_a_part() {
        let profile = Profile { last_name: Some("Blacksmith".to_owned()), ..Profile::default() };
        assert!(Words::parse("SMITH").are_in(&profile));
        assert!(!Words::parse("smoth").are_in(&profile));
        assert!(!Words::parse("smith black white").are_in(&profile));
    }
}
