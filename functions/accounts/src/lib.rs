//! Accounts: API keys, settings, the audit, and the API's own documentation · the first key of a tenant. `HANDLER` says
//! which of the two this is.

mod api_key;
mod audit;
mod bootstrap;
mod documentation;
mod settings;

use axum::Router;
use axum::routing::get;
use edge::{Edge, Operation, Routes};
use runtime::{Clock, Handler, Platform, StartError};
use store::Store;

#[derive(Debug, Clone)]
struct Accounts {
    store: Store,
    clock: Clock,
}

fn routes() -> Routes<Accounts> {
    Routes::new("Administration")
        .post("/api/v1/api-keys", api_key::create, "Make an API key; its text is shown this once")
        .get("/api/v1/api-keys", api_key::list, "List the API keys")
        .get("/api/v1/api-keys/{id}", api_key::show, "Show an API key, without its text")
        .delete("/api/v1/api-keys/{id}", api_key::revoke, "Revoke an API key; within a minute it opens nothing")
        .get("/api/v1/settings", settings::show, "Show the settings")
        .put("/api/v1/settings", settings::change, "Change settings: what is absent stays as it is")
        .get("/api/v1/audit", audit::list, "List who changed settings and keys, the newest first")
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

/// What everybody may see.
fn open_routes() -> Router {
    Router::new()
        .route("/api/v1/openapi.json", get(documentation::openapi))
        .route("/api/v1/docs", get(documentation::page))
        .route("/api/v1/docs/{file}", get(documentation::asset))
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let accounts = Accounts { store: store.clone(), clock: platform.clock.clone() };
    match platform.environment.required("HANDLER")? {
        "http" => {
            let edge = Edge::new(platform, store)?;
            Ok(Handler::Http(edge.protect_beside(routes(), accounts, open_routes())))
        }
        "bootstrap" => Ok(Handler::events(move |wanted| {
            let accounts = accounts.clone();
            async move { bootstrap::tenant(&accounts, wanted).await }
        })),
        _ => Err(StartError::Invalid { name: "HANDLER", reason: "must be http or bootstrap".to_owned() }),
    }
}
