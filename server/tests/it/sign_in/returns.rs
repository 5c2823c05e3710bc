//! B30: a sign-in never redirects to another site, and works only in the browser that started it.

use axum::http::StatusCode;
use url::Url;

use super::{app, cookie, get, leave, leave_as, problem};
use crate::test_app::{PUBLIC_URL, TestApp};

/// Malicious values for a return path: other origins, and paths that are not pages.
fn corpus() -> Vec<String> {
    let hosts = [
        "evil.test",
        "evil.test/o/org_a/settings",
        "127.0.0.1:3000.evil.test",
        "keys.example@evil.test",
        "[::1]",
        "evil.test:443",
        "xn--evil-8ra.test",
        "evil。test",
    ];
    let lead = [
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\t/",
        "/\n/",
        "/\r\n/",
        "\t//",
        " //",
        "%2f%2f",
        "/%2f",
        "/%5c",
        "/\u{2044}",
        "/\u{2215}",
        "/\u{ff0f}",
        "\u{ff0f}\u{ff0f}",
        "http://",
        "https://",
        "HTTPS://",
        "https:",
        "https:/",
        "https:\\\\",
        "ftp://",
        "ws://",
        "/.//",
        "/..//",
        "/;//",
        "/@",
        "//@",
        "http:\t//",
        "h\nttps://",
        "\u{0}//",
        "\u{feff}//",
    ];
    let mut all: Vec<String> = lead
        .iter()
        .flat_map(|lead| {
            hosts
                .iter()
                .map(move |host| format!("{lead}{host}"))
        })
        .collect();
    let inside = [
        "/o/org_a/settings/api-keys",
        "/settings/api-keys",
        "/account",
        "/welcome",
        "/",
    ];
    let tails = [
        "//evil.test",
        "/../../..//evil.test",
        "/..%2f..%2f//evil.test",
        "@evil.test",
        "\\evil.test",
        "#//evil.test",
        "?next=//evil.test",
        "?return_to=https://evil.test",
        "\r\nLocation: https://evil.test",
        "%0d%0aSet-Cookie:a=b",
        "/%2e%2e//evil.test",
        ";@evil.test",
        "\u{2028}//evil.test",
        "%00//evil.test",
        ".evil.test",
    ];
    all.extend(inside.iter().flat_map(|path| {
        tails
            .iter()
            .map(move |tail| format!("{path}{tail}"))
    }));
    let others = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "blob:https://evil.test/1",
        "file:///etc/passwd",
        "about:blank",
        "mailto:a@evil.test",
        "view-source:https://evil.test",
        "/api/v1/keys",
        "/api/v1/token",
        "/dev/idp/authorize",
        "/sign-in",
        "/sign-in/start",
        "/sign-in/callback?state=a&code=b",
        "/ui/sign_out",
        "/ui/revoke_other_sessions",
        "/docs",
        "/pkg/roundtable.js",
        "/.well-known/jwks.json",
        "/bootstrap",
        ".",
        "..",
        "../",
        "./",
        "o/org_a/settings",
        "?",
        "#",
        "&",
        "=",
        "null",
        "undefined",
        "%",
        "%zz",
        "\u{202e}/account",
        "/o/org_a/settings/api-keys?status=asleep",
        "/o/org_a/settings/api-keys?q=a&q2=b",
        "/o/../account",
        "/./account",
        "/account/",
        "/ACCOUNT",
    ];
    all.extend(others.map(str::to_owned));
    all.push(format!(
        "/o/org_a/settings/api-keys?q={}",
        "a".repeat(5000)
    ));
    all.push("/".repeat(3000));
    all
}

