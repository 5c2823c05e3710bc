//! The documentation of API keys.

use super::{between, leads, plain, says, section};
use crate::test_app::TestApp;

// RK-01, RK-02, RK-03, RK-04, RK-05, RU-01, RO-01: what a key is.
#[tokio::test]
async fn what_a_key_is() {
    let app = TestApp::empty().await;
    let phrases = [
        "to start runs, to manage workspaces and keys, and to read data",
        "belongs to one owner and one organization. The owner is a member or a service account",
        "acts as its owner",
        "It cannot access the resources of another organization",
        "It stays valid when its owner signs out",
    ];
    says(&app, "/docs/api-keys", "", &phrases).await;
}

// RK-07, RK-08, RK-10, RK-11, RK-12, RK-14, RK-16, RU-10: creating a key, and what is seen of it
// afterwards.
#[tokio::test]
async fn a_key_is_shown_once() {
    let app = TestApp::empty().await;
    let create = section(&app, "/docs/api-keys", "create-a-key").await;
    let danger =
        between(&create, "<div class=\"notice danger\"", "</div>").expect("a danger notice");
    assert!(plain(danger).contains(
        "Copy the key now. Roundtable shows the full key only once. A lost key cannot be recovered"
    ));
    let steps = [
        "Organization Settings → API Keys",
        "Create API Key",
        "Generate",
    ];
    says(&app, "/docs/api-keys", "create-a-key", &steps).await;
    let preview = format!("rt_sk_{}a1b2", "*".repeat(28));
    says(
        &app,
        "/docs/api-keys",
        "key-preview",
        &[&preview, "the last four characters"],
    )
    .await;
}

// RU-16, RU-17, D7: what the prefixes mean. RU-06: the environments.
#[tokio::test]
async fn prefixes_say_what_a_key_is_for() {
    let app = TestApp::empty().await;
    let rows = [
        "rt_sk_ Production everything its owner's role allows",
        "rt_live_ Production only the chosen scopes",
        "rt_test_ Test (a sandbox) only the chosen scopes, on test data",
    ];
    let markup = section(&app, "/docs/api-keys", "key-types")
        .await
        .replace("</td>", " </td>");
    let text = plain(&markup).replace('’', "'");
    for row in rows {
        assert!(text.contains(row), "{row}: {text}");
    }
}

// RU-11, RU-12, RU-13, RU-07, RK-41, RK-42, RK-43, KE-07, KE-08, KE-09: permissions, and least
// privilege beside them.
#[tokio::test]
async fn least_privilege_stands_beside_the_scopes() {
    let app = TestApp::empty().await;
    let phrases = [
        "They are grouped by the parts of the API",
        "runs:read, runs:write",
        "Choose a template, or choose individual scopes",
        "ci_cd",
        "key_rotation",
        "A key without scopes has no access",
        "least privilege: give a key only the scopes that its script needs",
        "A key of a Member has the access of a Member. A key of an Admin has the access of an Admin",
    ];
    says(&app, "/docs/api-keys", "permissions", &phrases).await;
    leads(
        &app,
        "/docs/errors",
        "403-forbidden",
        &["/docs/api-keys#permissions"],
    )
    .await;
}

// RU-22, RU-23, KE-36: one key for each script, with a clear name.
#[tokio::test]
async fn one_key_for_each_script() {
    let app = TestApp::empty().await;
    let phrases = [
        "Use separate keys for separate scripts, integrations and environments",
        "Production deploy script is a good name; Key 1 is not",
        "A clear name makes it easy to revoke the right key later",
    ];
    says(
        &app,
        "/docs/api-keys",
        "use-one-key-per-script",
        &phrases,
    )
    .await;
}

// RA-15, RU-26, RK-06, D17: no end unless one was set.
#[tokio::test]
async fn keys_do_not_expire_by_themselves() {
    let app = TestApp::empty().await;
    let phrases = [
        "API keys do not expire unless you set an expiration date",
        "valid until they are revoked",
        "rotate them regularly",
    ];
    says(&app, "/docs/authentication", "api-keys", &phrases).await;
    let phrases = [
        "A key without an expiration date does not expire",
        "A key with an expiration date expires at that time",
    ];
    says(&app, "/docs/api-keys", "expiration", &phrases).await;
    leads(
        &app,
        "/docs/api-keys",
        "expiration",
        &[
            "/docs/organization#maximum-key-lifetime",
            "/docs/organization#preselected-expiration",
        ],
    )
    .await;
}

