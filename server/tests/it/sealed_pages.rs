//! The page of sealed items, and what the page of a rotation says about them (D31).

use axum::http::StatusCode;
use domain::ActorId;
use domain::command::{CreateKey, CreateServiceAccount};
use serde_json::json;

use crate::browser;
use crate::test_app::{Someone, TestApp, TestResponse};

/// A text that no page may show.
const SECRET: &str = "Meet at the lighthouse";

impl Someone {
    async fn look(&self, app: &TestApp, path: &str) -> TestResponse {
        let path = format!("/o/{}/settings/{path}", self.organization);
        let page = browser::page(app, &path, &self.cookie()).await;
        assert!(!page.text.contains(SECRET), "{path}");
        page
    }

    /// The text of a page, without its markup.
    async fn read(&self, app: &TestApp, path: &str) -> String {
        let page = self.look(app, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let main = page
            .text
            .split_once("<main")
            .expect("a main part")
            .1;
        plain(main)
    }
}

/// A text without its tags and comments, with single spaces.
fn plain(html: &str) -> String {
    let pieces = html
        .split('<')
        .map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    pieces
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

async fn write(app: &TestApp, key: &str, kind: &str) {
    let path = format!("/api/v1/sealed/{kind}");
    let made = app
        .post(&path, key, json!({ "text": SECRET }))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
}

/// A service account of Olivia's organization with a key.
async fn account(app: &TestApp, olivia: &Someone) -> (ActorId, String) {
    let command = CreateServiceAccount::read("Deploy pipeline", None, false).expect("valid");
    let account = app
        .engine
        .create_service_account(&olivia.ctx, command)
        .await
        .expect("made")
        .actor_id;
    let command = CreateKey {
        owner: Some(account),
        ..CreateKey::read("Deploys").expect("valid")
    };
    let key = app
        .engine
        .create_key(&olivia.ctx, command)
        .await
        .expect("key");
    (account, key.plain.expose().to_owned())
}

// RO-31, D31
#[tokio::test]
async fn the_page_shows_numbers_and_keys_and_no_text() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let empty = olivia.read(&app, "sealed").await;
    assert!(empty.contains("Nothing is sealed yet."), "{empty}");
    let key = app.key_of(&olivia).await;
    for kind in ["inbox", "todos", "todos", "activities"] {
        write(&app, key.plain.expose(), kind).await;
    }
    let page = olivia.read(&app, "sealed").await;
    for row in [
        "Inbox 1 just now 0",
        "Todos 2 just now 0",
        "Activities 1 just now 0",
        "1 message, 2 todos and 1 activity",
    ] {
        assert!(page.contains(row), "{row}: {page}");
    }
    assert!(page.contains(&key.view.key_prefix), "{page}");
    assert!(!page.contains("Notebook"), "{page}");
    // Another member sees only their own.
    let adam = app
        .someone("adam")
        .await
        .read(&app, "sealed")
        .await;
    assert!(adam.contains("Nothing is sealed yet."), "{adam}");
    // The page of the key leads there.
    let detail = olivia
        .look(&app, &format!("api-keys/{}", key.view.key_id))
        .await
        .text;
    let link = format!("href=\"/o/{}/settings/sealed\"", olivia.organization);
    assert!(detail.contains(&link), "{detail}");
    assert!(plain(&detail).contains("Decrypts 1 message, 2 todos and 1 activity"));

    app.engine
        .revoke_key(
            &olivia.ctx,
            domain::command::RevokeKey {
                key: key.view.key_id,
                reason: domain::key::RevokeReason::Leaked,
            },
        )
        .await
        .expect("revoked");
    let page = olivia.read(&app, "sealed").await;
    for row in [
        "Inbox 1 just now 1",
        "Todos 2 just now 2",
        "No active key decrypts any of these items.",
    ] {
        assert!(page.contains(row), "{row}: {page}");
    }
}

// KE-24, RA-30, D31
#[tokio::test]
async fn admins_see_the_numbers_of_service_accounts() {
    let app = TestApp::new().await;
    let (olivia, adam) = (app.someone("olivia").await, app.someone("adam").await);
    let (account, key) = account(&app, &olivia).await;
    write(&app, &key, "sessions").await;
    let path = format!("service-accounts/{account}/sealed");
    for who in [&olivia, &adam] {
        let page = who.read(&app, &path).await;
        assert!(
            page.contains("Sessions 1 just now 0") && page.contains("Deploy pipeline"),
            "{page}"
        );
    }
    let mina = app.someone("mina").await;
    assert_eq!(
        mina.look(&app, &path).await.status,
        StatusCode::FORBIDDEN
    );
    let detail = olivia
        .look(&app, &format!("service-accounts/{account}"))
        .await
        .text;
    let link = format!("href=\"/o/{}/settings/{path}\"", olivia.organization);
    assert!(detail.contains(&link), "{detail}");
    // A member is not a service account.
    let other = format!("service-accounts/{}/sealed", mina.ctx.actor().id);
    assert_eq!(
        olivia.look(&app, &other).await.status,
        StatusCode::NOT_FOUND
    );
}

// RO-31, RO-32: the page names what is at stake. It asks only if there are messages.
#[tokio::test]
async fn the_page_of_a_rotation_names_what_would_be_lost() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let path = format!("api-keys/{}/rotate", key.view.key_id);
    let page = olivia.look(&app, &path).await.text;
    assert!(!page.contains("confirm_message_loss") && !page.contains("encrypted for this key"));

