//! No value leaves its place, and no text makes a parser panic.

use html5gum::{Token as HtmlToken, Tokenizer};
use proptest::prelude::*;

use super::*;

/// The document as a reader sees it, without what tells of values: tags, the names of attributes, and comments.
fn structure(document: &str) -> Vec<String> {
    let mut emitter = html5gum::DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let tokens = Tokenizer::new_with_emitter(document, emitter).filter_map(|token| match token.unwrap() {
        HtmlToken::StartTag(tag) => {
            let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
            Some(format!("<{} {:?}>", name(&tag.name), tag.attributes.keys().map(|key| name(key)).collect::<Vec<_>>()))
        }
        HtmlToken::EndTag(tag) => Some(format!("</{}>", String::from_utf8_lossy(&tag.name))),
        HtmlToken::Comment(comment) => Some(format!("<!--{}", String::from_utf8_lossy(&comment))),
        HtmlToken::Doctype(_) => Some("<!doctype".to_owned()),
        HtmlToken::String(_) | HtmlToken::Error(_) => None,
    });
    tokens.collect()
}

/// Documents, sound and broken, with tokens in all sorts of places.
fn documents() -> impl Strategy<Value = String> {
    let sound = prop::sample::select(vec![
        "<p title=\"{{first_name}}\">",
        "<p title='{{first_name}}' class=\"b\">{{custom_fields.v}}</p>",
        "<a href=\"https://x.example/?c={{first_name}}&amp;d=1\" id='{{custom_fields.v}}'>",
        "<a href='{{first_name}}'>",
        "<img alt=\"a {{first_name}} b\" src='/{{first_name}}.png'/>",
        "<title>{{first_name}}</title>",
        "<textarea>{{custom_fields.v}}</textarea",
        "{{first_name|x\"'<>&}}",
    ]);
    let atom = prop::sample::select(vec![
        "{{first_name}}",
        "{{first_name}}",
        "{{first_name}}",
        "<p>",
        "</p>",
        "<a href=\"",
        "<a href='/",
        "<a href=x",
        "\">",
        "'>",
        ">",
        "<",
        "</",
        "\"",
        "'",
        " title=\"",
        " title='",
        " title=",
        " ",
        "<title>",
        "</title>",
        "</title",
        "<textarea>",
        "</textarea",
        "<style>",
        "</style",
        "<script>",
        "</script",
        "<!--",
        "-->",
        "<!",
        "--",
        "&",
        "&#",
        ";",
        "text",
        "/",
        "<svg>",
        "<svg/>",
        "<![CDATA[",
        "]]>",
        " onclick=\"",
        " style='",
        "<!doctype html>",
        "javascript:",
        "https://",
        ":",
        "#",
    ]);
    prop::collection::vec(prop_oneof![sound, atom.clone(), atom], 1..8).prop_map(|pieces| pieces.concat())
}

/// Values of contacts, harmless and not.
fn values() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "'",
        "<",
        ">",
        "&",
        "&quot;",
        "&#34;",
        "`",
        "=",
        " ",
        "\n",
        "\t",
        "\0",
        "/",
        "-->",
        "--",
        "--!>",
        "]]>",
        "</title>",
        "</script>",
        "</style>",
        "<script>alert(1)</script>",
        " onclick=alert(1) ",
        "javascript:",
        ":",
        "a",
        "https://",
        "\u{2028}",
        "\\",
        "?",
        "#",
        "%",
        "é",
    ]);
    prop::collection::vec(nasty, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_value_leaves_its_place(document in documents(), value in values()) {
        let Ok(template) = Template::html("content", &document) else { return Ok(()) };
        let harmless = structure(&template.render(&named("Ada")));
        prop_assert_eq!(structure(&template.render(&named(&value))), harmless, "{}", document);
    }

    #[test]
    fn no_value_makes_a_link_that_runs_something(value in ".{0,20}|(java|vb)?[\u{0}-\u{20}]{0,2}(script|data):.{0,5}") {
        for template in ["<a href=\"{{first_name}}\">", "<a href=\" {{first_name}} \">", "<a href=\"/{{first_name}}\">"] {
            let document = html(template, &named(&value)).unwrap();
            for token in Tokenizer::new(&document).flatten() {
                let HtmlToken::StartTag(tag) = token else { continue };
                let link = String::from_utf8_lossy(&tag.attributes[b"href".as_slice()]).trim().to_lowercase();
                let allowed = ["http:", "https:", "mailto:", "tel:", "#", "/"];
                prop_assert!(allowed.iter().any(|start| link.starts_with(start)), "{}", link);
            }
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "[{}|a-z_. <>/=\"'!-]{0,40}|.{0,40}", document in documents()) {
        for text in [text, document] {
            let _ = rendered(&text);
            let _ = looks_like_html(&text);
            if let Ok(template) = Template::html("content", &text) {
                let _ = template.plain_text().render(&ada());
            }
        }
    }

    #[test]
    fn a_text_without_tokens_stays_as_it_is(text in "[^{]{0,60}", line in "[^{\\p{C}\u{2028}\u{2029}]{0,60}") {
        prop_assert_eq!(Template::parse("content", &text).unwrap().render(&ada()), text.clone());
        prop_assert_eq!(Template::html("content", &text).unwrap().render(&ada()), text);
        prop_assert_eq!(Template::line("subject", &line).unwrap().render(&ada()), line);
    }

    #[test]
    fn a_subject_never_becomes_two_lines(value in ".{0,20}|[\r\n\u{2028}a]{0,10}") {
        let line = Template::line("subject", "{{first_name}} x").unwrap().render(&named(&value));
        let breaks = |character: char| character.is_control() || ['\u{2028}', '\u{2029}'].contains(&character);
        prop_assert!(!line.contains(breaks), "{}", line);
    }
}
