//! Cells that a spreadsheet would run as a formula: made harmless on the way out, brought back on the way in.
//!
//! The characters are those of OWASP's page on CSV injection. A cell that begins with one of them, also behind apostrophes,
//! gets one apostrophe in front; taking one away from such a cell therefore always gives the cell as it was.

use std::borrow::Cow;

/// What spreadsheets take for the beginning of a formula, or drop and then look again.
const OPENERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
const APOSTROPHE: char = '\'';

/// The text as it may stand in a cell. Plain numbers (`-3.5`) and phone numbers (`+4930123456`) stay as they are.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    if opens_formula(text) && !is_number(text) {
        Cow::Owned(format!("{APOSTROPHE}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was meant by a cell: `restored(neutralised(text))` is `text`, whatever it is.
pub fn restored(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix(APOSTROPHE) {
        Some(text) if opens_formula(text) => Cow::Borrowed(text),
        _ => Cow::Borrowed(cell),
    }
}

fn opens_formula(text: &str) -> bool {
    text.trim_start_matches(APOSTROPHE).starts_with(OPENERS)
}

/// A sign, digits, and perhaps a fraction; so also a number in E.164's form.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once(['.', ',']).unwrap_or((unsigned, "0"));
    are_digits(whole) && are_digits(fraction)
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for text in [
            "=cmd|' /C calc'!A0",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1",
            "＋a",
            "－a",
            "＠a",
            "-",
            "'=1",
        ] {
            assert_eq!(neutralised(text), format!("'{text}"));
        }
    }

    #[test]
    fn words_and_numbers_stay_as_they_are() {
        for text in ["", "Ada", "a=b", "'", "'n Sync", "-3", "+4930123456", "-3.5", "+3,5", "0", " =1", "O'Brien"] {
            assert_eq!(neutralised(text), text);
            assert_eq!(restored(text), text);
        }
    }

    #[test]
    fn only_one_apostrophe_goes_and_only_before_a_formula() {
        for (cell, text) in
            [("'=1", "=1"), ("''=1", "'=1"), ("'+49 30", "+49 30"), ("'Ada", "'Ada"), ("''", "''"), ("'-3", "-3")]
        {
            assert_eq!(restored(cell), text);
        }
    }

    proptest! {
        #[test]
        fn what_was_made_harmless_comes_back(text in "['=+@＝\t\r\n0-9.a -]{0,8}|\\PC*") {
            let cell = neutralised(&text);
            prop_assert!(!opens_formula(&cell) || cell.starts_with('\'') || is_number(&cell));
            prop_assert_eq!(restored(&cell), &*text);
        }
    }
}
