//! The documentation of encryption, members and other credentials.

use domain::event::{EventCategory, ObjectKind};

use super::{between, leads, open, plain, says, section};
use crate::test_app::TestApp;

// RU-27: the API documentation, the product API surface and product API keys are three places, and
// each is about what its link says.
#[tokio::test]
async fn the_reference_the_api_surface_and_product_keys_have_links_of_their_own() {
    let app = TestApp::empty().await;
    let targets = [
        ("/docs/api", "API reference"),
        (
            "/docs/protect-your-api#register-the-api",
            "Protect your own API",
        ),
        (
            "/docs/credentials#product-api-keys",
            "Product API keys",
        ),
    ];
    let links = section(&app, "/docs/api-keys", "next-steps").await;
    for (target, name) in targets {
        let link = format!("<a href=\"{target}\">{name}</a>");
        assert!(links.contains(&link), "{link}: {links}");
    }
    let text = plain(&links);
    assert!(
        text.contains("set up the API surface that product API keys are for"),
        "{text}"
    );
    says(
        &app,
        "/docs/protect-your-api",
        "register-the-api",
        &["click Register API", "the scope apis:write"],
    )
    .await;
    says(
        &app,
        "/docs/credentials",
        "product-api-keys",
        &["If your product has an API, its users need keys for it"],
    )
    .await;
    says(&app, "/docs/api", "", &["All operations of the API"]).await;
}

// KE-37, RU-15: further pages. KE-38, RA-33, D5: the roles. KE-25..KE-29: who sees which
// keys.
#[tokio::test]
async fn members_roles_and_organizations_are_documented() {
    let app = TestApp::empty().await;
    let targets = [
        "/docs/members",
        "/docs/organization",
        "/docs/command-line",
        "/docs/credentials",
        "/docs/credentials#product-api-keys",
        "/docs/api",
    ];
    leads(&app, "/docs/api-keys", "next-steps", &targets).await;
    leads(&app, "/docs/api-keys", "use-a-key", &["/docs/api"]).await;
    says(
        &app,
        "/docs/members",
        "roles",
        &[
            "Owner",
            "Admin",
            "Member",
            "call Builder is called Member in Roundtable",
        ],
    )
    .await;
    says(
        &app,
        "/docs/members",
        "roles-and-keys",
        &["the access of existing keys is lowered immediately"],
    )
    .await;
    let leaving = [
        "Requests with their keys then return 403",
        "For each key, choose one of these options",
        "the keys of those service accounts remain",
    ];
    says(&app, "/docs/members", "remove-a-member", &leaving).await;
    let inviting = [
        "Only a user who signs in with that email address",
        "can be used once, and it expires after 7 days",
        "Roundtable sends no email",
    ];
    says(&app, "/docs/members", "invite-a-member", &inviting).await;
    leads(
        &app,
        "/docs/members",
        "next-steps",
        &[
            "/docs/organization",
            "/docs/credentials",
            "/docs/api-keys#access-by-role",
        ],
    )
    .await;
    says(
        &app,
        "/docs/organization",
        "the-active-organization",
        &["Each organization has its own keys, members and audit log"],
    )
    .await;
    says(
        &app,
        "/docs/organization",
        "who-can-create-keys",
        &["everyone or only owners and admins"],
    )
    .await;
    says(
        &app,
        "/docs/organization",
        "keys-that-create-keys",
        &["Then only signed-in members can create keys"],
    )
    .await;
    let text = plain(
        &section(&app, "/docs/api-keys", "access-by-role")
            .await
            .replace("</td>", " </td>"),
    );
    assert!(
        text.contains("Admin all keys their own keys, and keys of service accounts any key"),
        "{text}"
    );
    assert!(
        text.contains("Member their own keys their own keys their own keys"),
        "{text}"
    );
}

// RU-02, KE-39: what API keys are not.
#[tokio::test]
async fn the_difference_between_api_keys_and_other_secrets_is_documented() {
    let app = TestApp::empty().await;
    let phrases = [
        "API key",
        "Runtime credentials",
        "Provider keys",
        "Product API keys",
        "It does not need or store the other secrets",
    ];
    says(&app, "/docs/credentials", "", &phrases).await;
    let phrases = [
        "Agents and workflows need credentials at run time",
        "These are not API keys",
    ];
    says(
        &app,
        "/docs/credentials",
        "runtime-credentials",
        &phrases,
    )
    .await;
    let phrases = ["a product API key gives no access to Roundtable"];
    says(
        &app,
        "/docs/credentials",
        "product-api-keys",
        &phrases,
    )
    .await;
    says(
        &app,
        "/docs/credentials",
        "provider-keys",
        &["keys of model vendors"],
    )
    .await;
}

