//! Where the tokens of an HTML template stand, as a browser would read it.
//!
//! Each token gives way to a mark, and the document is read by a tokenizer after the WHATWG's rules: where a mark comes out
//! whole, there its token stands. A mark begins with a letter and holds a blank, so that it falls apart wherever a value
//! could begin or end something.

use std::convert::Infallible;

use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use sha2::{Digest, Sha256};

use super::place::Place;
use super::{Piece, url};
use crate::{Fault, FaultCode};

/// Elements whose attributes do more than say or show something.
const ACTIVE: [&str; 14] = [
    "script",
    "style",
    "meta",
    "base",
    "link",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "set",
    "animate",
    "animatemotion",
    "animatetransform",
];
/// Elements whose content is not read as text.
const RAW: [&str; 7] = ["script", "style", "iframe", "xmp", "noembed", "noscript", "plaintext"];
/// Elements whose content is text, whatever stands in it.
const TEXT_ONLY: [&str; 2] = ["title", "textarea"];
/// Attributes that hold an address.
const ADDRESSES: [&str; 12] = [
    "href",
    "src",
    "action",
    "formaction",
    "cite",
    "background",
    "poster",
    "longdesc",
    "data",
    "xlink:href",
    "ping",
    "lowsrc",
];
/// Attributes that hold a language of their own.
const LANGUAGES: [&str; 5] = ["style", "srcdoc", "srcset", "imagesrcset", "http-equiv"];

/// The pieces, each token in its place.
///
/// # Errors
/// A fault of `field` for the first token that stands where it must not.
pub(super) fn placed(field: &str, pieces: Vec<Piece>) -> Result<Vec<Piece>, Fault> {
    let marks = Marks::of(&pieces);
    let mut survey = Survey::new(&marks, &pieces);
    read(&marks.document(&pieces), |event| survey.note(event));
    if survey.has_cdata && !survey.places.is_empty() {
        return Err(Fault::new(
            field,
            FaultCode::NotAllowed,
            "has tokens beside a CDATA section, where no value is safe",
        ));
    }
    let mut places = survey.places.into_iter();
    let mut number = 0;
    let mut place = |piece| match piece {
        Piece::Text(text) => Ok(Piece::Text(text)),
        Piece::Token(token, _) => {
            number += 1;
            let place = places.next().flatten().unwrap_or(Err("in a tag that is never closed"));
            let reason = |place| format!("has a token (number {number}) {place}, where no value is safe");
            Ok(Piece::Token(token, place.map_err(|place| Fault::new(field, FaultCode::NotAllowed, reason(place)))?))
        }
    };
    pieces.into_iter().map(&mut place).collect()
}

/// Reads a document, from its beginning to its end.
pub(super) fn read(document: &str, mut note: impl FnMut(CallbackEvent<'_>)) {
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| {
        note(event);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(document, emitter).finish();
}

/// Words that stand for the tokens. They are drawn from the text itself, so that none can hold them, however it writes its
/// letters; and none begins as it ends, so that two never overlap.
pub(super) struct Marks(String);

impl Marks {
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let mut hash = Sha256::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => hash.update(text),
                Piece::Token(..) => hash.update("{{}}"),
            }
        }
        let letters = hash.finalize().into_iter().take(12).map(|byte| char::from(b'a' + byte % 16));
        Self(['q'].into_iter().chain(letters).chain(['z']).collect())
    }

    /// The text, with marks in the places of tokens.
    pub(super) fn document(&self, pieces: &[Piece]) -> String {
        let (mut document, mut number) = (String::new(), 0);
        for piece in pieces {
            match piece {
                Piece::Text(text) => document.push_str(text),
                Piece::Token(..) => {
                    document.push_str(&self.mark(number));
                    number += 1;
                }
            }
        }
        document
    }

    fn mark(&self, number: usize) -> String {
        format!("{0}{number} {0}", self.0)
    }

    /// What stands before the first whole mark, its number, and what comes after it.
    pub(super) fn split<'a>(&self, text: &'a str) -> Option<(&'a str, usize, &'a str)> {
        text.match_indices(&self.0).find_map(|(start, word)| {
            let inside = &text[start + word.len()..];
            let (number, after) = inside.split_once(' ')?;
            Some((&text[..start], number.parse().ok()?, after.strip_prefix(&self.0)?))
        })
    }

    /// The number of a mark of which only the beginning is there.
    fn broken(&self, text: &str) -> Option<usize> {
        let (_, after) = text.split_once(&self.0)?;
        let digits = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
        after[..digits].parse().ok()
    }
}

