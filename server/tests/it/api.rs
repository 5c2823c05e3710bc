//! The REST API: workspaces, errors and bootstrap.

mod audit;
mod organization;
mod people;
mod power;
mod runs;
mod sealed;
mod service_accounts;
mod workers;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::test_app::{SETUP_TOKEN, TestApp};

fn unauthorized(body: &Value) {
    assert_eq!(body["error"], "Unauthorized");
    assert_eq!(
        body["details"],
        "Missing or invalid authentication token"
    );
    assert_eq!(body["code"], "unauthorized");
}

// RK-01, RK-36, RK-37, RA-06, KE-02: a program reads workspaces with a key and without a browser
// session, with and without a content type.
#[tokio::test]
async fn workspaces_are_listed_with_a_key() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let plain = app.get("/api/v1/workspaces", &key).await;
    assert_eq!(
        (plain.status, plain.json()),
        (StatusCode::OK, json!({ "workspaces": [] }))
    );
    let request =
        Request::get("/api/v1/workspaces").header("authorization", format!("Bearer {key}"));
    let typed = app
        .send(
            request
                .header("content-type", "application/json")
                .body(Body::empty())
                .expect("request"),
        )
        .await;
    assert_eq!(typed.json(), plain.json());
    assert_eq!(typed.header("x-environment"), "production");
}

// RK-38, RK-39, RK-40, RA-20, RK-03
#[tokio::test]
async fn a_workspace_is_created_in_the_name_of_the_owner_of_the_key() {
    let app = TestApp::new().await;
    let key = app.key("mina").await;
    let body = json!({ "name": "Analytics", "provider": "vertex_ai", "model": "gemini-2.5-pro" });
    let made = app
        .call(Method::POST, "/api/v1/workspaces", &key, body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert!(
        made["id"]
            .as_str()
            .expect("id")
            .starts_with("ws_")
    );
    assert_eq!(
        (&made["name"], &made["provider"], &made["model"]),
        (
            &json!("Analytics"),
            &json!("vertex_ai"),
            &json!("gemini-2.5-pro")
        )
    );
    assert_eq!(
        (&made["status"], &made["created_by"]),
        (&json!("running"), &json!("Mina Moreau"))
    );
    assert_eq!(made["created_at"], "2026-04-08T19:51:19Z");
    let brief = json!({ "name": "Engineering", "provider": "anthropic" });
    let brief = app
        .call(Method::POST, "/api/v1/workspaces", &key, brief)
        .await
        .json();
    assert_eq!(brief["model"], "claude-sonnet-4-20250514");
    let listed = app.get("/api/v1/workspaces", &key).await.json();
    assert_eq!(listed["workspaces"], json!([brief, made]));
    let one = app
        .get(
            &format!(
                "/api/v1/workspaces/{}",
                made["id"].as_str().expect("id")
            ),
            &key,
        )
        .await;
    assert_eq!(one.json(), made);
}

// KE-35
#[tokio::test]
async fn projects_are_an_alias_of_workspaces() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    app.call(
        Method::POST,
        "/api/v1/workspaces",
        &key,
        json!({ "name": "A", "provider": "openai" }),
    )
    .await;
    let workspaces = app.get("/api/v1/workspaces", &key).await.json();
    assert_eq!(
        app.get("/api/projects", &key).await.json()["projects"],
        workspaces["workspaces"]
    );
}

