//! Values in the addresses of links and pictures.

use std::fmt::Write as _;

/// The schemes that a link of ours can have: none of them runs anything.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
/// What an address becomes that may not be followed.
const NOWHERE: &str = "#";

/// Where in an address a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlPlace {
    /// It is the whole of it.
    Whole,
    /// It is a part; this character of a value is written as it is, because the scheme needs it.
    Part(Option<char>),
}

/// Where a token stands that has `before` and `after` it in the address; nothing if a value could decide what the address
/// leads to.
pub(super) fn place(before: &str, after: &str) -> Option<UrlPlace> {
    // What a browser leaves out before it reads an address.
    let skipped = |character: char| character.is_control() || character == ' ';
    let before = before.replace(skipped, "");
    if before.is_empty() && after.chars().all(skipped) {
        return Some(UrlPlace::Whole);
    }
    let settled = before.find([':', '/', '?', '#'])?;
    let (scheme, rest) = before.split_at(settled);
    let Some(rest) = rest.strip_prefix(':') else { return Some(UrlPlace::Part(None)) };
    let scheme = SCHEMES.into_iter().find(|known| known.eq_ignore_ascii_case(scheme))?;
    match scheme {
        "mailto" => Some(UrlPlace::Part(Some('@').filter(|_| !rest.contains('?')))),
        "tel" => Some(UrlPlace::Part(Some('+'))),
        _ => Some(UrlPlace::Part(None)).filter(|_| !extends_host(rest)),
    }
}

/// Whether what follows would be the end of a host's name that is there already.
fn extends_host(rest: &str) -> bool {
    let host = rest.trim_start_matches(['/', '\\']);
    !host.is_empty() && !host.contains(['/', '\\', '?', '#'])
}

/// The value, as it can stand at `place`.
pub(super) fn encoded(place: UrlPlace, value: &str) -> String {
    match place {
        UrlPlace::Whole => whole(value.trim()).unwrap_or_else(|| NOWHERE.to_owned()),
        UrlPlace::Part(kept) => percent_encoded(value, |byte| {
            byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept == Some(char::from(byte))
        }),
    }
}

/// An address that leads where people may be led; what it cannot hold is percent-encoded.
fn whole(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(':')?;
    let allowed = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    if !allowed || rest.is_empty() || value.contains(char::is_control) {
        return None;
    }
    Some(percent_encoded(value, |byte| byte.is_ascii_graphic() && !b"\"<>`{|}^\\".contains(&byte)))
}

fn percent_encoded(value: &str, kept: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            byte if kept(byte) => encoded.push(char::from(byte)),
            byte => write!(encoded, "%{byte:02X}").unwrap_or_default(),
        }
    }
    encoded
}
