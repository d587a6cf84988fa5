//! A stored stream record as the JSON that Lambda would get.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::stream::{StreamError, public};
use crate::{ACCOUNT_ID, REGION};

/// The columns of `_stream_records` that [`Stream::record`] takes, in its order.
pub(crate) const COLUMNS: &str = "CAST(sequence_number AS INTEGER), event_name, event_id, created_at, \
     keys_json, new_image, old_image, user_identity";

const SELECT_STREAM: &str = "SELECT stream_label, COALESCE(stream_view_type, 'NEW_AND_OLD_IMAGES') FROM _tables \
     WHERE table_name = ?1 AND stream_enabled = 1";

/// What all records of one stream share.
pub(crate) struct Stream {
    arn: String,
    view_type: String,
}

impl Stream {
    pub(crate) fn find(connection: &Connection, table: &str) -> Result<Self, StreamError> {
        let mut statement = connection.prepare_cached(SELECT_STREAM)?;
        let found = statement.query_row([table], |row| {
            let label: String = row.get(0)?;
            let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}/stream/{label}");
            Ok(Self { arn, view_type: row.get(1)? })
        });
        found.optional()?.ok_or_else(|| StreamError::NoStream { table: table.to_owned() })
    }

    /// The record as Lambda gets it; keys and images are copied as they are stored. `None` for a write that
    /// left its item as it was, which AWS does not record, and for an item whose keys are not `wanted`.
    pub(crate) fn record(
        &self,
        row: &Row<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Box<RawValue>>, StreamError> {
        let (keys, new, old) = (text(row, 4)?, text(row, 5)?, text(row, 6)?);
        if !wanted(keys.unwrap_or_default()) || same(new, old)? {
            return Ok(None);
        }
        let change = Change {
            created: row.get(3)?,
            keys: json(keys)?,
            new_image: json(new)?,
            old_image: json(old)?,
            sequence_number: public(row.get(0)?),
            size: [keys, new, old].iter().flatten().map(|text| text.len()).sum(),
            view_type: &self.view_type,
        };
        Ok(Some(to_raw_value(&Record {
            id: text(row, 2)?,
            name: text(row, 1)?,
            version: "1.1",
            source: "aws:dynamodb",
            region: REGION,
            source_arn: &self.arn,
            change,
            user_identity: json(text(row, 7)?)?,
        })?))
    }
}

#[derive(Serialize)]
struct Record<'r> {
    #[serde(rename = "eventID")]
    id: Option<&'r str>,
    #[serde(rename = "eventName")]
    name: Option<&'r str>,
    #[serde(rename = "eventVersion")]
    version: &'r str,
    #[serde(rename = "eventSource")]
    source: &'r str,
    #[serde(rename = "awsRegion")]
    region: &'r str,
    #[serde(rename = "eventSourceARN")]
    source_arn: &'r str,
    #[serde(rename = "dynamodb")]
    change: Change<'r>,
    #[serde(rename = "userIdentity", skip_serializing_if = "Option::is_none")]
    user_identity: Option<&'r RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Change<'r> {
    #[serde(rename = "ApproximateCreationDateTime")]
    created: i64,
    keys: Option<&'r RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_image: Option<&'r RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_image: Option<&'r RawValue>,
    sequence_number: String,
    #[serde(rename = "SizeBytes")]
    size: usize,
    #[serde(rename = "StreamViewType")]
    view_type: &'r str,
}

/// Whether both images are there and hold the same item. However its attributes are ordered an item is as
/// long, so that few images are parsed.
fn same(new: Option<&str>, old: Option<&str>) -> Result<bool, serde_json::Error> {
    match (new, old) {
        (Some(new), Some(old)) if new.len() == old.len() => {
            Ok(new == old || serde_json::from_str::<Value>(new)? == serde_json::from_str::<Value>(old)?)
        }
        _ => Ok(false),
    }
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

fn json(text: Option<&str>) -> Result<Option<&RawValue>, serde_json::Error> {
    text.map(serde_json::from_str).transpose()
}
