//! Routes: one readable list in each function, from which both the router and the document come.

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Method, StatusCode, header};

use crate::describe::{Endpoint, Operation};

/// The routes of a function.
#[derive(Debug, Clone)]
pub struct Routes<S> {
    tag: &'static str,
    pub(crate) router: Router<S>,
    operations: Vec<Operation>,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident: $method:ident;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<T: 'static>(
            self,
            path: &'static str,
            handler: impl Endpoint<T, S>,
            summary: &'static str,
        ) -> Self {
            self.add(Method::$method, MethodFilter::$method, path, handler, summary)
        }
    )+};
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet; those to come are of this part of the API.
    pub fn new(tag: &'static str) -> Self {
        Self { tag, router: Router::new(), operations: Vec::new() }
    }

    /// Those to come are of another part of the API.
    #[must_use]
    pub fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    methods! {
        /// Adds a route: its path, who answers it, and what it does in one sentence.
        get: GET;
        /// See [`Self::get`].
        post: POST;
        /// See [`Self::get`].
        put: PUT;
        /// See [`Self::get`].
        patch: PATCH;
        /// See [`Self::get`].
        delete: DELETE;
    }

    /// The path has other methods in another function; all of both are `allow`, as a 405 tells them.
    #[must_use]
    pub fn shared(mut self, path: &'static str, allow: &'static str) -> Self {
        let refused = async move || (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allow)]);
        self.router = self.router.route(path, MethodRouter::new().fallback(refused));
        self
    }

    fn add<E: Endpoint<T, S>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        handler: E,
        summary: &'static str,
    ) -> Self {
        let (tag, handler_name) = (self.tag, std::any::type_name::<E>());
        self.router = self.router.route(path, on(filter, handler));
        self.operations.push(Operation {
            method,
            path,
            tag,
            summary,
            handler: handler_name,
            describe: <E as Endpoint<T, S>>::describe,
        });
        self
    }

    /// What the routes do.
    pub fn operations(self) -> Vec<Operation> {
        self.operations
    }
}
