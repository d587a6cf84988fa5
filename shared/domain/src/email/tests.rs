//! What counts as an address, and what is made of it.

use email_address::{EmailAddress as Syntax, Options};
use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Option<String> {
    EmailAddress::parse(text).ok().map(|address| address.to_string())
}

#[test]
fn addresses_are_trimmed_and_lowercased() {
    for (text, expected) in [
        ("  Ada@Example.COM ", "ada@example.com"),
        ("\tada.king@mail.example.co.uk\r\n", "ada.king@mail.example.co.uk"),
        ("ADA+News@example.org", "ada+news@example.org"),
        ("o'hara@example.ie", "o'hara@example.ie"),
        ("a@8x8.example.com", "a@8x8.example.com"),
        ("_=/?{ada}@ab--c.example", "_=/?{ada}@ab--c.example"),
    ] {
        assert_eq!(parsed(text).as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn a_domain_in_any_script_becomes_punycode() {
    for (text, expected) in [
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u{308}cher.example", "ada@xn--bcher-kva.example"),
        ("ada@почта.рф", "ada@xn--80a1acny.xn--p1ai"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ] {
        assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn the_parts_are_those_on_either_side_of_the_at() {
    let address = EmailAddress::parse("Ada.King@Mail.Example.com").unwrap();
    assert_eq!((address.local_part(), address.domain()), ("ada.king", "mail.example.com"));
}

#[test]
fn lengths_are_those_of_smtp_and_dns() {
    let (longest_local, longest_label) = ("l".repeat(64), "d".repeat(63));
    let domain = |length: usize| format!("{}.example", [&*longest_label; 3].join(".") + "." + &"e".repeat(length));
    for (text, accepted) in [
        (format!("{longest_local}@example.com"), true),
        (format!("{longest_local}l@example.com"), false),
        (format!("ada@{longest_label}.com"), true),
        (format!("ada@{longest_label}d.com"), false),
        (format!("a@{}", domain(52)), true),
        (format!("a@{}", domain(53)), false),
        (format!("{}ada@example.com", " ".repeat(239)), true),
        (format!("{}ada@example.com", " ".repeat(240)), false),
        // 39 umlauts are 78 octets as typed; what counts is Punycode.
        (format!("ada@{}.example", "ü".repeat(39)), true),
        (format!("ada@{}.example", "ü".repeat(70)), false),
    ] {
        assert_eq!(EmailAddress::parse(&text).is_ok(), accepted, "{text}");
    }
}

#[test]
fn what_cannot_be_written_to_is_refused() {
    for (why, texts) in [
        ("a part is missing", &["", "ada", "ada@", "@example.com", "@"][..]),
        ("no top-level domain", &["ada@localhost", "ada@example.c", "ada@example.c0m", "ada@example.co-uk"]),
        ("an IP address", &["ada@192.0.2.1", "ada@[192.0.2.1]", "ada@[IPv6:2001:db8::1]"]),
        ("a dot too many", &[".ada@example.com", "ada.@example.com", "a..da@example.com", "ada@.example.com"]),
        ("a dot too many in the domain", &["ada@example.com.", "ada@example..com", "ada@.com"]),
        ("a label with a hyphen at its end", &["ada@-example.com", "ada@example-.com", "ada@example.com-"]),
        ("not of a host name", &["ada@exa_mple.com", "ada@exa/mple.com", "ada@exa!mple.com", "ada@100%.com"]),
        ("blanks inside", &["a da@example.com", "ada @example.com", "ada@ example.com", "ada@exam\r\n ple.com"]),
        ("control characters", &["a\0da@example.com", "ada@exa\u{7f}mple.com", "ada\r\nBcc:b@example.com"]),
        ("comments", &["ada(king)@example.com", "(king)ada@example.com", "ada@example.com(king)"]),
        ("a quoted local part", &["\"ada\"@example.com", "\"ada king\"@example.com", "\"a\\\"@\"@example.com"]),
        ("more than an address", &["Ada <ada@example.com>", "<ada@example.com>", "mailto:ada@example.com"]),
        ("several", &["a@example.com,b@example.com", "a@example.com;b@example.com", "a@b@example.com"]),
        ("a local part that SES does not take", &["žofie@example.com", "用户@example.com", "ada\u{200b}@example.com"]),
        ("broken Punycode", &["ada@xn--a.example", "ada@xn--.example"]),
    ] {
        for text in texts {
            assert_eq!(EmailAddress::parse(text), Err(NotAnEmailAddress), "{why}: {text:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), domain in any::<String>()) {
        let _ = EmailAddress::parse(&text);
        let _ = EmailAddress::parse(&format!("ada@{domain}"));
        let _ = EmailAddress::parse(&format!("{text}@example.com"));
    }

    #[test]
    fn what_is_accepted_is_in_normal_form_and_stays_so(
        text in r"[ \t]{0,2}[!-~]{1,3}@[a-zA-Z0-9äÖßéЖ日।ｅ\u{ad}-]{1,6}\.(com|РФ|co\.uk)[ \n]{0,2}",
    ) {
        if let Ok(address) = EmailAddress::parse(&text) {
            let normal = address.as_str();
            prop_assert!(normal.is_ascii() && normal.len() <= EmailAddress::MAX_LENGTH);
            prop_assert!(!normal.contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace() || c.is_control()));
            prop_assert_eq!(EmailAddress::parse(normal), Ok(address));
        }
    }

    #[test]
    fn of_the_addresses_with_a_host_name_those_are_accepted_that_the_standard_has(
        local in r#"([a-z0-9!-~. ]{0,8}|[a-z.]{60,68}|\PC{1,3})"#,
        domain in "([a-z0-9-]{0,3}\\.){0,3}[a-z0-9-]{1,4}|[a-z]{60,66}\\.[a-z]{2}|([a-z]{50}\\.){3,4}[a-z]{30,60}",
    ) {
        let text = format!("{local}@{domain}");
        let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
        let has_top_level = super::has_top_level(&domain) || !domain.contains('.');
        let ours = local.is_ascii() && !local.contains('"') && has_top_level && in_punycode(&domain).is_some();
        let fits = text.len() <= EmailAddress::MAX_LENGTH;
        let expected = ours && fits && Syntax::parse_with_options(text.trim(), options).is_ok();
        prop_assert_eq!(EmailAddress::parse(&text).is_ok(), expected, "{}", text);
    }

    #[test]
    fn ordinary_addresses_are_accepted(
        local in "[a-z0-9]{1,9}([.+_-][a-z0-9]{1,9}){0,3}",
        domain in "([a-z0-9]{1,9}(-[a-z0-9]{1,9})?\\.){1,3}[a-z]{2,6}",
    ) {
        let text = format!("{local}@{domain}");
        let address = EmailAddress::parse(&format!(" {}", text.to_uppercase())).unwrap();
        prop_assert_eq!((address.local_part(), address.domain()), (&*local, &*domain));
        prop_assert_eq!(address.as_str(), text);
    }
}
