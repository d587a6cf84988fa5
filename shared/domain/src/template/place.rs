//! Where a token stands, and how a value is written there.

use super::url::{self, UrlPlace};

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In text, or in an attribute that is shown as text.
    Text,
    /// In the address of a link or a picture.
    Url(UrlPlace),
}

impl Place {
    /// Writes `value` so that it stays in its place; `html` says whether it is read as HTML.
    pub(super) fn push(self, text: &mut String, value: &str, html: bool) {
        match (self, html) {
            (Self::Text, true) => push_escaped(text, value),
            (Self::Text, false) => text.push_str(value),
            (Self::Url(place), true) => push_escaped(text, &url::encoded(place, value)),
            (Self::Url(place), false) => text.push_str(&url::encoded(place, value)),
        }
    }
}

/// In text and between quotes of either kind, none of these begins or ends anything any more.
fn push_escaped(html: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\0' => {}
            other => html.push(other),
        }
    }
}