/// Where the tokens were found, or why they must not stand there.
struct Survey<'a> {
    marks: &'a Marks,
    places: Vec<Option<Result<Place, &'static str>>>,
    /// The element whose tag is being read.
    tag: Option<String>,
    attribute: String,
    /// The element whose content is not markup.
    content_of: Option<String>,
    /// Whether there is a section that one reader takes for text and another for a comment.
    has_cdata: bool,
}

impl<'a> Survey<'a> {
    fn new(marks: &'a Marks, pieces: &[Piece]) -> Self {
        let tokens = pieces.iter().filter(|piece| matches!(piece, Piece::Token(..))).count();
        Self {
            marks,
            places: vec![None; tokens],
            tag: None,
            attribute: String::new(),
            content_of: None,
            has_cdata: false,
        }
    }

    fn note(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.refuse(&name, "in the name of a tag");
                self.tag = Some(name);
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = String::from_utf8_lossy(name).into_owned();
                self.refuse(&self.attribute.clone(), "in the name of an attribute");
            }
            CallbackEvent::AttributeValue { value } => self.value(&String::from_utf8_lossy(value)),
            CallbackEvent::CloseStartTag { .. } => self.content_of = self.tag.take(),
            CallbackEvent::EndTag { name } => {
                self.refuse(&String::from_utf8_lossy(name), "in the name of a tag");
                self.content_of = None;
            }
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { value } => {
                self.refuse(&String::from_utf8_lossy(value), "in a comment");
                self.has_cdata |= value.starts_with(b"[CDATA[");
            }
            CallbackEvent::Doctype { name, .. } => self.refuse(&String::from_utf8_lossy(name), "in a doctype"),
            CallbackEvent::Error(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        let content_of = self.content_of.as_deref().unwrap_or_default();
        if RAW.contains(&content_of) {
            return self.refuse(text, "in a script, a style or another element that is not read as text");
        }
        // What one reader takes for text here, another may take for a tag.
        if TEXT_ONLY.contains(&content_of) && text.contains('<') {
            return self.refuse(text, "beside a tag in a title or a text area");
        }
        self.find(text, |_, _| Ok(Place::Text));
    }

    fn value(&mut self, value: &str) {
        let attribute = std::mem::take(&mut self.attribute);
        match self.tag.as_deref() {
            None => self.refuse(value, "in a closing tag"),
            Some(tag) if ACTIVE.contains(&tag) => self.refuse(value, "in an attribute of an active element"),
            Some(_) if attribute.starts_with("on") => self.refuse(value, "in the handler of an event"),
            Some(_) if LANGUAGES.contains(&attribute.as_str()) => {
                self.refuse(value, "in an attribute with a style, a document or a list of addresses")
            }
            Some(_) if ADDRESSES.contains(&attribute.as_str()) => self.find(value, |before, after| {
                let place = url::place(before, after).map(Place::Url);
                place.ok_or("at the beginning of an address, or at the end of a host's name")
            }),
            Some(_) => self.find(value, |_, _| Ok(Place::Text)),
        }
    }

    /// Takes down each whole mark in `text`, by what is before and after it. A broken one is in an attribute that ends at
    /// the first blank.
    fn find(&mut self, text: &str, place: impl Fn(&str, &str) -> Result<Place, &'static str>) {
        let mut from = 0;
        while let Some((before, number, after)) = self.marks.split(&text[from..]) {
            let before = &text[..from + before.len()];
            self.put(number, place(before, after));
            from = text.len() - after.len();
        }
        self.refuse_broken(&text[from..], "in an attribute without quotes");
    }

    /// Every mark in `text`, whole or broken, stands where it must not.
    fn refuse(&mut self, text: &str, reason: &'static str) {
        let mut rest = text;
        while let Some((_, number, after)) = self.marks.split(rest) {
            self.put(number, Err(reason));
            rest = after;
        }
        self.refuse_broken(rest, reason);
    }

    fn refuse_broken(&mut self, text: &str, reason: &'static str) {
        if let Some(number) = self.marks.broken(text) {
            self.put(number, Err(reason));
        }
    }

    fn put(&mut self, number: usize, place: Result<Place, &'static str>) {
        if let Some(slot) = self.places.get_mut(number) {
            *slot = Some(place);
        }
    }
}
