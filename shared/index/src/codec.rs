//! Files of segments: a header that tells where each column lies, then the columns, each compressed on its own.
//!
//! Nothing in a file is trusted: what a length, a code or a row number leads to is looked at only after that was checked, and
//! nothing is allocated for which the file has no rows.

mod file;
mod header;
mod ids;
mod lists;
mod planes;
mod scores;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod varint;

use domain::contact::{LifecycleStage, OptInStatus};
use domain::id::TenantId;

use crate::bits::Bits;
use crate::codec::file::{Reader, Writer};
use crate::codec::header::Column;
use crate::derived::Derived;
use crate::segment::Segment;

/// What is wrong with a part of a file.
type Fault = &'static str;

/// The bytes are not a file of this tenant's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DamagedFile {
    /// It is a file of another tenant's index.
    #[error("is a file of another tenant's index")]
    AnotherTenant,
    /// It was written by a program of another time, which laid files out in another way.
    #[error("is laid out by version {0}, which is unknown")]
    UnknownSchema(u32),
    /// It is no such file, or no longer what was written.
    #[error("is damaged: {part}: {fault}")]
    Damaged {
        /// The part of the file.
        part: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
}

impl Segment {
    /// The file of the segment.
    pub fn encode(&self, tenant: TenantId) -> Vec<u8> {
        let mut file = Writer::new(tenant, self.rows());
        ids::write(&mut file, &self.ids);
        file.add(Column::Versions, &planes::write(self.versions.iter().map(|&number| number.into())));
        let changes = self.revisions.iter().zip(&self.versions).map(|(all, known)| all.wrapping_sub(*known).into());
        file.add(Column::Revisions, &planes::write(changes));
        file.add(Column::Contacts, &bytes_of(&self.contacts));
        times::write_gone(&mut file, &self.gone);
        for (texts, coded) in texts::CODED.into_iter().zip(self.coded()) {
            texts::write(&mut file, texts, coded);
        }
        file.add(Column::Mailboxes, &self.mailboxes.bytes);
        file.add(Column::Phones, &planes::write(self.phones.iter().copied()));
        file.add(Column::LifecycleStages, &self.lifecycle_stages);
        file.add(Column::LeadStages, &self.lead_stages);
        file.add(Column::OptIn, &self.opt_in);
        file.add(Column::Active, &bytes_of(&self.active));
        file.add(Column::DoNotContact, &bytes_of(&self.do_not_contact));
        file.add(Column::Bookings, &planes::write(self.bookings.iter().map(|&number| number.into())));
        scores::write(&mut file, &self.scores);
        times::write_created(&mut file, &self.created, &self.ids);
        times::write_last_activity(&mut file, &self.last_activity);
        lists::write_tags(&mut file, &self.tags);
        lists::write_ids(&mut file, (Column::Groups, Column::GroupRows), &self.groups);
        lists::write_ids(&mut file, (Column::Types, Column::TypeRows), &self.types);
        file.finish()
    }

    /// The segment in a file of this tenant's.
    ///
    /// # Errors
    /// When the bytes are something else, in whatever way.
    pub fn decode(bytes: &[u8], tenant: TenantId) -> Result<Self, DamagedFile> {
        let mut file = Reader::open(bytes, tenant)?;
        let ids = ids::read(&mut file)?;
        let (versions, revisions) = read_stamps(&mut file)?;
        let contacts = read_bits(&mut file, Column::Contacts)?;
        let gone = times::read_gone(&mut file, &contacts)?;
        let [first_names, last_names, companies, lead_sources, owners, email_domains] = texts::read_all(&mut file)?;
        Ok(Self {
            versions,
            revisions,
            contacts,
            gone,
            first_names,
            last_names,
            companies,
            lead_sources,
            owners,
            mailboxes: texts::read_mailboxes(&mut file)?,
            email_domains,
            phones: read_numbers(&mut file, Column::Phones)?,
            lifecycle_stages: read_places(&mut file, Column::LifecycleStages, LifecycleStage::ALL.len() + 1)?,
            lead_stages: read_places(&mut file, Column::LeadStages, LifecycleStage::ALL.len() + 1)?,
            opt_in: read_places(&mut file, Column::OptIn, OptInStatus::ALL.len())?,
            active: read_bits(&mut file, Column::Active)?,
            do_not_contact: read_bits(&mut file, Column::DoNotContact)?,
            bookings: read_numbers(&mut file, Column::Bookings)?,
            scores: scores::read(&mut file)?,
            created: times::read_created(&mut file, &ids)?,
            last_activity: times::read_last_activity(&mut file)?,
            tags: lists::read_tags(&mut file)?,
            groups: lists::read_ids(&mut file, (Column::Groups, Column::GroupRows))?,
            types: lists::read_ids(&mut file, (Column::Types, Column::TypeRows))?,
            ids,
            derived: Derived::default(),
        })
    }
}

fn read_stamps(file: &mut Reader<'_>) -> Result<(Vec<u32>, Vec<u32>), DamagedFile> {
    let versions: Vec<u32> = read_numbers(file, Column::Versions)?;
    let mut revisions: Vec<u32> = read_numbers(file, Column::Revisions)?;
    revisions.iter_mut().zip(&versions).for_each(|(all, known)| *all = all.wrapping_add(*known));
    Ok((versions, revisions))
}

/// A number for each row.
fn read_numbers<N: planes::Number>(file: &mut Reader<'_>, column: Column) -> Result<Vec<N>, DamagedFile> {
    let rows = file.rows();
    file.column(column, planes::longest::<N>(rows), |raw| planes::read(&raw, rows))
}

/// A place in a list of `places` for each row.
fn read_places(file: &mut Reader<'_>, column: Column, places: usize) -> Result<Vec<u8>, DamagedFile> {
    let rows = file.rows();
    file.column(column, rows, |raw| {
        let fits = raw.len() == rows && raw.iter().all(|&place| usize::from(place) < places);
        fits.then_some(raw).ok_or("has too few rows, or a value that there is not")
    })
}

fn bytes_of(bits: &Bits) -> Vec<u8> {
    bits.words().iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn read_bits(file: &mut Reader<'_>, column: Column) -> Result<Bits, DamagedFile> {
    let rows = file.rows();
    file.column(column, rows.div_ceil(64) * 8, |raw| {
        let (words, _) = raw.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        Bits::of_words(words, rows).ok_or("has too few rows")
    })
}
