//! Findings 1, 2, 3, 10, 12 and 13: the identity of a person, and what remains after their removal.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::command::InviteMember;
use engine::ctx::Origin;
use engine::people::Identity;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::matrix::oracle::{Kind, Requirement};
use crate::matrix::world::{Which, World, identity};
use crate::matrix::{api, forms, pages};
use crate::sign_in;
use crate::test_app::{NOW, TestResponse};
use crate::tokens::{app_and_signer, token};

// Findings 1 and 2: of two hundred concurrent requests with the same redirect, exactly one signs
// in. Finding 2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_concurrent_redirects_one_signs_in() {
    let app = sign_in::app().await;
    let (flow, back) = sign_in::leave(&app, "olivia", "/settings/api-keys").await;
    let come_back = |router: fast_path::FastPath| {
        let path = back
            .strip_prefix(&app.parts.site_config.public_url)
            .unwrap_or(&back)
            .to_owned();
        let host = app
            .parts
            .site_config
            .public_url
            .trim_start_matches("http://")
            .to_owned();
        let request = Request::get(path)
            .header("host", host)
            .header("cookie", &flow)
            .header("accept", "text/html");
        let request = request.body(Body::empty()).expect("a request");
        async move {
            tower::ServiceExt::oneshot(router, request)
                .await
                .expect("never fails")
                .headers()
                .clone()
        }
    };
    let signed_in = |headers: &axum::http::HeaderMap| {
        headers
            .get_all("set-cookie")
            .iter()
            .any(|line| line.as_bytes().starts_with(b"rt_session="))
    };
    let tries = (0..200).map(|_| come_back(app.router.clone()));
    let answers = tries.collect::<JoinSet<_>>().join_all().await;
    assert_eq!(
        answers
            .iter()
            .filter(|headers| signed_in(headers))
            .count(),
        1
    );
    let turned_away = |headers: &&axum::http::HeaderMap| {
        headers["location"]
            .as_bytes()
            .starts_with(b"/sign-in?problem=expired&request=")
    };
    let turned_away = answers.iter().filter(turned_away).count();
    assert_eq!(turned_away, 199);
    for seconds in [0, 60, 600, 3_660] {
        app.clock.advance_seconds(seconds);
        app.engine
            .delete_expired_sessions()
            .await
            .expect("swept");
        assert!(
            !signed_in(&come_back(app.router.clone()).await),
            "{seconds} seconds later"
        );
    }
}

// Findings 3 and 12: a subject is valid only together with its issuer; other claims do not identify
// a person. Finding 3
#[tokio::test]
async fn a_token_is_valid_only_for_the_person_of_its_issuer() {
    let (app, signer) = app_and_signer().await;
    let says = |subject: &str, firebase: Value| {
        let issued = NOW.0 / 1000 - 10;
        signer.sign(&json!({
            "iss": "https://securetoken.google.com/acme-1", "aud": "acme-1", "sub": subject, "auth_time": issued,
            "iat": issued, "exp": issued + 3600, "email": "olivia@demo.example", "email_verified": true,
            "name": "Olivia Owens", "firebase": firebase,
        }))
    };
    let google = |subject: &str| json!({ "sign_in_provider": "google.com", "identities": { "google.com": [subject] } });
    assert_eq!(
        app.get("/api/v1/me", &says("uid-1", google("olivia")))
            .await
            .status
            .as_u16(),
        200
    );
    let linked =
        json!({ "sign_in_provider": "password", "identities": { "google.com": ["olivia"] } });
    let look_alike = |provider: &str| json!({ "sign_in_provider": provider, "identities": { provider: ["olivia"] } });
    let doubles = [
        says("olivia", json!({})),
        says("olivia", json!({ "sign_in_provider": "password" })),
        says("uid-1", linked),
        says("uid-1", look_alike("google.com.evil.test")),
        says("uid-1", look_alike("Google.com")),
        says("uid-1", look_alike("oidc.google.com")),
        says("uid-1", google("Olivia")),
        says("uid-1", google("olivia ")),
    ];
    for double in &doubles {
        let refused = app.get("/api/v1/me", double).await;
        assert_eq!(refused.status.as_u16(), 401, "{}", refused.text);
    }
    // Also if the person of the other issuer is known: they are in no organization.
    let issuer = "https://securetoken.google.com/acme-1".to_owned();
    let namesake = Identity {
        issuer,
        subject: "olivia".into(),
        ..identity("olivia")
    };
    app.engine
        .sign_in(&namesake, &Origin::default())
        .await
        .expect("signed in");
    assert_eq!(
        app.get("/api/v1/me", &doubles[0])
            .await
            .status
            .as_u16(),
        403
    );
    assert_eq!(
        app.get("/api/v1/organizations", &doubles[0])
            .await
            .json(),
        json!({ "organizations": [] })
    );
}

