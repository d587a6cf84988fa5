//! Message templates: text with tokens such as `{{first_name}}` or `{{first_name|there}}`.
//!
//! A template is parsed once, for the form that its text has, and rendered for each contact. In HTML a value is escaped for
//! the place where its token stands, so that no value of a contact's can become markup.

mod html;
mod place;
mod plain_text;
mod token;
mod url;

use crate::contact::Contact;
use crate::{Fault, FaultCode};

use place::Place;
use token::Token;

pub use plain_text::looks_like_html;
pub use token::Known;

/// A template that parsed: it can be rendered for any contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
    form: Form,
}

/// What kind of text a template becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Line,
    Html,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Token(Token, Place),
}

/// A token for which a contact has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing<'a> {
    /// What it names, e.g. `company` or `custom_fields.plan`.
    pub name: String,
    /// What stands in its place; empty if the template says nothing.
    pub default: &'a str,
}

impl Template {
    /// Reads the template of a plain text that `field` holds.
    ///
    /// # Errors
    /// A fault of `field` when a token is unknown, or `{{` is never closed.
    pub fn parse(field: &str, text: &str) -> Result<Self, Fault> {
        Ok(Self { pieces: pieces(field, text)?, form: Form::Text })
    }

    /// Reads the template of a single line, such as a subject: what breaks lines in a value becomes a space.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn line(field: &str, text: &str) -> Result<Self, Fault> {
        Ok(Self { pieces: pieces(field, text)?, form: Form::Line })
    }

    /// Reads the template of an HTML document or part of one.
    ///
    /// # Errors
    /// As [`Template::parse`], and when a token stands where no escaping makes every value safe: in the name of a tag or an
    /// attribute, in an attribute without quotes, in a comment, a script or a style.
    pub fn html(field: &str, text: &str) -> Result<Self, Fault> {
        let pieces = html::placed(field, pieces(field, text)?)?;
        Ok(Self { pieces, form: Form::Html })
    }

    /// The template of the plain text that says what this one says in HTML; of a plain text, itself.
    #[must_use]
    pub fn plain_text(&self) -> Self {
        match self.form {
            Form::Text | Form::Line => self.clone(),
            Form::Html => Self { pieces: plain_text::of_html(&self.pieces), form: Form::Text },
        }
    }

    /// The text for `contact`; a token without a value becomes its default, or nothing.
    pub fn render(&self, contact: &Contact) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Token(token, place) => {
                    let value = token.value(contact);
                    place.push(&mut text, value.as_deref().unwrap_or(&token.default), self.form == Form::Html);
                }
            }
        }
        if self.form == Form::Line { one_line(&text) } else { text }
    }

    /// The tokens for which `contact` has no value, each once.
    pub fn missing(&self, contact: &Contact) -> Vec<Missing<'_>> {
        let mut missing = Vec::new();
        for piece in &self.pieces {
            let Piece::Token(token, _) = piece else { continue };
            let found = Missing { name: token.name.to_string(), default: &token.default };
            if token.value(contact).is_none() && !missing.contains(&found) {
                missing.push(found);
            }
        }
        missing
    }
}

fn pieces(field: &str, text: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            return Err(Fault::new(field, FaultCode::Invalid, "has a {{ without its }}"));
        };
        pieces.push(Piece::Text(rest[..start].to_owned()));
        pieces.push(Piece::Token(Token::parse(field, &rest[start + 2..start + length])?, Place::Text));
        rest = &rest[start + length + 2..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// A value of a contact's must not begin another header.
fn one_line(text: &str) -> String {
    let breaks = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.replace("\r\n", " ").replace(breaks, " ")
}

#[cfg(test)]
mod tests;
