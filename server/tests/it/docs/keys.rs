//! What the page about API keys tells people.

use super::{between, leads, plain, says, section};
use crate::test_app::TestApp;

// RK-01, RK-02, RK-03, RK-04, RK-05, RU-01, RO-01: what a key is.
#[tokio::test]
async fn rk_02_what_a_key_is() {
    let app = TestApp::empty().await;
    let phrases = [
        "to start runs, to manage workspaces and keys, to read data",
        "belongs to one owner and one organization. The owner is a person, or a service account",
        "acts as its owner",
        "Nothing of another organization is within its reach",
        "Signing out leaves it valid",
    ];
    says(&app, "/docs/api-keys", "", &phrases).await;
}

// RK-07, RK-08, RK-10, RK-11, RK-12, RK-14, RK-16, RU-10: creating a key, and what is seen of it afterwards.
#[tokio::test]
async fn rk_12_a_key_is_shown_once() {
    let app = TestApp::empty().await;
    let create = section(&app, "/docs/api-keys", "create-a-key").await;
    let danger = between(&create, "<div class=\"notice danger\"", "</div>").expect("a danger notice");
    assert!(plain(danger).contains("Copy the key now. It is shown in full this once. A lost key cannot be recovered"));
    let steps = ["Organization Settings → API Keys", "Create API Key", "Generate"];
    says(&app, "/docs/api-keys", "create-a-key", &steps).await;
    let preview = format!("rt_sk_{}a1b2", "*".repeat(28));
    says(&app, "/docs/api-keys", "the-preview", &[&preview, "its last four characters"]).await;
}

// RU-16, RU-17, D7: what the prefixes mean. RU-06: the environments.
#[tokio::test]
async fn ru_16_prefixes_say_what_a_key_is_for() {
    let app = TestApp::empty().await;
    let rows = [
        "rt_sk_ Production everything its owner's role allows",
        "rt_live_ Production the scopes that were chosen, and nothing else",
        "rt_test_ Test, a sandbox the scopes that were chosen, on test data",
    ];
    let markup = section(&app, "/docs/api-keys", "kinds-of-keys").await.replace("</td>", " </td>");
    let text = plain(&markup).replace('’', "'");
    for row in rows {
        assert!(text.contains(row), "{row}: {text}");
    }
}

// RU-11, RU-12, RU-13, RU-07, RK-41, RK-42, RK-43, KE-07, KE-08, KE-09: permissions, and least privilege beside them.
#[tokio::test]
async fn ru_13_least_privilege_stands_beside_the_scopes() {
    let app = TestApp::empty().await;
    let phrases = [
        "They come in groups",
        "runs:read, runs:write",
        "Take one of them, or pick single scopes",
        "ci_cd",
        "key_rotation",
        "No scope means no power",
        "Least privilege: give a key only the scopes that its script needs",
        "If a Member creates a key, it has the access of a Member; if an Admin does, that of an Admin",
    ];
    says(&app, "/docs/api-keys", "permissions", &phrases).await;
    leads(&app, "/docs/errors", "403-forbidden", &["/docs/api-keys#permissions"]).await;
}

// RU-22, RU-23, KE-36: one key for each script, with a clear name.
#[tokio::test]
async fn ke_36_one_key_for_each_script() {
    let app = TestApp::empty().await;
    let phrases = [
        "Use separate keys for separate scripts, integrations and environments",
        "Production deploy script is a good name; Key 1 is not",
        "A clear name makes it easy to revoke the right key later",
    ];
    says(&app, "/docs/api-keys", "one-key-for-each-script", &phrases).await;
}

// RA-15, RU-26, RK-06, D17: no end unless one was set.
#[tokio::test]
async fn ra_15_keys_do_not_expire_by_themselves() {
    let app = TestApp::empty().await;
    let phrases = [
        "API keys do not expire unless you give them an expiration date",
        "valid until they are revoked",
        "rotate them regularly",
    ];
    says(&app, "/docs/authentication", "api-keys", &phrases).await;
    let phrases = ["A key without an expiration date does not expire", "With a date it ends by itself at that moment"];
    says(&app, "/docs/api-keys", "expiration", &phrases).await;
    leads(&app, "/docs/api-keys", "expiration", &["/docs/organization#longest-key-lifetime"]).await;
}

// RK-29, RK-28, RU-18, RU-24, D15: the section about rotation has exactly this anchor and this tip.
#[tokio::test]
async fn rk_29_regular_rotation() {
    let app = TestApp::empty().await;
    let markup = section(&app, "/docs/api-keys", "regular-rotation").await;
    assert!(plain(&markup).starts_with("Regular Rotation"), "{markup}");
    let tip = between(&markup, "<div class=\"notice\"", "</div>").expect("a tip");
    assert!(plain(&format!("<{tip}")).contains("Rotate every key regularly, every 90 days"), "{tip}");
    let phrases = [
        "create a new key with the same permissions, update your applications to use it, then revoke the old one",
        "Two keys of one person work side by side",
        "The name, the environment and the scopes carry over",
        "up to 604800 (seven days)",
        "never later than its own expiration date",
        "That ends the calling key at once; the new one is called rotated key",
    ];
    says(&app, "/docs/api-keys", "regular-rotation", &phrases).await;
}

// RU-25: usage is to be looked at. KE-30: when to revoke. RK-19..RK-25, RK-27, RU-19, RU-20, KE-33: how, and what it does.
#[tokio::test]
async fn ke_30_when_to_revoke_and_what_it_does() {
    let app = TestApp::empty().await;
    let phrases = ["Look at the keys from time to time, and revoke what nobody uses", "when each key was last used"];
    says(&app, "/docs/api-keys", "see-which-keys-are-used", &phrases).await;
    let phrases = [
        "when nothing needs it any more",
        "when a teammate leaves",
        "when you think that somebody else has seen it",
        "open Organization Settings → API Keys, find the key, press Revoke, and confirm",
        "stops working at once. Requests in progress with it fail",
        "The Audit Log records",
        "a revoked key cannot be restored",
    ];
    says(&app, "/docs/api-keys", "revoke-a-key", &phrases).await;
}

// KE-34, RO-42, RA-19, KE-35: example variables; those of existing scripts may stay.
#[tokio::test]
async fn ke_34_any_variable_will_do() {
    let app = TestApp::empty().await;
    says(&app, "/docs/api-keys", "", &["export ROUNDTABLE_URL=", "export ROUNDTABLE_API_KEY="]).await;
    let phrases = [
        "The names of the variables are up to you",
        r#"curl "$KEYSTROKE_PLATFORM_URL/api/projects" \ -H "Authorization: Bearer $KEYSTROKE_API_KEY""#,
        r#"-H "X-API-Key: $ROOTS_API_KEY""#,
        r#"-d '{"confirm_message_loss": true, "label": "rotated-2026-04"}'"#,
    ];
    says(&app, "/docs/api-keys", "scripts-you-already-have", &phrases).await;
}

// RO-43, D19: what operations cost.
#[tokio::test]
async fn ro_43_costs_are_stated() {
    let app = TestApp::empty().await;
    let phrases = [
        "0 for reading, 1 for changing something",
        "Listing keys costs 0; creating, rotating and revoking cost 1 each",
        "X-Cost",
    ];
    says(&app, "/docs/api-keys", "costs", &phrases).await;
}
