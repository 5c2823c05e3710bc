//! Failed sign-ins: the page tells the user what to do, and nothing is stored.

use std::sync::Arc;

use domain::Role;
use domain::command::InviteMember;
use domain::event::AuditAction;
use serde_json::{Value, json};
use server::http;
use url::Url;

use super::{cookie, get, problem};
use crate::provider::Provider;
use crate::test_app::{TestApp, TestResponse};

/// An application with a malicious provider and rules about who may sign in.
async fn app(hosted_domain: Option<&str>, email_domains: &[&str]) -> (TestApp, Provider) {
    let provider = Provider::start().await;
    let domains: Vec<String> = email_domains
        .iter()
        .map(|domain| (*domain).to_owned())
        .collect();
    let allowed = domains.clone();
    let mut app = TestApp::with(None, move |site_config| {
        site_config.allowed_domains = allowed
    })
    .await;
    let mut organizations = server::demo::organizations(&provider.issuer);
    for (identity, _) in organizations
        .iter_mut()
        .flat_map(|organization| organization.members.iter_mut())
    {
        identity.email = Some(format!("{}@acme.example", identity.subject));
    }
    app.engine
        .seed_demo(&organizations)
        .await
        .expect("staged");
    let settings = oidc::Settings {
        issuer: provider.issuer.clone(),
        client_id: "roundtable".into(),
        client_secret: None,
        redirect_uri: format!(
            "{}/sign-in/callback",
            app.parts.site_config.public_url
        )
        .parse()
        .expect("url"),
        hosted_domain: hosted_domain.map(str::to_owned),
        allowed_email_domains: domains,
        trust_emails: false,
    };
    let runtime = app.engine.runtime().clone();
    app.parts.oidc =
        oidc::Client::new(settings, Arc::new(move || runtime.now().0)).expect("client");
    app.router = http::router(&app.parts, None);
    (app, provider)
}

/// Starts a sign-in. Returns the cookie, the state and the nonce.
async fn leave(app: &TestApp, query: &str, cookies: &str) -> (String, String, String) {
    let started = get(app, &format!("/sign-in/start?{query}"), cookies).await;
    let url: Url = started
        .header("location")
        .parse()
        .unwrap_or_else(|_| panic!("{started:?}"));
    let part = |name: &str| {
        url.query_pairs()
            .find(|(found, _)| found == name)
            .expect("there")
            .1
            .into_owned()
    };
    (
        cookie(&started, "rt_flow").expect("a flow"),
        part("state"),
        part("nonce"),
    )
}

/// Signs in with these claims.
async fn sign_in(app: &TestApp, provider: &Provider, said: Value) -> TestResponse {
    sign_in_again(app, provider, said, "", "").await
}

async fn sign_in_again(
    app: &TestApp,
    provider: &Provider,
    said: Value,
    query: &str,
    cookies: &str,
) -> TestResponse {
    let (flow, state, nonce) = leave(app, query, cookies).await;
    let now = app.engine.runtime().now().0 / 1000;
    let mut claims = json!({
        "iss": provider.issuer, "aud": "roundtable", "sub": "olivia", "iat": now, "exp": now + 3600, "nonce": nonce,
        "email": "olivia@acme.example", "email_verified": true,
    });
    for (name, value) in said.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    provider.will_say(claims);
    get(
        app,
        &format!("/sign-in/callback?state={state}&code=c"),
        &format!("{flow}; {cookies}"),
    )
    .await
}

