//! Findings 5, 7, 8 and 11: responses that reveal permissions, writes with a read permission, and
//! changes of objects of others by their ID.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request};
use domain::scope::Access;
use domain::{Role, Scope};
use serde_json::{Value, json};

use crate::matrix::api::{self, Principal};
use crate::matrix::forms;
use crate::matrix::oracle::{Line, Requirement, Standing};
use crate::matrix::world::{Which, World};
use crate::operations::{Scene, TABLE, described};
use crate::test_app::{TestApp, TestResponse};

/// A response without its request ID.
fn bare(answer: &TestResponse) -> (u16, String, Vec<(String, String)>) {
    let id = answer.header("x-request-id");
    let headers = answer.headers.iter().map(|(name, value)| {
        (
            name.to_string(),
            value.to_str().unwrap_or("?").to_owned(),
        )
    });
    let headers = headers
        .filter(|(name, _)| name != "x-request-id")
        .collect();
    (
        answer.status.as_u16(),
        answer.text.replace(id, "REQUEST"),
        headers,
    )
}

/// The responses to an operation about each object: own, foreign and missing.
async fn answers(world: &World, line: &Line, who: &Principal) -> Vec<(Which, TestResponse)> {
    let mut all = Vec::new();
    for which in Which::ALL
        .into_iter()
        .filter(|which| *which != Which::Malformed)
    {
        let Some(id) = api::id(world, line.2, which, who.part.as_ref()) else {
            continue;
        };
        all.push((
            which,
            api::answer(world, api::row(line.0), &who.bearer, &id, None).await,
        ));
    }
    all
}

// Finding 5: an error does not depend on the requested object if the caller lacks the permission,
// and not on the credential if it is invalid.
#[tokio::test]
async fn errors_do_not_reveal_which_objects_exist() {
    let world = World::new().await;
    let principals = api::principals(&world).await;
    let mut compared = 0;
    for line in api::LINES
        .iter()
        .filter(|line| !matches!(line.1, Requirement::Nothing | Requirement::Browser))
    {
        let mut strangers = BTreeSet::new();
        for who in &principals {
            let blind = match who.standing {
                Standing::Unknown | Standing::Runtime { by_key: true } => true,
                Standing::Runtime { .. } => line.1 != Requirement::Person,
                Standing::Inside {
                    role, powerless, ..
                } => {
                    powerless && !matches!(line.1, Requirement::Person | Requirement::Key)
                        || line.1 == Requirement::Admin && role == Role::Member
                }
            };
            // A key without scopes can read its own identity.
            if !blind || (line.0 == "me" && matches!(who.standing, Standing::Inside { .. })) {
                continue;
            }
            let all = answers(&world, line, who).await;
            for (which, answer) in &all {
                assert_eq!(
                    bare(answer),
                    bare(&all[0].1),
                    "{} by {} about {which:?}",
                    line.0,
                    who.name
                );
                compared += 1;
            }
            // A 401 does not reveal its cause, only whether a credential was sent (RFC 6750, 3.1).
            if who.standing == Standing::Unknown && !who.bearer.is_empty() {
                strangers.insert(bare(&all[0].1));
            }
        }
        assert_eq!(strangers.len(), 1, "{}: {strangers:?}", line.0);
    }
    assert!(compared > 1_000, "{compared}");
}

/// What every key can do with itself, independent of its scopes (D14).
const ANY_KEY: [&str; 1] = ["rotate_calling_key"];

/// What reads although its method is `POST`: a key is in the body, because URLs are logged.
const READS: [&str; 3] = ["verify_key", "verify_keys", "introspect_token"];

// Finding 7: with each single read scope, and with all of them.
#[tokio::test]
async fn a_read_scope_does_not_allow_changes() {
    let reads: Vec<_> = Scope::ALL
        .into_iter()
        .filter(|scope| scope.access() == Access::Read)
        .collect();
    let each = reads.iter().map(|scope| vec![*scope]);
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let mut refused = 0;
    for scopes in each.chain([reads.clone()]) {
        let reader = app
            .narrow_key(&scene.olivia, scopes.iter().copied())
            .await;
        for example in scene
            .operations()
            .iter()
            .filter(|example| example.method != Method::GET && !READS.contains(&example.id))
        {
            if ANY_KEY.contains(&example.id) {
                continue;
            }
            let log = log(&app, &scene).await;
            let answer = app
                .carry_out(example, reader.plain.expose())
                .await;
            assert!(
                !answer.status.is_success(),
                "{} with {scopes:?}: {}",
                example.id,
                answer.text
            );
            let code = answer.json()["code"].clone();
            // The installation is already set up, and a key is not a session.
            let known = [
                "missing_scope",
                "forbidden",
                "already_bootstrapped",
                "unauthorized",
            ];
            assert!(
                known.iter().any(|word| code == *word),
                "{} with {scopes:?}: {}",
                example.id,
                answer.text
            );
            assert_eq!(
                self::log(&app, &scene).await,
                log,
                "{} with {scopes:?} wrote an event",
                example.id
            );
            refused += 1;
        }
    }
    assert!(refused > 200, "{refused}");
}

