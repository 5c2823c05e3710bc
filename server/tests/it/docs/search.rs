//! The search of the documentation.

use domain::token::{KeyKind, PlainKey};

use super::{between, open, plain};
use crate::test_app::TestApp;

async fn search(app: &TestApp, query: &str) -> String {
    let page = open(app, &format!("/docs/search?q={query}"))
        .await
        .text;
    let article = between(&page, "<article", "</article>").expect("an article");
    article.to_owned()
}

#[tokio::test]
async fn sections_and_operations_are_found() {
    let app = TestApp::empty().await;
    let found = search(&app, "regular+rotation").await;
    let first = between(&found, "<h2>", "</h2>").expect("a result");
    assert!(
        first.contains("<a href=\"/docs/api-keys#regular-rotation\">Regular rotation</a>"),
        "{first}"
    );
    assert!(
        plain(&found).contains("for “regular rotation”"),
        "{found}"
    );

    let found = search(&app, "GRACE").await;
    assert!(found.contains("<mark>grace</mark>"), "{found}");

    let found = search(&app, "%2Fapi%2Fv1%2Fkeys%2Fverify-batch").await;
    assert!(
        found.contains("<a href=\"/docs/api#verify_keys\">Verify several keys</a>"),
        "{found}"
    );
    // A field of a response.
    let found = search(&app, "messages_orphaned").await;
    assert!(found.contains("/docs/api#rotate_key\""), "{found}");
}

#[tokio::test]
async fn a_search_without_results_offers_the_pages() {
    let app = TestApp::empty().await;
    let found = search(&app, "xyzzy").await;
    assert!(
        plain(&found).contains("Nothing was found for “xyzzy”"),
        "{found}"
    );
    assert!(
        found.contains("href=\"/docs/api\"") && !found.contains("<mark>"),
        "{found}"
    );
    for nothing in ["", "%20", "&q=a&q=b"] {
        let found = search(&app, nothing).await;
        assert!(
            plain(&found).contains("Type one or more words."),
            "{nothing}: {found}"
        );
    }
}

#[tokio::test]
async fn the_text_of_a_search_is_escaped_and_limited() {
    let app = TestApp::empty().await;
    for hostile in [
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "%00%FF%E2%80%AE",
    ] {
        let page = open(&app, &format!("/docs/search?q={hostile}"))
            .await
            .text;
        assert!(
            !page.contains("<script>") && !page.contains("<img src=x") && !page.contains("\"><img"),
            "{page}"
        );
    }
    // Markup in the text of a page is text in an excerpt.
    let found = search(&app, "%3Ckey%3E").await;
    assert!(found.contains("<mark>&lt;key&gt;</mark>"), "{found}");
    let long = open(&app, &format!("/docs/search?q={}", "a".repeat(4000)))
        .await
        .text;
    assert!(!long.contains(&"a".repeat(101)));
}

// A pasted key is not shown again.
#[tokio::test]
async fn a_pasted_key_is_redacted() {
    let app = TestApp::empty().await;
    let key = PlainKey::assemble(
        &Default::default(),
        KeyKind::Secret,
        b"00000000",
        &[b'a'; 43],
    );
    let page = open(&app, &format!("/docs/search?q={}", key.expose()))
        .await
        .text;
    assert!(
        !page.contains(key.expose()) && !page.contains("aaaa"),
        "{page}"
    );
}
