//! The description of the API: what the handlers say, and what holds for all of them.

use std::collections::BTreeSet;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};

use crate::error::{Problem, ProblemPart};

/// Title, licence and the key that every operation needs.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Hawser",
        description = "Shippers and consignees as linked customers: who is about to leave, who would leave with them, how satisfied each department is.\n\nEvery error is `application/problem+json` with a stable `code`. Lists take `field[op]=value` filters (`eq ne lt lte gt gte in contains`), `sort`, `limit` and `cursor`. Every `{id}` of a customer or shipment may be a number or `ext:SYSTEM:ID`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Hawser", url = "https://hawser.example")
    ),
    servers((url = "/", description = "This instance")),
    tags(
        (name = "health", description = "Whether the service lives and works"),
        (name = "access", description = "Keys, teams, users, audit log"),
        (name = "customers", description = "Customers, their departments and contacts"),
        (name = "shipments", description = "What was carried"),
        (name = "imports", description = "Files of shipments"),
        (name = "complaints", description = "Complaints, which only the customer closes"),
        (name = "promises", description = "What was promised, and whether it was kept"),
        (name = "plays", description = "What is done to keep customers, and what it comes to"),
        (name = "network", description = "Who trades with whom"),
        (name = "surveys", description = "What customers are asked, and what they answer"),
        (name = "assessment", description = "Runs, risks, satisfaction, watch list"),
        (name = "what-ifs", description = "What would follow: what-ifs, retention plans, loyalty spread"),
        (name = "backtests", description = "Past predictions beside what happened"),
        (name = "alerts", description = "Warnings and the mails that carry them"),
        (name = "webhooks", description = "Other systems are told what happens here"),
        (name = "reports", description = "Flat data for BI tools"),
    ),
    components(schemas(Problem, ProblemPart)),
    security(("key" = [])),
    modifiers(&Key)
)]
pub struct Base;

struct Key;

impl utoipa::Modify for Key {
    fn modify(&self, openapi: &mut OpenApi) {
        if let Some(components) = &mut openapi.components {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some("An API key: `Authorization: Bearer hws_…`".to_owned());
            components.add_security_scheme("key", SecurityScheme::Http(scheme));
        }
    }
}

/// Problems that any operation with a key may answer with.
const COMMON: [(&str, &str); 6] = [
    (
        "400",
        "The request is malformed; `code` and `errors` say where",
    ),
    (
        "401",
        "No key, or one that does not hold: `key_missing`, `key_unknown`, `key_expired`, `key_revoked`",
    ),
    ("403", "The key lacks the scope: `forbidden`"),
    (
        "429",
        "Too many requests: `too_many_requests`; `Retry-After` says how long to wait",
    ),
    ("500", "Our fault: `internal`"),
    (
        "503",
        "The service is busy: `unavailable`; `Retry-After` says how long to wait",
    ),
];

/// Problems of operations that take a body.
const WITH_BODY: [(&str, &str); 4] = [
    (
        "409",
        "It would break something that stands already; `code` says what",
    ),
    ("413", "The body is too large: `too_large`"),
    (
        "415",
        "Another content type is expected: `unsupported_media_type`",
    ),
    ("422", "A field breaks a rule; `errors` names it"),
];

/// Adds what holds for every operation.
pub fn complete(mut openapi: OpenApi) -> OpenApi {
    for (path, item) in &mut openapi.paths.paths {
        let open = ["/healthz", "/readyz"].contains(&path.as_str());
        for (method, operation) in operations(item) {
            if !open {
                add_problems(operation, &COMMON);
            }
            if operation.request_body.is_some() {
                add_problems(operation, &WITH_BODY);
            }
            for response in operation.responses.responses.values_mut() {
                as_problem_json(response);
            }
            operation.description = operation.description.take().or(operation.summary.clone());
            let _ = method;
        }
    }
    openapi
}

/// The operations of a path with their methods.
fn operations(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("HEAD", &mut item.head),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
    .collect()
}

fn add_problems(operation: &mut Operation, problems: &[(&str, &str)]) {
    for (status, description) in problems {
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| {
                let mut response = Response::new(*description);
                response.content.insert(
                    "application/problem+json".to_owned(),
                    RefOr::T(Content::new(Some(RefOr::Ref(Ref::from_schema_name(
                        "Problem",
                    ))))),
                );
                RefOr::T(response)
            });
    }
}

/// Handlers say `body = Problem`; its content type is the same everywhere.
fn as_problem_json(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &RefOr<Content>| {
        matches!(content, RefOr::T(content) if matches!(&content.schema,
            Some(RefOr::Ref(schema)) if schema.ref_location.ends_with("/Problem")))
    };
    if response
        .content
        .get("application/json")
        .is_some_and(is_problem)
        && let Some(content) = response.content.swap_remove("application/json")
    {
        response
            .content
            .insert("application/problem+json".to_owned(), content);
    }
}

/// The methods that a path takes; empty if there is no such path.
pub fn methods_at(openapi: &OpenApi, path: &str) -> Vec<&'static str> {
    let mut found = BTreeSet::new();
    for (template, item) in &openapi.paths.paths {
        if fits(template, path) {
            let mut item = item.clone();
            for (method, _) in operations(&mut item) {
                found.insert(method);
            }
        }
    }
    found.into_iter().collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                // What stands behind a hole, such as `:revert`, belongs to the path.
                let hole = wanted
                    .strip_prefix('{')
                    .and_then(|rest| given.strip_suffix(rest.split_once('}')?.1))
                    .is_some_and(|filled| !filled.is_empty());
                if wanted != given && !hole {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_path_fits_its_template_and_no_other() {
        assert!(fits("/a/{id}/b", "/a/7/b"));
        assert!(!fits("/a/{id}/b", "/a/7"));
        assert!(!fits("/a/{id}", "/a/"));
        assert!(!fits("/a/{id}", "/b/7"));
        assert!(fits("/a/{id}:revert", "/a/7:revert"));
        assert!(!fits("/a/{id}:revert", "/a/7"));
        assert!(fits("/a/{id}", "/a/ext:tms:7"));
    }
}