// Finding 10: the profile of a person is that of their last sign-in, not that of a later token.
#[tokio::test]
async fn a_token_does_not_change_the_profile_of_a_person() {
    let (app, signer) = app_and_signer().await;
    let issued = NOW.0 / 1000 - 10;
    let says = |email: Value, verified: Value| {
        signer.sign(&json!({
            "iss": "https://securetoken.google.com/acme-1", "aud": "acme-1", "sub": "uid-1", "auth_time": issued,
            "iat": issued, "exp": issued + 3600, "email": email, "email_verified": verified, "name": "Chief Executive",
            "role": "owner", "picture": "https://evil.test/x.png", "admin": true, "org_id": "org_other",
            "firebase": { "sign_in_provider": "google.com", "identities": { "google.com": ["mina"] } },
        }))
    };
    let olivia = token(&signer, "olivia", 10);
    let before = app.get("/api/v1/members", &olivia).await.text;
    for (email, verified) in [
        (json!("olivia@demo.example"), json!(true)),
        (json!("olivia@demo.example"), json!(false)),
        (json!("evil@evil.test"), json!("true")),
        (Value::Null, json!(true)),
    ] {
        let me = app
            .get("/api/v1/me", &says(email, verified))
            .await
            .json();
        assert_eq!(
            (&me["name"], &me["role"]),
            (&json!("Mina Moreau"), &json!("member")),
            "{me}"
        );
    }
    assert_eq!(app.get("/api/v1/members", &olivia).await.text, before);
}

/// All credentials of a person before their removal.
struct Leftovers {
    name: &'static str,
    bearers: Vec<String>,
    cookie: String,
}

async fn leftovers(world: &World, at: usize) -> Leftovers {
    let part = &world.parts[at];
    let cookie = world.cookie(part.subject).await;
    let given = world.app.ask_for_token(&cookie, "").await;
    assert_eq!(given.status.as_u16(), 200, "{}", given.text);
    let own = given.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let sandbox =
        json!({ "label": "Sandbox", "environment": "test", "scopes": ["workspaces:write"] });
    let narrow = json!({ "label": "Narrow", "scopes": ["workspaces:read", "keys:write"] });
    let mut bearers = vec![part.credential.clone(), world.token(part.subject), own];
    for body in [sandbox, narrow] {
        let made = world
            .app
            .post("/api/v1/keys", &part.credential, body)
            .await;
        bearers.push(
            made.json()["api_key"]
                .as_str()
                .expect("a key")
                .to_owned(),
        );
    }
    Leftovers {
        name: part.subject,
        bearers,
        cookie,
    }
}

