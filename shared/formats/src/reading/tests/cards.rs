//! vCards of all versions.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// What the cards of a file say, without what they do not: column and value.
fn cards(text: &str) -> Vec<Vec<(String, String)>> {
    let mut table = read(text.as_bytes()).table().into_iter();
    let header = table.next().unwrap();
    let said = |row: Vec<String>| header.iter().cloned().zip(row).filter(|(_, value)| !value.is_empty()).collect();
    table.map(said).collect()
}

#[track_caller]
fn assert_card(lines: &str, expected: &[(&str, &str)]) {
    let card = cards(&format!("BEGIN:VCARD\r\n{}END:VCARD\r\n", lines.replace('\n', "\r\n"))).remove(0);
    let card: Vec<(&str, &str)> = card.iter().map(|(column, value)| (column.as_str(), value.as_str())).collect();
    assert_eq!(card, expected);
}

#[test]
fn version_2_1_with_quoted_printable_in_its_own_character_set() {
    assert_card(
        "VERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FCrgen\nORG;QUOTED-PRINTABLE:Stra=C3=9Fe =\nund Bau\n\
         TEL;WORK;FAX:030 1\nTEL;HOME;VOICE:030 2\nTEL;CELL:0171 3\nEMAIL;INTERNET:b@x.example\nEMAIL;PREF;INTERNET:a@x.example\n\
         NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo=\n three\nADR;HOME:;;C:\\new;Town\n",
        &[
            ("first_name", "Jürgen"),
            ("last_name", "Müller"),
            ("email", "a@x.example"),
            ("phone", "0171 3"),
            ("company", "Straße und Bau"),
            ("notes", "one\ntwo three"),
            ("email_2", "b@x.example"),
            ("phone_2", "030 2"),
        ],
    );
}

#[test]
fn version_3_0_with_groups_folds_and_escapes() {
    assert_card(
        "VERSION:3.0\nN:van der Berg;Jan;Piet\\, Klaas;;\nFN:Jan van der Berg\nitem1.EMAIL;type=INTERNET;type=pref:jan@x.exa\n mple\n\
         item1.X-ABLabel:Work\nORG:Berg\\; Co.;Sales;North\nTITLE:Head of \\\n everything\\, really\nNOTE:one\\ntwo\\\\n\n\
         CATEGORIES:vip,a\\,b,c\\;d,say \"hi\",\nTEL;TYPE=\"cell,voice\":+31 6 1\n",
        &[
            ("first_name", "Jan"),
            ("last_name", "van der Berg"),
            ("email", "jan@x.example"),
            ("phone", "+31 6 1"),
            ("company", "Berg; Co."),
            ("department", "Sales, North"),
            ("job_title", "Head of \\everything, really"),
            ("notes", "one\ntwo\\n"),
            ("tags", "vip, \"a,b\", \"c;d\", \"say \"\"hi\"\"\""),
        ],
    );
}

#[test]
fn version_4_0_with_uris_and_degrees_of_preference() {
    assert_card(
        "VERSION:4.0\nFN:Dr. Ada King\nEMAIL;PREF=2:two@x.example\nEMAIL;PREF=1:mailto:one@x.example\nEMAIL:three@x.example\nTZ:Europe/Berlin\n\
         TEL;VALUE=uri;TYPE=\"work,voice\":tel:+1-418-656-9254;ext=102\nROLE:Analyst\n",
        &[
            ("first_name", "Ada"),
            ("last_name", "King"),
            ("email", "one@x.example"),
            ("phone", "+1-418-656-9254"),
            ("job_title", "Analyst"),
            ("timezone", "Europe/Berlin"),
            ("email_2", "two@x.example"),
            ("email_3", "three@x.example"),
        ],
    );
    assert_card("VERSION:4.0\nKIND:org\nFN:Acme\nTZ:-0500\n", &[("company", "Acme")]);
}

#[test]
fn a_full_name_that_only_repeats_something_is_no_name() {
    assert_card("FN:Ada@x.example\nEMAIL:ada@x.example\n", &[("email", "ada@x.example")]);
    assert_card("N:;;;;\nFN:+49 30 123\nTEL:+4930123\n", &[("phone", "+4930123")]);
    assert_card("FN:Acme\nORG:Acme\n", &[("company", "Acme")]);
    assert_card("FN:Ada\nN:\n", &[("first_name", "Ada")]);
}

#[test]
fn what_our_own_export_adds_comes_back() {
    assert_card(
        "X-ROLLCALL-LEAD-SOURCE:web\\;site\nX-ROLLCALL-LIFECYCLE_STAGE:lead\nX-ROLLCALL-TIMEZONE:Asia/Tokyo\nX-ROLLCALL-OPT-IN-STATUS:opted_out\n\
         X-ROLLCALL-TOTAL-BOOKINGS:3\nX-ROLLCALL-LAST-BOOKING-DATE:2026-01-02\nX-ROLLCALL-EMAIL:no\nX-ROLLCALL-DO-NOT-CONTACT:true\n",
        &[
            ("timezone", "Asia/Tokyo"),
            ("lead_source", "web;site"),
            ("lifecycle_stage", "lead"),
            ("opt_in_status", "opted_out"),
            ("total_bookings", "3"),
            ("last_booking_date", "2026-01-02"),
            ("do_not_contact", "true"),
        ],
    );
}

