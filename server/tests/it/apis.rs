//! The pages of APIs.

use domain::Slug;
use domain::command::{ApiDraft, ApiKeyDraft, CreateApi, CreateApiKey};

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
