//! Forms that are submitted too late or twice, and forms whose response cannot be shown.

use engine::people::Identity;

use crate::browser::{page, send};
use crate::test_app::{ISSUER, SETUP_TOKEN, TestApp, cookie};

#[tokio::test]
async fn a_form_of_an_ended_session_is_told_so_and_leads_back() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let on = format!("/o/{}/settings/members/invite", olivia.organization);
    let fields = [
        ("organization", olivia.organization.as_str()),
        ("email", "new@demo.example"),
        ("role", "member"),
    ];
    let late = send(&app, "invite_member", &on, &fields, "").await;
    let to = late.header("location").to_owned();
    assert_eq!(
        (late.status.as_u16(), to.as_str()),
        (
            303,
            format!("/sign-in?return_to={on}&problem=ended").as_str()
        )
    );
    assert!(
        page(&app, &to, "")
            .await
            .text
            .contains("You are signed out, and nothing was changed.")
    );
}

#[tokio::test]
async fn what_was_done_and_cannot_be_shown_is_not_told_as_undone() {
    let app = TestApp::new().await;
    let (olivia, key) = (app.someone("olivia").await, app.key("olivia").await);
    let id = app
        .engine
        .list_keys(&olivia.ctx, &Default::default(), 1)
        .await
        .expect("keys")
        .rows[0]
        .key
        .key_id;
    // The page it stands on is one that is closed to its sender.
    let (id, elsewhere) = (
        id.to_string(),
        "/o/org_0000000000000000/settings/api-keys/1/rotate",
    );
    let fields = [
        ("organization", olivia.organization.as_str()),
        ("key_id", id.as_str()),
        ("overlap_seconds", "0"),
    ];
    let lost = send(
        &app,
        "rotate_key",
        elsewhere,
        &fields,
        &olivia.cookie(),
    )
    .await;
    assert_eq!(
        app.get("/api/v1/me", &key).await.status.as_u16(),
        401,
        "rotated: {}",
        lost.text
    );
    assert!(
        lost.text
            .contains("Created, but the secret can’t be displayed")
            && !lost.text.contains("Nothing was changed")
    );
}