#[test]
fn an_import_knows_every_column_of_a_card() {
    use domain::import::{Additions, Mapping, Target};

    let header = read(b"BEGIN:VCARD\nEND:VCARD").table().remove(0);
    let mapping = Mapping::new(header, &std::collections::BTreeMap::new(), Additions::default()).unwrap();
    for column in mapping.columns().filter(|column| !column.name.ends_with(char::is_numeric)) {
        let Target::Field(field) = column.target else { panic!("{} fills nothing", column.name) };
        assert_eq!(field.as_str(), column.name);
    }
}

#[test]
fn cards_are_told_with_their_lines_and_without_what_is_within_them() {
    let text = "\nBegin:vCard\nFN:A\nAGENT:\nBEGIN:VCARD\nFN:B\nEND:VCARD\nEMAIL:a@x.example\nEND:VCARD\n\nnothing\nBEGIN:VCARD\nFN:C\nend:vcard";
    let seen = read(text.as_bytes());
    assert_eq!(seen.facts().format, Format::Vcard);
    assert_eq!(seen.lines(), [2, 2, 12]);
    let names: Vec<_> =
        cards(text).into_iter().map(|card| card.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>()).collect();
    assert_eq!(names, [vec!["A", "a@x.example"], vec!["C"]]);
}

#[test]
fn a_card_without_an_end_is_flawed_and_the_next_is_not() {
    let seen = read(b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:\xff\nEND:VCARD\nBEGIN:VCARD\nFN:C");
    let flaws: Vec<_> = seen.records.iter().map(|(line, flaw, cells)| (*line, *flaw, cells[0].as_str())).collect();
    let expected =
        [(1, None, "first_name"), (1, Some(Flaw::Unfinished), "A"), (3, None, "ÿ"), (6, Some(Flaw::Unfinished), "C")];
    assert_eq!(flaws, expected);
}

/// Whether a card with so many lines takes a time that grows with them, and not with their square.
#[test]
fn long_cards_that_repeat_themselves_are_read_at_once() {
    let long = "7".repeat(300_000);
    let line = |line: &str, times: usize| {
        format!("BEGIN:VCARD\nVERSION:2.1\n{line}{}END:VCARD", "TEL:1\nFN:2\n".repeat(times))
    };
    for start in [format!("FN:{long}\n"), format!("N;QUOTED-PRINTABLE:{}\n", "=\n =\n".repeat(60_000))] {
        let table = read(line(&start, 30_000).as_bytes()).table();
        assert_eq!((table.len(), table[1][3].as_str()), (2, "1"));
    }
}

fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    escaped.replace(',', "\\,").replace(';', "\\;")
}

proptest! {
    #[test]
    fn cards_folded_anywhere_are_read_back(
        last in "[A-Zé][a-zé;,\\\\:\" .]{0,30}[a-z]",
        note in "[A-Z][a-zé;,\\\\:\"\n .=-]{0,80}[a-z]",
        fold in 1_usize..20,
        cuts in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        let lines = [format!("N:{};Ada;;;", escaped(&last)), format!("NOTE:{}", escaped(&note))];
        let folded = lines.map(|line| {
            let chars: Vec<char> = line.chars().collect();
            chars.chunks(fold).map(String::from_iter).collect::<Vec<_>>().join("\r\n ")
        });
        let text = format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{}\r\nEND:VCARD\r\n", folded.join("\r\n"));
        let table = read_pieces(FileReader::new(None), cut(text.as_bytes(), &cuts)).table();
        prop_assert_eq!(&table[1][0], "Ada");
        prop_assert_eq!(&table[1][1], &last);
        prop_assert_eq!(&table[1][7], &note);
    }
}

fn text() -> impl Strategy<Value = String> {
    "[A-Zé][a-zé李;,\\\\:\"\n .=-]{0,40}[a-z]"
}

proptest! {
    #[test]
    fn what_we_write_is_read_back(
        texts in prop::collection::vec(text(), 4),
        tags in prop::collection::vec(text(), 0..4),
        cuts in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        let mut bytes = Vec::new();
        let mut card = crate::vcard::writer::Card::begin(&mut bytes);
        card.parts("N", &[&texts[0], "Ada", "", "", ""]);
        card.parts("ORG", &[&texts[1], &texts[2]]);
        card.text("NOTE", &texts[3]);
        card.list("CATEGORIES", &tags.iter().map(String::as_str).collect::<Vec<_>>());
        card.end();
        let row = read_pieces(FileReader::new(None), cut(&bytes, &cuts)).table().remove(1);
        let cells = [1, 4, 5, 7].map(|at: usize| row[at].clone());
        prop_assert_eq!(cells.as_slice(), texts);
        prop_assert_eq!(&row[0], "Ada");
        let read: Vec<String> = domain::import::tags_of_cell(&row[8]).map(|tag| tag.into_owned()).collect();
        prop_assert_eq!(read, tags);
    }
}
