//! Names of columns that nobody agreed on.

use super::*;

#[test]
fn names_are_understood_by_likeness() {
    for (name, field) in [
        ("Vorname", "first_name"),
        ("Prénom", "first_name"),
        ("Nombre de pila", "first_name"),
        ("Frist Name", "first_name"),
        ("Firstnme", "first_name"),
        ("Nachname", "last_name"),
        ("Apellidos", "last_name"),
        ("Nom de famille", "last_name"),
        ("Customer Name", "full_name"),
        ("Naam", "full_name"),
        ("E-Mail-Adresse", "email"),
        ("Emial", "email"),
        ("Work e-mail", "email"),
        ("workEmail", "email"),
        ("Email (required)", "email"),
        ("Correo electrónico", "email"),
        ("Courriel", "email"),
        ("Telefon 2", "phone"),
        ("Handynummer", "phone"),
        ("Téléphone", "phone"),
        ("Número de teléfono", "phone"),
        ("Phone (mobile)", "phone"),
        ("Firma", "company"),
        ("Société", "company"),
        ("Empresa", "company"),
        ("Organisation", "company"),
        ("Compnay", "company"),
        ("Abteilung", "department"),
        ("Title", "job_title"),
        ("Position", "job_title"),
        ("Puesto", "job_title"),
        ("Bemerkungen", "notes"),
        ("Commentaires", "notes"),
        ("Schlagwörter", "tags"),
        ("Etiquetas", "tags"),
        ("Lead-Quelle", "lead_source"),
        ("Unsubscribed from all email", "opted_out"),
        ("Zeitzone", "timezone"),
        ("Name, Vorname", "full_name"),
        ("Telefon geschäftlich", "phone"),
        ("Téléphone (bureau)", "phone"),
        ("E-Mail 2: Adresse", "email"),
        ("Adresse de messagerie", "email"),
        ("Stichwörter", "tags"),
    ] {
        let alone = guess::columns(vec![name.to_owned()]);
        assert_eq!((alone[0].target.to_string().as_str(), alone[0].how), (field, How::Likeness), "{name}");
    }
}

#[test]
fn what_is_only_near_to_a_name_is_nobody_s() {
    for name in [
        "Company phone",
        "Email opt-in",
        "Email status",
        "Employee",
        "Contract number",
        "Main address",
        "List name",
        "County",
        "Username",
        "User name",
        "Lead score",
        "Partner email",
        "Votes",
        "State",
        "Contact",
        "Last contacted",
        "First seen",
        "Phone type",
        "Company size",
        "Fax",
        "价格",
        "12",
        "",
    ] {
        let columns = guess::columns(vec![name.to_owned()]);
        assert_eq!((&columns[0].target, columns[0].how), (&Target::Ignored, How::None), "{name}");
    }
}

#[test]
fn a_mere_name_is_what_its_neighbours_are_not() {
    for (headers, expected) in [
        (&["Name", "Email"][..], &["full_name", "email"][..]),
        (&["Name", "Vorname"], &["last_name", "first_name"]),
        (&["Nom", "Prénom"], &["last_name", "first_name"]),
        (&["Nombre", "Apellidos"], &["first_name", "last_name"]),
        (&["Nombre", "Correo"], &["full_name", "email"]),
        (&["Name", "Given Name", "Family Name"], &["full_name", "first_name", "last_name"]),
    ] {
        let mapping = mapping(headers, &[]).unwrap();
        let targets: Vec<String> = filling(&mapping).into_iter().map(|(_, target, _)| target).collect();
        assert_eq!(targets, expected, "{headers:?}");
    }
}

#[test]
fn what_is_known_comes_before_what_is_like_it() {
    let mapping = mapping(&["Customer e-mail", "Mail", "Email"], &[]).unwrap();
    let email =
        |cells: &[&str]| read(&mapping, cells).unwrap().email.map(|email| email.to_string()).unwrap_or_default();
    let cells = ["a@example.com", "b@example.com", "c@example.com"];
    assert_eq!(email(&cells), "c@example.com");
    assert_eq!(email(&cells[..2]), "b@example.com");
    assert_eq!(email(&cells[..1]), "a@example.com");
}

#[test]
fn a_thousand_names_of_any_kind_are_looked_at() {
    let names: Vec<String> = (0..MAX_COLUMNS).map(|n| format!("{}{n}", "vørnamé ".repeat(n % 20))).collect();
    assert_eq!(guess::columns(names).len(), MAX_COLUMNS);
}
