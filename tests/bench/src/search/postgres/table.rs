//! Contacts as a table, with the indexes that one would make for these questions.

use anyhow::Result;
use domain::contact::Contact;
use domain::contact::order::{Order, SortField, SortKey};
use domain::fold::fold;
use domain::id::Id;
use postgres::Client;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::Type;

use super::super::questions::BY_NAME;
use super::sql::{Value, order_by};

/// Texts are compared byte by byte, and folded where the questions are.
const TABLE: &str = r#"
    CREATE EXTENSION pg_trgm;
    CREATE TABLE contacts (
        id uuid NOT NULL,
        email text COLLATE "C",
        phone text COLLATE "C",
        first_name text COLLATE "C",
        last_name text COLLATE "C",
        company text COLLATE "C",
        sort_first text COLLATE "C",
        sort_last text COLLATE "C",
        tags text[] COLLATE "C" NOT NULL,
        groups uuid[] NOT NULL,
        types uuid[] NOT NULL,
        owner text COLLATE "C",
        active boolean NOT NULL,
        do_not_contact boolean NOT NULL,
        stage text COLLATE "C",
        lead_stage text COLLATE "C",
        source text COLLATE "C",
        opt_in text COLLATE "C" NOT NULL,
        bookings bigint NOT NULL,
        score double precision,
        created_at timestamptz NOT NULL,
        last_activity timestamptz
    )"#;

const INDEXES: [&str; 13] = [
    "UNIQUE INDEX ON contacts (id)",
    "INDEX ON contacts (email)",
    "INDEX ON contacts (phone)",
    "INDEX ON contacts (owner)",
    "INDEX ON contacts (stage)",
    "INDEX ON contacts (lead_stage)",
    "INDEX ON contacts USING gin (email gin_trgm_ops)",
    "INDEX ON contacts USING gin (first_name gin_trgm_ops)",
    "INDEX ON contacts USING gin (last_name gin_trgm_ops)",
    "INDEX ON contacts USING gin (company gin_trgm_ops)",
    "INDEX ON contacts USING gin (tags)",
    "INDEX ON contacts USING gin (groups)",
    "INDEX ON contacts USING gin (types)",
];

/// Makes the table.
pub(super) fn create(client: &mut Client) -> Result<()> {
    Ok(client.batch_execute(TABLE)?)
}

/// Adds contacts, none of which may be there.
pub(super) fn load(client: &mut Client, contacts: impl Iterator<Item = Contact>) -> Result<()> {
    let columns = client.prepare("SELECT * FROM contacts")?;
    let types: Vec<Type> = columns.columns().iter().map(|column| column.type_().clone()).collect();
    let mut rows = BinaryCopyInWriter::new(client.copy_in("COPY contacts FROM STDIN (FORMAT binary)")?, &types);
    for contact in contacts {
        rows.write_raw(row(&contact))?;
    }
    rows.finish()?;
    Ok(())
}

/// Makes the indexes, one of them for each order, and learns what there is.
pub(super) fn index(client: &mut Client) -> Result<()> {
    INDEXES.iter().try_for_each(|index| client.batch_execute(&format!("CREATE {index}")))?;
    for &by in SortField::ALL {
        let order = order_by(Order { by, descending: by != SortField::Name });
        client.batch_execute(&format!("CREATE INDEX ON contacts ({order})"))?;
    }
    Ok(client.batch_execute("VACUUM ANALYZE contacts")?)
}

/// The contact's values, in the order of the columns.
fn row(contact: &Contact) -> [Value<'_>; 22] {
    let (profile, figures) = (&contact.profile, &contact.figures);
    let folded = |text: &Option<String>| text.as_deref().map(fold);
    let (sort_first, sort_last) = match BY_NAME.position(contact).key {
        SortKey::Name(first, last) => (Some(first), Some(last)),
        _ => (None, None),
    };
    let mut tags: Vec<String> = profile.tags.iter().map(|tag| tag.to_lowercase()).collect();
    tags.sort_unstable();
    tags.dedup();
    [
        Box::new(contact.id.uuid()),
        Box::new(profile.email.as_ref().map(|email| email.as_str())),
        Box::new(profile.phone.as_ref().map(|phone| phone.e164.as_str())),
        Box::new(folded(&profile.first_name)),
        Box::new(folded(&profile.last_name)),
        Box::new(folded(&profile.company)),
        Box::new(sort_first),
        Box::new(sort_last),
        Box::new(tags),
        Box::new(profile.groups.iter().map(Id::uuid).collect::<Vec<_>>()),
        Box::new(profile.types.iter().map(Id::uuid).collect::<Vec<_>>()),
        Box::new(profile.owner_id.as_ref().map(ToString::to_string)),
        Box::new(profile.is_active()),
        Box::new(profile.do_not_contact),
        Box::new(profile.lifecycle_stage.map(|stage| stage.as_str())),
        Box::new(figures.lead_stage.map(|stage| stage.as_str())),
        Box::new(folded(&profile.lead_source)),
        Box::new(profile.opt_in().as_str()),
        Box::new(figures.total_bookings.cast_signed()),
        Box::new(figures.score),
        Box::new(contact.created_at),
        Box::new(figures.last_interaction_at),
    ]
}
