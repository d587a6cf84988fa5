//! The API's document (OpenAPI 3.1.0), made from what the handlers take and give.

use std::collections::BTreeMap;

use domain::access::{Right, Scope};
use domain::idempotency::MAX_KEY;
use http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::describe::{Description, Operation};
use crate::error::{Envelope, code};

/// Where schemas are within the document.
const SCHEMAS: &str = "/components/schemas";

/// What is added to the name of a type that is one thing in requests and another in answers, where nothing is left out.
const INPUT: &str = "Input";

/// The document of all `operations`.
pub fn document(version: &str, operations: &[Operation]) -> Value {
    let settings = |settings: SchemaSettings| settings.with(|s| s.definitions_path = SCHEMAS.into());
    let mut requests = settings(SchemaSettings::draft2020_12().for_deserialize()).into_generator();
    let mut answers = settings(SchemaSettings::draft2020_12().for_serialize()).into_generator();
    let failure = answers.subschema_for::<Envelope<'_>>().to_value();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        let mut description = Description {
            requests: &mut requests,
            answers: &mut answers,
            right: None,
            parameters: path_parameters(operation.path),
            body: None,
            responses: BTreeMap::new(),
            failures: Vec::new(),
        };
        (operation.describe)(&mut description);
        let described = described(operation, description);
        paths.entry(operation.path).or_default().insert(operation.method.as_str().to_lowercase(), described);
    }
    let mut schemas = answers.take_definitions(true);
    let mut inputs = Value::Object(requests.take_definitions(true));
    let differing =
        |(name, schema): (&String, &Value)| schemas.get(name).filter(|known| *known != schema).map(|_| name.clone());
    let twofold: Vec<String> = inputs.as_object().into_iter().flatten().filter_map(differing).collect();
    point_at_inputs(&mut inputs, &twofold);
    for operation in paths.values_mut().flat_map(Map::values_mut) {
        for part in ["requestBody", "parameters"] {
            if let Some(part) = operation.get_mut(part) {
                point_at_inputs(part, &twofold);
            }
        }
    }
    for (name, schema) in inputs.as_object().into_iter().flatten() {
        let name = if twofold.contains(name) { format!("{name}{INPUT}") } else { name.clone() };
        schemas.insert(name, schema.clone());
    }
    let tags: Vec<Value> = tags(operations).into_iter().map(|tag| json!({ "name": tag })).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Rollcall", "version": version, "description": INTRODUCTION, "license": {
            "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "security": [{ "apiKey": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-KEY" },
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "parameters": { "IdempotencyKey": idempotency_key() },
            "headers": headers(),
            "responses": failures(&failure),
            "schemas": schemas,
        },
    });
    tidy(&mut document);
    document
}

/// Comments become descriptions: without their line breaks, and without the marks of the sources that the code honours.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => {
                        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                        *text = (0..5).fold(line, |line, source| line.replace(&format!(" (S{source})"), ""));
                    }
                    _ => tidy(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Lets what refers to one of `names` refer to its form in requests.
fn point_at_inputs(value: &mut Value, names: &[String]) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let target = value.as_str().and_then(|text| text.strip_prefix("#/components/schemas/"));
                match target {
                    Some(name) if field == "$ref" && names.iter().any(|known| known == name) => {
                        *value = format!("#/components/schemas/{name}{INPUT}").into();
                    }
                    _ => point_at_inputs(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| point_at_inputs(value, names)),
        _ => {}
    }
}

const INTRODUCTION: &str = "Contacts and campaigns of one company. The tenant comes from the credential: an API key in \
`X-API-KEY`, or a JWT as a bearer token. Every failure has the same envelope; `details.errors` lists all faults of a \
request with their fields. A trailing slash is accepted everywhere.";