// RK-04, RA-32, KE-06, RA-29, RA-23: a workspace of another organization gets 403, one that does
// not exist 404.
#[tokio::test]
async fn a_workspace_of_another_organization_is_forbidden() {
    let app = TestApp::new().await;
    let (ours, theirs) = (app.key("olivia").await, app.key("theo").await);
    let made = app
        .call(
            Method::POST,
            "/api/v1/workspaces",
            &theirs,
            json!({ "name": "T", "provider": "openai" }),
        )
        .await;
    let path = format!(
        "/api/v1/workspaces/{}",
        made.json()["id"].as_str().expect("id")
    );
    for method in [Method::GET, Method::DELETE] {
        let refused = app.call(method, &path, &ours, Value::Null).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let body = refused.json();
        assert_eq!(
            (&body["error"], &body["details"]),
            (
                &json!("Forbidden"),
                &json!("You do not have permission to access this resource")
            )
        );
    }
    assert_eq!(
        app.get("/api/v1/workspaces/ws_nowhere", &ours)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.get("/api/v1/workspaces", &ours).await.json(),
        json!({ "workspaces": [] })
    );
    assert_eq!(app.get(&path, &theirs).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_the_creator_or_an_admin_can_delete_a_workspace() {
    let app = TestApp::new().await;
    let (mina, noor, adam) = (
        app.key("mina").await,
        app.key("noor").await,
        app.key("adam").await,
    );
    let make = json!({ "name": "M", "provider": "openai" });
    for (deleter, status) in [
        (&noor, StatusCode::FORBIDDEN),
        (&mina, StatusCode::NO_CONTENT),
        (&adam, StatusCode::NO_CONTENT),
    ] {
        let made = app
            .call(
                Method::POST,
                "/api/v1/workspaces",
                &mina,
                make.clone(),
            )
            .await
            .json();
        let path = format!(
            "/api/v1/workspaces/{}",
            made["id"].as_str().expect("id")
        );
        assert_eq!(
            app.call(Method::DELETE, &path, deleter, Value::Null)
                .await
                .status,
            status
        );
    }
}

// RA-22, RA-24, RA-25, RA-26: no header, no Bearer scheme, an unknown key.
#[tokio::test]
async fn every_invalid_credential_gets_the_same_401() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let nothing = app.get("/api/v1/workspaces", "").await;
    assert_eq!(nothing.status, StatusCode::UNAUTHORIZED);
    unauthorized(&nothing.json());
    assert_eq!(
        nothing.header("www-authenticate"),
        "Bearer realm=\"roundtable\""
    );
    let mut typo = key.clone();
    typo.replace_range(20..21, if &key[20..21] == "x" { "y" } else { "x" });
    let unknown = TestApp::new().await.key("adam").await;
    for header in [
        key.clone(),
        format!("Token {key}"),
        format!("Bearer {typo}"),
        format!("Bearer {unknown}"),
    ] {
        let request = Request::get("/api/v1/workspaces").header("authorization", &header);
        let refused = app
            .send(request.body(Body::empty()).expect("request"))
            .await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{header}");
        unauthorized(&refused.json());
        assert_eq!(
            refused.header("www-authenticate"),
            "Bearer realm=\"roundtable\", error=\"invalid_token\""
        );
        assert!(
            !refused
                .text
                .contains(&header[header.len() - 40..]),
            "the response repeats the credential"
        );
    }
}

// RO-40, KE-11, D8
#[tokio::test]
async fn x_api_key_is_accepted_and_two_different_credentials_are_not() {
    let app = TestApp::new().await;
    let (key, other) = (app.key("olivia").await, app.key("adam").await);
    let send = async |pairs: &[(&str, String)]| {
        let request = pairs.iter().fold(
            Request::get("/api/v1/me"),
            |request, (name, value)| request.header(*name, value),
        );
        app.send(request.body(Body::empty()).expect("request"))
            .await
            .status
    };
    assert_eq!(
        send(&[("x-api-key", key.clone())]).await,
        StatusCode::OK
    );
    assert_eq!(
        send(&[
            ("x-api-key", key.clone()),
            ("authorization", format!("Bearer {key}"))
        ])
        .await,
        StatusCode::OK
    );
    assert_eq!(
        send(&[
            ("x-api-key", other),
            ("authorization", format!("Bearer {key}"))
        ])
        .await,
        StatusCode::UNAUTHORIZED
    );
}

// D8: a key in a URL is rejected everywhere, and the response does not repeat it.
#[tokio::test]
async fn a_key_in_the_query_is_rejected() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for name in ["token", "api_key", "API_KEY"] {
        let refused = app
            .get(&format!("/api/v1/workspaces?{name}={key}"), &key)
            .await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!("key_in_query"))
        );
        assert!(!refused.text.contains(&key));
    }
}

