//! A contact as a vCard. What a card has no place for stands in properties of our own, which our import knows.

use domain::contact::Contact;
use domain::export::Column;
use domain::export::column::Field;
use formats::vcard::writer::Card;

/// What the names of our own properties begin with.
const OWN: &str = "X-ROLLCALL-";

/// Adds the card of a contact to `out`.
pub(crate) fn write(out: &mut Vec<u8>, columns: &[Column], contact: &Contact) {
    let told = Told { columns, contact };
    let mut card = Card::begin(out);
    card.parts("N", &[&told.of(Field::LastName), &told.of(Field::FirstName), "", "", ""]);
    card.text("FN", &told.name());
    for column in columns {
        match column {
            Column::Field(Field::FirstName | Field::LastName | Field::FullName) => {}
            Column::Field(Field::Department) if told.has(Field::Company) => {}
            Column::Field(Field::Company | Field::Department) => told.organisation(&mut card),
            Column::Field(Field::Tags) if contact.profile.tags.is_empty() => {}
            Column::Field(Field::Tags) => {
                let tags: Vec<&str> = contact.profile.tags.iter().map(String::as_str).collect();
                card.list("CATEGORIES", &tags);
            }
            Column::Field(field) => some(&mut card, &property(*field), &column.text(contact)),
            Column::Custom(name) => match column.text(contact) {
                text if text.is_empty() => {}
                text => card.parts(&format!("{OWN}CUSTOM-FIELD"), &[name, &text]),
            },
        }
    }
    card.end();
}

fn some(card: &mut Card<'_>, property: &str, text: &str) {
    if !text.is_empty() {
        card.text(property, text);
    }
}

/// The property that tells a field, with its parameters.
fn property(field: Field) -> String {
    match field {
        Field::Email => "EMAIL;TYPE=INTERNET".to_owned(),
        Field::Phone => "TEL;TYPE=VOICE".to_owned(),
        Field::JobTitle => "TITLE".to_owned(),
        Field::Notes => "NOTE".to_owned(),
        Field::Timezone => "TZ;VALUE=text".to_owned(),
        other => format!("{OWN}{}", other.as_str().to_uppercase().replace('_', "-")),
    }
}

/// What is told of a contact.
struct Told<'a> {
    columns: &'a [Column],
    contact: &'a Contact,
}

impl Told<'_> {
    fn has(&self, field: Field) -> bool {
        self.columns.contains(&Column::Field(field))
    }

    /// What is told of a field; nothing if it is not among the columns.
    fn of(&self, field: Field) -> String {
        let column = Column::Field(field);
        if self.has(field) { column.text(self.contact).into_owned() } else { String::new() }
    }

    /// A card must have a name for who looks at it: the first that is told of all that could be one.
    fn name(&self) -> String {
        let names = [self.of(Field::FirstName), self.of(Field::LastName)];
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let others = [Field::FullName, Field::Email, Field::Phone, Field::Company].map(|field| self.of(field));
        [names.join(" ")].into_iter().chain(others).find(|name| !name.is_empty()).unwrap_or_default()
    }

    fn organisation(&self, card: &mut Card<'_>) {
        match (self.of(Field::Company), self.of(Field::Department)) {
            (company, department) if company.is_empty() && department.is_empty() => {}
            (company, department) if department.is_empty() => card.parts("ORG", &[&company]),
            (company, department) => card.parts("ORG", &[&company, &department]),
        }
    }
}
