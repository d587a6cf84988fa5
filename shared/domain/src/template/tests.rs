//! What templates become, and which are refused.

mod safety;

use serde_json::Value;

use super::*;
use crate::Timestamp;
use crate::access::Actor;
use crate::contact::Profile;
use crate::id::{ContactId, Id};

fn contact(profile: Profile) -> Contact {
    Contact::new(ContactId::derived(Timestamp::default(), &[]), profile, Actor::Operator, Timestamp::default())
}

fn ada() -> Contact {
    let custom =
        [("plan", Value::from(7)), ("rate", Value::from(7.0)), ("site", Value::from("https://a.example/?q=a b"))];
    let mut ada = contact(Profile {
        first_name: Some("Ada".into()),
        company: Some("Fish & <Chips> \"Ltd\"".into()),
        custom_fields: custom.map(|(key, value)| (key.to_owned(), value)).into(),
        ..Profile::default()
    });
    ada.figures.score = Some(75.0);
    ada
}

fn named(value: &str) -> Contact {
    let custom_fields = [("v".to_owned(), Value::from(value))].into();
    contact(Profile { first_name: Some(value.into()), custom_fields, ..Profile::default() })
}

fn rendered(text: &str) -> Option<String> {
    Template::parse("content", text).ok().map(|template| template.render(&ada()))
}

fn html(text: &str, contact: &Contact) -> Result<String, String> {
    Template::html("content", text).map(|template| template.render(contact)).map_err(|fault| fault.reason)
}

#[test]
fn tokens_become_values_and_defaults() {
    for (template, text) in [
        ("Hi {{first_name}}!", "Hi Ada!"),
        ("Hi {{ first_name | there }}!", "Hi Ada!"),
        ("{{last_name|friend}} of {{email|your address}}", "friend of your address"),
        ("plan {{custom_fields.plan}}{{custom_fields.other}}", "plan 7"),
        ("score {{score}}, rate {{custom_fields.rate}}", "score 75, rate 7"),
        ("no tokens } here {", "no tokens } here {"),
        ("{{company}}", "Fish & <Chips> \"Ltd\""),
    ] {
        assert_eq!(rendered(template).as_deref(), Some(text), "{template}");
    }
}

#[test]
fn a_template_with_an_unknown_or_open_token_is_refused() {
    for template in ["{{nickname}}", "{{custom_fields.}}", "{{}}", "{{{first_name}}}", "Hi {{first_name"] {
        assert_eq!(rendered(template), None, "{template}");
        assert!(html(template, &ada()).is_err(), "{template}");
    }
}

#[test]
fn a_subject_stays_one_line() {
    let subject = Template::line("subject", "To {{first_name}}!").unwrap();
    assert_eq!(subject.render(&named("Ada\r\nBcc: x\u{2028}\u{85}y")), "To Ada Bcc: x  y!");
}

#[test]
fn what_a_contact_lacks_is_told_once() {
    let template = Template::parse("content", "{{first_name}}{{email|you}}{{email|you}}{{custom_fields.x}}").unwrap();
    let names: Vec<_> = template.missing(&ada()).into_iter().map(|missing| (missing.name, missing.default)).collect();
    assert_eq!(names, [("email".to_owned(), "you"), ("custom_fields.x".to_owned(), "")]);
}

#[test]
fn in_html_a_value_is_escaped_for_its_place() {
    let escaped = "Fish &amp; &lt;Chips&gt; &quot;Ltd&quot;";
    for (template, text) in [
        ("<p>{{company}}</p>", format!("<p>{escaped}</p>")),
        ("<p title='{{company}}'>", format!("<p title='{escaped}'>")),
        ("<title>{{company}}</title>", format!("<title>{escaped}</title>")),
        ("<p>{{email|you & me}}", "<p>you &amp; me".to_owned()),
        (
            "<a href=\"https://x.example/?c={{company}}&amp;d=1\">",
            "<a href=\"https://x.example/?c=Fish%20%26%20%3CChips%3E%20%22Ltd%22&amp;d=1\">".to_owned(),
        ),
        ("<a href=\"{{custom_fields.site}}\">", "<a href=\"https://a.example/?q=a%20b\">".to_owned()),
        ("<img src='{{company}}'>", "<img src='#'>".to_owned()),
    ] {
        assert_eq!(html(template, &ada()), Ok(text), "{template}");
    }
}

#[test]
fn only_an_address_that_runs_nothing_can_be_a_whole_link() {
    for (value, link) in [
        ("https://a.example/ü", "https://a.example/%C3%BC"),
        (" HTTP://a.example ", "HTTP://a.example"),
        ("mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x"),
        ("tel:+44 20", "tel:+44%2020"),
        ("javascript:alert(1)", "#"),
        ("JavaScript:alert(1)", "#"),
        ("java\nscript:alert(1)", "#"),
        ("\u{1}javascript:alert(1)", "#"),
        ("data:text/html,x", "#"),
        ("//evil.example", "#"),
        ("www.example.com", "#"),
        ("", "#"),
    ] {
        let expected = format!("<a href=\"{link}\">");
        assert_eq!(html("<a href=\"{{custom_fields.v}}\">", &named(value)), Ok(expected), "{value:?}");
    }
}