async fn log(app: &TestApp, scene: &Scene) -> String {
    app.get("/api/v1/audit-log", scene.key.plain.expose())
        .await
        .text
}

// Finding 8: reading methods require a read permission, and changing methods a write permission.
#[test]
fn every_method_requires_its_own_permission() {
    let scopes: BTreeMap<_, _> = described()
        .into_iter()
        .map(|operation| (operation.id, operation.scope))
        .collect();
    let methods: BTreeMap<_, _> = TABLE
        .iter()
        .map(|row| (row.0, row.1.clone()))
        .collect();
    for (operation, method) in methods {
        let Some(scope) = &scopes[operation] else {
            continue;
        };
        let scope: Scope = scope.parse().expect("a scope");
        let needed = if method == Method::GET || READS.contains(&operation) {
            Access::Read
        } else {
            Access::Write
        };
        assert_eq!(
            scope.access(),
            needed,
            "{method} {operation} requires {scope}"
        );
    }
}

/// Headers that override the method of a request in some frameworks.
const OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

// Finding 8: an unsupported method has no effect, and no header or field overrides the method.
#[tokio::test]
async fn the_method_cannot_be_overridden() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    let key = app.key_of(&scene.olivia).await;
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for example in scene.operations() {
        let path = example
            .path
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned();
        known
            .entry(path)
            .or_default()
            .insert(example.method.to_string());
    }
    for (path, methods) in known {
        let before = log(&app, &scene).await;
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            if methods.contains(method) {
                continue;
            }
            let answer = app
                .call(
                    method.parse().expect("a method"),
                    &path,
                    key.plain.expose(),
                    json!({}),
                )
                .await;
            assert_eq!(answer.status.as_u16(), 405, "{method} {path}");
        }
        for (method, meant) in [
            (Method::GET, "DELETE"),
            (Method::GET, "POST"),
            (Method::HEAD, "DELETE"),
        ] {
            for address in [path.clone(), format!("{path}?_method={meant}")] {
                if methods.contains("GET") {
                    let request = Request::builder()
                        .method(method.clone())
                        .uri(address);
                    let request = OVERRIDES
                        .iter()
                        .fold(request, |request, name| request.header(*name, meant));
                    let request = request.header(
                        "authorization",
                        format!("Bearer {}", key.plain.expose()),
                    );
                    app.send(request.body(Body::empty()).expect("a request"))
                        .await;
                }
            }
        }
        // The export of the log is the only read operation that is recorded.
        if !path.ends_with("/export") {
            assert_eq!(log(&app, &scene).await, before, "{path}");
        }
    }
}

// Finding 11, B15: with every kind of credential
#[tokio::test]
async fn a_key_of_another_person_cannot_be_changed_by_its_id() {
    let world = World::new().await;
    let (mina, other, stranger) = (&world.parts[2], &world.other, &world.stranger);
    let cookie = world.cookie("mina").await;
    let before = world.picture().await;
    let targets = [
        (other.key, 403, "403 in the organization"),
        (stranger.key, 404, "404 outside of it"),
    ];
    for (target, expected, case) in targets {
        for bearer in [mina.credential.clone(), world.token("mina")] {
            for (method, path, body) in [
                (
                    Method::DELETE,
                    format!("/api/v1/keys/{target}"),
                    Value::Null,
                ),
                (
                    Method::PATCH,
                    format!("/api/v1/keys/{target}"),
                    json!({ "label": "mine" }),
                ),
                (
                    Method::POST,
                    format!("/api/v1/keys/{target}/rotate"),
                    Value::Null,
                ),
                (
                    Method::GET,
                    format!("/api/v1/keys/{target}"),
                    Value::Null,
                ),
            ] {
                let answer = world
                    .app
                    .call(method.clone(), &path, &bearer, body)
                    .await;
                assert_eq!(
                    answer.status.as_u16(),
                    expected,
                    "{method} {path}: {case}"
                );
            }
        }
        for (path, more) in [
            ("/ui/revoke_key", "&reason=leaked"),
            ("/ui/rename_key", "&name=mine"),
            ("/ui/describe_key", "&description=mine"),
            ("/ui/expire_key_earlier", "&expires_on=2099-01-01"),
            ("/ui/rotate_key", "&overlap_seconds=0"),
            ("/ui/narrow_key", "&access%5Bruns%5D=read"),
        ] {
            let form = format!("organization={}&key_id={target}{more}", world.acme);
            let answer = forms::answer(&world, path, &form, &cookie, "same-origin").await;
            assert_eq!(answer.status.as_u16(), expected, "{path}: {case}");
        }
    }
    assert_eq!(world.picture().await, before);
    for credential in [&other.credential, &stranger.credential] {
        assert_eq!(
            world
                .app
                .get("/api/v1/me", credential)
                .await
                .status
                .as_u16(),
            200
        );
    }
}
