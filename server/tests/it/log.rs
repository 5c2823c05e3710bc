//! The page of the audit log, the events on the page of a key, and the export form.

mod names;
mod retention;

use axum::body::Body;
use axum::http::Request;
use domain::command::{CreateKey, CreateServiceAccount, RevokeKey};
use domain::key::RevokeReason;
use engine::people::Identity;

use crate::browser;
use crate::test_app::{ISSUER, Someone, TestApp, TestResponse};

async fn open(app: &TestApp, someone: &Someone, query: &str) -> TestResponse {
    let path = format!("/o/{}/settings/{query}", someone.organization);
    browser::page(app, &path, &someone.cookie()).await
}

async fn page(app: &TestApp, someone: &Someone, query: &str) -> String {
    let answer = open(app, someone, query).await;
    assert_eq!(
        answer.status.as_u16(),
        200,
        "{query}: {} {}",
        answer.header("location"),
        answer.text
    );
    answer.text
}

/// The response to the form of the page.
async fn export(app: &TestApp, someone: &Someone, query: &str, format: &str) -> TestResponse {
    let log = format!(
        "/o/{}/settings/audit-log{query}",
        someone.organization
    );
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("organization", someone.organization.as_str())
        .append_pair("page", &log)
        .append_pair("format", format);
    let request = Request::post("/ui/export_audit_log").header("cookie", someone.cookie());
    let request = request
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    app.send(
        request
            .body(Body::from(form.finish()))
            .expect("request"),
    )
    .await
}

/// The event numbers on a page.
fn numbers(page: &str) -> Vec<i64> {
    let ids = page.split("id=\"event-").skip(1);
    ids.map(|rest| {
        rest.split('"')
            .next()
            .expect("an id")
            .parse()
            .expect("a number")
    })
    .collect()
}

fn log_of(someone: &Someone, query: &str) -> String {
    format!(
        "/o/{}/settings/audit-log{query}",
        someone.organization
    )
}

fn leads(page: &str, to: &str) -> bool {
    page.contains(&format!("href=\"{}\"", to.replace('&', "&amp;")))
}

// RK-26: the filters are in the URL, and can be removed one by one.
#[tokio::test]
async fn filters_are_in_the_url() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let key = app.key_of(&mina).await.view.key_id;
    app.key_of(&olivia).await;
    let by = mina.ctx.actor().id;
    let query = format!("?action=keys&actor={by}&object=key:{key}&period=7d");
    let shown = page(&app, &olivia, &format!("audit-log{query}")).await;
    assert_eq!(numbers(&shown).len(), 1, "{shown}");
    for selected in ["keys", &by.to_string(), &format!("key:{key}")] {
        assert!(
            shown.contains(&format!("<option value=\"{selected}\" selected>")),
            "{selected} is not selected"
        );
    }
    assert!(
        shown.contains("<input type=\"hidden\" name=\"period\" value=\"7d\">"),
        "the form keeps the period"
    );
    for without in [
        format!("?actor={by}&object=key:{key}&period=7d"),
        format!("?action=keys&object=key:{key}&period=7d"),
        format!("?action=keys&actor={by}&period=7d"),
        format!("?action=keys&actor={by}&object=key:{key}"),
        String::new(),
    ] {
        assert!(
            leads(&shown, &log_of(&olivia, &without)),
            "no link to {without}"
        );
    }
    let days = page(
        &app,
        &olivia,
        "audit-log?from=2026-04-08&until=2026-04-08",
    )
    .await;
    assert!(
        numbers(&days).len() > 5
            && days.contains("From 8 Apr 2026")
            && days.contains("value=\"2026-04-08\"")
    );
    assert_eq!(
        numbers(&page(&app, &olivia, "audit-log?until=2026-04-07").await),
        [0; 0]
    );
}

