//! How names of many forms are split, and what holds for any text.

use proptest::prelude::*;

use super::*;

fn parts(name: &str) -> (String, String) {
    let PersonName { first_name, last_name } = split(name);
    (first_name.unwrap_or_default(), last_name.unwrap_or_default())
}

fn assert_splits(table: &[(&str, &str, &str)]) {
    for &(name, first, last) in table {
        assert_eq!(parts(name), (first.to_owned(), last.to_owned()), "{name:?}");
    }
}

#[test]
fn the_last_word_is_the_family_name() {
    assert_splits(&[
        ("Jane Smith", "Jane", "Smith"),
        ("  Jane \t Smith ", "Jane", "Smith"),
        ("Mary Ann Smith", "Mary Ann", "Smith"),
        ("JANE SMITH", "JANE", "SMITH"),
        ("jane smith-jones", "jane", "smith-jones"),
        ("Jean-Luc O'Connor", "Jean-Luc", "O'Connor"),
        ("Jane & John Smith", "Jane & John", "Smith"),
        ("Jane S", "Jane", "S"),
        ("Malcolm X", "Malcolm", "X"),
        ("Иван Иванович Иванов", "Иван Иванович", "Иванов"),
        ("محمد علي", "محمد", "علي"),
        ("Nguyễn Văn An", "Nguyễn Văn", "An"),
    ]);
}

#[test]
fn a_single_name_is_a_first_name_unless_a_title_goes_before() {
    assert_splits(&[
        ("Madonna", "Madonna", ""),
        ("김민수", "김민수", ""),
        ("Dr. Smith", "", "Smith"),
        ("Frau Müller", "", "Müller"),
        ("jane@example.com", "jane@example.com", ""),
    ]);
}

#[test]
fn particles_belong_to_the_family_name() {
    assert_splits(&[
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("van der Berg", "", "van der Berg"),
        ("Van Der Berg", "", "Van Der Berg"),
        ("de Vries", "", "de Vries"),
        ("Van Morrison", "Van", "Morrison"),
        ("Ben Affleck", "Ben", "Affleck"),
        ("Robert De Niro", "Robert", "De Niro"),
        ("Maria Luisa de la Cruz", "Maria Luisa", "de la Cruz"),
        ("João do Nascimento", "João", "do Nascimento"),
        ("Jane Do", "Jane", "Do"),
        ("Dr. van der Berg", "", "van der Berg"),
    ]);
}

#[test]
fn two_spanish_family_names_stay_together() {
    assert_splits(&[
        ("Gabriel García Márquez", "Gabriel", "García Márquez"),
        ("María José García López", "María José", "García López"),
        ("Juan Pérez Gómez", "Juan", "Pérez Gómez"),
        ("Santiago Ramón y Cajal", "Santiago", "Ramón y Cajal"),
        ("Miguel de Cervantes Saavedra", "Miguel", "de Cervantes Saavedra"),
        ("García Márquez", "García", "Márquez"),
    ]);
}

#[test]
fn before_a_comma_stands_the_family_name() {
    assert_splits(&[
        ("Smith, Jane", "Jane", "Smith"),
        ("Smith,Jane Q.", "Jane", "Smith"),
        ("van der Berg, Jan", "Jan", "van der Berg"),
        ("García Márquez, Gabriel José", "Gabriel José", "García Márquez"),
        ("Smith, Dr. Jane", "Jane", "Smith"),
        ("Smith, Jr., Jane", "Jane", "Smith"),
        ("Jane Smith, PhD, MBA", "Jane", "Smith"),
        ("Smith,", "Smith", ""),
        (", Jane", "Jane", ""),
    ]);
}

#[test]
fn titles_suffixes_and_middle_initials_are_left_out() {
    assert_splits(&[
        ("Dr. Jane Q. Smith Jr.", "Jane", "Smith"),
        ("Prof. Dr. Hans Müller", "Hans", "Müller"),
        ("Mr. and Mrs. Smith", "", "Smith"),
        ("Mr & Mrs John Smith", "John", "Smith"),
        ("JANE SMITH MD", "JANE", "SMITH"),
        ("Rahman, Md", "Md", "Rahman"),
        ("Harry S Truman", "Harry", "Truman"),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("Jane Smith (she/her)", "Jane", "Smith"),
        ("Jane (Acme) Smith", "Jane", "Smith"),
        ("Jane 🎉 Smith 🎉", "Jane", "Smith"),
    ]);
}

#[test]
fn nothing_visible_is_lost_whole() {
    assert_splits(&[
        ("Dr.", "Dr.", ""),
        ("Jr.", "Jr.", ""),
        ("Mr. Dr.", "Mr.", "Dr."),
        ("(Jane)", "(Jane)", ""),
        ("🎉", "🎉", ""),
        ("-", "-", ""),
        ("Dr., PhD", "Dr.", ""),
    ]);
}

#[test]
fn the_family_comes_first_in_han_and_hangul() {
    assert_splits(&[("山田 太郎", "太郎", "山田"), ("山田　はなこ", "はなこ", "山田"), ("김 민수", "민수", "김")]);
}

#[test]
fn what_shows_nothing_is_no_name() {
    for name in ["", "  ", "\0\u{1b}", "\u{200b}", "\u{3164}", "\u{feff} \u{200d}", ",", " , "] {
        assert_eq!(parts(name), (String::new(), String::new()), "{name:?}");
    }
    assert_splits(&[("Jane\0Smith\r\n", "Jane", "Smith"), ("\u{202e}Jane \u{200b}Smith", "Jane", "Smith")]);
}

#[test]
fn a_long_name_is_cut() {
    let long = "x".repeat(1000);
    for name in [long.clone(), format!("{long} {long}"), format!("{long}, {long}"), "ab ".repeat(50_000)] {
        let (first, last) = parts(&name);
        assert!((1..=MAX_NAME).contains(&first.chars().count()) && last.chars().count() <= MAX_NAME, "{first} {last}");
    }
}

fn any_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-zÄéñ'.-]{1,9}",
        "[山田太郎김민ア ]{1,3}",
        Just(",".to_owned()),
        proptest::sample::select(vec![
            "Dr.", "van", "de", "y", "García", "Jr.", "Q.", "&", "(x", "y)", "🎉", "\u{200d}"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn the_parts_are_made_of_what_was_typed(name in any_name()) {
        let (first, last) = parts(&name);
        for part in [&first, &last] {
            prop_assert!(part.chars().count() <= MAX_NAME);
            prop_assert!(!part.contains(char::is_control));
            prop_assert_eq!(part.split_whitespace().collect::<Vec<_>>().join(" "), &**part);
            prop_assert!(part.split(' ').all(|word| name.contains(word)), "{}", part);
        }
    }

    #[test]
    fn whoever_types_a_letter_has_a_name(name in any_name()) {
        let visible = name.contains(char::is_alphanumeric);
        prop_assert!(!visible || split(&name) != PersonName::default());
    }

    #[test]
    fn two_plain_words_are_the_two_parts(first in "[A-Z][a-z]{4,12}", last in "[A-Z][a-z]{4,12}") {
        let known = |word: &str| TITLES.contains(&&*word.to_lowercase()) || SUFFIXES.contains(&&*word.to_lowercase());
        prop_assume!(!known(&first) && !known(&last));
        for name in [format!("{first} {last}"), format!("{last}, {first}"), format!("Dr. {first} {last} Jr.")] {
            prop_assert_eq!(parts(&name), (first.clone(), last.clone()));
        }
    }
}
