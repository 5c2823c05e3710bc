//! Reads the operations of the OpenAPI description, by subject.

use std::collections::BTreeMap;

use app::pages::docs::Link;
use app::pages::docs::reference::{Body, Group, Operation, Outcome, Reference, SchemaField};
use app::words::api_reference as words;
use serde_json::Value;

use super::fields::{Schemas, field};
use super::samples::{Request, example, samples};
use crate::http::docs::markdown::{self, slug};
use crate::http::docs::pages::PAGES;

/// The subjects in the order in which people need them, and the page of the documentation about
/// each. Subjects that are not listed follow.
const SUBJECTS: [(&str, &str); 17] = [
    ("Keys", "api-keys"),
    ("Verification", "protect-your-api"),
    ("APIs", "protect-your-api"),
    ("Consumers", "protect-your-api"),
    ("Service accounts", "service-accounts"),
    ("Members", "members"),
    ("Invitations", "members"),
    ("Organization", "organization"),
    ("Audit Log", "audit-log"),
    ("Workspaces", "runs"),
    ("Runs", "runs"),
    ("Workers", "runs"),
    ("Sealed items", "encryption"),
    ("Inbox", "encryption"),
    ("Notebook", "encryption"),
    ("Me", "authentication"),
    ("Setup", "quickstart"),
];
/// The operations that have another subject than the tag in the description.
const MOVED: [(&str, &str); 7] = [
    ("verify_key", "Verification"),
    ("verify_keys", "Verification"),
    ("introspect_token", "Verification"),
    ("list_invitations", "Invitations"),
    ("create_invitation", "Invitations"),
    ("revoke_invitation", "Invitations"),
    ("accept_invitation", "Invitations"),
];
const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// The variable with the credential of an operation, and the credential in words.
const CREDENTIALS: [(&str, Option<&str>, &str); 3] = [
    (
        "api_key",
        Some("ROUNDTABLE_API_KEY"),
        words::KEY_OR_TOKEN,
    ),
    ("bearer", Some("ROUNDTABLE_TOKEN"), words::TOKEN),
    ("session", None, words::SESSION),
];

/// What the reference shows of a description, for the installation with this public URL.
pub fn reference(description: &Value, url: &str) -> Reference {
    let reader = Reader {
        schemas: Schemas(&description["components"]["schemas"]),
        common: common_errors(description),
        url,
    };
    let mut subjects: Vec<(String, Vec<Operation>)> = SUBJECTS
        .map(|(name, _)| (name.to_owned(), Vec::new()))
        .into();
    for (path, method, operation) in all(description) {
        let name = subject(operation);
        let one = reader.operation(path, method, operation);
        match subjects
            .iter_mut()
            .find(|(known, _)| known == name)
        {
            Some((_, operations)) => operations.push(one),
            None => subjects.push((name.to_owned(), vec![one])),
        }
    }
    subjects.retain(|(_, operations)| !operations.is_empty());
    let mut error = reader
        .schemas
        .shape(&description["components"]["schemas"]["ProblemBody"])
        .fields;
    unmark(&mut error);
    Reference {
        url: url.to_owned(),
        about: markdown::inline(text(&description["info"]["description"])),
        groups: subjects.into_iter().map(group).collect(),
        headers: headers(description),
        error,
        errors: reader.common.iter().map(outcome).collect(),
    }
}

/// All operations. Those without a version in their path come last.
pub fn all(description: &Value) -> Vec<(&str, &'static str, &Value)> {
    let paths = description["paths"]
        .as_object()
        .into_iter()
        .flatten();
    let mut all: Vec<_> = paths
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |method| Some((path.as_str(), *method, item.get(*method)?)))
        })
        .collect();
    all.sort_by_key(|(path, ..)| !path.starts_with("/api/v1/"));
    all
}

fn subject(operation: &Value) -> &str {
    let id = text(&operation["operationId"]);
    let moved = MOVED.iter().find(|(known, _)| *known == id);
    moved.map_or(text(&operation["tags"][0]), |(_, subject)| subject)
}

fn group((name, operations): (String, Vec<Operation>)) -> Group {
    let guide = SUBJECTS
        .iter()
        .find(|(known, _)| *known == name)
        .and_then(|(_, page)| PAGES.iter().find(|one| one.name == *page))
        .map(|page| page.link());
    Group {
        here: Link {
            to: format!("#subject-{}", slug(&name)),
            name,
        },
        guide,
        operations,
    }
}

/// The most frequent description of each status of an error.
fn common_errors(description: &Value) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (_, _, operation) in all(description) {
        for (status, response) in responses(operation).filter(|(status, _)| !is_success(status)) {
            *counts
                .entry((status, text(&response["description"])))
                .or_default() += 1;
        }
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(_, count)| *count);
    // The most frequent one is inserted last.
    rows.into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|((status, about), _)| (status.to_owned(), about.to_owned()))
        .collect()
}

fn outcome((status, about): (&String, &String)) -> Outcome {
    Outcome {
        status: status.clone(),
        about: markdown::inline(about),
        body: None,
    }
}

/// The headers of all responses.
fn headers(description: &Value) -> Vec<SchemaField> {
    let mut all: BTreeMap<String, SchemaField> = BTreeMap::new();
    for (_, _, operation) in self::all(description) {
        for (_, response) in responses(operation) {
            for (name, header) in response["headers"]
                .as_object()
                .into_iter()
                .flatten()
            {
                all.entry(name.clone())
                    .or_insert_with(|| SchemaField {
                        name: name.clone(),
                        kind: text(&header["schema"]["type"]).to_owned(),
                        about: markdown::inline(text(&header["description"])),
                        ..SchemaField::default()
                    });
            }
        }
    }
    all.into_values().collect()
}

