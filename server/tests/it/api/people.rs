//! Members, invitations and organizations over the API: what a token of a person can do and a key
//! cannot.

use axum::body::Body;
use axum::http::{Method, Request};
use engine::ctx::Origin;
use engine::people::Identity;
use oidc::testing::Signer;
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};
use crate::tokens::{app_and_signer, token};

/// Signs a new person in with a verified email. Returns a token of the person.
async fn newcomer(app: &TestApp, signer: &Signer, name: &str) -> String {
    let identity = Identity {
        issuer: "https://accounts.google.com".into(),
        subject: name.into(),
        email: Some(format!("{name}@example.test")),
        name: Some(name.into()),
    };
    app.engine
        .sign_in(&identity, &Origin::default())
        .await
        .expect("signed in");
    token(signer, name, 10)
}

async fn in_organization(
    app: &TestApp,
    organization: &str,
    bearer: &str,
    path: &str,
) -> TestResponse {
    let request = Request::get(path).header("authorization", format!("Bearer {bearer}"));
    let request = request
        .header("x-organization", organization)
        .body(Body::empty());
    app.send(request.expect("request")).await
}

fn end_of(url: &Value) -> String {
    url.as_str()
        .and_then(|url| url.rsplit_once("/join/"))
        .expect("a link")
        .1
        .to_owned()
}

// RA-30, KE-05: an invited person joins with their own token, and is in two organizations after
// creating one.
#[tokio::test]
async fn an_invited_person_joins_and_creates_an_organization() {
    let (app, signer) = app_and_signer().await;
    let (olivia, zoe) = (
        token(&signer, "olivia", 10),
        newcomer(&app, &signer, "zoe").await,
    );
    let mine = app.get("/api/v1/organizations", &zoe).await;
    assert_eq!(
        (mine.status.as_u16(), mine.json()),
        (200, json!({ "organizations": [] }))
    );
    assert_eq!(
        app.post(
            "/api/v1/organizations",
            &zoe,
            json!({ "name": "Zoo" })
        )
        .await
        .status
        .as_u16(),
        403
    );
    let body = json!({ "email": "Zoe@example.test", "role": "admin" });
    let made = app
        .post("/api/v1/invitations", &olivia, body)
        .await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    let accept = json!({ "token": end_of(&made.json()["url"]) });
    let eve = newcomer(&app, &signer, "eve").await;
    let refused = app
        .post("/api/v1/invitations/accept", &eve, accept.clone())
        .await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (403, &json!("wrong_address"))
    );
    let joined = app
        .post("/api/v1/invitations/accept", &zoe, accept.clone())
        .await;
    assert_eq!(joined.status.as_u16(), 200, "{}", joined.text);
    assert_eq!(
        app.post("/api/v1/invitations/accept", &zoe, accept)
            .await
            .status
            .as_u16(),
        404
    );
    assert_eq!(
        app.get("/api/v1/me", &zoe).await.json()["role"],
        "admin"
    );
    let made = app
        .post(
            "/api/v1/organizations",
            &zoe,
            json!({ "name": "Zoo" }),
        )
        .await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text);
    let zoo = made.json()["organization"]
        .as_str()
        .expect("id")
        .to_owned();
    // A person in two organizations must name one.
    assert_eq!(app.get("/api/v1/me", &zoe).await.status.as_u16(), 403);
    let me = in_organization(&app, &zoo, &zoe, "/api/v1/me")
        .await
        .json();
    assert_eq!(
        (&me["role"], &me["organization"]),
        (&json!("owner"), &json!(zoo))
    );
    let names = app
        .get("/api/v1/organizations", &zoe)
        .await
        .json();
    assert_eq!(
        names["organizations"]
            .as_array()
            .expect("a list")
            .len(),
        2
    );
}

// RA-30, KE-24: members see the list of members; emails and management are for admins.
#[tokio::test]
async fn only_owners_and_admins_can_manage_members() {
    let (app, signer) = app_and_signer().await;
    let (olivia, mina) = (
        token(&signer, "olivia", 10),
        token(&signer, "mina", 10),
    );
    let seen = app.get("/api/v1/members", &mina).await.json();
    let members = seen["members"].as_array().expect("a list");
    assert!(
        members.len() > 2
            && members
                .iter()
                .all(|member| member["email"].is_null()),
        "{seen}"
    );
    let adam = members
        .iter()
        .find(|member| member["name"] == "Adam Adler")
        .expect("adam")["actor_id"]
        .clone();
    let path = format!("/api/v1/members/{adam}");
    let refused = [
        app.call(
            Method::PATCH,
            &path,
            &mina,
            json!({ "role": "member" }),
        )
        .await,
        app.call(Method::DELETE, &path, &mina, Value::Null)
            .await,
        app.post(
            &format!("{path}/offboard"),
            &mina,
            json!({ "keys": [] }),
        )
        .await,
        app.get("/api/v1/invitations", &mina).await,
        app.post(
            "/api/v1/invitations",
            &mina,
            json!({ "email": "zoe@example.test" }),
        )
        .await,
    ];
    for answer in refused {
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (403, &json!("forbidden"))
        );
    }
    let changed = app
        .call(
            Method::PATCH,
            &path,
            &olivia,
            json!({ "role": "member" }),
        )
        .await;
    assert_eq!(
        (changed.status.as_u16(), &changed.json()["role"]),
        (200, &json!("member")),
        "{}",
        changed.text
    );
    let odd = app
        .call(
            Method::PATCH,
            &path,
            &olivia,
            json!({ "role": "root" }),
        )
        .await;
    assert_eq!(
        (odd.status.as_u16(), &odd.json()["fields"][0]["field"]),
        (422, &json!("role"))
    );
}

