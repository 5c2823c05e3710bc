//! The documentation of the first call, of credentials and of errors.

use domain::Code;

use super::{between, leads, plain, says, section};
use crate::test_app::TestApp;

// RU-21, RA-18, RA-21: where keys are kept, and where never; the stores by name.
#[tokio::test]
async fn where_keys_are_kept() {
    let app = TestApp::empty().await;
    let stores = "Google Secret Manager, AWS Secrets Manager or HashiCorp Vault";
    for (page, anchor, never) in [
        (
            "/docs/authentication",
            "service-accounts",
            "Never hard-code a key in source code or in configuration files",
        ),
        (
            "/docs/api-keys",
            "keep-keys-secret",
            "Never put a key into version control, into source code, or into code that runs in a browser",
        ),
    ] {
        let markup = section(&app, page, anchor).await;
        let warning =
            between(&markup, "<div class=\"notice warning\"", "</div>").expect("a warning");
        let text = plain(&format!("<{warning}"));
        for phrase in [never, stores, "environment variables"] {
            assert!(text.contains(phrase), "{page}#{anchor}: {text}");
        }
    }
}

// RA-16, RA-17, RA-18, RA-19, RA-20: programs without people.
#[tokio::test]
async fn a_service_gets_a_key_from_an_admin() {
    let app = TestApp::empty().await;
    let phrases = [
        "For server-to-server requests without a user, use an API key",
        "An Owner or an Admin creates a service account and creates a key for it",
        "Store the key in an environment variable, such as ROUNDTABLE_API_KEY, or in a secret manager",
        "Never commit it to source control",
        r#"-d '{"name": "Staging Environment", "provider": "vertex_ai"}'"#,
    ];
    says(
        &app,
        "/docs/authentication",
        "service-accounts",
        &phrases,
    )
    .await;
    says(
        &app,
        "/docs/service-accounts",
        "",
        &["Owners and admins create and manage service accounts"],
    )
    .await;
    // RO-19, RO-20, RO-21, D4: one active key, and the remedy.
    let one = [
        "one active key at a time",
        "returns 409 with the code active_key_exists",
        "To replace the key, rotate it",
    ];
    says(&app, "/docs/service-accounts", "one-active-key", &one).await;
}

// RU-14, RK-35, RA-07, RA-09, RA-10, RA-11, RO-40, KE-10, KE-11: the headers, from curl, JavaScript
// and Python.
#[tokio::test]
async fn the_key_goes_in_a_header() {
    let app = TestApp::empty().await;
    let phrases = [
        r#"-H "Authorization: Bearer $ROUNDTABLE_API_KEY""#,
        r#"-H "X-API-Key: $ROUNDTABLE_API_KEY""#,
        "await fetch(",
        "requests.get(",
        "A request with two different credentials returns 401",
    ];
    says(
        &app,
        "/docs/authentication",
        "send-the-credential",
        &phrases,
    )
    .await;
}

// KE-12, KE-13, D8: headers are preferred; the one exception, and what happens anywhere else.
#[tokio::test]
async fn headers_are_preferred() {
    let app = TestApp::empty().await;
    let phrases = [
        "Send keys in headers.",
        "POST /api/v1/hooks/{workspace_id}/runs also accepts the key as ?token= or ?api_key=",
        "All other API endpoints return 400 with the code key_in_query",
        "marks the key as exposed",
        "Roundtable never logs query values",
    ];
    says(&app, "/docs/authentication", "keys-in-urls", &phrases).await;
}

// RA-01, RA-02, RA-04, RA-05, RA-12, RA-13, RA-14: tokens of people.
#[tokio::test]
async fn id_tokens_last_an_hour() {
    let app = TestApp::empty().await;
    let phrases = [
        "If no user is signed in, there is no token",
        "ID tokens expire 1 hour after they were issued. The SDK refreshes them in the background",
        "user.getIdToken(true)",
        "In pages that run in a browser, use ID tokens, never an API key",
    ];
    says(&app, "/docs/authentication", "id-tokens", &phrases).await;
    says(
        &app,
        "/docs/authentication",
        "",
        &[
            "Firebase Auth, with Google Sign-In",
            "1 hour after it was issued",
        ],
    )
    .await;
}

