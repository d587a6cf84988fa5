//! The files of products, each with a header line of theirs and people of our own.

use super::*;
use crate::contact::OptInStatus;

const GOOGLE: &str = "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,\
    Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,\
    Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,\
    Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,\
    Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Website 1 - Label,Website 1 - Value,\
    Custom Field 1 - Label,Custom Field 1 - Value";
const OLD_GOOGLE: &str = "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,\
    Family Name Yomi,Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,Location,\
    Billing Information,Directory Server,Mileage,Occupation,Hobby,Sensitivity,Priority,Subject,Notes,Language,Photo,\
    Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,\
    Organization 1 - Title";
const OUTLOOK: &str = "First Name,Middle Name,Last Name,Title,Suffix,Initials,Web Page,Gender,Birthday,Anniversary,Location,\
    Language,Internet Free Busy,Notes,E-mail Address,E-mail 2 Address,E-mail 3 Address,Primary Phone,Home Phone,\
    Home Phone 2,Mobile Phone,Pager,Home Fax,Home Address,Home Street,Home City,Home State,Home Postal Code,Home Country,\
    Company Main Phone,Business Phone,Business Phone 2,Company,Job Title,Department,Office Location,Categories";
const MAILCHIMP: &str = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,\
    LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
const UNSUBSCRIBED: &str = "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER";
const HUBSPOT: &str = "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Associated Company,\
    Country/Region,Contact owner";
const SEED: &str = "email,first_name,last_name,phone,company,job_title,notes,tags";
const SEED_EXPORT: &str =
    "First Name,Last Name,Email,Phone,Company,Job Title,Notes,Tags,Total Bookings,Last Booking Date";
const VCARD: &str = "first_name,last_name,email,phone,company,department,job_title,notes,tags,timezone,email_2,phone_2,\
    lead_source,lifecycle_stage,opt_in_status,total_bookings,last_booking_date";

fn headers(line: &str) -> Vec<&str> {
    line.split(',').collect()
}

/// A row that holds these cells.
fn row_of(line: &str, cells: &[(&str, &str)]) -> Result<ImportedRow, Vec<CellFault>> {
    let headers = headers(line);
    let known = |name: &&str| cells.iter().any(|(cell, _)| cell == name);
    assert_eq!(headers.iter().filter(|name| known(name)).count(), cells.len(), "{cells:?}");
    let mapping = mapping(&headers, &[]).unwrap();
    assert!(mapping.columns().all(|column| column.how == How::Known), "{:?}", mapping.columns);
    let value = |name: &&str| cells.iter().find(|(cell, _)| cell == name).map_or("", |(_, value)| value);
    mapping.read(&headers.iter().map(value).collect::<Vec<_>>(), &Rules::default())
}

fn profile_of(line: &str, cells: &[(&str, &str)]) -> Profile {
    row_of(line, cells).unwrap().profile
}

/// Names, e-mail address, number, company, department and job title.
fn shown(profile: &Profile) -> [String; 7] {
    let phone = profile.phone.as_ref().map(|phone| phone.e164.clone()).unwrap_or_default();
    let email = profile.email.as_ref().map(ToString::to_string).unwrap_or_default();
    let [first, last] = [&profile.first_name, &profile.last_name].map(|name| text(name).to_owned());
    let work = [&profile.company, &profile.department, &profile.job_title].map(|name| text(name).to_owned());
    let [company, department, title] = work;
    [first, last, email, phone, company, department, title]
}

#[test]
fn google_s_present_form_is_read() {
    let profile = profile_of(
        GOOGLE,
        &[
            ("First Name", "Grete"),
            ("Middle Name", "Maria"),
            ("Last Name", "Hermann"),
            ("Organization Name", "Institut ::: Verein"),
            ("Organization Title", "Leiterin"),
            ("Organization Department", "Logik"),
            ("Notes", "eins\nzwei"),
            ("Labels", "Family ::: Bremen, Nord ::: * myContacts ::: * starred"),
            ("E-mail 1 - Label", "* Work"),
            ("E-mail 1 - Value", "grete(at)example.org ::: Grete@Example.org ::: g@example.org"),
            ("E-mail 2 - Value", "other@example.org"),
            ("Phone 1 - Value", "12 ::: 030 901820"),
            ("Address 1 - Country", "Germany"),
        ],
    );
    let expected = ["Grete", "Hermann", "grete@example.org", "+4930901820", "Institut", "Logik", "Leiterin"];
    assert_eq!(shown(&profile), expected);
    assert_eq!((text(&profile.notes), profile.tags), ("eins\nzwei", vec!["Family".to_owned(), "Bremen, Nord".into()]));
}

#[test]
fn a_second_value_counts_where_the_first_is_empty() {
    let profile = profile_of(GOOGLE, &[("E-mail 2 - Value", "second@example.org"), ("Labels", "* myContacts")]);
    assert_eq!(shown(&profile)[2], "second@example.org");
    assert!(profile.tags.is_empty());
    assert_eq!(shown(&profile_of(GOOGLE, &[("Phone 1 - Value", "+44 20 7946 0123")]))[3], "+442079460123");
}

