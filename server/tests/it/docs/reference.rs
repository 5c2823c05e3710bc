//! The API reference shows all that the OpenAPI description says.

use serde_json::Value;

use super::{between, open, plain};
use crate::test_app::{PUBLIC_URL, TestApp};

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// The operations of the description, with their paths and methods.
fn operations(description: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = description["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |method| Some((path.as_str(), *method, item.get(*method)?)))
        })
        .collect()
}

/// The names of the fields of a schema, and of all schemas inside it.
fn names(all: &Value, schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(path) = schema["$ref"].as_str() {
                let name = path.rsplit('/').next().expect("a name");
                names(all, &all["components"]["schemas"][name], found);
            }
            if let Some(fields) = schema["properties"].as_object() {
                found.extend(fields.keys().cloned());
            }
            for part in ["properties", "items", "allOf", "oneOf"]
                .iter()
                .filter_map(|name| parts.get(*name))
            {
                match part {
                    Value::Object(fields) if schema["properties"] == *part => {
                        fields
                            .values()
                            .for_each(|field| names(all, field, found));
                    }
                    part => names(all, part, found),
                }
            }
        }
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| names(all, part, found)),
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The markup of an operation.
fn operation<'a>(page: &'a str, id: &str) -> &'a str {
    let anchor = format!(" id=\"{id}\"");
    let found: Vec<_> = page
        .split("<details class=\"operation\">")
        .skip(1)
        .filter_map(|rest| rest.split_once("</details>"))
        .map(|(inside, _)| inside)
        .filter(|inside| inside.contains(&anchor))
        .collect();
    assert_eq!(found.len(), 1, "{id}");
    found[0]
}

// RU-15
#[tokio::test]
async fn every_operation_is_shown_with_its_fields_and_errors() {
    let app = TestApp::empty().await;
    let description = app.get("/api/v1/openapi.json", "").await.json();
    let page = open(&app, "/docs/api").await.text;
    let all = operations(&description);
    assert!(all.len() > 70);
    for (path, method, one) in &all {
        let id = text(&one["operationId"]);
        let markup = operation(&page, id);
        let shown = plain(markup);
        for part in [*path, &method.to_uppercase(), text(&one["summary"])] {
            assert!(shown.contains(part), "{id}: {part}: {shown}");
        }
        if let Some(scope) = one["x-scope"].as_str() {
            assert!(
                shown.contains(&format!("Scope {scope}")) || shown.contains(scope),
                "{id}: {scope}"
            );
        }
        let mut fields: Vec<_> = one["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| text(&parameter["name"]).to_owned())
            .collect();
        // The samples send JSON.
        let content = &one["requestBody"]["content"];
        assert!(
            content.is_null() || content["application/json"].is_object(),
            "{id}"
        );
        let bodies = one["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2'))
            .map(|(_, response)| response)
            .chain([&one["requestBody"]]);
        for content in bodies.filter_map(|body| body["content"].as_object()) {
            for body in content.values() {
                names(&description, &body["schema"], &mut fields);
            }
        }
        for field in fields {
            let field = format!("<dt><code>{field}</code>");
            assert!(markup.contains(&field), "{id}: {field}");
        }
        for status in one["responses"]
            .as_object()
            .expect("responses")
            .keys()
        {
            let status = format!("<code>{status}</code>");
            assert!(markup.contains(&status), "{id}: {status}");
        }
    }
    assert_eq!(
        page.matches("<details class=\"operation\">")
            .count(),
        all.len()
    );
}

#[tokio::test]
async fn samples_have_the_address_of_this_installation() {
    let url = "https://keys.example.com";
    let app = TestApp::with(None, |config| config.public_url = url.into()).await;
    let page = open(&app, "/docs/api").await.text;
    assert!(!page.contains(PUBLIC_URL));
    for (id, line) in [
        (
            "list_keys",
            format!(
                "curl \"{url}/api/v1/keys\" \\ -H \"Authorization: Bearer $ROUNDTABLE_API_KEY\""
            ),
        ),
        (
            "create_key",
            format!("await fetch(\"{url}/api/v1/keys\", {{ method: \"POST\""),
        ),
        ("create_key", "body: JSON.stringify({".to_owned()),
        (
            "revoke_key",
            format!(
                "requests.delete( \"{url}/api/v1/keys/2\", headers={{\"Authorization\": f\"Bearer {{os.environ['ROUNDTABLE_API_KEY']}}\"}}"
            ),
        ),
        (
            "create_organization",
            "Bearer $ROUNDTABLE_TOKEN".to_owned(),
        ),
        (
            "introspect_token",
            "json={\"token\": \"…\"}".to_owned(),
        ),
    ] {
        let shown = plain(operation(&page, id));
        assert!(shown.contains(&line), "{id}: {line}: {shown}");
    }
    // Only a page can issue a token by its session, so nothing else can be shown.
    for one in page
        .split("<details class=\"operation\">")
        .skip(1)
    {
        let id = between(one, "<div id=\"", "\"").expect("an anchor");
        let samples = one.matches("<div class=\"sample\">").count();
        assert_eq!(
            samples,
            if id == "issue_token" { 0 } else { 3 },
            "{id}"
        );
    }
}

#[tokio::test]
async fn subjects_have_the_order_in_which_people_need_them() {
    let app = TestApp::empty().await;
    let page = open(&app, "/docs/api").await.text;
    let subjects: Vec<_> = page
        .split("<h2 id=\"subject-")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(subject, _)| subject)
        .collect();
    assert_eq!(
        subjects,
        [
            "keys",
            "verification",
            "apis",
            "consumers",
            "service-accounts",
            "members",
            "invitations",
            "organization",
            "audit-log",
            "workspaces",
            "runs",
            "workers",
            "sealed-items",
            "inbox",
            "notebook",
            "me",
            "setup",
        ]
    );
}

// RU-15: the reference needs no exception from the content security policy.
#[tokio::test]
async fn the_reference_has_the_content_security_policy_of_all_pages() {
    let app = TestApp::empty().await;
    let page = open(&app, "/docs/api").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self' 'nonce-"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    assert!(
        page.text
            .contains("href=\"/api/v1/openapi.json\"")
    );
    for gone in ["bundle.js", "style.css", "start.js", "LICENSE.txt"] {
        let file = app.get(&format!("/docs/api/{gone}"), "").await;
        assert_eq!(file.status.as_u16(), 404, "{gone}");
    }
}
