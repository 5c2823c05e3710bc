//! B23: a session ID from before a sign-in is not valid after it.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::sign_in::{app, cookie, get, leave};
use crate::test_app::{TestApp, TestResponse};

async fn opens(app: &TestApp, session: &str) -> bool {
    let page: TestResponse = get(app, "/settings/api-keys", session).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    !page.header("location").starts_with("/sign-in")
}

// An attacker plants their own session ID, a revoked one or any other value before the victim signs
// in. B23
#[tokio::test]
async fn a_session_id_from_before_a_sign_in_is_rejected_after_it() {
    let app = app().await;
    let revoked = app.signed_in("theo").await;
    app.sign_out(&revoked).await;
    let own = app.signed_in("theo").await;
    let again = app.signed_in("olivia").await;
    assert!(opens(&app, &own).await && opens(&app, &again).await);
    let unknown = "rt_session=AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for planted in [
        own,
        again,
        revoked,
        unknown,
        "rt_session=x".into(),
        "rt_session=".into(),
    ] {
        let (flow, back) = leave(&app, "olivia", "/settings/api-keys").await;
        let done = get(&app, &back, &format!("{planted}; {flow}")).await;
        let session = cookie(&done, "rt_session").expect("a session");
        assert_ne!(session, planted);
        assert!(opens(&app, &session).await, "{planted}");
        assert!(!opens(&app, &planted).await, "{planted}");
    }
}

// Without a sign-in there is no session that could be fixed.
// B23
#[tokio::test]
async fn visitors_who_are_not_signed_in_get_no_session() {
    let app = app().await;
    for path in [
        "/",
        "/sign-in",
        "/sign-in/start",
        "/settings/api-keys",
        "/o/org_a/settings",
        "/nowhere",
        "/docs",
    ] {
        let answer = get(&app, path, "").await;
        assert!(cookie(&answer, "rt_session").is_none(), "{path}");
    }
}

impl TestApp {
    async fn sign_out(&self, session: &str) {
        let request = Request::post("/ui/sign_out")
            .header("cookie", session)
            .header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let done = self
            .send(
                request
                    .header("accept", "application/json")
                    .body(Body::empty())
                    .expect("a request"),
            )
            .await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }

    /// The cookie of a user who has signed in with the development identity provider.
    async fn signed_in(&self, person: &str) -> String {
        let (flow, back) = leave(self, person, "/").await;
        cookie(&get(self, &back, &flow).await, "rt_session").expect("a session")
    }
}
