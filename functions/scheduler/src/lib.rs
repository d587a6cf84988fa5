//! Every minute: what is due → send queue, and jobs that ought to be done → their queues.
//!
//! The agenda says where to look; minutes that were missed are still on it. With `{"recover": true}` everything on the
//! agenda is looked at, whatever its minute: after the queues were lost, that brings all unfinished work back.

mod visit;

use std::sync::Arc;

use domain::Result;
use domain::contact::job::ContactTask;
use domain::enrollment::SendTask;
use domain::export::ExportTask;
use domain::job::{EnrollmentTask, ImportTask};
use domain::time::Minute;
use futures::stream::{self, StreamExt, TryStreamExt};
use runtime::{Clock, Handler, Platform, Queue, StartError};
use serde::Deserialize;
use store::Store;

/// How many entries are looked at at a time.
const AT_A_TIME: usize = 8;

struct Scheduler {
    store: Store,
    import_queue: Queue<ImportTask>,
    contact_queue: Queue<ContactTask>,
    export_queue: Queue<ExportTask>,
    enrollment_queue: Queue<EnrollmentTask>,
    send_queue: Queue<SendTask>,
    clock: Clock,
}

/// The schedule's event, or an operator's.
#[derive(Debug, Deserialize)]
struct Tick {
    #[serde(default)]
    recover: bool,
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let scheduler = Arc::new(Scheduler {
        store: Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?),
        import_queue: Queue::new(&platform.aws, platform.environment.required("IMPORT_QUEUE_URL")?),
        contact_queue: Queue::new(&platform.aws, platform.environment.required("CONTACT_QUEUE_URL")?),
        export_queue: Queue::new(&platform.aws, platform.environment.required("EXPORT_QUEUE_URL")?),
        enrollment_queue: Queue::new(&platform.aws, platform.environment.required("ENROLLMENT_QUEUE_URL")?),
        send_queue: Queue::new(&platform.aws, platform.environment.required("SEND_QUEUE_URL")?),
        clock: platform.clock.clone(),
    });
    Ok(Handler::events(move |tick: Tick| {
        let scheduler = scheduler.clone();
        async move { scheduler.tick(tick.recover).await }
    }))
}

impl Scheduler {
    async fn tick(&self, recover: bool) -> Result<()> {
        let now = Minute::of(self.clock.now());
        let agenda = self.store.agenda();
        let mut after = None;
        loop {
            let page = agenda.until((!recover).then_some(now), after.as_ref()).await?;
            let visits = page.items.into_iter().map(|entry| async move { self.visit(&entry, now, recover).await });
            stream::iter(visits).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
