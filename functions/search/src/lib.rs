//! Search: HTTP for lists of contacts, segments, saved searches and statistics, answered from the contact index.

mod analytics;
mod companies;
mod contacts;
mod documents;
mod groups;
mod searches;
mod segments;
mod stats;
mod targeted;

use catalog::{Catalog, Reader};
use domain::contact::criteria::Criteria;
use domain::contact::draft::Rules;
use domain::contact::filter::ContactFilter;
use domain::id::TenantId;
use domain::{Error, Result};
use edge::{Edge, Operation, Routes};
use runtime::{Clock, Handler, Platform, StartError};
use store::{Store, TenantStore};

use documents::Documents;

/// The bytes of indexes that are held in memory: of what the function has, as much as opening a large one leaves.
const INDEXES: usize = 900 << 20;
/// The bytes of contacts that are held in memory.
const CONTACTS: usize = 64 << 20;

#[derive(Clone)]
struct Search {
    store: Store,
    reader: Reader,
    documents: Documents,
    clock: Clock,
}

impl Search {
    /// What belongs to the tenant.
    fn of(&self, tenant: TenantId) -> TenantStore {
        self.store.tenant(tenant)
    }

    /// What a filter means.
    async fn criteria(&self, tenant: TenantId, filter: &ContactFilter) -> Result<Criteria> {
        // Only national phone numbers depend on the tenant.
        let rules = match filter.phone {
            Some(_) => Rules::from(&self.of(tenant).settings().get().await?),
            None => Rules::default(),
        };
        filter.parse(&rules)
    }
}

fn routes() -> Routes<Search> {
    Routes::new("Contacts")
        .get("/api/v1/contacts", contacts::list, "List contacts, the newest first unless sorted otherwise")
        .get(
            "/api/v1/contacts/search",
            contacts::search,
            "Search contacts; where none has the words of `search`, those are found that differ by a typing error or two",
        )
        .get("/api/v1/contacts/searches", searches::list, "List saved searches by name")
        .post("/api/v1/contacts/searches", searches::create, "Save a search")
        .get("/api/v1/contacts/searches/{id}", searches::show, "Show a saved search")
        .put("/api/v1/contacts/searches/{id}", searches::replace, "Replace a saved search")
        .delete("/api/v1/contacts/searches/{id}", searches::delete, "Delete a saved search")
        .get("/api/v1/contacts/searches/{id}/contacts", searches::contacts, "List the contacts that a saved search finds")
        .post("/api/v1/contacts/segments/preview", segments::preview, "List the contacts that target criteria mean")
        .get("/api/v1/contacts/stats", stats::show, "Show how many contacts there are, and what they have in common")
        .get("/api/v1/contacts/analytics", analytics::show, "Show how contacts grow in number, and how they are engaged")
        .tag("Campaigns")
        .get(
            "/api/v1/campaigns/{id}/targeted-contacts",
            targeted::targeted,
            "List whom the target criteria mean, without enrolling them",
        )
}

/// What the function does, for the document.
pub fn operations() -> Vec<Operation> {
    routes().operations()
}

/// The function's handler.
///
/// # Errors
/// When a setting is missing or makes no sense.
pub fn handler(platform: &Platform) -> Result<Handler, StartError> {
    let store = Store::new(&platform.aws, platform.environment.required("TABLE_NAME")?);
    let edge = Edge::new(platform, store.clone())?;
    let reader = Reader::new(Catalog::new(platform, store.clone())?, INDEXES);
    let documents = Documents::new(CONTACTS);
    let search = Search { store, reader, documents, clock: platform.clock.clone() };
    Ok(Handler::Http(edge.protect(routes(), search)))
}

/// That a parameter names no order of contacts.
fn no_order(error: domain::contact::order::NotAnOrder) -> Error {
    Error::refused(domain::Fault::new("sort", domain::FaultCode::Invalid, error.to_string()))
}
