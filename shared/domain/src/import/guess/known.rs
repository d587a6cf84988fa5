//! Names that columns have in the files of Rollcall and of products that people come from.

use std::collections::HashSet;

use super::{Form, Meaning, Place, key, likeness};
use crate::import::column::{Field, How};

/// Whose file it is, as far as it changes what a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    google: bool,
    outlook: bool,
    mailchimp: bool,
    /// Our own list of refused rows.
    errors: bool,
    /// Whether a column has the given names only.
    first_name: bool,
    last_name: bool,
}

impl Origin {
    /// What a name could mean in any file.
    pub(super) const ANY: Self =
        Self { google: true, outlook: true, mailchimp: true, errors: true, first_name: false, last_name: false };

    pub(super) fn of(names: &[impl AsRef<str>]) -> Self {
        let patterns: HashSet<String> = names.iter().map(|name| pattern(name.as_ref()).0).collect();
        let has_part = |field| names.iter().any(|name| likeness::is_phrase_of(name.as_ref(), field));
        let has = |marks: &[&str]| marks.iter().any(|mark| patterns.contains(*mark));
        Self {
            google: has(&["email#value", "phone#value", "organizationname", "fileas", "groupmembership"]),
            outlook: has(&["emailaddress", "email#address", "businessphone", "jobtitle"])
                && has(&["suffix", "webpage", "internetfreebusy", "jobtitle"]),
            mailchimp: has(&["memberrating", "optintime", "confirmtime", "unsubtime", "leid", "euid"]),
            errors: ERRORS.iter().all(|name| patterns.contains(*name)),
            first_name: has_part(Field::FirstName),
            last_name: has_part(Field::LastName),
        }
    }
}

/// By field its names: letters and digits only, `#` for a number. The first is the most specific.
const NAMES: &[(Field, &str)] = &[
    (Field::FirstName, "firstname, givenname"),
    (Field::LastName, "lastname, familyname, surname"),
    (Field::FullName, "fullname"),
    (Field::Email, "email, emailaddress, email#value, email#address, email#"),
    (
        Field::Phone,
        "mobilephone, mobilephonenumber, mobilenumber, mobile, mobilephone#, primaryphone, phone, phonenumber, \
         phone#value, phone#, businessphone, businessphone#, workphone, homephone, homephone#",
    ),
    (Field::Company, "company, companyname, organizationname, organization#name, associatedcompany"),
    (Field::Department, "department, organizationdepartment, organization#department"),
    (Field::JobTitle, "jobtitle, organizationtitle, organization#title, occupation"),
    (Field::Notes, "notes"),
    (Field::Tags, "tags, labels, groupmembership, categories"),
    (Field::LeadSource, "leadsource"),
    (Field::LifecycleStage, "lifecyclestage"),
    (Field::OptInStatus, "optinstatus"),
    (Field::OptedIn, "optedin, confirmtime, optintime"),
    // What Mailchimp cleaned away are addresses that cannot be reached: they are not to be written to either.
    (Field::OptedOut, "optedout, unsubtime, cleantime"),
    (Field::DoNotContact, "donotcontact"),
    (Field::Timezone, "timezone"),
    (Field::Country, "country, countryregion, address#country, businesscountry, homecountry"),
    (Field::OwnerId, "ownerid"),
    (Field::IsActive, "isactive"),
    (Field::TotalBookings, "totalbookings"),
    (Field::LastBookingDate, "lastbookingdate"),
];

/// The columns that our list of refused rows has besides those of the file.
const ERRORS: &[&str] = &["line", "column", "value", "code", "reason"];

/// Names that fill nothing: Google's, Outlook's, Mailchimp's, HubSpot's, and our own.
const IGNORED: &str = "\
    middlename, additionalname, phoneticfirstname, phoneticmiddlename, phoneticlastname, yominame, givennameyomi, \
    additionalnameyomi, familynameyomi, nameprefix, namesuffix, nickname, fileas, initials, shortname, maidenname, \
    birthday, anniversary, gender, location, billinginformation, directoryserver, mileage, hobby, sensitivity, \
    priority, subject, language, photo, email#label, email#type, phone#label, phone#type, address#label, \
    address#type, address#formatted, address#street, address#city, address#pobox, address#region, \
    address#postalcode, address#extendedaddress, website#label, website#type, website#value, customfield#label, \
    customfield#type, customfield#value, organization#type, organization#yominame, organization#symbol, \
    organization#location, organization#jobdescription, event#label, event#value, relation#label, relation#value, \
    im#label, im#type, im#service, im#value, suffix, webpage, internetfreebusy, pager, homefax, businessfax, \
    otherfax, faxnumber, homeaddress, homestreet, homecity, homestate, homepostalcode, businessaddress, \
    businessstreet, businesscity, businessstate, businesspostalcode, otherphone, companymainphone, officelocation, \
    memberrating, optinip, confirmip, latitude, longitude, gmtoff, dstoff, cc, lastchanged, leid, euid, \
    unsubcampaigntitle, unsubcampaignid, unsubreason, unsubreasonother, cleancampaigntitle, cleancampaignid, \
    recordid, leadstatus, createdate, contactowner, id, types, groups, score, leadstage, lastinteractionat, \
    version, revision, createdby, createdat, updatedat";

/// What is known of a name in a file of this origin.
pub(super) fn meaning(name: &str, origin: Origin) -> Option<Meaning> {
    let (pattern, number) = pattern(name);
    let ignored = Meaning { field: None, how: How::Known, place: Place::default() };
    let filling = |field, place| Meaning { field: Some(field), how: How::Known, place };
    match &*pattern {
        "title" => return origin.outlook.then_some(ignored),
        "region" => return origin.mailchimp.then_some(ignored),
        "name" => return Some(filling(whole_name(origin), Place { rank: 100, form: Form::Plain })),
        error if ERRORS.contains(&error) => return origin.errors.then_some(ignored),
        known if IGNORED.split(", ").any(|ignored| ignored == known) => return Some(ignored),
        _ => {}
    }
    NAMES.iter().find_map(|(field, names)| {
        let position = names.split(", ").position(|known| known == pattern)?;
        let rank = u32::try_from(position * 100).unwrap_or(u32::MAX) + number.min(99);
        Some(filling(*field, Place { rank, form: form(&pattern, origin) }))
    })
}

/// What a column with a mere `Name` holds: the whole name, but the rest of it beside one of its parts.
pub(super) fn whole_name(origin: Origin) -> Field {
    match (origin.first_name, origin.last_name) {
        (true, false) => Field::LastName,
        (false, true) => Field::FirstName,
        _ => Field::FullName,
    }
}

fn form(pattern: &str, origin: Origin) -> Form {
    match pattern {
        "labels" | "groupmembership" if origin.google => Form::Labels,
        pattern if pattern.starts_with("organization") => Form::Several,
        "timezone" if origin.mailchimp => Form::Lenient,
        _ => Form::Plain,
    }
}

/// The name's key with `#` in the place of its first number, and that number. The number that tells two columns of one
/// name apart is no part of the name.
fn pattern(name: &str) -> (String, u32) {
    let (name, repeated) = super::repeated(name);
    let key = key(name);
    let Some(start) = key.find(|c: char| c.is_ascii_digit()) else { return (key, repeated) };
    let length = key[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(key.len() - start);
    let number = key[start..start + length].parse().unwrap_or(u32::MAX);
    (format!("{}#{}", &key[..start], &key[start + length..]), number)
}
