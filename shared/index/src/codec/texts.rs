//! The columns of texts: dictionaries and the codes of the rows, and mailboxes.

use domain::contact::draft::{MAX_NAME, MAX_TITLE};
use domain::email::EmailAddress;

use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::codec::{DamagedFile, planes};
use crate::dictionary::{Coded, Dictionary};
use crate::segment::Mailboxes;

/// A column of texts.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    dictionary: Column,
    codes: Column,
    /// The longest text, in bytes.
    longest: usize,
}

/// What a character becomes at most when it is folded, in bytes: U+FDFA does.
const FOLDED: usize = 33;
/// The longest character in bytes.
const CHARACTER: usize = 4;
/// The longest name of a user, in characters.
const MAX_OWNER: usize = 128;
/// For texts that are longer than the rules for contacts allow: a few are no harm.
const SPARE: usize = 64 * 1024;

/// All columns that have dictionaries, in the order of [`crate::segment::Segment::coded`].
pub(super) const CODED: [Texts; 6] = [
    Texts { dictionary: Column::FirstNames, codes: Column::FirstNameCodes, longest: MAX_NAME * FOLDED },
    Texts { dictionary: Column::LastNames, codes: Column::LastNameCodes, longest: MAX_NAME * FOLDED },
    Texts { dictionary: Column::Companies, codes: Column::CompanyCodes, longest: MAX_TITLE * FOLDED },
    Texts { dictionary: Column::LeadSources, codes: Column::LeadSourceCodes, longest: MAX_TITLE * FOLDED },
    Texts { dictionary: Column::Owners, codes: Column::OwnerCodes, longest: MAX_OWNER * CHARACTER },
    Texts { dictionary: Column::EmailDomains, codes: Column::EmailDomainCodes, longest: EmailAddress::MAX_LENGTH },
];

/// Adds a dictionary and its codes.
pub(super) fn write(file: &mut Writer, texts: Texts, coded: &Coded) {
    file.add(texts.dictionary, coded.dictionary.bytes());
    file.add(texts.codes, &planes::write(coded.codes.iter().map(|&code| code.into())));
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

fn read(file: &mut Reader<'_>, texts: Texts) -> Result<Coded, DamagedFile> {
    let rows = file.rows();
    let dictionary =
        file.column(texts.dictionary, longest(rows, texts.longest), |raw| Dictionary::of_bytes(raw, rows))?;
    let codes = file.column(texts.codes, planes::longest::<u32>(rows), |raw| {
        let codes: Vec<u32> = planes::read(&raw, rows)?;
        let are_known = codes.iter().all(|&code| (code as usize) < dictionary.codes());
        are_known.then_some(codes).ok_or("has codes that no text has")
    })?;
    Ok(Coded { dictionary, codes })
}

/// The mailboxes.
pub(super) fn read_mailboxes(file: &mut Reader<'_>) -> Result<Mailboxes, DamagedFile> {
    let rows = file.rows();
    file.column(Column::Mailboxes, longest(rows, EmailAddress::MAX_LENGTH), |raw| Mailboxes::of_bytes(raw, rows))
}

/// How many bytes the texts of so many rows take at most, ends included. Texts begin at numbers of 32 bits.
fn longest(rows: usize, longest: usize) -> usize {
    (rows * (longest + 1) + SPARE).min(u32::MAX as usize)
}