    write(&app, key.plain.expose(), "notebook").await;
    let page = olivia.look(&app, &path).await.text;
    assert!(!page.contains("confirm_message_loss"), "{page}");
    assert!(
        plain(&page).contains("1 note is encrypted for this key."),
        "{page}"
    );

    for kind in ["inbox", "todos", "todos"] {
        write(&app, key.plain.expose(), kind).await;
    }
    let page = olivia.look(&app, &path).await.text;
    assert!(
        page.contains("name=\"confirm_message_loss\""),
        "{page}"
    );
    assert!(
        plain(&page).contains("1 message, 1 note and 2 todos are encrypted for this key."),
        "{page}"
    );
    let link = format!("href=\"/o/{}/settings/sealed\"", olivia.organization);
    assert!(page.contains(&link), "{page}");

    let on = format!("/o/{}/settings/{path}", olivia.organization);
    let id = key.view.key_id.to_string();
    let mut fields = vec![
        ("organization", olivia.organization.as_str()),
        ("key_id", id.as_str()),
        ("overlap_seconds", "0"),
    ];
    let cookie = olivia.cookie();
    let refused = browser::send(&app, "rotate_key", &on, &fields, &cookie).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused
            .text
            .contains("name=\"confirm_message_loss\"")
    );
    assert_eq!(
        app.get("/api/v1/me", key.plain.expose())
            .await
            .status,
        StatusCode::OK,
        "nothing has changed"
    );
    fields.push(("confirm_message_loss", "true"));
    let rotated = browser::send(&app, "rotate_key", &on, &fields, &cookie).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    assert!(
        plain(&rotated.text).contains(
            "1 message, 1 note and 2 todos were encrypted for the old key and can no longer be read."
        ),
        "{}",
        rotated.text
    );
}

// An admin who rotates the key of a member learns what that would cost, but has no page of it.
#[tokio::test]
async fn the_sealed_items_of_another_member_have_no_page() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let key = app.key_of(&mina).await;
    write(&app, key.plain.expose(), "todos").await;
    let detail = olivia
        .look(&app, &format!("api-keys/{}", key.view.key_id))
        .await
        .text;
    assert!(!plain(&detail).contains("Decrypts"), "{detail}");
    let page = olivia
        .look(&app, &format!("api-keys/{}/rotate", key.view.key_id))
        .await
        .text;
    assert!(plain(&page).contains("1 todo is encrypted for this key."));
    assert!(!page.contains("See all sealed items"), "{page}");
}