// D10: all errors have the same format.
#[tokio::test]
async fn all_errors_have_the_same_format() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let json = |text: &str| {
        let request =
            Request::post("/api/v1/workspaces").header("authorization", format!("Bearer {key}"));
        request
            .header("content-type", "application/json")
            .body(Body::from(text.to_owned()))
            .expect("request")
    };
    let untyped =
        Request::post("/api/v1/workspaces").header("authorization", format!("Bearer {key}"));
    let cases = [
        (
            app.get("/api/v1/nowhere", &key).await,
            404,
            "not_found",
        ),
        (app.get("/api/v2/keys", "").await, 404, "not_found"),
        (
            app.call(Method::PUT, "/api/v1/workspaces", &key, Value::Null)
                .await,
            405,
            "method_not_allowed",
        ),
        (app.send(json("{")).await, 400, "bad_request"),
        (app.send(json("[]")).await, 422, "invalid_fields"),
        (
            app.send(json(" [\"name\", \"openai\", null]"))
                .await,
            422,
            "invalid_fields",
        ),
        (app.send(json("null")).await, 422, "invalid_fields"),
        (
            app.send(json("{\"name\":1}")).await,
            422,
            "invalid_fields",
        ),
        (
            app.send(json(
                "{\"name\":\"a\",\"provider\":\"openai\",\"created_by\":1}",
            ))
            .await,
            422,
            "invalid_fields",
        ),
        (app.send(json("{}")).await, 422, "invalid_fields"),
        (
            app.send(json(&"x".repeat(70_000))).await,
            413,
            "too_large",
        ),
        (
            app.send(untyped.body(Body::from("a=b")).expect("request"))
                .await,
            415,
            "unsupported_media_type",
        ),
        (
            app.get("/api/v1/keys?limit=0", &key).await,
            422,
            "invalid_fields",
        ),
        (
            app.get("/api/v1/keys?cursor=x", &key).await,
            422,
            "invalid_fields",
        ),
        (
            app.get("/api/v1/keys?nope=1", &key).await,
            400,
            "bad_request",
        ),
        (
            app.call(
                Method::DELETE,
                "/api/v1/keys/999999",
                &key,
                Value::Null,
            )
            .await,
            404,
            "not_found",
        ),
        (
            app.call(Method::DELETE, "/api/v1/keys/abc", &key, Value::Null)
                .await,
            404,
            "not_found",
        ),
    ];
    for (answer, status, code) in cases {
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (status, &json!(code)),
            "{}",
            answer.text
        );
        let body = answer.json();
        assert_eq!(
            body["error"],
            answer.status.canonical_reason().expect("phrase")
        );
        assert!(
            body["details"]
                .as_str()
                .is_some_and(|details| !details.is_empty())
        );
        assert_eq!(body["request_id"], answer.header("x-request-id"));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let faults = app
        .send(json("{\"name\":\" \",\"provider\":\"aws\"}"))
        .await
        .json();
    let fields: Vec<_> = faults["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|f| f["field"].as_str())
        .collect();
    assert_eq!(fields, [Some("name"), Some("provider")]);
}

// RA-30: admins and owners manage members. RA-23: a valid credential without permission gets 403.
#[tokio::test]
async fn a_member_cannot_manage_members() {
    let app = TestApp::new().await;
    let noor = app.someone("noor").await.ctx.actor().id;
    let path = format!("/api/v1/members/{noor}");
    let refused = app
        .call(
            Method::DELETE,
            &path,
            &app.key("mina").await,
            Value::Null,
        )
        .await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (StatusCode::FORBIDDEN, &json!("Forbidden"))
    );
    let removed = app
        .call(
            Method::DELETE,
            &path,
            &app.key("adam").await,
            Value::Null,
        )
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}