// B22: adding an owner requires a sign-in in the last ten minutes, and the error says so.
#[tokio::test]
async fn adding_an_owner_requires_a_fresh_sign_in() {
    let (app, signer) = app_and_signer().await;
    let id = app
        .get("/api/v1/me", &token(&signer, "adam", 10))
        .await
        .json()["actor_id"]
        .clone();
    let path = format!("/api/v1/members/{id}");
    let old = app
        .call(
            Method::PATCH,
            &path,
            &token(&signer, "olivia", 700),
            json!({ "role": "owner" }),
        )
        .await;
    assert_eq!(
        (old.status.as_u16(), &old.json()["code"]),
        (401, &json!("fresh_sign_in_required")),
        "{}",
        old.text
    );
    let fresh = app
        .call(
            Method::PATCH,
            &path,
            &token(&signer, "olivia", 500),
            json!({ "role": "owner" }),
        )
        .await;
    assert_eq!(fresh.status.as_u16(), 200, "{}", fresh.text);
}

// One key is revoked, one is transferred, and one that is not listed gets 403 (RA-31).
#[tokio::test]
async fn removing_a_member_revokes_or_transfers_the_listed_keys() {
    let (app, signer) = app_and_signer().await;
    let (olivia, mina) = (
        token(&signer, "olivia", 10),
        token(&signer, "mina", 10),
    );
    let key = async |label: &str| {
        let made = app
            .post(
                "/api/v1/keys",
                &mina,
                json!({ "label": label, "scopes": ["workspaces:read"] }),
            )
            .await;
        (
            made.json()["key_id"].as_i64().expect("id"),
            made.json()["api_key"]
                .as_str()
                .expect("key")
                .to_owned(),
        )
    };
    let (revoked, kept, transferred) = (
        key("revoked").await,
        key("kept").await,
        key("transferred").await,
    );
    let id = app.get("/api/v1/me", &mina).await.json()["actor_id"].clone();
    let path = format!("/api/v1/members/{id}/offboard");
    let odd = json!({ "keys": [{ "key_id": revoked.0, "then": "end", "actor_id": 3 }] });
    assert_eq!(
        app.post(&path, &olivia, odd)
            .await
            .status
            .as_u16(),
        422
    );
    let body = json!({ "keys": [{ "key_id": revoked.0, "then": "end" }, { "key_id": transferred.0, "then": "hand_over" }] });
    let done = app.post(&path, &olivia, body).await;
    assert_eq!(done.status.as_u16(), 200, "{}", done.text);
    let status = async |key: &str| {
        app.get("/api/v1/workspaces", key)
            .await
            .status
            .as_u16()
    };
    assert_eq!(
        (
            status(&revoked.1).await,
            status(&transferred.1).await,
            status(&kept.1).await
        ),
        (401, 401, 403)
    );
    let successor = done.json()["keys"][0]["api_key"]
        .as_str()
        .expect("key")
        .to_owned();
    assert_eq!(status(&successor).await, 200);
    let me = app.get("/api/v1/me", &successor).await.json();
    assert_eq!(
        (&me["kind"], &me["name"]),
        (&json!("service"), &json!("transferred"))
    );
    assert_eq!(
        app.get("/api/v1/me", &mina).await.status.as_u16(),
        403
    );
}

// Only people can leave, and the last owner cannot.
// D5
#[tokio::test]
async fn people_can_leave_but_the_last_owner_cannot() {
    let (app, signer) = app_and_signer().await;
    let (olivia, mina) = (
        token(&signer, "olivia", 10),
        token(&signer, "mina", 10),
    );
    let leave = async |bearer: &str| {
        app.post("/api/v1/organization/leave", bearer, Value::Null)
            .await
            .status
            .as_u16()
    };
    assert_eq!(leave(&olivia).await, 409);
    assert_eq!(
        (
            leave(&mina).await,
            app.get("/api/v1/me", &mina).await.status.as_u16()
        ),
        (204, 403)
    );
}

// The organization's rules for keys, over the API (D14, D17).
#[tokio::test]
async fn the_settings_decide_who_can_create_keys() {
    let (app, signer) = app_and_signer().await;
    let (olivia, mina) = (
        token(&signer, "olivia", 10),
        token(&signer, "mina", 10),
    );
    let change = json!({ "name": "Acme GmbH", "key_makers": "admins", "keys_make_keys": false });
    let changed = app
        .call(Method::PATCH, "/api/v1/organization", &olivia, change)
        .await
        .json();
    let actual = (
        &changed["name"],
        &changed["key_makers"],
        &changed["keys_make_keys"],
        &changed["max_key_days"],
    );
    assert_eq!(
        actual,
        (
            &json!("Acme GmbH"),
            &json!("admins"),
            &json!(false),
            &Value::Null
        )
    );
    assert_eq!(
        app.post("/api/v1/keys", &mina, json!({}))
            .await
            .status
            .as_u16(),
        403
    );
    let key = app.post("/api/v1/keys", &olivia, json!({})).await;
    assert_eq!(key.status.as_u16(), 201, "{}", key.text);
    let key = key.json()["api_key"]
        .as_str()
        .expect("key")
        .to_owned();
    assert_eq!(
        app.post("/api/v1/keys", &key, json!({}))
            .await
            .status
            .as_u16(),
        403
    );
    assert_eq!(
        app.post("/api/v1/keys/rotate", &key, json!({}))
            .await
            .status
            .as_u16(),
        201
    );
    let odd = app
        .call(
            Method::PATCH,
            "/api/v1/organization",
            &olivia,
            json!({ "key_makers": "nobody" }),
        )
        .await;
    assert_eq!(odd.status.as_u16(), 422);
}
