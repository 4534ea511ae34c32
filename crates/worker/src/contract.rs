//! openapi.yaml says what the code does: the same routes, methods, scopes, problems and version.
//! How answers look is asked of the running Worker, in tests/contract.
use std::collections::{BTreeMap, BTreeSet};

use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::Value;

use crate::http::{
    problem::Problem,
    problem_code::Code,
    routing::{Method, Route},
};

const TEXT: &str = include_str!("../../../openapi.yaml");
const ROUTING: &str = include_str!("http/routing.rs");
const DECISION: &str = include_str!("../../merchant/src/decision.rs");

fn document() -> Yaml<'static> {
    Yaml::load_from_str(TEXT).unwrap().remove(0)
}

/// The entries of a mapping by name.
fn entries<'a>(node: &'a Yaml<'static>) -> BTreeMap<&'a str, &'a Yaml<'static>> {
    let mapping = node.as_mapping().unwrap();
    mapping.iter().map(|(name, value)| (name.as_str().unwrap(), value)).collect()
}

fn words<'a>(node: &'a Yaml<'static>) -> Vec<&'a str> {
    node.as_vec().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

/// `("get", …)` and its like under a path; the rest of what stands there is no method.
fn operations<'a>(path: &'a Yaml<'static>) -> BTreeMap<&'a str, &'a Yaml<'static>> {
    let methods = ["get", "post", "put", "delete", "patch", "head", "options", "trace"];
    entries(path).into_iter().filter(|(name, _)| methods.contains(name)).collect()
}

/// The path with something in place of each `{name}`.
fn concrete(path: &str) -> String {
    let parts = path.split('/');
    parts.map(|part| if part.starts_with('{') { "X" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_described_operation_is_a_route_and_no_other_method_is() {
    for (path, described) in entries(&document()["paths"]) {
        let (operations, path) = (operations(described), concrete(path));
        let allowed: Vec<_> = operations.keys().map(|name| name.to_ascii_uppercase()).collect();
        for (name, method) in [("get", Method::Get), ("post", Method::Post)] {
            let route = Route::of(method, &path);
            match operations.get(name) {
                // JavaScript's, before Rust is asked; refused here with the method it takes.
                Some(_) if path == "/openapi.yaml" => assert_eq!(route, Route::WrongMethod("GET")),
                Some(operation) => {
                    assert_eq!(operation["operationId"].as_str(), Some(route.name()), "{path}");
                    assert_eq!(scope(operation), route.scope().map(|scope| scope.word()), "{path}");
                }
                None => {
                    let refused =
                        matches!(route, Route::WrongMethod(it) if it == allowed.join(", "));
                    assert!(refused, "{path} with {name} is {route:?}");
                }
            }
        }
        let known = operations.keys().all(|name| ["get", "post"].contains(name));
        assert!(known, "{path} has a method that no route takes");
    }
}

/// The scope an operation names, and that it is described how a missing or weak key is refused.
fn scope<'a>(operation: &'a Yaml<'static>) -> Option<&'a str> {
    let security = operation.as_mapping_get("security");
    let refusals = ["401", "403"].map(|status| operation["responses"].contains_mapping_key(status));
    assert!(security.is_none() || refusals == [true, true], "{operation:?}");
    let scopes = security.map(|security| words(&security[0]["shopKey"]));
    scopes.map(|scopes| {
        assert_eq!(scopes.len(), 1, "one scope opens a route");
        scopes[0]
    })
}

#[test]
fn every_route_is_described() {
    let document = document();
    let described: BTreeSet<_> = entries(&document["paths"])
        .into_values()
        .flat_map(operations)
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    // Names stand in one function; a list of the routes beside the enum would be a second one.
    let (_, names) = ROUTING.split_once("fn name(&self)").unwrap();
    let names = names.split("#[cfg(test)]").next().unwrap();
    let names = names.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: BTreeSet<_> = names.collect();
    let not_described = ["none", "fault.panic"];
    for name in names.difference(&BTreeSet::from(not_described)) {
        assert!(described.contains(name), "{name} is not in openapi.yaml");
    }
    assert!(names.contains("orders.create"), "the names are read from the source");
}

#[test]
fn every_event_is_described() {
    let document = document();
    let described: BTreeSet<_> = entries(&document["webhooks"]).into_keys().collect();
    let listed = words(&document["components"]["schemas"]["EventType"]["enum"]);
    // As the names of the routes: they stand in one match, and are read from there.
    let (_, types) = DECISION.split_once("fn event_type(&self)").unwrap();
    let types: Vec<_> = types.split('"').filter(|word| word.contains(".")).collect();
    let types = types
        .into_iter()
        .filter(|word| word.bytes().all(|it| it.is_ascii_lowercase() || it == b'.'));
    let sent: BTreeSet<_> = types.chain(["endpoint.verify", "reconciliation.completed"]).collect();
    assert_eq!(described, sent);
    // A trial is nobody's letter.
    assert_eq!(BTreeSet::from_iter(listed), &sent - &BTreeSet::from(["endpoint.verify"]));
}

#[test]
fn every_scope_is_named_where_keys_are_described() {
    let document = document();
    let text = document["components"]["securitySchemes"]["shopKey"]["description"].as_str();
    for scope in crate::shop_keys::Scope::ALL {
        assert!(text.unwrap().contains(&format!("`{}`", scope.word())), "{scope:?}");
    }
}

#[test]
fn every_problem_has_its_example() {
    let document = document();
    let components = &document["components"];
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.text().code).collect();
    assert_eq!(words(&components["schemas"]["ProblemCode"]["enum"]), codes);
    for code in Code::ALL {
        let body = Problem::from(*code).into_reply("9a3f61c07d2be845").body;
        let said: BTreeMap<String, Value> = serde_json::from_str(&body).unwrap();
        let example = components["examples"].as_mapping_get(code.text().code);
        let example = example.unwrap_or_else(|| panic!("no example of {body}"));
        // What `detail` says depends on the case.
        let mut shown = entries(&example["value"]);
        shown.remove("detail");
        let same = |(name, node): (&&str, &&Yaml<'_>)| match &said[*name] {
            Value::String(text) => node.as_str() == Some(text.as_str()),
            number => node.as_integer() == number.as_i64(),
        };
        assert!(shown.len() == said.len() && shown.iter().all(same), "expected {body}");
    }
}

#[test]
fn every_problem_is_the_answer_of_some_operation_under_its_status() {
    let (document, mut answered) = (document(), BTreeSet::new());
    let elsewhere = &document["x-elsewhere"];
    let operations = entries(&document["paths"]).into_values().flat_map(operations);
    let responses = operations.map(|(_, operation)| &operation["responses"]).chain([elsewhere]);
    for (status, response) in responses.flat_map(entries) {
        let response = resolve(&document, response);
        let Some(content) = response.as_mapping_get("content") else { continue };
        let Some(problem) = content.as_mapping_get("application/problem+json") else { continue };
        let codes = words(&problem["schema"]["properties"]["code"]["enum"]);
        let shown: Vec<_> = entries(&problem["examples"]).into_keys().collect();
        assert_eq!(BTreeSet::from_iter(&codes), BTreeSet::from_iter(&shown));
        for code in codes {
            let known = Code::ALL.iter().find(|known| known.text().code == code).unwrap();
            assert_eq!(known.text().status.to_string(), status, "{code}");
            answered.insert(code);
        }
    }
    let unanswered = Code::ALL.iter().filter(|code| !answered.contains(code.text().code));
    assert_eq!(unanswered.collect::<Vec<_>>(), Vec::<&Code>::new());
}

/// What a `$ref` points to.
fn resolve<'a>(document: &'a Yaml<'static>, node: &'a Yaml<'static>) -> &'a Yaml<'static> {
    let Some(reference) = node.as_mapping_get("$ref") else { return node };
    let path = reference.as_str().unwrap().strip_prefix("#/").unwrap();
    path.split('/').fold(document, |node, name| &node[name])
}

#[test]
fn the_version_is_the_programs() {
    assert_eq!(document()["info"]["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}