#[tokio::test]
async fn a_person_is_told_what_they_can_do_about_it() {
    let (app, provider) = app(Some("acme.example"), &["acme.example", "acme.test"]).await;
    let cases = [
        (json!({}), "not_allowed"),
        (json!({ "hd": "evil.example" }), "not_allowed"),
        (
            json!({ "hd": "acme.example", "email": "olivia@evil.example" }),
            "not_allowed",
        ),
        (
            json!({ "hd": "acme.example", "email": "olivia@sub.acme.example" }),
            "not_allowed",
        ),
        (
            json!({ "hd": "acme.example", "email": "olivia@acme.example.evil.example" }),
            "not_allowed",
        ),
        (
            json!({ "hd": "acme.example", "email": "acme.example" }),
            "unverified",
        ),
        (
            json!({ "hd": "acme.example", "email": "olivia@acme.example@evil.example" }),
            "not_allowed",
        ),
        (
            json!({ "hd": "acme.example", "email_verified": false }),
            "unverified",
        ),
        (
            json!({ "hd": "acme.example", "email_verified": "true" }),
            "unverified",
        ),
        (
            json!({ "hd": "acme.example", "email": null }),
            "unverified",
        ),
        (
            json!({ "hd": "acme.example", "nonce": "another" }),
            "refused",
        ),
        (
            json!({ "hd": "acme.example", "iss": "https://evil.example" }),
            "refused",
        ),
    ];
    for (said, word) in cases {
        let refused = sign_in(&app, &provider, said.clone()).await;
        assert_eq!(problem(&refused), word, "{said}");
        let page = get(&app, refused.header("location"), "").await;
        assert!(
            page.text.contains("role=\"alert\"") && page.text.contains("<code>req_"),
            "{said}: {}",
            page.text
        );
        assert_eq!(
            page.text.contains("acme.test"),
            word == "not_allowed",
            "{said}: which domains"
        );
    }
    let done = sign_in(
        &app,
        &provider,
        json!({ "hd": "acme.example", "email": "Olivia@ACME.test" }),
    )
    .await;
    assert_eq!(done.header("location"), "/");
}

#[tokio::test]
async fn a_provider_that_is_down_or_says_no_is_told_apart() {
    let (app, provider) = app(None, &[]).await;
    provider.breaks(true);
    let refused = get(&app, "/sign-in/start?return_to=/account", "").await;
    assert_eq!(problem(&refused), "unavailable");
    assert!(
        refused
            .header("location")
            .ends_with("&return_to=/account"),
        "{}",
        refused.header("location")
    );
    let key = app.key_of(&by_hand(&app, &provider).await).await;
    assert_eq!(
        app.get("/api/v1/me", key.plain.expose())
            .await
            .status
            .as_u16(),
        200,
        "keys do not care"
    );
    provider.breaks(false);
    let (flow, state, _) = leave(&app, "", "").await;
    provider.breaks(true);
    assert_eq!(
        problem(
            &get(
                &app,
                &format!("/sign-in/callback?state={state}&code=c"),
                &flow
            )
            .await
        ),
        "unavailable"
    );
    provider.breaks(false);
    // What the provider writes is neither repeated nor believed.
    let said = [
        ("access_denied", "cancelled"),
        (
            "access_denied%3Cscript%3Ealert(1)%3C/script%3E",
            "refused",
        ),
        ("temporarily_unavailable", "unavailable"),
        ("server_error", "unavailable"),
        ("login_required", "refused"),
        (
            "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
            "refused",
        ),
        ("", "refused"),
    ];
    for (error, word) in said {
        let (flow, state, _) = leave(&app, "", "").await;
        let back = format!(
            "/sign-in/callback?state={state}&error={error}&error_description=%3Cb%3Ebold%3C/b%3E"
        );
        let refused = get(&app, &back, &flow).await;
        assert_eq!(problem(&refused), word, "{error}");
        let page = get(&app, refused.header("location"), "").await;
        assert!(
            !page.text.contains("<b>bold") && !page.text.contains("alert(1)"),
            "{}",
            page.text
        );
    }
}

/// Olivia, without the provider's help.
async fn by_hand(app: &TestApp, provider: &Provider) -> crate::test_app::Someone {
    app.someone_of(&provider.issuer, "olivia").await
}

// What a stranger writes into the address of the sign-in page is not repeated there.
#[tokio::test]
async fn the_sign_in_page_repeats_nothing() {
    let app = TestApp::new().await;
    for request in [
        "%3Cscript%3E",
        "req_%3Cscript%3E",
        "req_a%20b",
        "Call+0900-123",
        "req_",
    ] {
        let page = get(
            &app,
            &format!("/sign-in?problem=refused&request={request}"),
            "",
        )
        .await;
        assert_eq!(
            page.text.contains("<code>"),
            request == "req_",
            "{request}"
        );
    }
    let page = get(
        &app,
        "/sign-in?problem=%3Cscript%3Ealert(1)%3C/script%3E",
        "",
    )
    .await;
    assert!(!page.text.contains("alert"), "{}", page.text);
}

