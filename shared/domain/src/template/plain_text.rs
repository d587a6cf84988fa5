//! The plain text of an HTML document, and what tells the two apart.

use html5gum::emitters::callback::CallbackEvent;

use super::Piece;
use super::html::{self, Marks};

/// Elements that people write in a message, and hardly anybody between angle brackets in a text.
const WRITTEN: [&str; 26] = [
    "html",
    "head",
    "body",
    "title",
    "style",
    "p",
    "div",
    "span",
    "a",
    "b",
    "i",
    "u",
    "strong",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "table",
    "td",
    "font",
    "center",
    "blockquote",
];
/// Those that no tag closes, or none needs to.
const VOID: [&str; 4] = ["br", "hr", "img", "p"];
/// Attributes that nothing but HTML has.
const HTML_ONLY: [&str; 4] = ["href", "src", "style", "class"];

/// Whether `text` is meant as HTML: it declares so, has a tag that is closed or needs not be, or an attribute of HTML.
pub fn looks_like_html(text: &str) -> bool {
    let mut found = false;
    html::read(text, |event| {
        found |= match event {
            CallbackEvent::Doctype { name, .. } => name == b"html",
            CallbackEvent::OpenStartTag { name } => VOID.iter().any(|known| known.as_bytes() == name),
            CallbackEvent::AttributeName { name } => HTML_ONLY.iter().any(|known| known.as_bytes() == name),
            CallbackEvent::EndTag { name } => WRITTEN.iter().any(|known| known.as_bytes() == name),
            _ => false,
        };
    });
    found
}

/// The pieces of the text that says what these say in HTML. Links are followed by their addresses.
pub(super) fn of_html(pieces: &[Piece]) -> Vec<Piece> {
    let marks = Marks::of(pieces);
    let text = nanohtml2text::html2text(&marks.document(pieces)).replace("\r\n", "\n");
    let tokens: Vec<&Piece> = pieces.iter().filter(|piece| matches!(piece, Piece::Token(..))).collect();
    let (mut rest, mut found) = (text.trim(), Vec::new());
    while let Some((before, number, after)) = marks.split(rest) {
        found.push(Piece::Text(before.to_owned()));
        found.extend(tokens.get(number).map(|token| (*token).clone()));
        rest = after;
    }
    found.push(Piece::Text(rest.to_owned()));
    found
}