// RU-28: the tip is beside what expiration does.
#[tokio::test]
async fn an_expiration_date_is_advised() {
    let app = TestApp::empty().await;
    let markup = section(&app, "/docs/api-keys", "expiration").await;
    let tip = between(&markup, "<div class=\"notice\"", "</div>").expect("a tip");
    let tip = plain(&format!("<{tip}"));
    assert!(
        tip.contains("Set an expiration date for every key, so that keys end by themselves"),
        "{tip}"
    );
}

// RU-29: the three steps, in this order.
#[tokio::test]
async fn a_compromised_key_is_rotated_in_three_steps() {
    let app = TestApp::empty().await;
    let markup = section(&app, "/docs/api-keys", "rotate-a-compromised-key").await;
    let list = between(&markup, "<ol>", "</ol>").expect("steps");
    let steps: Vec<_> = list.split("<li>").skip(1).map(plain).collect();
    let expected = [
        "Create a new key with the same permissions.",
        "Update your applications to use the new key.",
        "Revoke the old key.",
    ];
    assert_eq!(steps.len(), expected.len(), "{steps:?}");
    for (step, start) in steps.iter().zip(expected) {
        assert!(step.starts_with(start), "{step}");
    }
    says(
        &app,
        "/docs/api-keys",
        "rotate-a-compromised-key",
        &["If someone else may have seen a key, replace it immediately"],
    )
    .await;
}

// RK-29, RK-28, RU-18, RU-24, D15: the section about rotation has exactly this anchor and this tip.
#[tokio::test]
async fn regular_rotation() {
    let app = TestApp::empty().await;
    let markup = section(&app, "/docs/api-keys", "regular-rotation").await;
    assert!(
        plain(&markup).starts_with("Regular rotation"),
        "{markup}"
    );
    let tip = between(&markup, "<div class=\"notice\"", "</div>").expect("a tip");
    assert!(
        plain(&format!("<{tip}")).contains("Rotate every key regularly, at least every 90 days"),
        "{tip}"
    );
    let phrases = [
        "create a new key with the same permissions, update your applications to use it, then revoke the old key",
        "A member can use two keys at the same time",
        "The new key keeps the name, the environment and the scopes",
        "up to 604800 seconds (seven days)",
        "never later than its own expiration date",
        "The calling key stops working immediately. The new key is named rotated key",
    ];
    says(&app, "/docs/api-keys", "regular-rotation", &phrases).await;
}

// RU-25: usage is to be looked at. KE-30: when to revoke. RK-19..RK-25, RK-27, RU-19, RU-20, KE-33:
// how, and what it does.
#[tokio::test]
async fn when_to_revoke_and_what_it_does() {
    let app = TestApp::empty().await;
    let phrases = [
        "Review your keys regularly, and revoke the keys that are not used",
        "when each key was last used",
    ];
    says(&app, "/docs/api-keys", "monitor-key-usage", &phrases).await;
    let phrases = [
        "The key is no longer needed",
        "A teammate leaves",
        "Someone else may have seen the key",
        "open Organization Settings → API Keys, find the key, click Revoke, and confirm",
        "stops working immediately. Requests in flight with the key fail",
        "The audit log records",
        "a revoked key cannot be restored",
    ];
    says(&app, "/docs/api-keys", "revoke-a-key", &phrases).await;
}

// KE-34, RO-42, RA-19, KE-35: example variables; those of existing scripts may stay.
#[tokio::test]
async fn any_variable_will_do() {
    let app = TestApp::empty().await;
    says(
        &app,
        "/docs/api-keys",
        "",
        &["export ROUNDTABLE_URL=", "export ROUNDTABLE_API_KEY="],
    )
    .await;
    let phrases = [
        "You can choose the names of the variables",
        r#"curl "$KEYSTROKE_PLATFORM_URL/api/projects" \ -H "Authorization: Bearer $KEYSTROKE_API_KEY""#,
        r#"-H "X-API-Key: $ROOTS_API_KEY""#,
        r#"-d '{"confirm_message_loss": true, "label": "rotated-2026-04"}'"#,
    ];
    says(
        &app,
        "/docs/api-keys",
        "use-existing-scripts",
        &phrases,
    )
    .await;
}

// RO-43, D19: what operations cost.
#[tokio::test]
async fn costs_are_stated() {
    let app = TestApp::empty().await;
    let phrases = [
        "0 to read and 1 to write",
        "Listing keys costs 0. Creating, rotating and revoking a key cost 1 each",
        "X-Cost",
    ];
    says(&app, "/docs/api-keys", "costs", &phrases).await;
}
