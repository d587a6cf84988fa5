//! The files in which imports tell of rows: an erasure takes out what they hold of the person.

use domain::erasure::AddressHash;
use domain::id::TenantId;
use domain::phone::{Country, Phone};
use domain::{Error, Result, import_files};
use futures::stream::{self, StreamExt, TryStreamExt};
use runtime::Bucket;

/// How many files are looked into at a time.
const AT_A_TIME: usize = 8;
/// Where a refused row tells its line and the code of its fault, which are nobody's.
const KEPT: [usize; 2] = [0, 3];
/// Where it tells the reason.
const REASON: usize = 4;
/// Fewer digits are no phone number.
const PHONE_DIGITS: usize = 6;

/// Takes a person out of the refused rows and the previews of a tenant's imports. It may be done again.
pub(crate) async fn forget(bucket: &Bucket, person: &Person<'_>) -> Result<()> {
    let tenant = person.tenant;
    for prefix in [import_files::refused_of(tenant), import_files::previews_of(tenant)] {
        let mut after: Option<String> = None;
        loop {
            let (keys, more) = bucket.keys_after(&prefix, after.as_deref()).await?;
            after = keys.last().cloned();
            let each: Vec<_> = keys.into_iter().map(|key| forget_in(bucket, key, person)).collect();
            stream::iter(each).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
            if !more {
                break;
            }
        }
    }
    Ok(())
}

async fn forget_in(bucket: &Bucket, key: String, person: &Person<'_>) -> Result<()> {
    let Some(file) = bucket.whole(&key).await? else { return Ok(()) };
    if key.ends_with(".json") {
        // Of a preview nothing is left: it can be had again.
        let any = String::from_utf8_lossy(&file).split('"').any(|text| person.is_in(text));
        return if any { bucket.delete(&key).await } else { Ok(()) };
    }
    match person.taken_out(&file).map_err(|error| Error::internal("reading refused rows", error))? {
        Some(rest) => bucket.put(&key, rest).await,
        None => Ok(()),
    }
}

/// What a person is recognised by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) traces: &'a [AddressHash],
    /// For national phone numbers.
    pub(crate) country: Country,
}

impl Person<'_> {
    /// The refused rows without those of the person, if there are such: they are still told, but not what they held.
    fn taken_out(&self, csv: &[u8]) -> csv::Result<Option<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv);
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let (mut record, mut any) = (csv::StringRecord::new(), false);
        while reader.read_record(&mut record)? {
            if !record.iter().any(|cell| self.is_in(cell)) {
                writer.write_record(&record)?;
                continue;
            }
            any = true;
            writer.write_record(record.iter().enumerate().map(|(at, cell)| match at {
                REASON => "belongs to a person who asked not to be kept",
                at if KEPT.contains(&at) => cell,
                _ => "",
            }))?;
        }
        let rest = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(any.then_some(rest))
    }

    fn is_in(&self, text: &str) -> bool {
        let is = |text: &str| self.traces.contains(&AddressHash::of(self.tenant, text));
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let number = || Phone::parse(text, self.country).is_ok_and(|phone| is(&phone.e164));
        let mut words = text.split(|c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c));
        words.any(|word| word.contains('@') && is(word)) || digits >= PHONE_DIGITS && (is(text) || number())
    }
}
