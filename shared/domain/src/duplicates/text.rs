//! Text in the form in which it is compared: what people write differently without meaning another thing is gone.

use serde_json::Value;

use crate::email::EmailAddress;
use crate::fold::fold;

/// The most characters that are compared: what differs later only is alike, and a long text costs no more than an address.
const LONGEST: usize = 48;
/// Legal forms that a company's name may end in or lack.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "eg",
    "ev",
    "gbr",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "plc",
    "pty",
    "sa",
    "sarl",
    "sas",
    "se",
    "sl",
    "spa",
    "srl",
    "ug",
];

/// Letters and digits only, in lower case and without accents.
pub(super) fn folded(text: &str) -> String {
    fold(text).chars().filter(|each| each.is_alphanumeric()).take(LONGEST).collect()
}

/// A company's name without its legal form.
pub(super) fn company(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect();
    let legal = words.iter().rev().take_while(|word| LEGAL_FORMS.contains(&word.as_str())).count();
    // A company may be called nothing but `SE`.
    let kept = if legal == words.len() { &words[..] } else { &words[..words.len() - legal] };
    folded(&kept.concat())
}

/// The address that mail to `email` ends up at, as far as it is known: without `+tag`, at Gmail without dots.
pub(super) fn inbox(email: &EmailAddress) -> String {
    let (local, domain) = parts(email);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

/// The part before the `@`, without `+tag` and separators.
pub(super) fn local_part(email: &EmailAddress) -> String {
    folded(parts(email).0)
}

fn parts(email: &EmailAddress) -> (&str, &str) {
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or((email.as_str(), ""));
    // An address may begin with the plus sign: then there is no tag.
    let local = local.split_once('+').map_or(local, |(before, _)| if before.is_empty() { local } else { before });
    (local, domain)
}

/// What a custom field holds, if it can be compared: lists and truth values say next to nothing of who somebody is.
pub(super) fn custom(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => folded(text),
        Value::Number(number) => folded(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_matter() {
        for (one, other) in [("José", "jose"), ("O'Brien", "OBRIEN"), ("Straße 5", "strasse 5"), ("Łódź", "Lodz")]
        {
            assert_eq!(folded(one), folded(other), "{one}");
        }
    }

    #[test]
    fn a_company_is_known_without_its_legal_form() {
        for (one, other) in
            [("Acme Inc.", "ACME"), ("Müller GmbH & Co. KG", "Muller"), ("Globex, Ltd", "Globex"), ("SE", "se")]
        {
            assert_eq!(company(one), company(other), "{one}");
        }
        assert_ne!(company("Acme Holding"), company("Acme"));
    }

    #[test]
    fn tags_and_the_dots_of_gmail_lead_to_the_same_inbox() {
        let inbox = |text: &str| inbox(&EmailAddress::parse(text).unwrap());
        assert_eq!(inbox("ada.king+news@gmail.com"), inbox("AdaKing@googlemail.com"));
        assert_eq!(inbox("ada+news@example.com"), inbox("ada@example.com"));
        assert_ne!(inbox("ada.king@example.com"), inbox("adaking@example.com"));
        assert_ne!(inbox("+1@example.com"), inbox("+2@example.com"));
    }
}
