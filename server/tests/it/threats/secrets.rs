//! B19: a key is shown once, in the response to its creator, and never again.

use std::collections::{BTreeSet, HashSet};

use axum::http::Method;
use serde_json::{Value, json};
use server::http::api as rest;

use crate::matrix::oracle::{Kind, Requirement};
use crate::matrix::world::{Which, World};
use crate::matrix::{api, forms, pages};
use crate::operations::TABLE;
use crate::test_app::TestResponse;

/// Operations that return a key once.
const MAKERS: [&str; 5] = [
    "create_key",
    "create_api_key",
    "rotate_calling_key",
    "rotate_key",
    "offboard_member",
];
/// Operations that return another secret once.
const LINKS: [&str; 2] = ["create_invitation", "issue_token"];

/// Substrings of secrets that must not appear.
struct Secrets(HashSet<Vec<u8>>);

impl Secrets {
    fn new() -> Self {
        Self(HashSet::new())
    }

    /// Adds the secret part of a key, which follows its public prefix.
    fn add_key(&mut self, key: &str) {
        let body = key.rsplit('_').next().expect("a key");
        self.add(&body[8..body.len() - 6]);
    }

    fn add(&mut self, secret: &str) {
        self.0
            .extend(secret.as_bytes().windows(10).map(<[u8]>::to_vec));
    }

    /// The first sequence of a response, including its headers, that belongs to a secret.
    fn find(&self, answer: &TestResponse) -> Option<String> {
        let headers = answer
            .headers
            .values()
            .map(|value| value.as_bytes());
        let mut texts = headers.chain([answer.text.as_bytes()]);
        let found = texts.find_map(|text| {
            text.windows(10)
                .find(|window| self.0.contains(*window))
        });
        found.map(|window| String::from_utf8_lossy(window).into_owned())
    }

    #[track_caller]
    fn absent_from(&self, answer: &TestResponse, case: &str) {
        assert_eq!(self.find(answer), None, "{case}");
    }
}

/// Whole keys in a text.
fn whole_keys(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| domain::token::PlainKey::parse(word).is_ok())
        .map(str::to_owned)
        .collect()
}

// According to the description, no other operation has a field for a key.
// B19
#[test]
fn only_operations_that_create_a_key_return_it() {
    let text = serde_json::to_value(rest::description()).expect("json");
    let mut makers = BTreeSet::new();
    for item in text["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("an item").values() {
            if mentions(&text, &operation["responses"], 0) {
                makers.insert(
                    operation["operationId"]
                        .as_str()
                        .expect("an id")
                        .to_owned(),
                );
            }
        }
    }
    let expected = MAKERS
        .into_iter()
        .chain(["bootstrap"])
        .map(str::to_owned);
    assert_eq!(makers, expected.collect());
}

/// Whether a schema has a field `api_key` at any depth.
fn mentions(text: &Value, shape: &Value, depth: u8) -> bool {
    match shape {
        Value::Object(fields) => {
            fields.iter().any(
                |(name, inner)| match inner.as_str().filter(|_| name == "$ref") {
                    Some(reference) if depth < 9 => {
                        let name = reference.rsplit('/').next().unwrap_or_default();
                        mentions(text, &text["components"]["schemas"][name], depth + 1)
                    }
                    _ => name == "api_key" || mentions(text, inner, depth),
                },
            )
        }
        Value::Array(all) => all
            .iter()
            .any(|inner| mentions(text, inner, depth)),
        _ => false,
    }
}

/// An application in which keys were created in every way, with all responses.
async fn keys_shown_once(world: &World) -> Secrets {
    let mut secrets = Secrets::new();
    let owner = &world.parts[0].credential;
    for key in world
        .parts
        .iter()
        .chain([&world.other, &world.stranger])
        .map(|part| &part.credential)
    {
        secrets.add_key(key);
    }
    for key in [
        &world.revoked,
        &world.expired,
        &world.powerless,
        &world.gone.1,
    ] {
        secrets.add_key(key);
    }
    let mut made = Vec::new();
    for body in [
        json!({ "label": "Whole" }),
        json!({ "label": "Sandbox", "environment": "test", "scopes": ["runs:read"] }),
        json!({ "label": "Bot’s", "actor_id": world.accounts[0] }),
    ] {
        made.push(world.app.post("/api/v1/keys", owner, body).await);
    }
    let id = made[0].json()["key_id"].clone();
    made.push(
        world
            .app
            .post(
                &format!("/api/v1/keys/{id}/rotate"),
                owner,
                json!({ "overlap_seconds": 600 }),
            )
            .await,
    );
    let itself = made[1].json()["api_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    made.push(
        world
            .app
            .post("/api/v1/keys/rotate", &itself, Value::Null)
            .await,
    );
    let cookie = world.cookie("olivia").await;
    let form = format!("organization={}&name=Of+a+form", world.acme);
    made.push(forms::answer(world, "/ui/create_key", &form, &cookie, "same-origin").await);
    let path = format!(
        "/api/v1/members/{}/offboard",
        world.other.ctx.actor().id
    );
    let disposition = json!({ "keys": [{ "key_id": world.other.key, "then": "hand_over" }] });
    made.push(world.app.post(&path, owner, disposition).await);
    for answer in &made {
        let keys = whole_keys(&answer.text);
        assert_eq!(keys.len(), 1, "{} {}", answer.status, answer.text);
        assert_eq!(
            secrets.find(answer),
            None,
            "a key that was already shown"
        );
        secrets.add_key(&keys[0]);
        assert!(secrets.find(answer).is_some(), "the search finds it");
    }
    let invited = world
        .app
        .post(
            "/api/v1/invitations",
            owner,
            json!({ "email": "ida@example.test" }),
        )
        .await
        .json();
    secrets.add(
        invited["url"]
            .as_str()
            .and_then(|url| url.rsplit('/').next())
            .expect("a link"),
    );
    secrets.add(cookie.split('=').nth(1).expect("a session"));
    let token = world.app.ask_for_token(&cookie, "").await.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    secrets.add(token.rsplit('.').next().expect("a signature"));
    secrets
}