#[test]
fn google_s_old_form_is_read_and_its_name_only_where_the_parts_are_missing() {
    let cells = [
        ("Name", "Dr. Hedy Lamarr Kiesler"),
        ("Given Name", "Hedy"),
        ("Family Name", "Lamarr"),
        ("Group Membership", "Film ::: * myContacts"),
        ("E-mail 1 - Value", "hedy@example.com"),
        ("Phone 1 - Value", "(202) 555-0143"),
        ("Organization 1 - Name", "Frequency Inc."),
        ("Organization 1 - Title", "Inventor"),
    ];
    let profile = profile_of(OLD_GOOGLE, &cells);
    let expected = ["Hedy", "Lamarr", "hedy@example.com", "+12025550143", "Frequency Inc.", "", "Inventor"];
    assert_eq!((shown(&profile), &*profile.tags), (expected.map(str::to_owned), &["Film".to_owned()][..]));
    let whole = profile_of(OLD_GOOGLE, &[cells[0]]);
    assert_eq!(shown(&whole)[..2], ["Hedy Lamarr", "Kiesler"]);
    assert_eq!(shown(&profile_of(OLD_GOOGLE, &[cells[0], cells[1]]))[..2], ["Hedy", ""]);
}

#[test]
fn outlook_s_title_is_no_job_and_its_numbers_have_an_order() {
    let cells = [
        ("Mobile Phone", "(202) 555-0101"),
        ("Primary Phone", "(202) 555-0102"),
        ("Business Phone", "(202) 555-0103"),
        ("Home Phone", "(202) 555-0104"),
        ("Home Phone 2", "(202) 555-0105"),
    ];
    for (from, number) in (0..).zip(["0101", "0102", "0103", "0104", "0105"]) {
        assert_eq!(shown(&profile_of(OUTLOOK, &cells[from..]))[3], format!("+1202555{number}"));
    }
    let profile = profile_of(
        OUTLOOK,
        &[
            ("First Name", "Karen"),
            ("Last Name", "Jones"),
            ("Title", "Ms."),
            ("E-mail Address", "karen@example.com"),
            ("E-mail 2 Address", "k@example.com"),
            ("Company Main Phone", "(202) 555-0199"),
            ("Company", "Index"),
            ("Department", "Search"),
            ("Job Title", "Professor"),
            ("Categories", "Red;Blue, Green"),
        ],
    );
    assert_eq!(shown(&profile), ["Karen", "Jones", "karen@example.com", "", "Index", "Search", "Professor"]);
    assert_eq!(profile.tags, ["Red", "Blue", "Green"]);
    assert_eq!(shown(&profile_of(OUTLOOK, &[("E-mail 3 Address", "third@example.com")]))[2], "third@example.com");
}

