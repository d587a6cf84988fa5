//! Erasure: what may be known of an address that must not be kept.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{Id, TenantId, hex};

/// An address, unreadable: whoever has the address can tell whether it is this one, and nobody else can.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressHash(String);

impl AddressHash {
    /// Of an e-mail address or a phone number. The same address of another tenant gives another one.
    pub fn of(tenant: TenantId, address: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(tenant.uuid().as_bytes());
        hash.update(address.trim().to_lowercase().as_bytes());
        Self(hex(&hash.finalize()))
    }

    /// Of the text and of each word in it, for finding addresses in what somebody typed.
    pub fn of_words(tenant: TenantId, text: &str) -> Vec<Self> {
        let words = text.split(|c: char| c.is_whitespace() || "<>()[]\"',;:".contains(c));
        std::iter::once(text).chain(words).filter(|word| !word.is_empty()).map(|word| Self::of(tenant, word)).collect()
    }
}

impl fmt::Display for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn the_same_address_gives_the_same_hash_in_its_tenant_only() {
        let [ours, theirs] = [b"a", b"b"].map(|name| TenantId::derived(Timestamp::default(), &[name]));
        let hash = AddressHash::of(ours, "ada@example.com");
        assert_eq!(hash, AddressHash::of(ours, " Ada@Example.com "));
        assert_ne!(hash, AddressHash::of(theirs, "ada@example.com"));
        assert!(!hash.to_string().contains("ada"));
        assert!(AddressHash::of_words(ours, "Ada <ADA@example.com>; x").contains(&hash));
    }
}