// RK-26, RK-25, D26, D.7: the fields of an event, the readers of the log, and all values of its
// filters.
#[tokio::test]
async fn the_audit_log_is_documented() {
    let app = TestApp::new().await;
    let page = "/docs/audit-log";
    says(
        &app,
        page,
        "",
        &["Nobody can change or delete an event"],
    )
    .await;
    says(
        &app,
        page,
        "access",
        &["their own actions, and events about their own keys"],
    )
    .await;
    let key = app.key("olivia").await;
    let event = app
        .get("/api/v1/audit-log?limit=1", &key)
        .await
        .json()["events"][0]
        .clone();
    let cells = async |anchor: &str| {
        plain(
            &section(&app, page, anchor)
                .await
                .replace("</t", " </t"),
        )
    };
    let fields = cells("event-fields").await;
    for field in event.as_object().expect("an event").keys() {
        assert!(
            fields
                .split([' ', ',', ';'])
                .any(|word| word == field),
            "{field} is not explained"
        );
    }
    let filters = cells("find-events").await;
    let words = EventCategory::ALL
        .map(EventCategory::as_str)
        .into_iter()
        .chain(ObjectKind::ALL.map(ObjectKind::as_str));
    for word in words.chain([
        "action",
        "actor_id",
        "object_kind",
        "object_id",
        "from",
        "until",
    ]) {
        assert!(
            filters
                .split([' ', ',', ';', ':'])
                .any(|said| said == word),
            "{word} is not explained"
        );
    }
    says(
        &app,
        page,
        "export",
        &[
            "Each export is recorded as an event",
            "the file is not complete",
        ],
    )
    .await;
    says(
        &app,
        page,
        "verification",
        &[
            "breaks the chain at that event",
            "without Roundtable and without its database",
        ],
    )
    .await;
    leads(&app, "/docs/organization", "audit-log", &[page]).await;
}

// KE-14, KE-16
#[tokio::test]
async fn the_documentation_says_that_no_command_authenticates_with_an_api_key() {
    let app = TestApp::empty().await;
    let phrases = [
        "No command on this page authenticates with an API key",
        "You sign in as yourself, with all your permissions, and can access every organization that you are a member of",
    ];
    says(&app, "/docs/command-line", "", &phrases).await;
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_roundtable"))
        .arg("help")
        .output()
        .expect("runs");
    let pages = ["/docs/command-line", "/docs/server-commands"];
    let mut text = String::new();
    for page in pages {
        text.push_str(&plain(&open(&app, page).await.text));
    }
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let commands = between(&help, "Commands:\n", "\n\n").expect("commands");
    for command in commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
    {
        assert!(
            text.contains(&format!("roundtable {command}")),
            "{command} is not documented"
        );
    }
}

// RO-02, RO-03, RO-04: data of a lost key cannot be recovered. RK-30..RK-34: how keys are stored.
#[tokio::test]
async fn the_encryption_model_is_documented() {
    let app = TestApp::empty().await;
    says(&app, "/docs/encryption", "", &["Encryption model"]).await;
    let stored = [
        "encrypted with AES-256-GCM before it reaches the database",
        "An attacker with only the database gets no usable key",
        "The master key does not reveal API keys either",
        "The preview is a separate field",
    ];
    says(
        &app,
        "/docs/encryption",
        "how-keys-are-stored",
        &stored,
    )
    .await;
    let secret = [
        "Every key has a key pair that is derived from it",
        "If you lose a key, you lose the data that was encrypted for it. There is no recovery",
    ];
    says(
        &app,
        "/docs/encryption",
        "the-key-is-the-encryption-secret",
        &secret,
    )
    .await;
}

// RO-30, RO-31, RO-32, RO-33, RO-34, RO-35, RO-36, D16
#[tokio::test]
async fn the_effect_of_a_rotation_on_encrypted_data_is_documented() {
    let app = TestApp::empty().await;
    let phrases = [
        "The new key cannot decrypt items of any kind that were sealed to the old key",
        "returns 409 with the code messages_would_be_lost, and nothing changes",
        "\"carry_over\": true",
        "\"confirm_message_loss\": true",
        "permanently unreadable",
        "If there are no messages, you need neither option",
        "Old items can be carried over only with the old key",
        "messages_orphaned is the number of messages that became unreadable, and items_orphaned is the number of items of the other kinds",
        "The warning says to store the key securely",
    ];
    says(&app, "/docs/encryption", "rotation", &phrases).await;
    let limits = [
        "Sealing has no forward secrecy",
        "A person who kept the old key and a copy of the sealed data can still decrypt that copy",
        "A seal does not prove who created it",
    ];
    says(&app, "/docs/encryption", "threat-model", &limits).await;
    leads(
        &app,
        "/docs/api-keys",
        "regular-rotation",
        &["/docs/encryption#rotation"],
    )
    .await;
}
