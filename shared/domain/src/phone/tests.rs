//! Numbers of many plans, and what holds for all of them.

use proptest::prelude::*;

use super::*;

#[test]
fn national_and_international_forms_meet_in_e164() {
    let typed =
        |text: &str, country: &str| country.parse().ok().and_then(|c| Phone::parse(text, c).ok()).map(|p| p.e164);
    assert_eq!(typed("(202) 555-0143", "US").as_deref(), Some("+12025550143"));
    assert_eq!(typed("020 7946 0123", "gb").as_deref(), Some("+442079460123"));
    assert_eq!(typed("+44 20 7946 0123", "US").as_deref(), Some("+442079460123"));
}

#[test]
fn what_was_typed_is_kept_beside_the_normal_form() {
    let phone = Phone::parse(" 202-555-0143 ", Country::DEFAULT);
    assert_eq!(phone.as_ref().ok().and_then(|p| p.typed.as_deref()), Some("202-555-0143"));
    let phone = Phone::parse("+12025550143", Country::DEFAULT);
    assert_eq!(phone.ok().and_then(|p| p.typed), None);
}

#[test]
fn what_no_numbering_plan_has_is_refused() {
    for text in ["", "12", "+1 000 000 0000", "call me", "+999 12345678", "00000000000000000000000000"] {
        assert_eq!(Phone::parse(text, Country::DEFAULT), Err(NotAPhoneNumber), "{text}");
    }
    assert_eq!("XX".parse::<Country>().map(|_| ()), Err(NotACountry));
}

#[test]
fn national_numbers_of_many_plans_are_read() {
    for (country, typed, expected) in [
        ("US", "202-555-0143", "+12025550143"),
        ("US", "1 (202) 555-0143", "+12025550143"),
        ("CA", "604 555 0187", "+16045550187"),
        ("GB", "07400 123456", "+447400123456"),
        ("IE", "01 677 1234", "+35316771234"),
        ("DE", "030 901820", "+4930901820"),
        ("DE", "0151 23456789", "+4915123456789"),
        ("AT", "01 58858", "+43158858"),
        ("CH", "044 668 18 00", "+41446681800"),
        ("FR", "01 42 68 53 00", "+33142685300"),
        ("FR", "06.12.34.56.78", "+33612345678"),
        ("ES", "912 345 678", "+34912345678"),
        ("PT", "21 123 4567", "+351211234567"),
        // Italy dials the zero from abroad too.
        ("IT", "06 698 12345", "+390669812345"),
        ("IT", "312 345 6789", "+393123456789"),
        ("SM", "0549 886377", "+3780549886377"),
        ("NL", "020 624 1111", "+31206241111"),
        ("BE", "02 501 02 11", "+3225010211"),
        ("SE", "08-786 90 00", "+4687869000"),
        ("DK", "33 63 63 63", "+4533636363"),
        ("PL", "22 621 02 51", "+48226210251"),
        // Russia and Japan have trunk prefixes of their own.
        ("RU", "8 (495) 123-45-67", "+74951234567"),
        ("RU", "8 (812) 123-45-67", "+78121234567"),
        ("RU", "812 123-45-67", "+78121234567"),
        ("JP", "03-3581-0101", "+81335810101"),
        ("AU", "(02) 6277 7111", "+61262777111"),
        ("AU", "0412 345 678", "+61412345678"),
        ("NZ", "04 817 9999", "+6448179999"),
        ("IN", "098765 43210", "+919876543210"),
        ("BR", "(11) 98765-4321", "+5511987654321"),
        ("MX", "55 5658 1111", "+525556581111"),
        ("ZA", "021 403 2911", "+27214032911"),
        ("SG", "6123 4567", "+6561234567"),
        ("IL", "02-675-3333", "+97226753333"),
        ("AE", "050 123 4567", "+971501234567"),
    ] {
        let read = Phone::parse(typed, country.parse().unwrap());
        assert_eq!(read.map(|phone| phone.e164), Ok(expected.to_owned()), "{country} {typed}");
    }
}

#[test]
fn an_international_number_is_the_same_from_everywhere() {
    for (typed, expected) in [
        ("+44 1624 500000", "+441624500000"),
        ("+44 (0)121 234 5678", "+441212345678"),
        ("+33 1 42 68 53 00", "+33142685300"),
        ("+1 202 555 0143", "+12025550143"),
        ("+7 812 123-45-67", "+78121234567"),
        ("+39 06 698 12345", "+390669812345"),
        ("+36 1 234 5678", "+3612345678"),
        ("＋44 20 7946 0123", "+442079460123"),
        ("tel:+442079460123", "+442079460123"),
    ] {
        for country in ["US", "GB", "DE", "FR", "IT", "RU", "HU", "JM"] {
            let read = Phone::parse(typed, country.parse().unwrap());
            assert_eq!(read.map(|phone| phone.e164), Ok(expected.to_owned()), "{typed} in {country}");
        }
    }
}

