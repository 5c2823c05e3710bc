//! A form that a dialog sends: the response is the same page as without script, except for where a
//! redirect leads, which the browser does not tell a dialog.

use app::shared_view::DIALOG_HEADER;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::test_app::{Someone, TestApp, TestResponse};

/// The form that renames a key, on its page.
async fn rename(
    app: &TestApp,
    someone: &Someone,
    cookie: &str,
    key: &str,
    name: &str,
    in_dialog: bool,
) -> TestResponse {
    let organization = someone.organization.to_string();
    let page = format!("/o/{organization}/settings/api-keys/{key}/rename");
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("page", &page)
        .append_pair("organization", &organization)
        .append_pair("key_id", key)
        .append_pair("name", name)
        .finish();
    let mut request = Request::post("/ui/rename_key")
        .header("cookie", cookie)
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    if in_dialog {
        request = request.header(DIALOG_HEADER, "1");
    }
    app.send(request.body(Body::from(form)).expect("request"))
        .await
}

#[tokio::test]
async fn a_dialog_is_told_where_a_redirect_leads() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await.view.key_id.to_string();
    let to = format!("/o/{}/settings/api-keys/{key}", olivia.organization);

    let page = rename(&app, &olivia, &olivia.cookie(), &key, "One", false).await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, to.as_str())
    );
    let dialog = rename(&app, &olivia, &olivia.cookie(), &key, "Two", true).await;
    assert_eq!(dialog.status, StatusCode::OK, "{}", dialog.text);
    assert_eq!(dialog.header("content-type"), "application/json");
    assert_eq!(dialog.json()["to"], to);
}

#[tokio::test]
async fn a_dialog_gets_the_form_with_its_errors_and_everything_typed() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await.view.key_id.to_string();
    let [page, dialog] = [
        rename(&app, &olivia, &olivia.cookie(), &key, " ", false).await,
        rename(&app, &olivia, &olivia.cookie(), &key, " ", true).await,
    ];
    for refused in [page, dialog] {
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused
                .header("content-type")
                .starts_with("text/html"),
            "{}",
            refused.text
        );
        assert!(refused.text.contains("class=\"sheet\""));
        assert!(refused.text.contains("Enter a name for the key."));
    }
}

// Without a session, a dialog must not show the page to sign in as if it were its form.
#[tokio::test]
async fn a_dialog_without_a_session_gets_a_problem() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await.view.key_id.to_string();
    let page = rename(&app, &olivia, "", &key, "Three", false).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let dialog = rename(&app, &olivia, "", &key, "Three", true).await;
    assert_eq!(dialog.status, StatusCode::UNAUTHORIZED);
    assert_eq!(dialog.json()["code"], "unauthorized");
}
