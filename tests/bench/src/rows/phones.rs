//! Phone numbers as people write them, each valid.

use crate::dice::Dice;

/// National forms of the default country, the US; `#` is any digit, `N` one from 2 to 9.
const NATIONAL: [&str; 6] =
    ["(202) N3#-####", "415-N4#-####", "312.N5#.####", "646N6#####", "1-713-N7#-####", "(917)N8#-####"];
/// International forms of many plans.
const INTERNATIONAL: [&str; 32] = [
    "+1 303 N3# ####",
    "+1212N5#####",
    "+1 (604) N4#-####",
    "+1-416-N6#-####",
    "+44 20 7946 ####",
    "+44 7400 ######",
    "+44 (0)121 234 ####",
    "+44790091####",
    "+49 30 90####",
    "+49 151 234#####",
    "+4917012#####",
    "+33 1 42 68 ## ##",
    "+33612######",
    "+33 6 34 ## ## ##",
    "+34 612 ### ###",
    "+34912345###",
    "+39 06 698 #####",
    "+39 312 34# ####",
    "+31 6 12######",
    "+32 470 12 ## ##",
    "+41 44 668 ## ##",
    "+43 664 12#####",
    "+46 70 123 ## ##",
    "+45 33 63 ## ##",
    "+48 601 ### ###",
    "+7 916 12#-##-##",
    "+55 11 98765-####",
    "+52 55 5658 ####",
    "+61 412 ### ###",
    "+91 98765 #####",
    "+81 90-1234-####",
    "+86 138 0013 ####",
];

/// Of a hundred: 45 national, 43 international, two behind an exit code, ten blank.
pub(super) fn phone(dice: &mut Dice) -> String {
    match dice.below(100) {
        0..45 => filled(dice.one_of(&NATIONAL), dice),
        45..88 => filled(dice.one_of(&INTERNATIONAL), dice),
        88..90 => filled("011 44 20 7946 ####", dice),
        _ => String::new(),
    }
}

fn filled(form: &str, dice: &mut Dice) -> String {
    let digit = |number: u64| char::from(b'0' + u8::try_from(number).unwrap_or_default());
    let fill = |letter| match letter {
        '#' => digit(dice.below(10)),
        'N' => digit(2 + dice.below(8)),
        other => other,
    };
    form.chars().map(fill).collect()
}
