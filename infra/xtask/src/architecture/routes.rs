//! The routes: what API Gateway lets through, and what a function's router answers, must be the same.

use std::collections::BTreeSet;
use std::fs;

use serde_yaml_ng::Mapping;

use super::metadata;
use super::sources::below;
use super::template::{of_type, resources};
use crate::workspace::{functions, root};

const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];

/// A function crate, a method, a path.
type Route = (String, String, String);

/// The routes of the template.
fn deployed() -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for (_, function) in of_type(&resources(), "AWS::Serverless::Function") {
        let code = function["CodeUri"].as_str().unwrap();
        let name = code.trim_end_matches('/').rsplit('/').next().unwrap();
        for event in function["Events"].as_mapping().into_iter().flat_map(Mapping::values) {
            if event["Type"] == "HttpApi" {
                let text = |field| event["Properties"][field].as_str().unwrap().to_owned();
                routes.insert((name.to_owned(), text("Method").to_lowercase(), text("Path")));
            }
        }
    }
    routes
}

/// The routes under `/api` that the sources of a function declare.
fn declared(function: &str) -> BTreeSet<Route> {
    let files = below(&root().join("functions").join(function).join("src"));
    files.iter().flat_map(|file| routes(function, &fs::read_to_string(file).unwrap())).collect()
}

/// `.route("/path", get(one).post(two))` → `get /path`, `post /path`.
fn routes(function: &str, source: &str) -> Vec<Route> {
    let mut routes = Vec::new();
    for declaration in source.split(".route(").skip(1) {
        let mut quoted = declaration.splitn(3, '"').skip(1);
        let (Some(path), Some(handlers)) = (quoted.next(), quoted.next()) else { continue };
        let handlers = handlers.split([';', '}']).next().unwrap_or_default();
        let handlers = handlers.split(".with_state").next().unwrap_or_default();
        let answered = METHODS.iter().filter(|method| handlers.split(METHOD_ENDS).any(|word| word == **method));
        if path.starts_with("/api/") {
            routes.extend(answered.map(|method| (function.to_owned(), (*method).to_owned(), path.to_owned())));
        }
    }
    routes
}

/// What stands before and after the name of a method.
const METHOD_ENDS: [char; 6] = ['(', ')', '.', ',', ' ', '\n'];

#[test]
fn the_template_and_the_routers_have_the_same_routes() {
    let declared: BTreeSet<Route> = functions(&metadata()).iter().flat_map(|function| declared(function)).collect();
    let deployed = deployed();
    assert!(!declared.is_empty());
    let missing: Vec<_> = declared.difference(&deployed).collect();
    let surplus: Vec<_> = deployed.difference(&declared).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "not in the template: {missing:?}; only there: {surplus:?}");
}

#[test]
fn a_route_is_read_with_all_its_methods() {
    let source =
        "Router::new()\n.route(\"/api/a\", get(list).post(a::add))\n.route(\"/b\", post(b)).with_state(x.put(y));";
    let names: Vec<_> = routes("f", source).into_iter().map(|(_, method, path)| format!("{method} {path}")).collect();
    assert_eq!(names, ["get /api/a", "post /api/a"]);
}
