//! Describing operations: what a handler takes and gives, told by the types of its arguments and its answer.
//!
//! Nothing of this runs when a function starts: an [`Operation`] holds a pointer to code that is called only when the
//! document is made.

use std::collections::BTreeMap;
use std::future::Future;

use axum::Json;
use axum::extract::{Path, State};
use axum::handler::Handler;
use domain::access::Right;
use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// What a route does, for the document.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its method.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// The part of the API to which it belongs.
    pub tag: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The handler's name, with its modules.
    pub(crate) handler: &'static str,
    pub(crate) describe: fn(&mut Description<'_>),
}

/// What is known of an operation so far.
#[derive(Debug)]
pub struct Description<'a> {
    pub(crate) requests: &'a mut SchemaGenerator,
    pub(crate) answers: &'a mut SchemaGenerator,
    pub(crate) right: Option<Right>,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Schema>,
    pub(crate) responses: BTreeMap<u16, Value>,
    /// Statuses of failures, beyond those that every operation has.
    pub(crate) failures: Vec<StatusCode>,
}

impl Description<'_> {
    pub(crate) fn demands(&mut self, right: Right) {
        self.right = Some(right);
    }

    pub(crate) fn may_fail(&mut self, statuses: &[StatusCode]) {
        self.failures.extend(statuses);
    }

    pub(crate) fn takes_body<T: JsonSchema>(&mut self) {
        self.body = Some(self.requests.subschema_for::<T>());
        self.may_fail(&[
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }

    /// A parameter of the query or a header.
    pub(crate) fn takes(&mut self, place: &str, name: &str, schema: Value, description: &str) {
        self.parameters.push(json!({ "in": place, "name": name, "schema": schema, "description": description }));
    }

    /// The fields of `T` as parameters of the query.
    pub(crate) fn takes_query<T: JsonSchema>(&mut self) {
        let schema = T::json_schema(self.requests).to_value();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut field = not_null(field.clone());
            let description = field.as_object_mut().and_then(|field| field.remove("description")).unwrap_or_default();
            let required = schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
            self.parameters.push(json!({
                "in": "query", "name": name, "schema": field, "description": description, "required": required,
            }));
        }
        self.may_fail(&[StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY]);
    }

    pub(crate) fn gives<T: JsonSchema>(&mut self, status: StatusCode, headers: &[&str]) {
        let schema = self.answers.subschema_for::<T>().to_value();
        self.gives_content(status, json!({ "application/json": { "schema": schema } }), headers);
    }

    pub(crate) fn gives_content(&mut self, status: StatusCode, content: Value, headers: &[&str]) {
        let reference = |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
        let headers: serde_json::Map<String, Value> = headers.iter().map(reference).collect();
        let description = status.canonical_reason().unwrap_or("Done");
        let mut response = json!({ "description": description, "headers": headers });
        if !content.is_null() {
            response["content"] = content;
        }
        self.responses.insert(status.as_u16(), response);
    }
}

/// A parameter of a query is there or not; it is never null.
fn not_null(mut schema: Value) -> Value {
    let null = json!("null");
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| *kind != null);
        if let [only] = &types[..] {
            schema["type"] = only.clone();
        }
    }
    let Some(fields) = schema.as_object_mut() else { return schema };
    fields.retain(|name, value| name != "default" || !value.is_null());
    if let Some(Value::Array(mut choices)) = fields.remove("anyOf") {
        choices.retain(|choice| choice["type"] != null);
        match &choices[..] {
            [Value::Object(only)] => fields.extend(only.clone()),
            _ => drop(fields.insert("anyOf".to_owned(), Value::Array(choices))),
        }
    }
    schema
}

/// What an argument or an answer of a handler tells of the operation.
pub trait Describe {
    /// Adds what it knows.
    fn describe(description: &mut Description<'_>);
}

impl<S> Describe for State<S> {
    fn describe(_: &mut Description<'_>) {}
}

/// The parameters' names stand in the path itself. What they name may not be there.
impl<T> Describe for Path<T> {
    fn describe(description: &mut Description<'_>) {
        description.may_fail(&[StatusCode::NOT_FOUND]);
    }
}

impl<T: JsonSchema> Describe for Json<T> {
    fn describe(description: &mut Description<'_>) {
        description.gives::<T>(StatusCode::OK, &[]);
    }
}

impl<T: Describe, E> Describe for Result<T, E> {
    fn describe(description: &mut Description<'_>) {
        T::describe(description);
    }
}

/// A handler all of whose arguments, and whose answer, can be described.
pub trait Endpoint<T, S>: Handler<T, S> {
    /// Adds what they know.
    fn describe(description: &mut Description<'_>);
}

macro_rules! endpoints {
    ($([$($argument:ident),*]),+ $(,)?) => {$(
        impl<F, A, M, S, $($argument),*> Endpoint<(M, $($argument,)*), S> for F
        where
            F: Handler<(M, $($argument,)*), S> + Called<($($argument,)*), Answer = A>,
            A: Describe,
            $($argument: Describe,)*
        {
            fn describe(description: &mut Description<'_>) {
                $($argument::describe(description);)*
                A::describe(description);
            }
        }

        impl<F, R, $($argument),*> Called<($($argument,)*)> for F
        where
            F: FnOnce($($argument),*) -> R,
            R: Future,
        {
            type Answer = R::Output;
        }
    )+};
}

/// What a function answers that takes these arguments.
pub trait Called<T> {
    /// The answer.
    type Answer;
}

endpoints!([T1], [T1, T2], [T1, T2, T3], [T1, T2, T3, T4], [T1, T2, T3, T4, T5], [T1, T2, T3, T4, T5, T6]);
