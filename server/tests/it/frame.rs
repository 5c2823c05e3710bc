//! The frame around pages: titles, and the navigation on pages that belong to no organization.

use crate::browser::page;
use crate::test_app::TestApp;

fn title(text: &str) -> &str {
    text.split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map_or("", |(title, _)| title)
}

#[tokio::test]
async fn a_title_names_the_object_and_the_organization() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let home = format!("/o/{}", olivia.organization);
    for (path, expected) in [
        (
            home.clone(),
            "Overview · Acme · Roundtable".to_owned(),
        ),
        (
            format!("{home}/settings/api-keys/{}", key.view.key_id),
            format!("{} · Acme · Roundtable", key.view.label),
        ),
        (
            format!("{home}/settings/members"),
            "Members · Acme · Roundtable".to_owned(),
        ),
        (
            "/account".to_owned(),
            "My account · Roundtable".to_owned(),
        ),
    ] {
        let shown = page(&app, &path, &olivia.cookie()).await;
        assert_eq!(title(&shown.text), expected, "{path}");
    }
}

#[tokio::test]
async fn a_title_is_escaped() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let command =
        domain::command::CreateKey::read("</title><script>alert(1)</script>").expect("valid");
    let key = app
        .engine
        .create_key(&olivia.ctx, command)
        .await
        .expect("created");
    let path = format!(
        "/o/{}/settings/api-keys/{}",
        olivia.organization, key.view.key_id
    );
    let shown = page(&app, &path, &olivia.cookie()).await;
    assert!(title(&shown.text).starts_with("&lt;/title&gt;&lt;script&gt;"));
}

#[tokio::test]
async fn the_navigation_stays_on_personal_and_error_pages() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let keys = format!("/o/{}/settings/api-keys", mina.organization);
    for (path, status) in [
        ("/account".to_owned(), 200),
        ("/nothing".to_owned(), 404),
        (format!("{keys}/999999"), 404),
        (
            format!("/o/{}/settings/consumers", mina.organization),
            403,
        ),
    ] {
        let shown = page(&app, &path, &mina.cookie()).await;
        assert_eq!(shown.status.as_u16(), status, "{path}");
        assert!(
            shown.text.contains("id=\"nav-title\"")
                && shown.text.contains(&format!("href=\"{keys}\"")),
            "{path}: {}",
            shown.text
        );
        assert_eq!(
            shown
                .text
                .matches("action=\"/ui/set_theme\"")
                .count(),
            1,
            "one theme switch on {path}"
        );
    }
    let anonymous = page(&app, "/nothing", "").await;
    assert_eq!(anonymous.status.as_u16(), 404);
    assert!(!anonymous.text.contains("id=\"nav-title\""));
}

#[tokio::test]
async fn only_members_are_told_who_the_owners_are() {
    let app = TestApp::new().await;
    let (mina, theo) = (app.someone("mina").await, app.someone("theo").await);
    let path = format!("/o/{}/settings/consumers", mina.organization);
    let own = page(&app, &path, &mina.cookie()).await;
    assert_eq!(own.status.as_u16(), 403);
    assert!(own.text.contains("Owners: ") && own.text.contains("Olivia Owens"));
    assert!(
        own.text
            .contains(app::words::error_page::HIGHER_ROLE.text)
    );
    let foreign = page(&app, &path, &theo.cookie()).await;
    assert_eq!(foreign.status.as_u16(), 403);
    assert!(!foreign.text.contains("Owners: ") && !foreign.text.contains("Olivia Owens"));
}