fn responses(operation: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let responses = operation["responses"]
        .as_object()
        .into_iter()
        .flatten();
    responses.map(|(status, response)| (status.as_str(), response))
}

fn is_success(status: &str) -> bool {
    status < "400"
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is needed to read an operation.
struct Reader<'a> {
    schemas: Schemas<'a>,
    common: BTreeMap<String, String>,
    url: &'a str,
}

impl<'a> Reader<'a> {
    fn operation(&self, path: &str, method: &str, operation: &'a Value) -> Operation {
        let about = text(&operation["description"]);
        // The last paragraph states the scope and the cost, which are shown by themselves.
        let about = about
            .rsplit_once("\n\n")
            .map_or("", |(about, _)| about);
        let (successes, errors): (Vec<_>, Vec<_>) =
            responses(operation).partition(|(status, _)| is_success(status));
        let (others, errors): (Vec<_>, Vec<_>) =
            errors
                .into_iter()
                .partition(|(status, response)| {
                    self.common
                        .get(*status)
                        .is_some_and(|about| *about == text(&response["description"]))
                });
        let (variable, credential) = credential(operation);
        let is_for_pages = credential == words::SESSION;
        let request = self.request(path, method, operation, variable);
        Operation {
            id: text(&operation["operationId"]).to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]).to_owned(),
            about: markdown::inline(about),
            credential,
            scope: operation["x-scope"].as_str().map(str::to_owned),
            cost: operation["x-cost"].to_string(),
            parameters: self.parameters(operation),
            body: self.body(&operation["requestBody"]),
            responses: successes
                .into_iter()
                .map(|one| self.response(one))
                .collect(),
            errors: errors
                .into_iter()
                .map(|(status, response)| Outcome {
                    status: status.to_owned(),
                    about: markdown::inline(text(&response["description"])),
                    body: None,
                })
                .collect(),
            other_errors: others
                .into_iter()
                .map(|(status, _)| status.to_owned())
                .collect(),
            samples: if is_for_pages {
                Vec::new()
            } else {
                samples(&request)
            },
        }
    }

    fn parameters(&self, operation: &'a Value) -> Vec<SchemaField> {
        let parameters = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        parameters
            .map(|parameter| {
                let shape = self.schemas.shape(&parameter["schema"]);
                SchemaField {
                    name: text(&parameter["name"]).to_owned(),
                    place: parameter["in"].as_str().map(str::to_owned),
                    is_required: parameter["required"] == true,
                    about: markdown::inline(text(&parameter["description"])),
                    ..field(shape)
                }
            })
            .collect()
    }

    /// The body of a request or a response. All its content types have the same fields.
    fn body(&self, body: &'a Value) -> Option<Body> {
        let content = body["content"].as_object()?;
        let (_, first) = preferred(content.iter())?;
        let shape = self.schemas.shape(&first["schema"]);
        let is_object = shape.kind == "object";
        Some(Body {
            kinds: content.keys().cloned().collect(),
            is_optional: body["required"] != true,
            kind: if is_object { String::new() } else { shape.kind },
            fields: shape.fields,
        })
    }

    fn response(&self, (status, response): (&str, &'a Value)) -> Outcome {
        let mut body = self.body(response);
        if let Some(body) = &mut body {
            unmark(&mut body.fields);
        }
        Outcome {
            status: status.to_owned(),
            about: markdown::inline(text(&response["description"])),
            body,
        }
    }

    fn request(
        &self,
        path: &str,
        method: &str,
        operation: &'a Value,
        credential: Option<&'static str>,
    ) -> Request {
        let mut url = format!("{}{path}", self.url);
        let mut query = Vec::new();
        for parameter in operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = text(&parameter["name"]);
            let value = match &parameter["example"] {
                Value::Null => example(self.schemas, &parameter["schema"]),
                value => value.clone(),
            };
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            match text(&parameter["in"]) {
                "path" => url = url.replace(&format!("{{{name}}}"), &value),
                "query" if parameter["required"] == true => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        if !query.is_empty() {
            url = format!("{url}?{}", query.join("&"));
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = (!body.is_null()).then(|| example(self.schemas, body));
        let response = responses(operation)
            .find(|(status, _)| is_success(status))
            .and_then(|(_, response)| preferred(response["content"].as_object()?.iter()))
            .map(|(kind, _)| kind.clone());
        Request {
            method: method.to_uppercase(),
            url,
            credential,
            body,
            response,
        }
    }
}

/// Removes the marks of required fields, which are for the sender of a request.
fn unmark(fields: &mut [SchemaField]) {
    for field in fields {
        field.is_required = false;
        unmark(&mut field.fields);
    }
}

/// JSON if it is among the content types, or else the first one.
fn preferred<'a>(
    content: impl Iterator<Item = (&'a String, &'a Value)> + Clone,
) -> Option<(&'a String, &'a Value)> {
    let mut first = content.clone();
    content
        .clone()
        .find(|(kind, _)| *kind == "application/json")
        .or_else(|| first.next())
}

/// The variable with the credential of an operation, and the credential in words.
fn credential(operation: &Value) -> (Option<&'static str>, &'static str) {
    let schemes = operation["security"]
        .as_array()
        .into_iter()
        .flatten();
    let accepted: Vec<_> = schemes
        .filter_map(Value::as_object)
        .flat_map(|scheme| scheme.keys())
        .collect();
    CREDENTIALS
        .iter()
        .find(|(scheme, ..)| accepted.iter().any(|one| one == scheme))
        .map_or((None, words::SETUP_TOKEN), |(_, variable, words)| {
            (*variable, words)
        })
}