#[test]
fn a_part_of_an_address_is_never_more_than_a_part() {
    for (template, value, link) in [
        ("https://x.example/{{first_name}}", "../a?b#c", "https://x.example/..%2Fa%3Fb%23c"),
        ("mailto:{{first_name}}", "a@b.example?bcc=c", "mailto:a@b.example%3Fbcc%3Dc"),
        ("mailto:x@y.example?subject={{first_name}}", "a@b", "mailto:x@y.example?subject=a%40b"),
        ("tel:{{first_name}}", "+44;x", "tel:+44%3Bx"),
        ("/{{first_name}}", "/evil.example", "/%2Fevil.example"),
        ("https://{{first_name}}.example/", "evil.example/", "https://evil.example%2F.example/"),
    ] {
        let (template, expected) = (format!("<a href='{template}'>"), format!("<a href='{link}'>"));
        assert_eq!(html(&template, &named(value)), Ok(expected));
    }
}

#[test]
fn a_token_where_no_escaping_helps_is_refused_with_the_reason() {
    for (template, reason) in [
        ("<{{first_name}}>", "the name of a tag"),
        ("<h{{score}}>", "the name of a tag"),
        ("</{{first_name}}>", "the name of a tag"),
        ("<p {{first_name}}>", "the name of an attribute"),
        ("<p {{first_name}}=\"x\">", "the name of an attribute"),
        ("<p title={{first_name}}>", "without quotes"),
        ("<p title=x{{first_name}}>", "without quotes"),
        ("<p title = {{first_name}} class=\"x\">", "without quotes"),
        ("<script>{{first_name}}</script>", "a script"),
        ("<style>{{first_name}}</style>", "a style"),
        ("<!-- {{first_name}} -->", "a comment"),
        ("<!{{first_name}}>", "a comment"),
        ("<?{{first_name}}>", "a comment"),
        ("<!doctype {{first_name}}>", "a doctype"),
        ("<p onclick=\"f('{{first_name}}')\">", "the handler"),
        ("<p ONCLICK='{{first_name}}'>", "the handler"),
        ("<p style=\"color: {{first_name}}\">", "a style"),
        ("<iframe srcdoc=\"{{first_name}}\">", "active element"),
        ("<img srcset=\"{{first_name}}\">", "a list of addresses"),
        ("<meta content=\"0; url={{first_name}}\">", "active element"),
        ("<a href=\"{{first_name}}:x\">", "beginning of an address"),
        ("<a href=\"java{{first_name}}\">", "beginning of an address"),
        ("<a href=\"javascript:{{first_name}}\">", "beginning of an address"),
        ("<a href=\"{{first_name}}{{last_name}}\">", "beginning of an address"),
        ("<a href=\"https://x.example{{first_name}}\">", "end of a host"),
        ("<a href=\"x", ""),
        ("<a href=\"/{{first_name}}", "never closed"),
        ("</p title=\"{{first_name}}\">", "a closing tag"),
        ("<title></title{{first_name}}</title>", "beside a tag"),
        ("<svg><![CDATA[ x ]]></svg>{{first_name}}", "CDATA"),
    ] {
        match html(template, &ada()) {
            Ok(_) => assert_eq!(reason, "", "{template}"),
            Err(told) => assert!(!reason.is_empty() && told.contains(reason), "{template}: {told}"),
        }
    }
}

#[test]
fn a_fault_says_which_token_it_means() {
    let fault = Template::html("content", "<p>{{first_name}} <b {{score}}>").unwrap_err();
    assert_eq!((fault.field.as_str(), fault.code), ("content", FaultCode::NotAllowed));
    assert!(fault.reason.contains("number 2"), "{}", fault.reason);
}

#[test]
fn the_plain_text_says_the_same_and_keeps_links_readable() {
    let document = "<html><head><style>p{}</style></head><body><h1>Hi {{first_name|you}} &amp; all</h1>\
        <p>Look <a href=\"https://x.example/?c={{company}}\">here</a>,<br>{{company}}</p>\
        <a href=\"{{email}}\">mail</a></body></html>";
    let template = Template::html("content", document).unwrap().plain_text();
    assert_eq!(
        template.render(&ada()),
        "Hi Ada & all\n\nLook here (https://x.example/?c=Fish%20%26%20%3CChips%3E%20%22Ltd%22),\n\
        Fish & <Chips> \"Ltd\"\n\nmail (#)"
    );
}

#[test]
fn html_is_known_by_its_tags() {
    for text in [
        "<p>Hi",
        "Hi<br>you",
        "<b>Hi</b>",
        "<!DOCTYPE html>Hi",
        "a <a href='x'>b</a>",
        "Hi <img src=x>",
        "<a href=x>Hi",
    ] {
        assert!(looks_like_html(text), "{text}");
    }
    for text in
        ["", "Hi {{first_name}}", "a < b", "a<b and c>d", "write to <ada@example.com>", "<first name>", "x </> y"]
    {
        assert!(!looks_like_html(text), "{text}");
    }
}