// B21: a later owner of an email or a domain has no access.
#[tokio::test]
async fn a_new_subject_with_the_same_address_and_domain_reaches_nothing() {
    let (app, provider) = app(Some("acme.example"), &["acme.example"]).await;
    let former = sign_in(&app, &provider, json!({ "hd": "acme.example" })).await;
    let former = cookie(&former, "rt_session").expect("a session");
    let keys = get(&app, "/settings/api-keys", &former)
        .await
        .header("location")
        .to_owned();
    assert!(keys.starts_with("/o/org_"), "{keys}");
    let olivia = by_hand(&app, &provider).await;
    let key = app.key_of(&olivia).await;
    let newcomer = sign_in(
        &app,
        &provider,
        json!({ "hd": "acme.example", "sub": "someone-new" }),
    )
    .await;
    let newcomer = cookie(&newcomer, "rt_session").expect("a session of their own");
    assert!(
        get(&app, "/settings/api-keys", &newcomer)
            .await
            .text
            .contains("not a member of any organization")
    );
    for path in [
        keys.clone(),
        format!("{keys}/{}", key.view.key_id),
        keys.replace("api-keys", "audit-log"),
    ] {
        let refused = get(&app, &path, &newcomer).await;
        assert_eq!(refused.status.as_u16(), 403, "{path}");
        assert!(!refused.text.contains("CI/CD Pipeline"), "{path}");
    }
    let token = app.ask_for_token(&newcomer, "").await.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    for path in ["/api/v1/keys", "/api/v1/me", "/api/v1/workspaces"] {
        assert_eq!(
            app.get(path, &token).await.status.as_u16(),
            403,
            "{path}"
        );
    }
    assert_eq!(
        app.get("/api/v1/sessions", &token).await.json()["sessions"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

// B22: a provider that gives an old sign-in for a fresh one is detected.
#[tokio::test]
async fn an_old_sign_in_is_no_fresh_one() {
    let (app, provider) = app(None, &[]).await;
    let now = app.engine.runtime().now().0 / 1000;
    let own = cookie(
        &sign_in(&app, &provider, json!({ "auth_time": now - 5000 })).await,
        "rt_session",
    )
    .expect("in");
    for (auth_time, word) in [
        (json!(now - 61), "not_fresh"),
        (json!(now - 5000), "not_fresh"),
        (json!("now"), "refused"),
        (json!(now + 61), "refused"),
    ] {
        let refused = sign_in_again(
            &app,
            &provider,
            json!({ "auth_time": auth_time }),
            "fresh=1",
            &own,
        )
        .await;
        assert_eq!(problem(&refused), word, "{auth_time}");
    }
    for said in [
        json!({ "auth_time": now - 60 }),
        json!({ "auth_time": now }),
    ] {
        let done = sign_in_again(&app, &provider, said, "fresh=1", &own).await;
        assert_eq!(done.header("location"), "/", "{done:?}");
        // The session of before is gone with the first of them; signing in again goes on from none.
        assert!(cookie(&done, "rt_session").is_some());
    }
}

// B22: a provider that knew the person and asked them nothing has not signed them in just now, and
// one that was asked for a fresh sign-in and does not say when it was has given none (OpenID
// Connect Core, 3.1.2.1).
#[tokio::test]
async fn a_sign_in_counts_from_when_the_provider_says() {
    let (app, provider) = app(None, &[]).await;
    let now = app.engine.runtime().now().0 / 1000;
    let make = async |said: Value| {
        let session = cookie(&sign_in(&app, &provider, said).await, "rt_session").expect("in");
        let token = app.ask_for_token(&session, "").await.json()["token"]
            .as_str()
            .expect("a token")
            .to_owned();
        app.post(
            "/api/v1/keys",
            &token,
            json!({ "label": "All of it" }),
        )
        .await
        .status
        .as_u16()
    };
    assert_eq!(
        make(json!({ "auth_time": now - 601 })).await,
        401,
        "signed in there eleven minutes ago"
    );
    assert_eq!(make(json!({ "auth_time": now - 5 })).await, 201);
    assert_eq!(
        make(json!({ "auth_time": now + 50 })).await,
        201,
        "a clock that is a little ahead"
    );
    assert_eq!(
        make(json!({})).await,
        401,
        "one that does not say, at the first sign-in as at a repeated one"
    );
    let own = cookie(
        &sign_in(&app, &provider, json!({ "auth_time": now - 5000 })).await,
        "rt_session",
    )
    .expect("in");
    let refused = sign_in_again(&app, &provider, json!({}), "fresh=1", &own).await;
    assert_eq!(problem(&refused), "undated");
    let page = get(&app, refused.header("location"), &own).await;
    assert!(
        page.text
            .contains("Ask your administrator to configure it to send “auth_time”"),
        "{}",
        page.text
    );
}

// F8: an invitation for someone whose provider confirms no email address says so, and leads in no
// circle.
#[tokio::test]
async fn an_unconfirmed_email_is_not_taken_for_another_one() {
    let (app, provider) = app(None, &[]).await;
    let owner = by_hand(&app, &provider).await;
    let invite = InviteMember {
        email: "zoe@acme.example".into(),
        role: Role::Member,
    };
    let link = app
        .engine
        .create_invitation(&owner.ctx, invite)
        .await
        .expect("invited")
        .token;
    for (said, confirmed) in [
        (json!({ "email_verified": null }), false),
        (json!({ "email": null }), false),
        (json!({ "email_verified": false }), false),
        (json!({}), true),
    ] {
        let mut zoe = json!({ "sub": "zoe", "name": "Zoe", "email": "zoe2@acme.example" });
        for (name, value) in said.as_object().expect("an object") {
            zoe[name] = value.clone();
        }
        let session = cookie(&sign_in(&app, &provider, zoe).await, "rt_session").expect("in");
        let page = get(&app, &format!("/join/{link}"), &session).await;
        assert_eq!(
            page.text
                .contains("Your identity provider has not verified your email address"),
            !confirmed,
            "{said}"
        );
        assert_eq!(
            page.text
                .contains("sign in with the invited email address"),
            confirmed,
            "{said}"
        );
    }
}

// B23: whatever cookie was planted before, the session is a new one, and the old is over.
#[tokio::test]
async fn a_cookie_from_before_the_sign_in_never_works_after_it() {
    let (app, provider) = app(None, &[]).await;
    let stranger = app.someone_of(&provider.issuer, "theo").await;
    for planted in [
        "rt_session=AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "rt_session=".into(),
        "rt_session=x%00".into(),
        stranger.cookie(),
    ] {
        let done = sign_in_again(&app, &provider, json!({}), "", &planted).await;
        let session = cookie(&done, "rt_session").expect("a session");
        assert_ne!(session, planted);
        assert_eq!(
            get(&app, "/account", &session)
                .await
                .status
                .as_u16(),
            200
        );
        assert_eq!(
            get(&app, "/account", &planted)
                .await
                .status
                .as_u16(),
            303,
            "{planted}"
        );
    }
}

// A sign-in that came to nothing is no event, and makes nobody.
#[tokio::test]
async fn a_refused_sign_in_leaves_nothing_behind() {
    let (app, provider) = app(None, &["acme.example"]).await;
    let olivia = by_hand(&app, &provider).await;
    let newest = async || {
        app.engine
            .read_audit_log(&olivia.ctx, &Default::default(), 1)
            .await
            .expect("events")
            .rows
            .remove(0)
    };
    let before = newest().await.n;
    for said in [
        json!({ "email": "olivia@evil.example" }),
        json!({ "email_verified": false }),
        json!({ "nonce": "x" }),
    ] {
        problem(&sign_in(&app, &provider, said).await);
    }
    assert_eq!(newest().await.n, before);
    sign_in(&app, &provider, json!({})).await;
    assert_eq!(
        (newest().await.n, newest().await.action),
        (before + 1, AuditAction::SignedIn)
    );
}
