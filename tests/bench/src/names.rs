//! Names of people, companies, hosts and tags.

use crate::dice::Dice;

const FIRST: [&str; 96] = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Sarah",
    "Charles",
    "Karen",
    "Anna",
    "Lukas",
    "Sophie",
    "Maximilian",
    "Léa",
    "Théo",
    "Chloé",
    "Zoé",
    "François",
    "René",
    "Hélène",
    "José",
    "María",
    "Jesús",
    "Ángel",
    "Inés",
    "Sofía",
    "Andrés",
    "Martín",
    "João",
    "Inês",
    "Gonçalo",
    "Lourenço",
    "Jürgen",
    "Björn",
    "Käthe",
    "Günther",
    "Søren",
    "Jørgen",
    "Åsa",
    "Håkan",
    "Łukasz",
    "Małgorzata",
    "Zofia",
    "Stanisław",
    "Jiří",
    "Zdeněk",
    "Tomáš",
    "Şebnem",
    "Çağlar",
    "İbrahim",
    "Oğuz",
    "Nguyễn",
    "Thị",
    "Wei",
    "Min",
    "Yuki",
    "Haruto",
    "Ji-woo",
    "Aarav",
    "Priya",
    "Ananya",
    "Mohammed",
    "Fatima",
    "Ali",
    "Omar",
    "Layla",
    "Noah",
    "Emma",
    "Liam",
    "Olivia",
    "Oliver",
    "Ava",
    "Elijah",
    "Charlotte",
    "Amelia",
    "Mia",
    "Ethan",
    "Lucas",
    "Mason",
    "Logan",
    "Иван",
    "Ольга",
    "Дмитрий",
    "Γιώργος",
    "Ελένη",
];
const LAST: [&str; 72] = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Garcia",
    "Miller",
    "Davis",
    "Rodríguez",
    "Martínez",
    "Hernández",
    "López",
    "González",
    "Wilson",
    "Anderson",
    "Thomas",
    "Taylor",
    "Moore",
    "Jackson",
    "Martin",
    "Lee",
    "Pérez",
    "Thompson",
    "White",
    "Harris",
    "Sánchez",
    "Clark",
    "Ramírez",
    "Lewis",
    "Robinson",
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weber",
    "Meyer",
    "Wagner",
    "Becker",
    "Schulz",
    "Hoffmann",
    "Schäfer",
    "Groß",
    "Lefèvre",
    "Dubois",
    "Moreau",
    "Laurent",
    "Girard",
    "Côté",
    "Rossi",
    "Ferrari",
    "Esposito",
    "Bianchi",
    "Nowak",
    "Kowalski",
    "Wójcik",
    "Dvořák",
    "Novák",
    "Svoboda",
    "Jensen",
    "Nielsen",
    "Sørensen",
    "Øberg",
    "Åkesson",
    "O'Brien",
    "O'Connor",
    "McDonald",
    "van der Berg",
    "de la Cruz",
    "Yılmaz",
    "Öztürk",
    "Иванов",
    "Παπαδόπουλος",
];
const SYLLABLES: [&str; 48] = [
    "an", "be", "cor", "da", "el", "fin", "ga", "hol", "in", "jo", "ka", "lu", "mar", "ne", "or", "pet", "qui", "ro",
    "sil", "ta", "um", "ver", "wes", "xan", "yor", "zet", "al", "bri", "ch", "dre", "ev", "fo", "gr", "hu", "is", "ke",
    "lo", "mi", "no", "os", "pra", "re", "so", "tri", "ur", "vi", "wa", "zo",
];
const TRADES: [&str; 32] = [
    "Systems",
    "Logistics",
    "Consulting",
    "Software",
    "Foods",
    "Energy",
    "Media",
    "Partners",
    "Industries",
    "Analytics",
    "Labs",
    "Holdings",
    "Technologies",
    "Solutions",
    "Capital",
    "Health",
    "Motors",
    "Textiles",
    "Bau",
    "Möbel",
    "Bäckerei",
    "Pharma",
    "Robotics",
    "Travel",
    "Insurance",
    "Legal",
    "Design",
    "Networks",
    "Electric",
    "Marine",
    "Aviation",
    "& Söhne",
];
const FORMS: [&str; 12] = ["Inc.", "LLC", "GmbH", "Ltd.", "AG", "S.A.", "SARL", "Corp.", "Oy", "AB", "BV", "Group"];
const HOSTS: [&str; 8] =
    ["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de", "web.de", "orange.fr", "proton.me"];
const ENDS: [&str; 8] = ["com", "de", "net", "org", "io", "co.uk", "fr", "es"];
const SUBJECTS: [&str; 20] = [
    "vip",
    "newsletter",
    "trial",
    "enterprise",
    "churned",
    "webinar",
    "partner",
    "beta",
    "press",
    "investor",
    "student",
    "reseller",
    "nonprofit",
    "event",
    "priority",
    "renewal",
    "upsell",
    "onboarding",
    "referral",
    "legacy",
];

pub(crate) fn first(dice: &mut Dice) -> String {
    let name = at(&FIRST, dice.uneven(96));
    if dice.chance(5) { format!("{name} {}", at(&FIRST, dice.uneven(96))) } else { name.to_owned() }
}

/// Half of the family names are common ones, and half are of some thousands of rarer ones.
pub(crate) fn last(dice: &mut Dice) -> String {
    if dice.chance(50) {
        return at(&LAST, dice.uneven(72)).to_owned();
    }
    let number = dice.uneven(8_000);
    capital(&word(number.wrapping_mul(2_654_435_761) >> 3, 2 + u32::from(number.is_multiple_of(2))))
}

pub(crate) fn company(number: u64) -> String {
    let mut dice = Dice::new(number, &[1]);
    let name = capital(&word(dice.below(u64::MAX), 2 + u32::from(dice.chance(60))));
    let (trade, form) = (dice.one_of(&TRADES), dice.one_of(&FORMS));
    match dice.below(4) {
        0 => format!("{name} {form}"),
        1 => format!("{name} {trade}"),
        _ => format!("{name} {trade} {form}"),
    }
}

pub(crate) fn domain(number: u64) -> String {
    if let Some(host) = usize::try_from(number).ok().and_then(|at| HOSTS.get(at)) {
        return (*host).to_owned();
    }
    let mut dice = Dice::new(number, &[2]);
    format!("{}.{}", word(dice.below(u64::MAX), 3), dice.one_of(&ENDS))
}

pub(crate) fn tag(number: u64) -> String {
    format!("{}-{}", at(&SUBJECTS, number % 20), 2016 + number / 20)
}

fn at(names: &[&'static str], number: u64) -> &'static str {
    names[usize::try_from(number).unwrap_or_default() % names.len()]
}

fn word(mut number: u64, syllables: u32) -> String {
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(at(&SYLLABLES, number % 48));
        number /= 48;
    }
    word
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