/// The URL that a browser on a page of this installation resolves a reference to.
fn lands(location: &str) -> Url {
    Url::parse(PUBLIC_URL)
        .expect("ours")
        .join(location)
        .unwrap_or_else(|error| panic!("{location:?}: {error}"))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

// B30
#[tokio::test]
async fn a_sign_in_never_redirects_to_another_origin() {
    let corpus = corpus();
    assert!(corpus.len() >= 300, "{}", corpus.len());
    let app = app().await;
    let ours = lands("/").origin();
    for hostile in &corpus {
        let (flow, back) = leave(&app, "mina", &encoded(hostile)).await;
        let done = get(&app, &back, &flow).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{hostile:?}");
        let location = done.header("location");
        let to = lands(location);
        assert_eq!(
            to.origin(),
            ours,
            "{hostile:?} redirects to {location:?}"
        );
        let known = ["/", "/account", "/welcome", "/settings/api-keys"].contains(&to.path())
            || to.path().starts_with("/o/org_a/settings");
        assert!(
            known && to.fragment().is_none() && !location.contains("evil"),
            "{hostile:?} redirects to {location:?}"
        );
        assert!(
            !done.headers.contains_key("refresh")
                && done.headers.get_all("location").iter().count() == 1,
            "{hostile:?}"
        );
    }
}

// The sign-in page for a signed-in user, the page with an error, and the links on both.
// B30
#[tokio::test]
async fn no_link_of_the_sign_in_page_points_to_another_origin() {
    let app = TestApp::new().await;
    let signed_in = app.someone("mina").await.cookie();
    let ours = lands("/").origin();
    for hostile in &corpus() {
        let to = get(
            &app,
            &format!("/sign-in?return_to={}", encoded(hostile)),
            &signed_in,
        )
        .await;
        assert_eq!(
            lands(to.header("location")).origin(),
            ours,
            "{hostile:?}"
        );
        for cookies in ["", signed_in.as_str()] {
            let page = get(
                &app,
                &format!(
                    "/sign-in?problem=refused&return_to={}",
                    encoded(hostile)
                ),
                cookies,
            )
            .await;
            assert!(
                !page.text.contains("evil"),
                "{hostile:?}: {}",
                page.text
            );
            for link in page
                .text
                .split("href=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
            {
                assert_eq!(
                    lands(&link.replace("&amp;", "&")).origin(),
                    ours,
                    "{hostile:?}: {link}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_sign_in_returns_to_every_kind_of_page() {
    let app = app().await;
    for place in [
        "/account",
        "/settings/api-keys",
        "/o/org_a1",
        "/o/org_a1/settings/api-keys?q=CI%20%26%20CD&status=active",
        "/o/org_a1/settings/audit-log",
    ] {
        let (flow, back) = leave(&app, "mina", &encoded(place)).await;
        let done = get(&app, &back, &flow).await;
        assert_eq!(lands(done.header("location")), lands(place));
    }
}

// Login CSRF: the redirect of an attacker in the browser of a victim is rejected, without a cookie
// and with the cookie of the victim's own sign-in. The attempt invalidates the redirect. B30
#[tokio::test]
async fn a_redirect_in_another_browser_does_not_sign_in() {
    let app = app().await;
    let victim = leave(&app, "mina", "/account").await;
    let signed_in =
        cookie(&get(&app, &victim.1, &victim.0).await, "rt_session").expect("a session");
    let (own_flow, own_back) = leave(&app, "mina", "/account").await;
    let browsers = [
        String::new(),
        "rt_flow=".into(),
        "rt_flow=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        own_flow.clone(),
        format!("{own_flow}; {signed_in}"),
        signed_in.clone(),
    ];
    for browser in browsers {
        let (flow, back) = leave(&app, "olivia", "/account").await;
        assert_eq!(
            problem(&get(&app, &back, &browser).await),
            "expired",
            "{browser}"
        );
        assert_eq!(
            problem(&get(&app, &back, &flow).await),
            "expired",
            "it was invalidated"
        );
    }
    // A fresh sign-in that was started in one browser does not work in another either.
    let (_, back) = leave_as(&app, "mina", "fresh=1", &signed_in).await;
    assert_eq!(problem(&get(&app, &back, &own_flow).await), "expired");
    assert!(
        cookie(&get(&app, &own_back, &own_flow).await, "rt_session").is_some(),
        "the victim's own sign-in still works"
    );
    assert_eq!(
        get(&app, "/account", &signed_in).await.status,
        StatusCode::OK
    );
}