#[test]
fn an_exit_code_is_as_good_as_a_plus() {
    for (country, typed, expected) in [
        ("US", "011 44 1624 500000", "+441624500000"),
        ("DE", "0044 121 234 5678", "+441212345678"),
        ("AU", "0011 1 202 555 0143", "+12025550143"),
        ("JP", "010 7 812 123 4567", "+78121234567"),
    ] {
        let read = Phone::parse(typed, country.parse().unwrap());
        assert_eq!(read.map(|phone| phone.e164), Ok(expected.to_owned()), "{country} {typed}");
    }
}

#[test]
fn every_plan_s_own_examples_are_read_in_their_national_form_and_the_international_one() {
    let read = |text: &str, region| Phone::parse(text, Country(region)).map(|phone| phone.e164);
    let mut examples = 0;
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        for kind in PHONE_NUMBER_UTIL.get_supported_types_for_region(region).unwrap() {
            if let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) {
                let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
                let international = number.format_as(PhoneNumberFormat::International);
                let national = number.format_as(PhoneNumberFormat::National);
                let elsewhere = if region == Region::US { Region::RU } else { Region::US };
                assert_eq!(Phone::parse(&e164, Country(elsewhere)), Ok(Phone { e164: e164.clone(), typed: None }));
                assert_eq!(read(&international, elsewhere), Ok(e164.clone()), "{region}: {international}");
                assert_eq!(read(&national, region), Ok(e164), "{region}: {national}");
                examples += 1;
            }
        }
    }
    assert!(examples > 1_000, "{examples}");
}

#[test]
fn numbers_of_no_country_are_read() {
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        let number = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code).unwrap();
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        assert_eq!(Phone::parse(&e164, Country::DEFAULT), Ok(Phone { e164, typed: None }));
    }
}

#[test]
fn a_country_is_two_letters_that_have_a_numbering_plan() {
    for code in ["US", "gb", "Tr", "AC", "XK"] {
        let country: Country = code.parse().unwrap();
        assert_eq!(country.to_string(), code.to_uppercase());
        let kept = serde_json::to_string(&country).unwrap();
        assert_eq!(serde_json::from_str::<Country>(&kept).unwrap(), country);
    }
    for code in ["", "U", "USA", "XX", "ZZ", "001", "ÄÖ", "U S", "1"] {
        assert_eq!(code.parse::<Country>(), Err(NotACountry), "{code}");
    }
}

fn any_country() -> impl Strategy<Value = Country> {
    let all: Vec<Country> = ('A'..='Z')
        .flat_map(|first| ('A'..='Z').map(move |second| format!("{first}{second}")))
        .filter_map(|code| code.parse().ok())
        .collect();
    assert!(all.len() > 200, "{}", all.len());
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), country in any_country()) {
        let _ = Phone::parse(&text, country);
    }

    #[test]
    fn no_text_of_what_numbers_are_made_of_makes_the_parser_panic(
        text in "[+＋0-9０-９٠-٩ ()./x;=a-z#*-]{0,20}",
        country in any_country(),
    ) {
        let _ = Phone::parse(&text, country);
    }

    #[test]
    fn the_normal_form_is_read_as_itself_in_every_country(
        text in "[+]?[0-9]{0,4}[ -]?[0-9]{4,10}",
        country in any_country(),
        elsewhere in any_country(),
    ) {
        if let Ok(phone) = Phone::parse(&text, country) {
            let again = Phone { e164: phone.e164.clone(), typed: None };
            prop_assert_eq!(Phone::parse(&phone.e164, elsewhere), Ok(again));
        }
    }

    #[test]
    fn what_was_typed_is_kept_unless_it_is_the_normal_form(
        text in " ?[+]?[0-9]{0,4}[ -]?[0-9]{4,10} ?",
        country in any_country(),
    ) {
        if let Ok(phone) = Phone::parse(&text, country) {
            prop_assert_eq!(phone.typed.as_deref().unwrap_or(&phone.e164), text.trim());
            prop_assert_ne!(phone.typed.as_ref(), Some(&phone.e164));
        }
    }

    #[test]
    fn a_normal_form_is_a_plus_and_at_most_fifteen_digits(text in "[0-9 ]{6,14}", country in any_country()) {
        if let Ok(Phone { e164, .. }) = Phone::parse(&text, country) {
            prop_assert!(e164.starts_with('+') && e164.len() <= 16, "{}", e164);
            prop_assert!(e164[1..].bytes().all(|byte| byte.is_ascii_digit()), "{}", e164);
        }
    }
}
