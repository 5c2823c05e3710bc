//! B13: objects of another organization and objects that do not exist get the same response, byte
//! for byte except for the request ID.

use axum::http::Method;
use serde_json::Value;

use crate::matrix::api;
use crate::matrix::forms;
use crate::matrix::oracle::{Kind, Requirement, Standing};
use crate::matrix::pages;
use crate::matrix::world::{Which, World};
use crate::test_app::TestResponse;

/// A response without its request ID, its nonce and the requested IDs.
fn bare(answer: &TestResponse, asked: &[&str]) -> (u16, String, String) {
    let mut own = vec![answer.header("x-request-id").to_owned()];
    let policy = answer.header("content-security-policy");
    own.extend(
        policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .map(str::to_owned),
    );
    own.extend(asked.iter().map(|id| (*id).to_owned()));
    let blank = |text: &str| {
        let texts = own.iter().filter(|word| !word.is_empty());
        texts.fold(text.to_owned(), |text, word| {
            text.replace(word.as_str(), "OWN")
        })
    };
    let headers: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?")))
        .collect();
    // The length of the requested ID and the expiration of a deleted cookie differ.
    let moment = |line: &String| {
        line.split("; Expires=")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let headers = headers
        .iter()
        .filter(|line| !line.starts_with("content-length"))
        .map(moment)
        .collect::<Vec<_>>()
        .join("\n");
    (
        answer.status.as_u16(),
        blank(&answer.text),
        blank(&headers),
    )
}

// Every operation with an ID, for every caller.
// B13
#[tokio::test]
async fn foreign_and_missing_ids_get_the_same_response() {
    let world = World::new().await;
    let mut compared = 0;
    for line in api::LINES
        .iter()
        .filter(|line| line.2 != Kind::None)
    {
        for who in api::principals(&world).await {
            let ids = [Which::Foreign, Which::Missing]
                .map(|which| api::id(&world, line.2, which, who.part.as_ref()));
            let [Some(foreign), Some(missing)] = ids else {
                panic!("{} has no foreign or missing id", line.0)
            };
            let row = api::row(line.0);
            let one = api::answer(&world, row, &who.bearer, &foreign, None).await;
            let other = api::answer(&world, row, &who.bearer, &missing, None).await;
            // D9, RA-32: a workspace of another organization gets 403.
            let inside = matches!(
                who.standing,
                Standing::Inside {
                    powerless: false,
                    ..
                }
            );
            if line.2 == Kind::Workspace && inside {
                assert_eq!(
                    (one.status.as_u16(), other.status.as_u16()),
                    (403, 404),
                    "{}",
                    line.0
                );
                let workspace = bare(&one, &[&foreign]).1;
                assert_eq!(
                    workspace,
                    r#"{"error":"Forbidden","details":"You do not have permission to access this resource","code":"forbidden","request_id":"OWN"}"#
                );
                continue;
            }
            assert_eq!(
                bare(&one, &[&foreign]),
                bare(&other, &[&missing]),
                "{} by {}",
                line.0,
                who.name
            );
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

// IDs in a body or a filter instead of the path.
// B13
#[tokio::test]
async fn foreign_and_missing_ids_in_bodies_and_filters_get_the_same_response() {
    let world = World::new().await;
    let (olivia, missing) = (&world.parts[0].credential, "999999".to_owned());
    let (theo, bot, key) = (
        world.stranger.ctx.actor().id.to_string(),
        world.accounts[1].to_string(),
        world.stranger.key.to_string(),
    );
    let victim = format!(
        "/api/v1/members/{}/offboard",
        world.parts[2].ctx.actor().id
    );
    let asked = |path: &str, body: &str| (path.to_owned(), body.to_owned());
    let cases = [
        (
            Method::POST,
            asked("/api/v1/keys", r#"{"actor_id":ID}"#),
            &theo,
        ),
        (
            Method::POST,
            asked("/api/v1/keys", r#"{"actor_id":ID}"#),
            &bot,
        ),
        (
            Method::POST,
            asked(&victim, r#"{"keys":[{"key_id":ID,"then":"end"}]}"#),
            &key,
        ),
        (
            Method::POST,
            asked(
                &victim,
                &format!(
                    r#"{{"keys":[{{"key_id":{},"then":"hand_over","actor_id":ID}}]}}"#,
                    world.parts[2].key
                ),
            ),
            &bot,
        ),
        (
            Method::GET,
            asked("/api/v1/audit-log?actor_id=ID", ""),
            &theo,
        ),
        (
            Method::GET,
            asked("/api/v1/audit-log?object_kind=key&object_id=ID", ""),
            &key,
        ),
        (
            Method::GET,
            asked(
                "/api/v1/audit-log?object_kind=member&object_id=ID",
                "",
            ),
            &theo,
        ),
        (
            Method::GET,
            asked("/api/v1/audit-log/export?actor_id=ID", ""),
            &theo,
        ),
    ];
    for (method, (path, body), foreign) in cases {
        let ask = async |id: &str| {
            let body = if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&body.replace("ID", id)).expect("json")
            };
            world
                .app
                .call(method.clone(), &path.replace("ID", id), olivia, body)
                .await
        };
        let (one, other) = (ask(foreign).await, ask(&missing).await);
        if path.contains("export") {
            // Each export is recorded, and so the next one contains it.
            assert_eq!(
                (one.status, one.text.is_empty()),
                (other.status, other.text.is_empty()),
                "{path}"
            );
        } else {
            assert_eq!(
                bare(&one, &[foreign]),
                bare(&other, &[&missing]),
                "{method} {path}"
            );
        }
        assert!(
            !one.text.contains("theo") && !one.text.contains("Orbit"),
            "{method} {path}: {}",
            one.text
        );
    }
}

// Only members learn whether an organization exists.
// B13
#[tokio::test]
async fn foreign_and_missing_organizations_get_the_same_response() {
    let world = World::new().await;
    let (foreign, missing) = (
        world.orbit.to_string(),
        "org_a1B2c3D4e5F6g7H8".to_owned(),
    );
    for line in api::LINES.iter().filter(|line| {
        !matches!(
            line.1,
            Requirement::Nothing | Requirement::Browser | Requirement::Person
        )
    }) {
        for subject in ["olivia", "mina", "gone", "zoe"] {
            let id = api::id(&world, line.2, Which::Other, None).unwrap_or_default();
            let ask = async |organization: &str| {
                api::answer(
                    &world,
                    api::row(line.0),
                    &world.token(subject),
                    &id,
                    Some(organization),
                )
                .await
            };
            let (one, other) = (ask(&foreign).await, ask(&missing).await);
            assert_eq!(one.status.as_u16(), 403, "{} by {subject}", line.0);
            assert_eq!(
                bare(&one, &[]),
                bare(&other, &[]),
                "{} by {subject}",
                line.0
            );
        }
    }
    for who in forms::visitors(&world).await {
        if who.name.contains("another organization") {
            continue;
        }
        for line in &pages::LINES {
            let id = api::id(&world, line.2, Which::Other, None).unwrap_or_default();
            let path = |organization: &str| {
                let path = line.0.replace("{organization}", organization);
                path.replace("{key}", &id)
                    .replace("{actor}", &id)
                    .replace("{slug}", &id)
            };
            let one = pages::look(&world, &path(&foreign), &who.cookie).await;
            let other = pages::look(&world, &path(&missing), &who.cookie).await;
            assert_eq!(
                bare(&one, &[&foreign]),
                bare(&other, &[&missing]),
                "{} by {}",
                line.0,
                who.name
            );
        }
        for (line, form) in forms::LINES
            .iter()
            .filter(|(_, form)| form.contains("ORG"))
        {
            let id = api::id(&world, line.2, Which::Foreign, None).unwrap_or_default();
            let ask = async |organization: &str| {
                let form = form
                    .replace("ORG", organization)
                    .replace("ID", &id);
                forms::answer(&world, line.0, &form, &who.cookie, "same-origin").await
            };
            let (one, other) = (ask(&foreign).await, ask(&missing).await);
            assert_eq!(
                bare(&one, &[&foreign]),
                bare(&other, &[&missing]),
                "{} by {}",
                line.0,
                who.name
            );
        }
    }
}

// Pages and forms of the own organization with objects of another one.
// B13
#[tokio::test]
async fn pages_and_forms_for_foreign_and_missing_objects_get_the_same_response() {
    let world = World::new().await;
    let mut compared = 0;
    for who in forms::visitors(&world).await {
        let ids = |thing| {
            [Which::Foreign, Which::Missing]
                .map(|which| api::id(&world, thing, which, who.part.as_ref()).expect("an id"))
        };
        // Sets the last visited organization, which is stored in the session.
        pages::look(
            &world,
            &format!("/o/{}/settings", world.acme),
            &who.cookie,
        )
        .await;
        for line in pages::LINES
            .iter()
            .filter(|line| line.2 != Kind::None)
        {
            let [foreign, missing] = ids(line.2);
            let path = |id: &str| {
                line.0
                    .replace("{organization}", world.acme.as_str())
                    .replace("{key}", id)
                    .replace("{actor}", id)
                    .replace("{slug}", id)
            };
            let one = pages::look(&world, &path(&foreign), &who.cookie).await;
            let other = pages::look(&world, &path(&missing), &who.cookie).await;
            // The redirect to the sign-in page contains the path.
            let [one, other] =
                [(one, path(&foreign)), (other, path(&missing))].map(|(answer, path)| {
                    bare(
                        &answer,
                        &[
                            &path,
                            &url::form_urlencoded::byte_serialize(path.as_bytes())
                                .collect::<String>(),
                        ],
                    )
                });
            assert_eq!(one, other, "{} by {}", line.0, who.name);
            compared += 1;
        }
        // A workspace of another organization is forbidden, not missing (D9).
        for (line, form) in forms::LINES
            .iter()
            .filter(|(line, _)| !matches!(line.2, Kind::None | Kind::Workspace))
        {
            let [foreign, missing] = ids(line.2);
            let ask = async |id: &str| {
                let form = form
                    .replace("ORG", world.acme.as_str())
                    .replace("ID", id);
                forms::answer(&world, line.0, &form, &who.cookie, "same-origin").await
            };
            let (one, other) = (ask(&foreign).await, ask(&missing).await);
            assert_eq!(
                bare(&one, &[]),
                bare(&other, &[]),
                "{} by {}",
                line.0,
                who.name
            );
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}
