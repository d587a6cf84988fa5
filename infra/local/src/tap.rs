//! A tap on the wire between a function and AWS: counts its calls to the table and what they consume, and can kill the
//! worker that makes one of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::shortcut::{Shortcut, TARGET};

/// How every operation of the table begins.
const TABLE: &str = "DynamoDB_";

tokio::task_local! {
    /// Ends the invocation that is running.
    static DEATH: CancellationToken;
}

/// Capacity units of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Capacity {
    /// Read request units.
    pub read: f64,
    /// Write request units, those of the index included.
    pub write: f64,
}

/// When a worker dies: just before its call takes effect, or just after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call never reaches the table.
    Before,
    /// The table has done what was asked, but nobody hears of it.
    After,
}

/// How long an ordered death is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A death that was ordered.
#[derive(Debug, Clone, Default)]
pub struct Kill(CancellationToken);

impl Kill {
    /// Resolves once it has happened.
    ///
    /// # Panics
    /// When it does not: there are fewer calls.
    pub async fn happened(&self) {
        let happened = tokio::time::timeout(PATIENCE, self.0.cancelled()).await;
        assert!(happened.is_ok(), "the call that was to be the last one was never made");
    }
}

/// The tap of one function. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Tap {
    metered: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    capacity: Capacity,
    orders: Vec<(u64, Moment, Kill)>,
}

impl Tap {
    /// `metered`: whether to look into the answers for what the calls consumed.
    pub(crate) fn new(metered: bool) -> Self {
        Self { metered, state: Arc::default() }
    }

    /// Runs an invocation that this tap can kill. Nothing if it was killed.
    pub(crate) async fn mortal<T>(work: impl Future<Output = T>) -> Option<T> {
        let death = CancellationToken::new();
        DEATH.scope(death.clone(), death.run_until_cancelled(work)).await
    }

    /// Kills the worker that makes the `calls`th call to the table from now on.
    pub(crate) fn kill(&self, calls: u64, moment: Moment) -> Kill {
        let kill = Kill::default();
        self.with(|state| state.orders.push((state.calls + calls, moment, kill.clone())));
        kill
    }

    /// How many calls to the table there were.
    pub(crate) fn calls(&self) -> u64 {
        self.with(|state| state.calls)
    }

    /// What they consumed, if that is metered.
    pub(crate) fn capacity(&self) -> Capacity {
        self.with(|state| state.capacity)
    }

    /// The HTTP client that goes through this tap and then the given way.
    pub(crate) fn client(&self, way: Shortcut) -> SharedHttpClient {
        SharedHttpClient::new(Tapped { tap: self.clone(), connector: SharedHttpConnector::new(way) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a call; the death that was ordered for it.
    fn call(&self) -> Option<(Moment, Kill)> {
        self.with(|state| {
            state.calls += 1;
            let call = state.calls;
            let at = state.orders.iter().position(|(ordered, ..)| *ordered == call)?;
            let (_, moment, kill) = state.orders.swap_remove(at);
            Some((moment, kill))
        })
    }

    /// Adds up what the call has consumed. An answer from the network is read to its end for that.
    async fn meter(&self, operation: &str, mut response: HttpResponse) -> HttpResponse {
        let reads = ["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"]
            .iter()
            .any(|read| operation.ends_with(read));
        if response.body().bytes().is_none() {
            let body = response.take_body().collect().await;
            *response.body_mut() = body.map_or_else(|_| SdkBody::empty(), |body| SdkBody::from(body.to_bytes()));
        }
        // What a refused write costs is not told: it is one unit at least.
        let units = if response.status().is_success() {
            units(response.body().bytes().unwrap_or_default())
        } else if reads {
            0.0
        } else {
            1.0
        };
        self.with(|state| if reads { state.capacity.read += units } else { state.capacity.write += units });
        response
    }
}

#[derive(Debug, Default, Deserialize)]
struct Metered {
    #[serde(rename = "ConsumedCapacity")]
    consumed: Option<Consumed>,
}

/// Of one table, or of each table of a batch.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Consumed {
    One(Units),
    Each(Vec<Units>),
}

#[derive(Debug, Deserialize)]
struct Units {
    #[serde(rename = "CapacityUnits", default)]
    units: f64,
}

/// The capacity units that an answer tells of; the rest of it is passed over.
fn units(body: &[u8]) -> f64 {
    let answer: Metered = serde_json::from_slice(body).unwrap_or_default();
    match answer.consumed {
        None => 0.0,
        Some(Consumed::One(one)) => one.units,
        Some(Consumed::Each(all)) => all.iter().map(|one| one.units).sum(),
    }
}

#[derive(Debug)]
struct Tapped {
    tap: Tap,
    connector: SharedHttpConnector,
}

impl HttpClient for Tapped {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(TappedConnector { tap: self.tap.clone(), connector: self.connector.clone() })
    }
}

#[derive(Debug)]
struct TappedConnector {
    tap: Tap,
    connector: SharedHttpConnector,
}

impl HttpConnector for TappedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get(TARGET).filter(|target| target.starts_with(TABLE)).map(str::to_owned);
        let Some(operation) = operation else { return self.connector.call(request) };
        let (tap, connector) = (self.tap.clone(), self.connector.clone());
        HttpConnectorFuture::new(async move {
            let order = tap.call();
            if let Some((Moment::Before, kill)) = &order {
                die(kill).await;
            }
            let mut response = connector.call(request).await?;
            if let Some((Moment::After, kill)) = &order {
                die(kill).await;
            }
            if tap.metered {
                response = tap.meter(&operation, response).await;
            }
            Ok(response)
        })
    }
}

/// Ends the invocation in whose course this is called; outside of one, nothing.
async fn die(kill: &Kill) {
    if let Ok(death) = DEATH.try_with(Clone::clone) {
        kill.0.cancel();
        death.cancel();
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_one_table_and_of_several_are_added_up() {
        let one =
            r#"{"Items":[{"ConsumedCapacity":{"S":"7"}}],"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.5}}"#;
        let several =
            r#"{"ConsumedCapacity":[{"CapacityUnits":2.0},{"CapacityUnits":0.5,"Table":{"CapacityUnits":9}}]}"#;
        assert_eq!((units(one.as_bytes()), units(several.as_bytes()), units(b"{}"), units(b"")), (1.5, 2.5, 0.0, 0.0));
    }
}
