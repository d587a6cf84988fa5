//! The rows of slots in which a tenant's messages go out.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use domain::id::TenantId;
use domain::message::Channel;
use domain::pace::{Rate, Row, Taken};
use domain::time::after;
use domain::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// How often a row is tried again that somebody else took from.
const TRIES: u32 = 40;
/// For how long a row is kept that nobody takes from.
const KEPT: TimeDelta = TimeDelta::days(1);

/// What became of a wish for slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slots {
    /// They were taken.
    Taken(Taken),
    /// They are all taken up to this moment, which is further ahead than one may ask.
    Full(Timestamp),
}

/// In microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct KeptRow {
    next: i64,
    line: i64,
}

impl From<Row> for KeptRow {
    fn from(row: Row) -> Self {
        Self { next: row.next.timestamp_micros(), line: row.line.timestamp_micros() }
    }
}

impl From<KeptRow> for Row {
    fn from(kept: KeptRow) -> Self {
        let moment = |micros| Timestamp::from_timestamp_micros(micros).unwrap_or_default();
        Self { next: moment(kept.next), line: moment(kept.line) }
    }
}

/// The rows of a tenant, one for each channel.
#[derive(Debug, Clone)]
pub struct Rows {
    table: Table,
    tenant: TenantId,
}

impl Rows {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// Takes `count` slots of a channel, as [`Row::take`] says.
    pub async fn take(&self, channel: Channel, rate: Rate, count: u32, waited: bool, now: Timestamp) -> Result<Slots> {
        let taken = self.change(channel, |row| row.take(now, rate, count, waited).ok_or(row.next));
        Ok(match taken.await? {
            Ok(taken) => Slots::Taken(taken),
            Err(next) => Slots::Full(next),
        })
    }

    /// Takes `count` places in the line of a channel, as [`Row::line_up`] says.
    pub async fn line_up(&self, channel: Channel, rate: Rate, count: u32, now: Timestamp) -> Result<Taken> {
        let places = self.change(channel, |row| Ok::<_, Error>(row.line_up(now, rate, count)));
        places.await?
    }

    async fn change<E>(
        &self,
        channel: Channel,
        taking: impl Fn(Row) -> Result<(Row, Taken), E>,
    ) -> Result<Result<Taken, E>> {
        let key = Key::row(self.tenant, channel);
        for turn in 0..TRIES {
            let kept: Option<KeptRow> = self.table.get(&key).await?;
            let (row, taken) = match taking(kept.map_or(Row::NEW, Row::from)) {
                Ok(change) => change,
                Err(none) => return Ok(Err(none)),
            };
            let item = Item::new(&key, &KeptRow::from(row))?.expiring(after(row.next.max(row.line), KEPT));
            if self.table.write(Write::Put { item, conditions: as_read(kept) }).await? == Written::Yes {
                return Ok(Ok(taken));
            }
            // Others are at it as well; not all of them again at the same moment.
            tokio::time::sleep(Duration::from_millis(u64::from(turn % 7))).await;
        }
        Err(Error::Unavailable { service: "the table", source: "a row of slots keeps changing".into() })
    }
}

fn as_read(kept: Option<KeptRow>) -> Vec<Condition> {
    let number = |name, micros: i64| Condition::Equals(name, AttributeValue::N(micros.to_string()));
    kept.map_or_else(|| vec![Condition::Absent], |kept| vec![number("next", kept.next), number("line", kept.line)])
}