// Blank and unknown filters are removed from the URL.
#[tokio::test]
async fn the_url_is_normalized_by_a_redirect() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    for (asked, led) in [
        ("?action=&actor=&object=&from=&until=", ""),
        (
            "?action=key.revoked&actor=&object=&from=&until=",
            "?action=key.revoked",
        ),
        ("?action=key.eaten&x=1", ""),
        (
            "?period=7d&from=2026-04-01&until=",
            "?from=2026-04-01",
        ),
    ] {
        let answer = open(&app, &olivia, &format!("audit-log{asked}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, log_of(&olivia, led).as_str()),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn an_empty_result_has_a_link_that_removes_the_filters() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let shown = page(&app, &olivia, "audit-log?action=workspace.deleted").await;
    assert!(
        shown.contains("No events match") && leads(&shown, &log_of(&olivia, "")),
        "{shown}"
    );
    let shown = page(&app, &olivia, "audit-log?action=sign_in&before=1").await;
    assert!(
        shown.contains("No older events") && leads(&shown, &log_of(&olivia, "?action=sign_in")),
        "{shown}"
    );
}

#[tokio::test]
async fn pages_of_the_log_keep_its_filters() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let identity = Identity {
        issuer: ISSUER.into(),
        subject: "olivia".into(),
        email: None,
        name: Some("Olivia".into()),
    };
    for _ in 0..60 {
        app.engine
            .sign_in(&identity, &Default::default())
            .await
            .expect("signed in");
        app.key_of(&olivia).await;
    }
    let first = page(&app, &olivia, "audit-log?action=keys").await;
    let seen = numbers(&first);
    assert_eq!(seen.len(), 50);
    let older = format!("?action=keys&before={}", seen[49]);
    assert!(leads(&first, &log_of(&olivia, &older)));
    let second = page(&app, &olivia, &format!("audit-log{older}")).await;
    assert_eq!(numbers(&second).len(), 10);
    assert!(
        leads(&second, &log_of(&olivia, "?action=keys")),
        "the link to the newest events keeps the filter"
    );
    assert!(!second.contains("rel=\"next\""));
}

// D26: the actor filter of a member contains only themselves.
#[tokio::test]
async fn the_page_tells_members_that_they_see_only_their_events() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let key = app.key_of(&olivia).await;
    let shown = page(&app, &mina, "audit-log").await;
    assert!(
        shown.contains("Owners and admins see everything") && !shown.contains(&key.view.key_prefix)
    );
    assert!(
        shown.contains(">Mina Moreau</option>") && !shown.contains(">Olivia Owens</option>"),
        "{shown}"
    );
    let everything = page(&app, &olivia, "audit-log").await;
    assert!(everything.contains("Who did what") && everything.contains(&key.view.key_prefix));
    assert!(everything.contains(">Mina Moreau</option>"));
}

#[tokio::test]
async fn events_link_to_their_objects_and_actors() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let command = CreateServiceAccount::read("Deploy pipeline", None, false).expect("valid");
    let account = app
        .engine
        .create_service_account(&olivia.ctx, command)
        .await
        .expect("made")
        .actor_id;
    let key = app.key_of(&olivia).await.view;
    let revoke = RevokeKey {
        key: key.key_id,
        reason: RevokeReason::Leaked,
    };
    app.engine
        .revoke_key(&olivia.ctx, revoke)
        .await
        .expect("revoked");
    let shown = page(&app, &olivia, "audit-log").await;
    let settings = format!("/o/{}/settings", olivia.organization);
    for to in [
        format!("{settings}/api-keys/{}", key.key_id),
        format!("{settings}/service-accounts/{account}"),
        log_of(&olivia, &format!("?actor={}", olivia.ctx.actor().id)),
        log_of(&olivia, &format!("?object=key:{}", key.key_id)),
    ] {
        assert!(leads(&shown, &to), "no link to {to}");
    }
    for text in [
        "<del><bdi>Active</bdi></del>",
        "<ins><bdi>Revoked</bdi></ins>",
        "May have leaked",
        "req_test",
    ] {
        assert!(shown.contains(text), "{text} is not on the page");
    }
}