// Every operation, page and server function, for all callers and all objects.
// B19
#[tokio::test]
async fn no_response_contains_a_key_after_its_creation() {
    let world = World::new().await;
    let secrets = keys_shown_once(&world).await;
    let mut looked = 0;
    for line in &api::LINES {
        let row = api::row(line.0);
        for who in api::principals(&world).await {
            for which in Which::ALL {
                let Some(id) = api::id(&world, line.2, which, who.part.as_ref()) else {
                    continue;
                };
                let reading = TABLE[row].1 == Method::GET;
                // Changing operations are called without permission or for missing objects.
                if !reading
                    && !matches!(
                        which,
                        Which::Foreign | Which::Missing | Which::Malformed | Which::Inactive
                    )
                    && line.2 != Kind::None
                {
                    continue;
                }
                if !reading && line.1 != Requirement::Admin && line.2 == Kind::None {
                    continue;
                }
                let answer = api::answer(&world, row, &who.bearer, &id, None).await;
                let case = format!("{} by {} about {which:?}", line.0, who.name);
                if !MAKERS.contains(&line.0) && !LINKS.contains(&line.0) {
                    assert!(whole_keys(&answer.text).is_empty(), "{case}");
                }
                secrets.absent_from(&answer, &case);
                looked += 1;
            }
        }
    }
    let more = [
        "/api/v1/keys?limit=200",
        "/api/v1/keys?q=rt_sk",
        "/api/v1/audit-log?limit=200",
        "/api/v1/audit-log/export?format=csv",
        "/api/v1/audit-log/export",
        "/api/v1/service-accounts?limit=200",
        "/api/v1/openapi.json",
        "/.well-known/jwks.json",
    ];
    for path in more {
        for part in &world.parts {
            secrets.absent_from(&world.app.get(path, &part.credential).await, path);
            looked += 1;
        }
    }
    let keys: Vec<i64> = world
        .app
        .get("/api/v1/keys?limit=200", &world.parts[0].credential)
        .await
        .json()
        .as_array()
        .expect("keys")
        .iter()
        .filter_map(|key| key["key_id"].as_i64())
        .collect();
    assert!(keys.len() > 15, "{}", keys.len());
    for who in forms::visitors(&world).await {
        for line in &pages::LINES {
            let ids = match line.2 {
                Kind::Key => keys.iter().map(ToString::to_string).collect(),
                Kind::Account => world
                    .accounts
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                _ => vec![String::new()],
            };
            for id in ids {
                let path = line
                    .0
                    .replace("{organization}", world.acme.as_str())
                    .replace("{key}", &id)
                    .replace("{actor}", &id)
                    .replace("{slug}", &id)
                    .replace("{workspace}", &id)
                    .replace("{run}", &id);
                let page = pages::look(&world, &path, &who.cookie).await;
                assert!(
                    whole_keys(&page.text).is_empty(),
                    "{path} by {}",
                    who.name
                );
                secrets.absent_from(&page, &format!("{path} by {}", who.name));
                looked += 1;
            }
        }
    }
    assert!(looked > 900, "{looked}");
}

// A resubmitted form does not show the key again, and a rejected form does not repeat a key in a
// field. B19
#[tokio::test]
async fn a_form_does_not_repeat_a_key_from_its_fields() {
    let world = World::new().await;
    let (cookie, key) = (
        world.cookie("olivia").await,
        world.parts[0].credential.clone(),
    );
    let mut secrets = Secrets::new();
    secrets.add_key(&key);
    let list = format!("/o/{}/settings/api-keys", world.acme);
    let found = forms::answer(
        &world,
        "/ui/search",
        &format!("organization={}&page={list}&q={key}", world.acme),
        &cookie,
        "same-origin",
    )
    .await;
    secrets.absent_from(&found, "searching for a whole key");
    for path in [
        format!("{list}?q={key}"),
        format!("{list}/{key}"),
        format!("/o/{key}/settings"),
        format!("/{key}"),
    ] {
        let page = pages::look(&world, &path, &cookie).await;
        secrets.absent_from(&page, "a key in a URL");
    }
    for path in [
        "/api/v1/keys?q=KEY",
        "/api/v1/keys/KEY",
        "/api/v1/audit-log?object_kind=key&object_id=KEY",
    ] {
        let answer = world
            .app
            .get(&path.replace("KEY", &key), &key)
            .await;
        secrets.absent_from(&answer, path);
    }
    for body in [
        json!({ "label": 1, "scopes": [key] }),
        json!({ "label": "x", "template": key }),
        json!({ "environment": key }),
        json!({ "expires_at": key }),
        json!({ key.as_str(): 1 }),
    ] {
        let answer = world
            .app
            .post("/api/v1/keys", &key, body.clone())
            .await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        secrets.absent_from(&answer, "a key in an invalid field");
    }
}