// RA-31: a key of a removed creator gets 403, not 401.
#[tokio::test]
async fn the_key_of_a_removed_member_is_forbidden() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let key = app.key_of(&mina).await.plain.expose().to_owned();
    assert_eq!(
        app.get("/api/v1/workspaces", &key).await.status,
        StatusCode::OK
    );
    let owner = app.someone("olivia").await;
    app.engine
        .remove_member(&owner.ctx, mina.ctx.actor().id)
        .await
        .expect("removed");
    let refused = app.get("/api/v1/workspaces", &key).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (StatusCode::FORBIDDEN, &json!("Forbidden"))
    );
}

// RK-41, RK-42, RK-43, KE-07: a key has exactly the role of its creator.
#[tokio::test]
async fn a_key_has_the_role_of_its_creator() {
    let app = TestApp::new().await;
    for (subject, name, role) in [
        ("olivia", "Olivia Owens", "owner"),
        ("adam", "Adam Adler", "admin"),
        ("mina", "Mina Moreau", "member"),
    ] {
        let me = app
            .get("/api/v1/me", &app.key(subject).await)
            .await
            .json();
        assert_eq!(
            (&me["role"], &me["credential"]),
            (&json!(role), &json!("api_key"))
        );
        assert_eq!(me["name"], name);
    }
}

// D9: if the state cannot be read, the response is 503, never 401 and never success.
#[tokio::test]
async fn an_unavailable_database_returns_503() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    app.db.close().await;
    let refused = app.get("/api/v1/workspaces", &key).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    assert!(
        refused
            .header("retry-after")
            .parse()
            .is_ok_and(|seconds| (1..=4).contains(&seconds))
    );
    assert_eq!(
        app.get("/readyz", "").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(app.get("/healthz", "").await.status, StatusCode::OK);
}

// RO-05, RO-14, RO-25, RO-26, D18: once, without a credential, at either URL.
#[tokio::test]
async fn bootstrap_creates_the_first_key_once() {
    for path in ["/api/v1/bootstrap", "/bootstrap"] {
        let app = TestApp::empty().await;
        let body = json!({ "setup_token": SETUP_TOKEN, "organization": "Acme", "name": "Ada", "email": "Ada@acme.example" });
        let wrong = json!({ "setup_token": "guess", "organization": "Acme", "name": "Ada", "email": "ada@acme.example" });
        let refused = app.call(Method::POST, path, "", wrong).await;
        assert_eq!(
            (refused.status, &refused.json()["fields"][0]["field"]),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("setup_token")
            )
        );
        let made = app
            .call(Method::POST, path, "", body.clone())
            .await;
        assert_eq!(made.status, StatusCode::CREATED);
        let made = made.json();
        let key = made["api_key"].as_str().expect("key");
        assert!(
            key.starts_with("rt_sk_")
                && key.starts_with(made["key_prefix"].as_str().expect("prefix"))
        );
        assert_eq!(
            made["public_key_hex"].as_str().map(str::len),
            Some(64)
        );
        let keys = app.get("/api/v1/keys", key).await.json();
        assert_eq!(
            (&keys[0]["label"], &keys[0]["role"]),
            (&json!("bootstrap key"), &json!("owner"))
        );
        let again = app.call(Method::POST, path, "", body).await;
        assert_eq!(
            (again.status, &again.json()["code"]),
            (StatusCode::CONFLICT, &json!("already_bootstrapped"))
        );
        assert_eq!(app.get("/api/v1/me", key).await.json()["name"], "Ada");
    }
}

// RK-45: the base path, and HSTS over HTTPS.
#[tokio::test]
async fn responses_over_https_have_hsts() {
    let app = TestApp::with(None, |site_config| {
        site_config.public_url = "https://keys.example.com".into()
    })
    .await;
    let answer = app.get("/api/v1/workspaces", "").await;
    assert_eq!(
        answer.header("strict-transport-security"),
        "max-age=63072000; includeSubDomains"
    );
}

#[tokio::test]
async fn the_openapi_description_matches_the_snapshot() {
    let app = TestApp::empty().await;
    let text = serde_json::to_string_pretty(&app.get("/api/v1/openapi.json", "").await.json())
        .expect("json");
    insta::assert_snapshot!("openapi", text);
}
