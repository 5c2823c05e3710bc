//! F3: several tabs of a browser sign in at the same time, and a redirect arrives twice.

use axum::http::StatusCode;

use super::{app, cookie, get, leave, leave_as, problem};
use crate::test_app::{TestApp, TestResponse};

/// The cookies of a browser after a response.
fn after(cookies: &str, answer: &TestResponse) -> String {
    let mut jar: Vec<(String, String)> = cookies
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    for line in answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|line| line.to_str().ok())
    {
        let (name, value) = line
            .split(';')
            .next()
            .and_then(|pair| pair.split_once('='))
            .expect("a cookie");
        jar.retain(|(found, _)| found != name);
        if !line.contains("Max-Age=0") {
            jar.push((name.to_owned(), value.to_owned()));
        }
    }
    jar.iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("; ")
}

async fn is_open(app: &TestApp, cookies: &str) -> bool {
    get(app, "/account", cookies).await.status == StatusCode::OK
}

#[tokio::test]
async fn each_tab_completes_its_own_sign_in_in_any_order() {
    for first_ends_first in [true, false] {
        let app = app().await;
        let (one, back_one) = leave(&app, "olivia", "/account").await;
        let (two, back_two) = leave_as(&app, "olivia", "return_to=/settings/api-keys", &one).await;
        let mut browser = format!("{one}; {two}");
        let mut tabs = [(&back_one, "/account"), (&back_two, "/settings/api-keys")];
        if !first_ends_first {
            tabs.reverse();
        }
        for (back, place) in tabs {
            let done = get(&app, back, &browser).await;
            assert_eq!(
                (done.status, done.header("location")),
                (StatusCode::SEE_OTHER, place)
            );
            assert!(cookie(&done, "rt_session").is_some());
            browser = after(&browser, &done);
        }
        assert!(is_open(&app, &browser).await);
    }
}

#[tokio::test]
async fn two_tabs_complete_fresh_sign_ins_one_after_the_other() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/account").await;
    let mut browser = after(&flow, &get(&app, &back, &flow).await);
    let (one, back_one) = leave_as(&app, "olivia", "fresh=1&return_to=/account", &browser).await;
    let (two, back_two) = leave_as(&app, "olivia", "fresh=1&return_to=/account", &browser).await;
    browser = format!("{browser}; {one}; {two}");
    for back in [back_one, back_two] {
        let done = get(&app, &back, &browser).await;
        assert_eq!(done.header("location"), "/account", "{done:?}");
        browser = after(&browser, &done);
        assert!(is_open(&app, &browser).await);
    }
}

// The back button after a sign-in, and a provider that redirects twice.
#[tokio::test]
async fn a_repeated_redirect_leads_to_the_page_of_the_signed_in_user() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/settings/api-keys").await;
    let done = get(&app, &back, &flow).await;
    let browser = after(&flow, &done);
    let again = get(&app, &back, &browser).await;
    assert_eq!(
        (again.status, again.header("location")),
        (StatusCode::SEE_OTHER, "/settings/api-keys")
    );
    assert!(
        is_open(&app, &after(&browser, &again)).await,
        "the session is unchanged"
    );
    // Another browser, and the same one after a sign-out, get an error.
    let session = cookie(&done, "rt_session").expect("a session");
    assert_eq!(problem(&get(&app, &back, &session).await), "expired");
    assert_eq!(problem(&get(&app, &back, &flow).await), "expired");
}

// The browser can change the path in the cookie, so it is checked.
#[tokio::test]
async fn a_changed_cookie_cannot_redirect_to_another_site() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/account").await;
    let session = cookie(&get(&app, &back, &flow).await, "rt_session").expect("a session");
    let (name, value) = flow.split_once('=').expect("a cookie");
    let start = value.rsplit_once('.').expect("parts").0;
    for place in [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/sign-in/start",
        "javascript:alert(1)",
        "\r\n",
    ] {
        let planted = format!("{name}={start}.{}; {session}", hex::encode(place));
        assert_eq!(
            get(&app, &back, &planted)
                .await
                .header("location"),
            "/",
            "{place}"
        );
    }
    for odd in ["zz", "", "2f61", "ff"] {
        assert_eq!(
            get(
                &app,
                &back,
                &format!("{name}={start}.{odd}; {session}")
            )
            .await
            .header("location"),
            "/",
            "{odd}"
        );
    }
}

// The newest sign-in works.
#[tokio::test]
async fn a_browser_keeps_a_limited_number_of_sign_ins() {
    let app = app().await;
    let mut browser = String::new();
    for _ in 0..20 {
        app.clock.advance_seconds(1);
        browser = after(&browser, &get(&app, "/sign-in/start", &browser).await);
    }
    assert_eq!(browser.matches("rt_flow_").count(), 6, "{browser}");
    let (flow, back) = leave_as(&app, "olivia", "return_to=/account", &browser).await;
    assert!(
        cookie(
            &get(&app, &back, &format!("{browser}; {flow}")).await,
            "rt_session"
        )
        .is_some()
    );
}