#[tokio::test]
async fn where_a_form_was_sent_to_is_no_page_and_says_so_on_one() {
    let app = TestApp::new().await;
    for function in ["invite_member", "export_audit_log", "nothing"] {
        let opened = page(&app, &format!("/ui/{function}"), "").await;
        assert_eq!(
            (opened.status.as_u16(), opened.header("allow")),
            (405, "POST"),
            "{function}"
        );
        assert!(
            opened.text.contains("This URL is not a page")
                && opened.text.contains("Go to API Keys")
        );
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_told_on_a_page_that_leads_back() {
    let app = TestApp::new().await;
    let cookie = app.someone("olivia").await.cookie();
    app.sql("ALTER TABLE sessions RENAME TO sessions_away")
        .await;
    let shown = page(&app, "/account?from=here", &cookie).await;
    assert_eq!(shown.status.as_u16(), 503, "{}", shown.text);
    assert!(
        shown
            .header("retry-after")
            .parse()
            .is_ok_and(|seconds| (1..=4).contains(&seconds))
    );
    assert!(
        shown
            .text
            .contains("Roundtable is temporarily unavailable")
            && shown.text.contains("href=\"/account?from=here\"")
    );
}

#[tokio::test]
async fn whoever_founds_twice_with_two_clicks_is_in() {
    let app = TestApp::empty().await;
    let una = Identity {
        issuer: ISSUER.into(),
        subject: "una".into(),
        email: None,
        name: Some("Una".into()),
    };
    let una = app
        .engine
        .sign_in(&una, &Default::default())
        .await
        .expect("signed in");
    let una = cookie(app.session_of(una).await);
    let fields = [("organization", "North"), ("setup_token", SETUP_TOKEN)];
    let first = send(&app, "found_organization", "/welcome", &fields, &una).await;
    let keys = first.header("location").to_owned();
    assert_eq!(first.status.as_u16(), 303, "{}", first.text);
    let second = send(&app, "found_organization", "/welcome", &fields, &una).await;
    assert_eq!(
        (second.status.as_u16(), second.header("location")),
        (303, "/"),
        "{}",
        second.text
    );
    assert!(
        page(&app, &keys, &una)
            .await
            .text
            .contains("“<bdi>North</bdi>” created. You are its owner.")
    );
}

#[tokio::test]
async fn the_page_that_ends_several_keys_speaks_of_several() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let ids = [app.key_of(&olivia).await, app.key_of(&olivia).await]
        .map(|key| key.view.key_id.to_string());
    let list = format!("/o/{}/settings/api-keys", olivia.organization);
    let several = format!("{list}/revoke?key={}&key={}", ids[0], ids[1]);
    let shown = page(&app, &several, &olivia.cookie()).await.text;
    assert!(
        shown.contains("The keys stop working immediately.")
            && shown.contains("who revoked the keys and why"),
        "{shown}"
    );
    let one = page(
        &app,
        &format!("{list}/revoke?key={}", ids[0]),
        &olivia.cookie(),
    )
    .await
    .text;
    assert!(one.contains("The key stops working immediately."));
    let keys = ids.join(",");
    let fields = [
        ("organization", olivia.organization.as_str()),
        ("keys", keys.as_str()),
        ("reason", "leaked"),
    ];
    for notice in ["2 keys revoked.", "The keys were already revoked."] {
        let sent = send(
            &app,
            "revoke_keys",
            &several,
            &fields,
            &olivia.cookie(),
        )
        .await;
        assert_eq!(sent.status.as_u16(), 303, "{}", sent.text);
        assert!(
            page(&app, &list, &olivia.cookie())
                .await
                .text
                .contains(notice),
            "{notice}"
        );
    }
    assert!(
        page(&app, &several, &olivia.cookie())
            .await
            .text
            .contains("These keys were already revoked.")
    );
    let none = page(&app, &format!("{list}/revoke"), &olivia.cookie())
        .await
        .text;
    assert!(none.contains(app::words::revoke_keys::NOTHING_SELECTED));
}

/// The token of the form on a page that calls a function.
async fn token_on(app: &TestApp, on: &str, function: &str, cookie: &str) -> String {
    let shown = page(app, on, cookie).await.text;
    let form = shown
        .split("<form")
        .find(|form| form.contains(&format!("/ui/{function}\"")))
        .expect("the form");
    let field = form
        .split("<input")
        .find(|field| field.contains("name=\"form_token\""))
        .expect("its token");
    field
        .split("value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a value")
        .to_owned()
}

// F9: a browser that sends a form again (reload, back) makes nothing more, and is led to what is
// there.
#[tokio::test]
async fn a_form_that_shows_a_secret_makes_one_thing() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let bot = domain::command::CreateServiceAccount::read("Bot", Some("admin"), true)
        .expect("an account");
    let bot = app
        .engine
        .create_service_account(&olivia.ctx, bot)
        .await
        .expect("made")
        .actor_id
        .to_string();
    let old = app.key_of(&olivia).await.view.key_id.to_string();
    let at = |rest: &str| format!("/o/{}/settings/{rest}", olivia.organization);
    let forms = [
        (
            "create_key",
            at("api-keys/new"),
            vec![("name", "One")],
            "api-keys/",
        ),
        (
            "create_key",
            at(&format!("api-keys/new?for={bot}")),
            vec![("name", "Two"), ("actor_id", &bot)],
            "api-keys/",
        ),
        (
            "create_key",
            at("api-keys/new"),
            vec![
                ("name", "Three"),
                ("actor_id", "new"),
                ("account_name", "CI"),
            ],
            "api-keys/",
        ),
        (
            "rotate_key",
            at(&format!("api-keys/{old}/rotate")),
            vec![("key_id", &old), ("overlap_seconds", "0")],
            "api-keys/",
        ),
        (
            "invite_member",
            at("members/invite"),
            vec![("email", "zoe@x.example"), ("role", "member")],
            "members",
        ),
        ("issue_token", "/account".into(), vec![], "/account"),
    ];
    for (function, on, fields, leads_to) in forms {
        let token = token_on(&app, &on, function, &olivia.cookie()).await;
        assert_ne!(
            token,
            token_on(&app, &on, function, &olivia.cookie()).await,
            "each rendering has its own"
        );
        let organization = olivia.organization.to_string();
        let with = |token| {
            let more = [
                ("organization", organization.as_str()),
                ("form_token", token),
            ];
            fields
                .iter()
                .copied()
                .chain(more)
                .filter(|(name, _)| function != "issue_token" || *name != "organization")
                .collect::<Vec<_>>()
        };
        let events = async || {
            app.engine
                .read_audit_log(&olivia.ctx, &Default::default(), 200)
                .await
                .expect("log")
                .rows
                .len()
        };
        let first = send(&app, function, &on, &with(&token), &olivia.cookie()).await;
        assert!(
            first.status.as_u16() == 200 && first.text.contains("class=\"key-value\""),
            "{function}: {}",
            first.text
        );
        let before = events().await;
        let again = send(&app, function, &on, &with(&token), &olivia.cookie()).await;
        let to = again.header("location").to_owned();
        assert!(
            again.status.as_u16() == 303 && to.contains(leads_to),
            "{function}: {} {to} {}",
            again.status,
            again.text
        );
        assert_eq!(
            events().await,
            before,
            "{function}: nothing more happened"
        );
        let shown = page(&app, &to, &olivia.cookie()).await.text;
        assert!(
            shown.contains("This form was already submitted")
                && !shown.contains("class=\"key-value\""),
            "{function}: {shown}"
        );
    }
}