// RK-26, B8: the next check detects an altered event.
#[tokio::test]
async fn the_page_shows_whether_the_log_is_intact() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let shown = page(&app, &olivia, "audit-log").await;
    let last = numbers(&shown)[0];
    assert!(
        shown.contains(&format!("Verified up to event {last}")) && !shown.contains("id=\"broken\"")
    );
    app.sql("UPDATE audit_events SET actor_name = 'Nobody' WHERE n = 2")
        .await;
    let shown = page(&app, &olivia, "audit-log").await;
    assert!(
        shown.contains("id=\"broken\"")
            && shown.contains("Event 2 does not match the event before it"),
        "{shown}"
    );
    assert!(!shown.contains("Verified up to"));
}

// RK-25
#[tokio::test]
async fn the_page_of_a_key_shows_its_latest_events() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let command = CreateKey::read("Nightly").expect("valid");
    let key = app
        .engine
        .create_key(&mina.ctx, command)
        .await
        .expect("made")
        .view
        .key_id;
    let revoke = RevokeKey {
        key,
        reason: RevokeReason::Policy,
    };
    app.engine
        .revoke_key(&olivia.ctx, revoke)
        .await
        .expect("revoked");
    for someone in [&olivia, &mina] {
        let shown = page(&app, someone, &format!("api-keys/{key}")).await;
        let slice = shown
            .split("id=\"log-title\"")
            .nth(1)
            .expect("a slice");
        assert!(
            slice.find("Revoked an API key") < slice.find("Created an API key"),
            "newest first"
        );
        assert!(
            slice.contains("<bdi>Olivia Owens</bdi>") && slice.contains("<bdi>Mina Moreau</bdi>")
        );
        assert!(leads(
            &shown,
            &log_of(someone, &format!("?object=key:{key}"))
        ));
        assert_eq!(
            numbers(&page(&app, someone, &format!("audit-log?object=key:{key}")).await).len(),
            2
        );
    }
}

// D.7: the file contains all pages of the filtered log, and the export is recorded.
// D7
#[tokio::test]
async fn the_form_returns_the_file() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    app.key_of(&olivia).await;
    app.key_of(&mina).await;
    let query = format!("?action=keys&actor={}", mina.ctx.actor().id);
    let file = export(&app, &olivia, &query, "jsonl").await;
    assert_eq!(
        (file.status.as_u16(), file.header("content-type")),
        (200, "application/x-ndjson")
    );
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"audit-log-2026-04-08.jsonl\""
    );
    assert!(file.headers.get("content-encoding").is_none());
    assert_eq!(
        file.text.lines().count(),
        2,
        "an event, and the line that marks the file as complete: {}",
        file.text
    );
    let table = export(&app, &mina, "?before=3", "csv").await;
    assert!(
        table
            .header("content-type")
            .starts_with("text/csv")
    );
    assert!(
        table.text.lines().count() > 4 && !table.text.contains("\"Olivia Owens\""),
        "the events of a member: {}",
        table.text
    );
    let shown = page(&app, &olivia, "audit-log").await;
    assert!(
        shown.contains("Exported the audit log") && shown.contains("All API key events"),
        "{shown}"
    );
}

// Without a file, no export is recorded.
#[tokio::test]
async fn a_rejected_export_returns_a_page_with_the_error() {
    let app = TestApp::new().await;
    let (olivia, theo) = (app.someone("olivia").await, app.someone("theo").await);
    let before = numbers(&page(&app, &olivia, "audit-log").await)[0];
    for (someone, query, format, status) in [
        (&olivia, "", "xlsx", 400),
        (&olivia, "?action=key.eaten", "csv", 400),
    ] {
        let refused = export(&app, someone, query, format).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                refused.header("content-type")
            ),
            (status, "text/html; charset=utf-8")
        );
    }
    let mixed = Someone {
        organization: olivia.organization.clone(),
        ..theo
    };
    assert_eq!(
        export(&app, &mixed, "", "csv")
            .await
            .status
            .as_u16(),
        403
    );
    let signed_out = Someone {
        token: [0; 16],
        ..olivia.clone()
    };
    let asked = export(&app, &signed_out, "?action=keys", "csv").await;
    assert_eq!(asked.status.as_u16(), 303);
    assert!(
        asked
            .header("location")
            .starts_with("/sign-in?return_to=/o/"),
        "{}",
        asked.header("location")
    );
    assert_eq!(
        numbers(&page(&app, &olivia, "audit-log").await)[0],
        before
    );
}
