//! Cells: what stands in one, as it is read and written.

use std::borrow::Cow;
use std::str::FromStr;

use crate::contact::{LifecycleStage, OptInStatus};
use crate::phone::Country;
use crate::time::{NotATime, TimeFilter};
use crate::{Fault, Timestamp};

/// What stands between the tags of a cell.
const SEPARATORS: [char; 2] = [',', ';'];
/// What stands between the values of a cell in Google's files.
const BETWEEN_VALUES: &str = ":::";
/// The most bookings that a file can give to a contact: what is added later is still counted.
const MAX_BOOKINGS: u64 = 1_000_000_000;

/// Tags as the cell of a file: with commas between, and in quotation marks those that hold a separator or such a mark.
/// [`tags_of_cell`] gives the same tags back.
pub fn tags_cell<T: AsRef<str>>(tags: &[T]) -> String {
    let mut cell = String::new();
    for tag in tags.iter().map(AsRef::as_ref) {
        if !cell.is_empty() {
            cell.push_str(", ");
        }
        if tag.contains(SEPARATORS) || tag.contains('"') {
            cell.extend(["\"", &tag.replace('"', "\"\""), "\""]);
        } else {
            cell.push_str(tag);
        }
    }
    cell
}

/// The tags of a cell: a record of its own, with commas or semicolons between the tags, and quotation marks around those
/// that hold one. Blank ones are left out.
pub fn tags_of_cell(cell: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        loop {
            let (tag, behind) = next_tag(rest?);
            rest = behind;
            if !tag.trim().is_empty() {
                return Some(tag);
            }
        }
    })
}

/// The first tag, and what is behind its separator.
fn next_tag(cell: &str) -> (Cow<'_, str>, Option<&str>) {
    let quoted = cell.trim_start().strip_prefix('"').and_then(until_quote);
    let (quoted, rest) = quoted.map_or((None, cell), |(tag, rest)| (Some(tag), rest));
    let (plain, behind) = rest.split_once(SEPARATORS).map_or((rest, None), |(plain, behind)| (plain, Some(behind)));
    let tag = match quoted {
        Some(quoted) if plain.trim().is_empty() => quoted,
        Some(quoted) => Cow::Owned(format!("{quoted}{plain}")),
        None => Cow::Borrowed(plain),
    };
    (trimmed(tag), behind)
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// What stands before the quotation mark that ends it, and what stands behind; nothing if none does.
fn until_quote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('"')?;
        if !text[at + 1..].starts_with('"') {
            let inner = &text[..at];
            let tag = if from == 0 { Cow::Borrowed(inner) } else { Cow::Owned(inner.replace("\"\"", "\"")) };
            return Some((tag, &text[at + 1..]));
        }
        from = at + 2;
    }
}

/// The labels of Google's `Family ::: * myContacts`, without those that Google gives by itself.
pub(super) fn labels(cell: &str) -> impl Iterator<Item = &str> {
    values(cell).filter(|label| !label.starts_with('*'))
}

/// The values of a cell that holds several in Google's way.
pub(super) fn values(cell: &str) -> impl Iterator<Item = &str> + Clone {
    cell.split(BETWEEN_VALUES).map(str::trim).filter(|value| !value.is_empty())
}

/// The first value of a cell that is valid; what is wrong with the first if none is.
pub(super) fn first_valid<T>(cell: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    if !(cell.contains(':') && cell.contains(BETWEEN_VALUES)) {
        return parse(cell);
    }
    let found = values(cell).find_map(|value| parse(value).ok());
    found.map_or_else(|| parse(values(cell).next().unwrap_or(cell)), Ok)
}

/// Yes or no, in the usual spellings.
pub(super) fn yes_or_no(cell: &str) -> Result<bool, String> {
    const YES: [&str; 14] =
        ["true", "yes", "y", "1", "x", "on", "t", "ja", "wahr", "oui", "vrai", "si", "sí", "verdadero"];
    const NO: [&str; 12] = ["false", "no", "n", "0", "off", "f", "nein", "falsch", "non", "faux", "falso", "-"];
    let cell = cell.to_lowercase();
    match (YES.contains(&&*cell), NO.contains(&&*cell)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err("must be yes or no".to_owned()),
    }
}

/// Whether a cell that tells of a moment, or of yes or no, tells that it was so.
pub(super) fn is_so(cell: &str) -> bool {
    yes_or_no(cell).unwrap_or(true)
}

/// The stage that a cell names, in our words or in HubSpot's. Nothing if it is another one than all that have a name.
pub(super) fn lifecycle_stage(field: &str, cell: &str) -> Result<Option<LifecycleStage>, Fault> {
    let stage = match &*word(cell) {
        "marketing_qualified_lead" | "marketingqualifiedlead" => LifecycleStage::Mql,
        "sales_qualified_lead" | "salesqualifiedlead" => LifecycleStage::Sql,
        "subscriber" => LifecycleStage::Lead,
        "evangelist" => LifecycleStage::Customer,
        "other" => return Ok(None),
        word => LifecycleStage::parse(field, word)?,
    };
    Ok(Some(stage))
}

/// The consent that a cell tells of.
pub(super) fn opt_in_status(field: &str, cell: &str) -> Result<OptInStatus, Fault> {
    match &*word(cell) {
        "optedin" | "opt_in" | "subscribed" => Ok(OptInStatus::OptedIn),
        "optedout" | "opt_out" | "unsubscribed" => Ok(OptInStatus::OptedOut),
        word => OptInStatus::parse(field, word),
    }
}

/// A cell as a word of the contract is written.
fn word(cell: &str) -> Cow<'_, str> {
    if cell.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return cell.into();
    }
    cell.to_lowercase().replace([' ', '-'], "_").into()
}

/// A number of bookings.
pub(super) fn bookings(cell: &str) -> Result<u64, String> {
    let number = cell.parse().ok().filter(|number| *number <= MAX_BOOKINGS);
    number.ok_or_else(|| format!("must be a whole number from 0 to {MAX_BOOKINGS}"))
}

/// A moment, or the beginning of a day.
pub(super) fn moment(cell: &str) -> Result<Timestamp, String> {
    cell.parse().map(TimeFilter::start).map_err(|error: NotATime| error.to_string())
}

/// The country that a cell names, by an ISO 3166-1 code or its English name.
pub(super) fn country(cell: &str) -> Option<Country> {
    cell.parse().ok().or_else(|| {
        let name = cell.replace([' ', '.', '-', ','], "");
        celes::Country::from_str(&name).ok()?.alpha2.parse().ok()
    })
}
