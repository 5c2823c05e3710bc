//! The pages of APIs.

use domain::Slug;
use domain::command::{ApiDraft, ApiKeyDraft, ConsumerQuery, CreateApi, CreateApiKey};

use crate::browser;
use crate::test_app::{Someone, TestApp};

/// One more than a page has.
const ROWS: usize = 51;

async fn register(app: &TestApp, by: &Someone, slug: &str) -> Slug {
    let draft = ApiDraft {
        name: Some(slug),
        slug,
        ..ApiDraft::default()
    };
    let command = CreateApi::read(draft).expect("valid");
    let api = app.engine.create_api(&by.ctx, command).await;
    api.expect("registered").slug
}

/// The target of the link with this text.
fn link(page: &str, text: &str) -> String {
    let end = page
        .find(&format!(">{text}"))
        .unwrap_or_else(|| panic!("no {text}: {page}"));
    let start = page[..end].rfind("href=\"").expect("a link") + "href=\"".len();
    let target = page[start..].split('"').next();
    target.expect("a target").replace("&amp;", "&")
}

// The oldest row of a list with one row too many for its first page is on the second.
#[tokio::test]
async fn the_lists_of_apis_and_of_their_keys_have_further_pages() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let first = register(&app, &olivia, "api0").await;
    for n in 1..ROWS {
        register(&app, &olivia, &format!("api{n}")).await;
    }
    for n in 0..ROWS {
        let name = format!("Key {n}.");
        let draft = ApiKeyDraft {
            name: &name,
            ..ApiKeyDraft::default()
        };
        let command = CreateApiKey::read(first.clone(), &draft, olivia.ctx.now()).expect("valid");
        let key = app
            .engine
            .create_api_key(&olivia.ctx, command, None)
            .await;
        key.expect("created");
    }
    let list = format!("/o/{}/settings/apis", olivia.organization);
    let cookie = olivia.cookie();
    for (path, more, oldest) in [
        (list.clone(), "Older APIs", ">api0<"),
        (format!("{list}/api0"), "More keys", ">Key 0.<"),
    ] {
        let page = browser::page(&app, &path, &cookie).await.text;
        assert!(!page.contains(oldest), "{path}: {page}");
        let page = browser::page(&app, &link(&page, more), &cookie)
            .await
            .text;
        assert!(page.contains(oldest), "{path}: {page}");
        assert!(!page.contains(more), "{path}: {page}");
    }
}

// What a person typed is text on the page that reports its faults, also in a textarea.
#[tokio::test]
async fn a_form_with_faults_keeps_what_was_typed_as_text() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let organization = olivia.organization.to_string();
    let form = format!("/o/{organization}/settings/new-api");
    let hostile = "</textarea><script>alert(1)</script>\" onfocus=\"alert(2)";
    let fields = [
        ("organization", organization.as_str()),
        ("name", hostile),
        ("slug", hostile),
        ("key_prefix", hostile),
        ("scopes", hostile),
    ];
    let answer = browser::send(&app, "create_api", &form, &fields, &olivia.cookie()).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    assert!(
        !answer.text.contains("<script>alert"),
        "{}",
        answer.text
    );
    let inputs = answer
        .text
        .matches("value=\"&lt;/textarea&gt;")
        .count();
    assert_eq!(inputs, 3, "{}", answer.text);
    let quotes = answer
        .text
        .matches("&quot; onfocus=&quot;")
        .count();
    assert_eq!(quotes, 3, "{}", answer.text);
    let escaped = ">&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;";
    assert!(answer.text.contains(escaped), "{}", answer.text);
}

/// Sends a form of the dashboard. Returns the page that follows.
async fn send(app: &TestApp, by: &Someone, form: (&str, &str), fields: &[(&str, &str)]) -> String {
    let (function, page) = form;
    let organization = by.organization.to_string();
    let page = format!("/o/{organization}/settings/{page}");
    let mut all = vec![("organization", organization.as_str())];
    all.extend(fields);
    let answer = browser::send(app, function, &page, &all, &by.cookie()).await;
    match answer.header("location") {
        "" => answer.text,
        to => browser::page(app, to, &by.cookie()).await.text,
    }
}

