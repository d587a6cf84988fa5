//! The contact index: change stream → states of contacts · queue: upkeep and repair. `HANDLER` says which of the two this is.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use catalog::Catalog;
use domain::Result;
use domain::contact::indexed::Indexed;
use domain::id::TenantId;
use futures::stream::{self, StreamExt, TryStreamExt};
use runtime::batch::each_message;
use runtime::{Clock, Handler, Platform, StartError};
use store::stream::{Record, StreamAnswer, StreamEvent};
use store::{MarkName, Store};

/// How many tenants' indexes are written at a time.
const AT_A_TIME: usize = 8;

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let catalog = Catalog::new(platform, store.clone())?;
    match platform.environment.required("HANDLER")? {
        "stream" => {
            let indexer = Arc::new(Indexer { store, catalog, clock: platform.clock.clone() });
            Ok(Handler::events(move |event: StreamEvent| {
                let indexer = indexer.clone();
                async move { indexer.index(&event.records).await.map(|()| StreamAnswer::default()) }
            }))
        }
        "work" => Ok(Handler::events(move |event: SqsEvent| {
            let catalog = catalog.clone();
            async move { Ok(each_message(event, |task| catalog.work(task)).await) }
        })),
        _ => Err(StartError::Invalid { name: "HANDLER", reason: "must be stream or work".to_owned() }),
    }
}

struct Indexer {
    store: Store,
    catalog: Catalog,
    clock: Clock,
}

/// What a batch says of a tenant's contacts.
#[derive(Default)]
struct Changes {
    states: Vec<Indexed>,
    marks: Vec<MarkName>,
}

impl Indexer {
    /// Brings the changes into the indexes; the marks of changes go once they are there. A batch may come again, in part as
    /// well: of each contact the latest state counts.
    async fn index(&self, records: &[Record]) -> Result<()> {
        let mut tenants: BTreeMap<TenantId, Changes> = BTreeMap::new();
        for record in records {
            if let Some(change) = record.indexed(self.clock.now())? {
                let changes = tenants.entry(change.tenant).or_default();
                changes.states.push(change.state);
                changes.marks.extend(change.mark);
            }
        }
        let written = tenants.into_iter().map(|(tenant, changes)| async move {
            self.catalog.commit(tenant, &changes.states).await?;
            self.store.tenant(tenant).marks().remove(changes.marks).await
        });
        stream::iter(written).buffer_unordered(AT_A_TIME).try_collect().await
    }
}
