//! The function crates by name. The one place that knows all of them.

use edge::Operation;
use runtime::{Handler, Platform, StartError};

/// Makes a function's handler.
pub type Start = fn(&Platform) -> Result<Handler, StartError>;

/// The handler of the crate with this name.
pub fn named(name: &str) -> Option<Start> {
    Some(match name {
        "accounts" => accounts::handler,
        "campaigns" => campaigns::handler,
        "communications" => communications::handler,
        "contacts" => contacts::handler,
        "enrollment" => enrollment::handler,
        "exports" => exports::handler,
        "imports" => imports::handler,
        "indexer" => indexer::handler,
        "projector" => projector::handler,
        "scheduler" => scheduler::handler,
        "search" => search::handler,
        "sender" => sender::handler,
        "webhooks" => webhooks::handler,
        _ => return None,
    })
}

/// What the API does: the operations of all functions that answer HTTP, each with its crate's name.
pub(crate) fn operations() -> Vec<(&'static str, Vec<Operation>)> {
    vec![
        ("contacts", contacts::operations()),
        ("search", search::operations()),
        ("imports", imports::operations()),
        ("exports", exports::operations()),
        ("campaigns", campaigns::operations()),
        ("communications", communications::operations()),
        ("accounts", accounts::operations()),
    ]
}

/// The API's document, as it is kept in `docs/openapi.json`.
pub fn document() -> String {
    let operations: Vec<Operation> = operations().into_iter().flat_map(|(_, operations)| operations).collect();
    let document = edge::document::document(env!("CARGO_PKG_VERSION"), &operations);
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gateway::chosen;
    use crate::template::{Event, Template};

    /// The template's routes: function crate, method, path.
    fn routes() -> Vec<(String, String, String)> {
        let mut routes = Vec::new();
        for function in Template::deployed(&[]).unwrap().functions {
            for event in function.events {
                if let Event::Http { method, path } = event {
                    routes.push((function.package.clone(), method.to_uppercase(), path));
                }
            }
        }
        routes
    }

    #[test]
    fn the_gateway_brings_every_operation_to_the_function_that_has_it() {
        let routes = routes();
        let pairs = || routes.iter().map(|(_, method, path)| (method.as_str(), path.as_str()));
        let mut used = BTreeSet::new();
        for (function, operations) in operations() {
            for operation in operations {
                let path = operation.path.replace(['{', '}'], "");
                // What answers GET answers HEAD.
                let head = (operation.method == "GET").then_some("HEAD");
                for method in [operation.method.as_str()].into_iter().chain(head) {
                    let (at, _) = chosen(pairs(), method, &path).expect("something answers everything");
                    assert_eq!(routes[at].0, function, "{method} {}", operation.path);
                    used.insert(at);
                }
            }
        }
        let unused: Vec<_> =
            routes.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, route)| route).collect();
        assert!(unused.is_empty(), "lead nowhere: {unused:?}");
    }

    #[test]
    fn no_two_operations_have_one_name() {
        let document: serde_json::Value = serde_json::from_str(&document()).unwrap();
        let mut names = BTreeSet::new();
        for operation in
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
        {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{}", operation["operationId"]);
        }
    }
}
