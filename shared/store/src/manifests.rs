//! Manifests of the contact indexes, one item a tenant, kept so small that each change costs one write unit.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::contact::manifest::{Manifest, SegmentFile};
use domain::id::{Id, SegmentId, TenantId};
use domain::{Error, Result};
use uuid::Uuid;

use crate::item::{Attributes, Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// The attributes: how often it changed, the file with most of the contacts, the others.
const GENERATION: &str = "generation";
const BASE: &str = "base";
const DELTAS: &str = "deltas";

/// The manifest of a tenant.
#[derive(Debug, Clone)]
pub struct Manifests {
    table: Table,
    tenant: TenantId,
}

impl Manifests {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The manifest, as it is now; nothing if there is no index yet.
    pub async fn get(&self) -> Result<Option<Manifest>> {
        let attributes = self.table.get_attributes(&Key::manifest(self.tenant)).await?;
        let broken = || Error::internal("reading a manifest", "its attributes are not those of one");
        attributes.map(|attributes| manifest(&attributes).ok_or_else(broken)).transpose()
    }

    /// Puts `new` in the place of `old`, as it was read; nothing, if there was none. `false`: it has changed since, and
    /// nothing was kept.
    pub async fn replace(&self, old: Option<&Manifest>, new: &Manifest) -> Result<bool> {
        let as_read = old.map_or(Condition::Absent, |old| Condition::number(GENERATION, old.generation));
        Ok(self.table.write(Write::put(item(self.tenant, new), as_read)).await? == Written::Yes)
    }
}

fn item(tenant: TenantId, manifest: &Manifest) -> Item {
    let mut attributes = Key::manifest(tenant).attributes();
    let blob = |files: &[SegmentFile]| AttributeValue::B(Blob::new(files.iter().flat_map(bytes).collect::<Vec<u8>>()));
    attributes.insert(GENERATION.to_owned(), AttributeValue::N(manifest.generation.to_string()));
    attributes.extend(manifest.base.map(|base| (BASE.to_owned(), blob(&[base]))));
    attributes.insert(DELTAS.to_owned(), blob(&manifest.deltas));
    Item(attributes)
}

fn manifest(attributes: &Attributes) -> Option<Manifest> {
    let generation = attributes.get(GENERATION)?.as_n().ok()?.parse().ok()?;
    let base = match attributes.get(BASE) {
        Some(base) => Some(*files(base)?.first()?),
        None => None,
    };
    Some(Manifest { generation, base, deltas: files(attributes.get(DELTAS)?)? })
}

/// A file in 24 bytes: its id and how many rows it has.
fn bytes(file: &SegmentFile) -> impl Iterator<Item = u8> + use<> {
    file.id.uuid().into_bytes().into_iter().chain(file.rows.to_be_bytes())
}

fn files(value: &AttributeValue) -> Option<Vec<SegmentFile>> {
    let (files, rest) = value.as_b().ok()?.as_ref().as_chunks::<24>();
    let file = |bytes: &[u8; 24]| {
        let (id, rows) = bytes.split_first_chunk::<16>()?;
        let id = SegmentId::from_uuid(Uuid::from_bytes(*id));
        Some(SegmentFile { id, rows: u64::from_be_bytes(rows.try_into().ok()?) })
    };
    if rest.is_empty() { files.iter().map(file).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn tenant() -> TenantId {
        TenantId::derived(Timestamp::default(), &[])
    }

    fn files_of(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<SegmentFile>> {
        let file = |(id, rows)| SegmentFile { id: SegmentId::from_uuid(Uuid::from_u128(id)), rows };
        prop::collection::vec(any::<(u128, u64)>().prop_map(file), count)
    }

    /// As the table reckons: names and values, a number with a byte for two digits and one more.
    fn weight(attributes: &Attributes) -> usize {
        let value = |value: &AttributeValue| match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::B(blob) => blob.as_ref().len(),
            other => panic!("{other:?} is not weighed"),
        };
        attributes.iter().map(|(name, of)| name.len() + value(of)).sum()
    }

    proptest! {
        #[test]
        fn a_manifest_is_read_back_as_it_was_kept(
            generation: u64,
            base in files_of(0..=1),
            deltas in files_of(0..40),
        ) {
            let kept = Manifest { generation, base: base.first().copied(), deltas };
            prop_assert_eq!(manifest(&item(tenant(), &kept).0), Some(kept));
        }

        #[test]
        fn a_manifest_with_twice_as_many_deltas_as_are_folded_is_one_write_unit(files in files_of(33)) {
            let kept = Manifest { generation: u64::MAX, base: files.first().copied(), deltas: files[1..].to_vec() };
            prop_assert!(weight(&item(tenant(), &kept).0) <= 1_024);
        }
    }

    #[test]
    fn what_is_no_manifest_is_not_read_as_one() {
        let whole = item(tenant(), &Manifest { generation: 1, ..Manifest::default() }).0;
        assert!(manifest(&whole).is_some());
        for name in [GENERATION, DELTAS] {
            let mut lacking = whole.clone();
            lacking.remove(name);
            assert_eq!(manifest(&lacking), None, "{name}");
        }
        for (name, length) in [(DELTAS, 23), (BASE, 25), (BASE, 0)] {
            let mut cut = whole.clone();
            cut.insert(name.to_owned(), AttributeValue::B(Blob::new(vec![0; length])));
            assert_eq!(manifest(&cut), None, "{name} of {length} bytes");
        }
    }
}