fn described(operation: &Operation, description: Description<'_>) -> Value {
    let mut failures = description.failures;
    failures.extend([StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS, StatusCode::INTERNAL_SERVER_ERROR]);
    failures.extend([StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE]);
    let mut parameters = description.parameters;
    if operation.method == Method::POST {
        failures.extend([StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let mut responses = description.responses;
    for response in responses.values_mut() {
        for (name, header) in ALWAYS.map(|name| (name, json!({ "$ref": format!("#/components/headers/{name}") }))) {
            response["headers"][name] = header;
        }
    }
    for status in failures {
        let reference = json!({ "$ref": format!("#/components/responses/{}", code(status)) });
        responses.entry(status.as_u16()).or_insert(reference);
    }
    let responses: Map<String, Value> =
        responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
    let mut described = json!({
        "operationId": operation_id(operation),
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": right_in_words(description.right),
        "x-right": description.right.map(right_word),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(schema) = description.body {
        described["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    described
}

/// `contacts::http::create` of `/api/v1/contacts` → `contacts_http_create`.
fn operation_id(operation: &Operation) -> String {
    operation.handler.split('<').next().unwrap_or_default().replace("::", "_")
}

fn right_in_words(right: Option<Right>) -> String {
    match right {
        None => "Needs a credential.".to_owned(),
        Some(Right::Write) => format!("Needs the scope `{}`, and a role other than `user`.", Scope::Write),
        Some(Right::WriteOwn) => {
            format!("Needs the scope `{}`. The role `user` writes only the contacts that it owns.", Scope::Write)
        }
        Some(Right::Administer) => format!("Needs the scope `{}`, and a role other than `user`.", Scope::Admin),
        Some(right) => format!("Needs the scope `{}`.", right.scope()),
    }
}

fn right_word(right: Right) -> &'static str {
    match right {
        Right::Read => "read",
        Right::WriteOwn => "write_own",
        Right::Write => "write",
        Right::Administer => "administer",
    }
}

/// Parameters of a path are ids; a text that is no id names nothing.
fn path_parameters(path: &str) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    named
        .map(|name| {
            json!({ "in": "path", "name": name, "required": true, "schema": { "type": "string", "format": "uuid" } })
        })
        .collect()
}

fn tags(operations: &[Operation]) -> Vec<&'static str> {
    let mut tags: Vec<&'static str> = Vec::new();
    for operation in operations {
        if !tags.contains(&operation.tag) {
            tags.push(operation.tag);
        }
    }
    tags
}

/// The headers of every answer.
const ALWAYS: [&str; 4] = ["X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

fn idempotency_key() -> Value {
    json!({
        "in": "header",
        "name": "Idempotency-Key",
        "description": "Names the request: one that is repeated with the same key within 24 hours has its effect once and \
            gets the same answer, with `Idempotency-Replayed: true`",
        "schema": { "type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[ -~]+$" },
    })
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let number =
        |description: &str| json!({ "description": description, "schema": { "type": "integer", "minimum": 0 } });
    json!({
        "X-Request-Id": text("The name of the request in logs and failures; that of the caller if it gave one"),
        "X-RateLimit-Limit": number("Requests a minute, of the limit that is nearest to its end"),
        "X-RateLimit-Remaining": number("How many of them are left"),
        "X-RateLimit-Reset": number("When the minute ends, in seconds since 1970"),
        "Retry-After": number("In how many seconds to try again"),
        "Location": text("The path of what was made or begun"),
        "ETag": text("The version, in quotes, for If-Match"),
        "WWW-Authenticate": text("What would be accepted"),
        "X-Next-Cursor": text("The cursor of the next part; missing at the end"),
    })
}

/// One response for each code of the contract.
fn failures(schema: &Value) -> Value {
    let statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503];
    let statuses = statuses.into_iter().filter_map(|status| StatusCode::from_u16(status).ok());
    let response = |status: StatusCode| {
        let reference = |name: &str| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
        let mut headers = Map::from_iter([reference("X-Request-Id")]);
        match status {
            StatusCode::UNAUTHORIZED => headers.extend([reference("WWW-Authenticate")]),
            StatusCode::TOO_MANY_REQUESTS => headers.extend([reference("Retry-After")]),
            _ => {}
        }
        let response = json!({
            "description": status.canonical_reason(),
            "headers": headers,
            "content": { "application/json": { "schema": schema } },
        });
        (code(status).to_owned(), response)
    };
    Value::Object(statuses.map(response).collect())
}
