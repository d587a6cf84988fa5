//! Ids: UUIDv7 (RFC 9562 §5.7), a type for each kind of thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::Timestamp;

/// What every id can do. Implemented by the types of this module only.
pub trait Id: Copy + fmt::Display + FromStr<Err = NotAnId> {
    /// The id made of these bits.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The bits.
    fn uuid(&self) -> Uuid;

    /// An id for something new: `at` gives the sort order, `random` the uniqueness.
    fn fresh(at: Timestamp, random: [u8; 10]) -> Self {
        Self::from_uuid(Builder::from_unix_timestamp_millis(millis(at), &random).into_uuid())
    }

    /// The one id that follows from `at` and `parts`: whoever computes it again gets the same. The form is UUIDv7,
    /// with the hash of the parts in the place of randomness.
    fn derived(at: Timestamp, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut bits = [0; 10];
        bits.copy_from_slice(&digest[..10]);
        Self::fresh(at, bits)
    }

    /// When the thing came to be, as far as its id tells.
    fn created_at(&self) -> Timestamp {
        let bytes = self.uuid().into_bytes();
        let millis = bytes[..6].iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.timestamp_millis()).unwrap_or(0)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id (a UUID)")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(Uuid);

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                // RFC 9562 §4; the other forms that the crate reads are none of the contract's.
                let hyphenated = text.len() == 36;
                Uuid::try_parse(text).ok().filter(|_| hyphenated).map(Self).ok_or(NotAnId)
            }
        }
    )+};
}

ids! {
    /// A company that uses Rollcall; everything belongs to one.
    TenantId,
    /// A person that a tenant knows.
    ContactId,
    /// A sequence of messages for an audience.
    CampaignId,
    /// A step of a campaign.
    StepId,
    /// One message to one person.
    MessageId,
    /// Work in the background: an import, an enrolment, a clean-up, a merge.
    JobId,
    /// A classification of contacts.
    ContactTypeId,
    /// A label of contacts.
    TagId,
    /// A collection of contacts.
    GroupId,
    /// An entry of a contact's timeline.
    InteractionId,
    /// An API key (not the secret itself).
    ApiKeyId,
    /// An entry of the audit.
    AuditId,
    /// A file of the contact index.
    SegmentId,
    /// A search that is kept under a name.
    SearchId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_is_the_same_for_the_same_parts_only() {
        let at = chrono::DateTime::from_timestamp_millis(1_790_000_000_123).unwrap_or_default();
        let id = ContactId::derived(at, &[b"job", b"1"]);
        assert_eq!(id, ContactId::derived(at, &[b"job", b"1"]));
        assert_ne!(id, ContactId::derived(at, &[b"job1", b""]));
        assert_eq!(id.uuid().get_version_num(), 7);
        assert_eq!(id.created_at(), at);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [format!("{{{id}}}"), id.uuid().simple().to_string(), id.uuid().urn().to_string()] {
            assert_eq!(text.parse::<ContactId>(), Err(NotAnId), "{text}");
        }
    }
}
