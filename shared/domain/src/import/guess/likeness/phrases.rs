//! What people call the fields of a contact, in several languages: small letters, no accents, with `, ` between them.

use crate::import::column::Field;

/// By field. The most specific is first; none stands for two fields.
pub(super) const PHRASES: &[(Field, &str)] = &[
    (
        Field::FirstName,
        "first name, given name, forename, christian name, fname, first, vorname, vornamen, rufname, prenom, prenoms, \
         primer nombre, nombre de pila, nombres, primeiro nome, voornaam",
    ),
    (
        Field::LastName,
        "last name, family name, surname, lname, last, nachname, familienname, zuname, nom de famille, apellido, \
         apellidos, primer apellido, cognome, sobrenome, apelido, achternaam",
    ),
    (
        Field::FullName,
        "full name, complete name, display name, contact person, vollstandiger name, voller name, vor und nachname, \
         ansprechpartner, ansprechpartnerin, nom complet, prenom et nom, nom et prenom, nombre completo, nombre y \
         apellidos, nombre y apellido, nome completo, volledige naam, vorname nachname, vorname name, nachname \
         vorname, first name last name",
    ),
    (
        Field::Email,
        "email, email address, email id, mail, mail address, electronic mail, emailadresse, mailadresse, email \
         adresse, mail adresse, adresse email, adresse mail, adresse electronique, courriel, correo electronico, \
         correo, direccion de correo, direccion de correo electronico, direccion email, posta elettronica, indirizzo \
         email, endereco de email, emailadres, adresse de messagerie, endereco eletronico",
    ),
    (
        Field::Phone,
        "mobile phone, mobile phone number, mobile number, mobile no, mobile, cell phone, cell phone number, cell \
         number, cell, cellphone, handy, handynummer, handy nr, mobiltelefon, mobilnummer, mobil, mobilfunk, \
         telephone portable, tel portable, portable, numero de portable, telefono movil, movil, celular, numero de \
         celular, telefono celular, cellulare, telemovel, gsm, phone, phone number, phone no, telephone, telephone \
         number, telephone no, tel, tel number, tel no, contact number, contact no, whatsapp, whatsapp number, \
         telefon, telefonnummer, telefon nummer, telefon nr, tel nr, rufnummer, numero de telephone, telefono, numero \
         de telefono, telefone, telefoon, telefoonnummer, tel mobile, mobil nr, tel mob, haupttelefon",
    ),
    (
        Field::Company,
        "company, company name, organization, organization name, organisation, organisation name, employer, business \
         name, account name, firma, firmenname, unternehmen, unternehmensname, arbeitgeber, societe, nom de la \
         societe, entreprise, nom de l entreprise, raison sociale, empresa, nombre de la empresa, compania, \
         organizacion, azienda, bedrijf, bedrijfsnaam",
    ),
    (Field::Department, "department, dept, abteilung, departement, departamento, dipartimento, afdeling"),
    (
        Field::JobTitle,
        "job title, title, job, job position, job role, position, occupation, profession, beruf, berufsbezeichnung, \
         funktion, stellenbezeichnung, poste, intitule du poste, titre du poste, fonction, profesion, cargo, puesto, \
         puesto de trabajo, functie",
    ),
    (
        Field::Notes,
        "notes, note, comment, comments, remark, remarks, memo, notiz, notizen, bemerkung, bemerkungen, anmerkung, \
         anmerkungen, kommentar, kommentare, remarque, remarques, commentaire, commentaires, nota, notas, comentario, \
         comentarios, observaciones, opmerkingen",
    ),
    (
        Field::Tags,
        "tags, tag, labels, label, keywords, schlagwort, schlagworte, schlagworter, etiquette, etiquettes, mots cles, \
         etiqueta, etiquetas, category, categories, kategorie, kategorien, categorie, categoria, categorias, \
         stichwort, stichworter",
    ),
    (
        Field::LeadSource,
        "lead source, contact source, source, acquisition source, leadquelle, quelle, herkunft, provenance, origine, \
         fuente, origen, procedencia",
    ),
    (Field::LifecycleStage, "lifecycle stage, life cycle stage, customer lifecycle stage"),
    (Field::OptInStatus, "opt in status, consent status"),
    (
        Field::OptedOut,
        "opted out, opt out, email opt out, email optout, has opted out of email, unsubscribed, unsubscribed at, \
         unsubscribe date, unsubscribed from all email, abgemeldet, abgemeldet am, desabonne, desinscrit, dado de \
         baja",
    ),
    (Field::DoNotContact, "do not contact, do not email, nicht kontaktieren, ne pas contacter, no contactar"),
    (Field::Timezone, "timezone, time zone, tz, zeitzone, fuseau horaire, zona horaria, fuso orario"),
    (Field::Country, "country, country code, country name, land, pays, pais, paese"),
];

/// "Name": the whole of it, or the rest of it beside one of its parts.
pub(super) const NAMES: &[&str] = &["name", "nom", "nombre", "nome", "naam"];

/// Words that a word of a phrase is not mistyped for.
pub(super) const UNLIKE: &[&str] = &["contract", "courrier", "employee", "listname", "mainaddress", "professional"];

/// Words that say whose or what sort of address, number or name it is: it is one all the same.
pub(super) const NEUTRAL: &str = "\
    contact, customer, client, lead, user, subscriber, member, person, personal, private, primary, main, work, \
    business, office, your, my, the, default, preferred, current, required, optional, kontakt, kunde, kunden, \
    privat, geschaftlich, beruflich, dienstlich, pflichtfeld, prive, personnel, personnelle, professionnel, \
    professionnelle, principal, principale, trabajo, profesional, bureau, domicile, particular, del, mon, ma, \
    votre";