/// No credential of the person is accepted by Acme.
async fn assert_rejected(world: &World, left: &Leftovers, when: &str) {
    let mut tried = 0;
    for line in api::LINES.iter().filter(|line| {
        !matches!(
            line.1,
            Requirement::Person | Requirement::Nothing | Requirement::Browser
        )
    }) {
        for bearer in &left.bearers {
            for organization in [None, Some(world.acme.as_str())] {
                let id =
                    api::id(world, line.2, Which::Other, Some(&world.parts[2])).unwrap_or_default();
                let answer: TestResponse =
                    api::answer(world, api::row(line.0), bearer, &id, organization).await;
                assert!(
                    matches!(answer.status.as_u16(), 401 | 403),
                    "{} by {} {when}: {}",
                    line.0,
                    left.name,
                    answer.text
                );
                tried += 1;
            }
        }
    }
    for (line, form) in forms::LINES
        .iter()
        .filter(|(line, form)| line.1 != Requirement::Nothing && form.contains("ORG"))
    {
        let id = api::id(world, line.2, Which::Other, Some(&world.parts[2])).unwrap_or_default();
        let form = form
            .replace("ORG", world.acme.as_str())
            .replace("ID", &id);
        let answer = forms::answer(world, line.0, &form, &left.cookie, "same-origin").await;
        assert!(
            matches!(answer.status.as_u16(), 401 | 403),
            "{} by {} {when}: {}",
            line.0,
            left.name,
            answer.text
        );
        tried += 1;
    }
    for line in pages::LINES
        .iter()
        .filter(|line| line.2 == Kind::None)
    {
        let path = line
            .0
            .replace("{organization}", world.acme.as_str());
        let answer = pages::look(world, &path, &left.cookie).await;
        assert!(
            matches!(answer.status.as_u16(), 303 | 403),
            "{path} by {} {when}",
            left.name
        );
        tried += 1;
    }
    assert!(tried > 250, "{tried}");
}

// Finding 13, B20: no credential of a removed person is accepted, also not after they are invited
// again in any role.
#[tokio::test]
async fn old_credentials_of_a_removed_person_stay_rejected_after_rejoining() {
    let world = World::new().await;
    let olivia = world.parts[0].ctx.clone();
    let invite = async |ctx: &engine::Ctx, email: &str, role: &str| {
        let command = InviteMember::read(email, Some(role)).expect("an invitation");
        world
            .app
            .engine
            .create_invitation(ctx, command)
            .await
            .expect("invited")
            .token
    };
    // Adam, an admin, sent a link before his removal.
    let (adam, mina) = (leftovers(&world, 1).await, leftovers(&world, 2).await);
    let sent = invite(&world.parts[1].ctx, "zoe@demo.example", "admin").await;
    for at in [1, 2] {
        world
            .app
            .engine
            .remove_member(&olivia, world.parts[at].ctx.actor().id)
            .await
            .expect("removed");
    }
    for left in [&adam, &mina] {
        assert_rejected(&world, left, "after the removal").await;
    }
    let accept = json!({ "token": sent });
    let late = world
        .app
        .post(
            "/api/v1/invitations/accept",
            &world.token("zoe"),
            accept,
        )
        .await;
    assert_eq!(late.status.as_u16(), 404, "{}", late.text);
    // Mina rejoins as an owner. Her old credentials stay rejected; new ones are accepted.
    let back = invite(&olivia, "mina@demo.example", "owner").await;
    let joined = world
        .app
        .post(
            "/api/v1/invitations/accept",
            &world.token("mina"),
            json!({ "token": back }),
        )
        .await;
    assert_eq!(joined.status.as_u16(), 200, "{}", joined.text);
    let old = Leftovers {
        bearers: mina
            .bearers
            .iter()
            .filter(|one| one.starts_with("rt_"))
            .cloned()
            .collect(),
        ..mina
    };
    assert_eq!(old.bearers.len(), 3);
    for bearer in &old.bearers {
        assert_eq!(
            world
                .app
                .get("/api/v1/me", bearer)
                .await
                .status
                .as_u16(),
            403
        );
    }
    let path = format!("/o/{}/settings/api-keys", world.acme);
    assert_eq!(
        pages::look(&world, &path, &old.cookie)
            .await
            .status
            .as_u16(),
        303,
        "the session is rejected too"
    );
    assert_eq!(
        world
            .app
            .get("/api/v1/me", &world.token("mina"))
            .await
            .json()["role"],
        "owner"
    );
    let gone = world
        .app
        .call(
            Method::GET,
            "/api/v1/me",
            &adam.bearers[1],
            Value::Null,
        )
        .await;
    assert_eq!(gone.status.as_u16(), 403, "{}", gone.text);
}