// RA-03, RA-12, RA-14, RA-27, D20: tokens that the installation itself gives, and how they end.
#[tokio::test]
async fn signing_in_yields_a_token() {
    let app = TestApp::empty().await;
    let phrases = [
        "A signed-in user can create an access token for the API",
        "My account → Access token for scripts",
        "A token is valid for 1 hour, and never longer than its session",
        "An expired token returns 401. Get a new token and retry the request",
        "Add ?force=true to force a new token",
        "If no user is signed in, there is no token",
        "/.well-known/jwks.json",
    ];
    says(
        &app,
        "/docs/authentication",
        "access-tokens",
        &phrases,
    )
    .await;
    says(
        &app,
        "/docs/authentication",
        "sessions",
        &["after one hour without activity, and at most 12 hours after sign-in"],
    )
    .await;
    says(
        &app,
        "/docs/authentication",
        "fresh-sign-in",
        &["a sign-in within the last 10 minutes"],
    )
    .await;
    leads(
        &app,
        "/docs/errors",
        "error-codes",
        &["/docs/authentication#fresh-sign-in"],
    )
    .await;
}

// RA-04, RA-13, RA-14, D29: the module for pages.
#[tokio::test]
async fn pages_have_a_module_for_tokens() {
    let app = TestApp::empty().await;
    let phrases = [
        "import { getAuth } from '/sdk/roundtable.js'",
        "currentUser is null if no user is signed in. Then there is no token",
        "replaces the token in the background, five minutes before it expires",
        "getIdToken(true) returns a new token",
        "notices a sign-out in another tab",
        "The module keeps the refresh token in the memory of the page",
    ];
    says(
        &app,
        "/docs/authentication",
        "tokens-in-pages",
        &phrases,
    )
    .await;
}

// RA-10, D28: pages on other origins.
#[tokio::test]
async fn other_origins_have_a_setting() {
    let app = TestApp::empty().await;
    let phrases = [
        "By default, browsers do not let pages on other origins call the API",
        "ROUNDTABLE_CORS_ORIGINS",
        "except POST /api/v1/token, which reads the session cookie",
        "Authorization, X-API-Key, Content-Type, Idempotency-Key and X-Organization",
    ];
    says(
        &app,
        "/docs/authentication",
        "pages-on-other-origins",
        &phrases,
    )
    .await;
    leads(
        &app,
        "/docs/server-commands",
        "settings",
        &["/docs/authentication#pages-on-other-origins"],
    )
    .await;
}

// RO-05, RO-06, RO-14, D18: the quickstart describes bootstrap.
#[tokio::test]
async fn the_quickstart_describes_bootstrap() {
    let app = TestApp::empty().await;
    let phrases = [
        "It needs no API key and no access token",
        r#"curl -X POST "$ROUNDTABLE_URL/api/v1/bootstrap""#,
        "with the label bootstrap key",
        "Copy api_key now",
        "After that, it returns 409 with the code already_bootstrapped",
    ];
    says(&app, "/docs/quickstart", "bootstrap", &phrases).await;
    leads(&app, "/docs", "start", &["/docs/quickstart"]).await;
}

// RA-22..RA-32, D9, D10: every code is explained, 401 and 403 with their bodies and causes.
#[tokio::test]
async fn every_error_is_explained() {
    let app = TestApp::empty().await;
    let codes = plain(
        &section(&app, "/docs/errors", "error-codes")
            .await
            .replace("</td>", " </td>"),
    );
    for code in Code::ALL {
        let word = serde_json::to_value(code).expect("a word");
        let row = format!("{} {} ", code.status(), word.as_str().expect("text"));
        assert!(codes.contains(&row), "{row} is not explained");
    }
    says(
        &app,
        "/docs/errors",
        "",
        &[r#""details": "Missing or invalid authentication token""#],
    )
    .await;
    let causes = [
        "no Authorization or X-API-Key header",
        "without the word Bearer",
        "an ID token that is older than one hour: refresh it and try again",
        "a key that was revoked or has expired",
    ];
    says(&app, "/docs/errors", "401-unauthorized", &causes).await;
    let causes = [
        r#""details": "You do not have permission to access this resource""#,
        "a Member sends a request that requires an Admin, such as managing members",
        "the owner of the key was removed from the organization",
        "the workspace belongs to another organization",
    ];
    says(&app, "/docs/errors", "403-forbidden", &causes).await;
}