#[test]
fn mailchimp_s_tags_are_a_record_and_its_moments_are_consent() {
    let ada = ("Email Address", "ada@example.com");
    let profile = profile_of(
        MAILCHIMP,
        &[
            ada,
            ("First Name", "Ada"),
            ("CONFIRM_TIME", "2024-02-03 10:20:30"),
            ("TIMEZONE", "Europe/London"),
            ("NOTES", "x"),
            ("TAGS", r#""VIP","Blog, news""#),
        ],
    );
    assert_eq!((profile.opt_in_status, text(&profile.timezone)), (Some(OptInStatus::OptedIn), "Europe/London"));
    assert_eq!((text(&profile.notes), profile.tags), ("x", vec!["VIP".to_owned(), "Blog, news".into()]));
    for (cells, status, zone) in [
        (&[ada, ("OPTIN_TIME", "2024-02-03 10:20:30")][..], Some(OptInStatus::OptedIn), ""),
        (&[ada, ("TIMEZONE", "Middle Earth")], None, ""),
        (&[ada, ("TIMEZONE", "America/New_York")], None, "America/New_York"),
    ] {
        let profile = profile_of(MAILCHIMP, cells);
        assert_eq!((profile.opt_in_status, text(&profile.timezone)), (status, zone), "{cells:?}");
    }
}

#[test]
fn who_unsubscribed_is_opted_out_whatever_else_is_told() {
    let line = format!("{MAILCHIMP},{UNSUBSCRIBED}");
    let cells = [
        ("Email Address", "bob@example.com"),
        ("CONFIRM_TIME", "2024-02-03 10:20:30"),
        ("UNSUB_TIME", "2025-02-03 10:20:30"),
        ("UNSUB_REASON", "NORMAL"),
    ];
    assert_eq!(profile_of(&line, &cells).opt_in_status, Some(OptInStatus::OptedOut));
    assert_eq!(profile_of(&line, &cells[..2]).opt_in_status, Some(OptInStatus::OptedIn));
    let line = format!("{SEED},opt_in_status,unsub_time");
    let cells = [("email", "bob@example.com"), ("opt_in_status", "opted_in"), ("unsub_time", "2025-02-03")];
    assert_eq!(profile_of(&line, &cells).opt_in_status, Some(OptInStatus::OptedOut));
}

#[test]
fn hubspot_s_columns_are_read_in_any_order_and_the_country_is_that_of_the_number() {
    for (country, number, e164) in [
        ("Germany", "030 901820", "+4930901820"),
        ("DE", "030 901820", "+4930901820"),
        ("united kingdom", "020 7946 0123", "+442079460123"),
        ("United States", "(202) 555-0143", "+12025550143"),
        ("Atlantis", "(202) 555-0143", "+12025550143"),
        ("Germany", "+44 20 7946 0123", "+442079460123"),
    ] {
        let line = headers(HUBSPOT).into_iter().rev().collect::<Vec<_>>().join(",");
        let cells = [
            ("Country/Region", country),
            ("Phone Number", number),
            ("Lead Status", "Open"),
            ("Associated Company", "ACME"),
        ];
        let profile = profile_of(&line, &cells);
        assert_eq!(shown(&profile), ["", "", "", e164, "ACME", "", ""], "{country}");
        assert_eq!((profile.lifecycle_stage, profile.owner_id), (None, None));
    }
}

#[test]
fn the_columns_of_s2_are_known_in_both_their_forms() {
    for line in [
        SEED,
        SEED_EXPORT,
        "line,column,value,code,reason,email,first_name,last_name,phone,company,job_title,notes,tags",
    ] {
        let headers = headers(line);
        let mapping = mapping(&headers, &[]).unwrap();
        assert!(mapping.columns().all(|column| column.how == How::Known), "{line}");
        let wanted = [
            ("firstname", "Ada"),
            ("lastname", "King"),
            ("email", "a@example.com"),
            ("phone", "(202) 555-0143"),
            ("company", "Acme"),
            ("jobtitle", "Countess"),
            ("notes", "n\nn"),
            ("tags", "x, y;X"),
        ];
        let cell = |name: &&str| wanted.iter().find(|(key, _)| *key == guess::key(name)).map_or("", |(_, cell)| *cell);
        let profile = read(&mapping, &headers.iter().map(cell).collect::<Vec<_>>()).unwrap();
        assert_eq!(shown(&profile), ["Ada", "King", "a@example.com", "+12025550143", "Acme", "", "Countess"]);
        assert_eq!((profile.tags, text(&profile.notes)), (vec!["x".to_owned(), "y".into()], "n\nn"));
    }
}

#[test]
fn the_figures_of_our_own_export_are_read() {
    let ada = ("Email", "ada@example.com");
    for (total, last, expected) in [
        ("", "", Some((0, None))),
        ("3", "2026-01-31T12:00:00.500Z", Some((3, Some("2026-01-31T12:00:00.500Z")))),
        ("0", "2026-01-31", Some((0, Some("2026-01-31T00:00:00Z")))),
        ("-1", "", None),
        ("1.5", "", None),
        ("", "yesterday", None),
    ] {
        let row = row_of(SEED_EXPORT, &[ada, ("Total Bookings", total), ("Last Booking Date", last)]);
        let expected = expected.map(|(total, last)| {
            let last = last.map(|last| last.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
            Bookings { total, last }
        });
        assert_eq!(row.ok().map(|row| row.bookings), expected, "{total} {last}");
    }
}

#[test]
fn what_the_vcard_reader_gives_is_known_and_so_are_all_our_fields() {
    let profile = profile_of(
        VCARD,
        &[("phone_2", "(202) 555-0143"), ("email_2", "two@example.com"), ("opt_in_status", "opted_in")],
    );
    assert_eq!(shown(&profile)[2..4], ["two@example.com", "+12025550143"]);
    let all = Field::ALL.iter().map(|field| field.as_str()).chain(["custom_fields.plan"]).collect::<Vec<_>>();
    let mapping = mapping(&all, &[]).unwrap();
    for column in mapping.columns() {
        assert_eq!((column.target.to_string(), column.how), (column.name.clone(), How::Known));
    }
    let custom = read(
        &mapping,
        &all.iter()
            .map(|name| match *name {
                "email" => "ada@example.com",
                "custom_fields.plan" => "gold",
                "do_not_contact" => "Yes",
                "is_active" => "nein",
                "lifecycle_stage" => "Marketing Qualified Lead",
                _ => "",
            })
            .collect::<Vec<_>>(),
    )
    .unwrap();
    assert_eq!(custom.custom_fields["plan"], "gold");
    assert_eq!((custom.do_not_contact, custom.is_active), (true, Some(false)));
    assert_eq!(custom.lifecycle_stage, Some(crate::contact::LifecycleStage::Mql));
}
