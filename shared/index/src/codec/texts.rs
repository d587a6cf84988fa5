//! The columns of texts: dictionaries and the codes of the rows, and mailboxes.

use domain::email::EmailAddress;

use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::{DamagedFile, planes};
use crate::dictionary::{Coded, Dictionary};
use crate::segment::Mailboxes;

/// The dictionaries and codes of all coded columns, in the order of [`crate::segment::Segment::coded`].
pub(super) const CODED: [(Column, Column); 6] = [
    (Column::FirstNames, Column::FirstNameCodes),
    (Column::LastNames, Column::LastNameCodes),
    (Column::Companies, Column::CompanyCodes),
    (Column::LeadSources, Column::LeadSourceCodes),
    (Column::Owners, Column::OwnerCodes),
    (Column::EmailDomains, Column::EmailDomainCodes),
];

/// The longest text in bytes: 200 characters that become 18 others each when they are folded, and that is not all of them.
const LONGEST: usize = 8 * 1024;

/// Adds a dictionary and its codes.
pub(super) fn write(file: &mut Writer, (texts, codes): (Column, Column), coded: &Coded) {
    file.add(texts, coded.dictionary.bytes());
    file.add(codes, &planes::write(coded.codes.iter().map(|&code| code.into())));
}

/// All coded columns.
pub(super) fn read_all(file: &mut Reader<'_>) -> Result<[Coded; 6], DamagedFile> {
    let [first_names, last_names, companies, lead_sources, owners, email_domains] = CODED;
    Ok([
        read(file, first_names)?,
        read(file, last_names)?,
        read(file, companies)?,
        read(file, lead_sources)?,
        read(file, owners)?,
        read(file, email_domains)?,
    ])
}

fn read(file: &mut Reader<'_>, (texts, codes): (Column, Column)) -> Result<Coded, DamagedFile> {
    let rows = file.rows();
    let dictionary = file.column(texts, rows * LONGEST, |raw| Dictionary::of_bytes(raw, rows))?;
    let codes = file.column(codes, planes::longest::<u32>(rows), |raw| {
        let codes: Vec<u32> = planes::read(&raw, rows)?;
        let are_known = codes.iter().all(|&code| (code as usize) < dictionary.codes());
        are_known.then_some(codes).ok_or("has codes that no text has")
    })?;
    Ok(Coded { dictionary, codes })
}

/// The mailboxes.
pub(super) fn read_mailboxes(file: &mut Reader<'_>) -> Result<Mailboxes, DamagedFile> {
    let rows = file.rows();
    file.column(Column::Mailboxes, rows * (EmailAddress::MAX_LENGTH + 1), |raw| Mailboxes::of_bytes(raw, rows))
}
