//! Which route a request takes, and what becomes of it on its way to the function and back.

use super::*;

#[test]
fn a_path_is_of_the_form_of_its_pattern() {
    let id = |pattern, path| parameters(pattern, path).map(|found| found.get("id").cloned());
    assert_eq!(id("/contacts/{id}", "/contacts/7"), Some(Some("7".to_owned())));
    assert_eq!(id("/contacts/{id}", "/contacts/"), None);
    assert_eq!(id("/contacts/{id}", "/contacts/7/errors"), None);
    assert_eq!(id("/contacts", "/contacts"), Some(None));
    assert_eq!(id("$default", "/anything"), Some(None));
    let proxy = |path| parameters("/contacts/{proxy+}", path).map(|found| found["proxy"].clone());
    assert_eq!(proxy("/contacts/7/errors"), Some("7/errors".to_owned()));
    assert_eq!((proxy("/contacts"), proxy("/contacts/"), proxy("/other/7")), (None, None, None));
}

/// The route for a request, the same in whatever order routes are listed.
fn route<'a>(routes: &[(&'a str, &'a str)], method: &str, path: &str) -> (&'a str, &'a str) {
    let (at, _) = chosen(routes.iter().copied(), method, path).unwrap();
    let (back, _) = chosen(routes.iter().rev().copied(), method, path).unwrap();
    assert_eq!(routes[at], routes[routes.len() - 1 - back], "{method} {path}");
    routes[at]
}

#[test]
fn a_method_of_its_own_goes_before_any_and_a_whole_path_before_a_beginning() {
    let (contacts, below) = ("/api/v1/contacts", "/api/v1/contacts/{proxy+}");
    let (searches, below_searches) = ("/api/v1/contacts/searches", "/api/v1/contacts/searches/{proxy+}");
    let routes = [
        ("ANY", contacts),
        ("ANY", below),
        ("GET", contacts),
        ("HEAD", contacts),
        ("ANY", searches),
        ("ANY", below_searches),
        ("ANY", "$default"),
    ];
    for (method, path, expected) in [
        ("GET", contacts, ("GET", contacts)),
        ("HEAD", contacts, ("HEAD", contacts)),
        ("POST", contacts, ("ANY", contacts)),
        ("OPTIONS", contacts, ("ANY", contacts)),
        ("GET", "/api/v1/contacts/7", ("ANY", below)),
        ("GET", searches, ("ANY", searches)),
        ("DELETE", "/api/v1/contacts/searches/7", ("ANY", below_searches)),
        ("GET", "/api/v1/contacts/searches-of-old", ("ANY", below)),
        ("GET", "/api/v1/contact", ("ANY", "$default")),
    ] {
        assert_eq!(route(&routes, method, path), expected, "{method} {path}");
    }
}

/// The example of API Gateway's own documentation.
#[test]
fn pets_go_where_the_documentation_sends_them() {
    let routes = [
        ("GET", "/pets/dog/1"),
        ("GET", "/pets/dog/{id}"),
        ("GET", "/pets/{proxy+}"),
        ("ANY", "/{proxy+}"),
        ("ANY", "$default"),
    ];
    for (method, path, expected) in
        [("GET", "/pets/dog/1", 0), ("GET", "/pets/dog/2", 1), ("GET", "/pets/cat/1", 2), ("POST", "/test/5", 3)]
    {
        assert_eq!(route(&routes, method, path), routes[expected], "{method} {path}");
    }
}

#[test]
fn an_answer_becomes_a_response() {
    let answer = json!({ "statusCode": 201, "headers": { "content-type": "text/plain" },
        "multiValueHeaders": { "content-type": ["text/plain"], "x": ["1", "2"] }, "body": "aGk=", "isBase64Encoded": true });
    let response = response(&to_raw_value(&answer).unwrap()).unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers().get_all("content-type").iter().count(), 1);
    assert_eq!(response.headers().get_all("x").iter().count(), 2);
}