/// The new key on its page.
fn new_key(page: &str) -> String {
    let (_, rest) = page
        .split_once("export API_KEY=")
        .unwrap_or_else(|| panic!("no key: {page}"));
    rest.split('<').next().expect("a key").to_owned()
}

// D32, D33, D34: everything that a team needs for its own API, without the REST API.
#[tokio::test]
async fn an_api_a_consumer_and_a_key_are_managed_in_the_dashboard() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let fields = [
        ("name", "Orders"),
        ("slug", "orders"),
        (
            "scopes",
            "orders:read Read\norders:write Place (includes orders:read)",
        ),
    ];
    let page = send(&app, &olivia, ("create_api", "new-api"), &fields).await;
    assert!(page.contains("The API was registered."), "{page}");

    let new_consumer = ("create_consumer", "consumers/new");
    let fields = [
        ("external_id", " customer_42 "),
        ("metadata", "{\"plan\": \"pro\"}"),
    ];
    let page = send(&app, &olivia, new_consumer, &fields).await;
    assert!(
        page.contains("customer_42") && page.contains("created. Next,"),
        "{page}"
    );
    for (metadata, sentence) in [("[]", "Use a JSON object"), ("{", "Use a JSON object")] {
        let fields = [("external_id", "customer_43"), ("metadata", metadata)];
        let page = send(&app, &olivia, new_consumer, &fields).await;
        assert!(page.contains(sentence), "{page}");
        assert!(page.contains("value=\"customer_43\""), "{page}");
    }

    let new_key_form = ("create_api_key", "apis/orders/new-key");
    let mut fields = vec![
        ("api", "orders"),
        ("name", "Initech"),
        ("owner", "consumer"),
        ("external_id", "customer_7"),
        ("environment", "production"),
        ("scope[orders:write]", "on"),
        ("expiry", "none"),
    ];
    let page = send(&app, &olivia, new_key_form, &fields).await;
    assert!(
        page.contains("No consumer has this external ID"),
        "{page}"
    );
    assert!(page.contains("value=\"customer_7\""), "{page}");
    assert!(
        page.contains("name=\"scope[orders:write]\" value=\"on\" checked"),
        "{page}"
    );
    fields[3].1 = "customer_42";
    let page = send(&app, &olivia, new_key_form, &fields).await;
    let key = new_key(&page);
    assert!(page.contains("/gate/orders"), "{page}");
    assert!(!page.contains("/api/v1/workspaces"), "{page}");

    let gate = "/gate/orders?scope=orders:read";
    assert_eq!(app.get(gate, &key).await.status.as_u16(), 200);
    let change = ("change_api", "apis/orders");
    for (archived, status) in [("true", 401), ("false", 200)] {
        let fields = [("api", "orders"), ("archived", archived)];
        send(&app, &olivia, change, &fields).await;
        assert_eq!(app.get(gate, &key).await.status.as_u16(), status);
    }
    let fields = [("api", "orders"), ("scopes", "orders:write Place")];
    let page = send(&app, &olivia, change, &fields).await;
    assert!(page.contains("The API was changed."), "{page}");
    assert_eq!(app.get(gate, &key).await.status.as_u16(), 403);

    let consumer = app
        .engine
        .list_consumers(&olivia.ctx, &ConsumerQuery::default(), 9)
        .await
        .expect("consumers");
    let id = consumer.rows[0].actor_id.to_string();
    let change = ("change_consumer", format!("consumers/{id}"));
    for (paused, status) in [("true", 401), ("false", 200)] {
        let fields = [("actor_id", id.as_str()), ("paused", paused)];
        let page = send(&app, &olivia, (change.0, &change.1), &fields).await;
        assert!(page.contains("Initech"), "{page}");
        assert_eq!(
            app.get("/gate/orders", &key)
                .await
                .status
                .as_u16(),
            status
        );
    }
}
