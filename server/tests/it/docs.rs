//! The documentation: its pages, its URLs, and the required guidance on the served pages.

mod beyond;
mod calling;
mod keys;
mod operating;
mod pictures;
mod reference;
mod search;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;

use crate::test_app::{PUBLIC_URL, TestApp, TestResponse};

/// The names of the pages in `docs/`, without the index.
fn names() -> BTreeSet<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).expect("docs");
    let names = folder.map(|file| {
        file.expect("file")
            .file_name()
            .into_string()
            .expect("name")
    });
    names
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "index")
        .collect()
}

/// The URLs of all pages except the generated ones.
fn urls() -> Vec<String> {
    let pages = names()
        .into_iter()
        .map(|name| format!("/docs/{name}"));
    std::iter::once("/docs".to_owned())
        .chain(pages)
        .collect()
}

async fn open(app: &TestApp, path: &str) -> TestResponse {
    let answer = app.get(path, "").await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
    answer
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    rest.split_once(to).map(|(inside, _)| inside)
}

/// The markup of a section of a page with its heading, or of the part before the first section if
/// `anchor` is empty.
async fn section(app: &TestApp, page: &str, anchor: &str) -> String {
    let markup = open(app, page).await.text;
    let article = between(&markup, "<article", "</article>").expect("an article");
    let mut sections = article.split("<h2");
    let first = sections.next().unwrap_or_default();
    if anchor.is_empty() {
        return first.to_owned();
    }
    let id = format!(" id=\"{anchor}\"");
    let found = sections.find(|section| section.starts_with(&id));
    format!(
        "<h2{}",
        found.unwrap_or_else(|| panic!("{page} has no section {anchor}"))
    )
}

/// The visible text of markup.
fn plain(markup: &str) -> String {
    let mut text = String::new();
    for piece in markup.split('<') {
        text.push_str(
            piece
                .split_once('>')
                .map_or(piece, |(_, rest)| rest),
        );
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let text = entities
        .iter()
        .fold(text, |text, (entity, char)| {
            text.replace(entity, char)
        });
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Asserts that the visible text of a section contains all of these phrases.
async fn says(app: &TestApp, page: &str, anchor: &str, phrases: &[&str]) {
    let text = plain(&section(app, page, anchor).await);
    for phrase in phrases {
        assert!(
            text.contains(phrase),
            "{page}#{anchor} does not contain “{phrase}”, but: {text}"
        );
    }
}

/// Asserts that a section of a page links to all of these.
async fn leads(app: &TestApp, page: &str, anchor: &str, targets: &[&str]) {
    let markup = section(app, page, anchor).await;
    for target in targets {
        assert!(
            markup.contains(&format!("href=\"{target}\"")),
            "{page}#{anchor} does not link to {target}"
        );
    }
}

// RA-35: the first link skips to the main part. The pages need no session, database or script.
#[tokio::test]
async fn every_page_is_public() {
    let app = TestApp::empty().await;
    app.db.close().await;
    for path in urls()
        .iter()
        .map(String::as_str)
        .chain(["/docs/api", "/docs/search?q=key"])
    {
        let page = open(&app, path).await;
        assert_eq!(
            page.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        let body = page.text.split_once("<body>").expect("body").1;
        assert!(
            body.starts_with("<a href=\"#main\" class=\"skip\">"),
            "{path}: {body:.80}"
        );
        assert!(body.contains("<main id=\"main\" "), "{path}");
        assert_eq!(body.matches("<h1").count(), 1, "{path}");
        assert!(!page.headers.contains_key("set-cookie"), "{path}");
        let here = format!("<a href=\"{path}\" aria-current=\"page\">");
        assert!(
            path == "/docs" || path.contains('?') || body.contains(&here),
            "{path} is not marked in the navigation"
        );
        let form = "<form role=\"search\" action=\"/docs/search\" ";
        assert!(body.contains(form), "{path} has no search");
    }
    let request = Request::get("/docs/api-keys")
        .header("cookie", "a=b; theme=dark")
        .body(Body::empty());
    let dark = app.send(request.expect("request")).await;
    assert!(
        dark.text.contains("data-theme=\"dark\""),
        "{}",
        dark.text
    );
    let scripts: Vec<_> = dark.text.split("<script").skip(1).collect();
    assert!(
        scripts.len() == 1 && scripts[0].starts_with(" src=\"/pkg/0/docs.js\" defer></script>"),
        "{scripts:?}"
    );
}

// The navigation has the groups of the index.
#[tokio::test]
async fn the_navigation_is_grouped_like_the_index() {
    let app = TestApp::empty().await;
    let page = open(&app, "/docs").await.text;
    let nav = between(&page, "<nav id=\"nav\"", "</nav>").expect("a navigation");
    let links = |markup: &str| -> BTreeSet<String> {
        markup
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(link, _)| link.to_owned())
            .filter(|link| !link.starts_with('#') && link != "/docs/llms.txt")
            .collect()
    };
    let groups: Vec<_> = nav.split("<h3").skip(1).collect();
    assert_eq!(groups.len(), 4, "{nav}");
    for group in groups {
        let name = between(group, ">", "</h3>").expect("a name");
        let anchor = name.to_lowercase().replace(' ', "-");
        let listed = section(&app, "/docs", &anchor).await;
        assert_eq!(links(group), links(&listed), "{name}");
    }
}

// A form on a page of the documentation returns to this page.
#[tokio::test]
async fn the_theme_can_be_switched_on_every_page() {
    let app = TestApp::empty().await;
    for path in ["/docs", "/docs/errors", "/docs/api", "/docs/search?q=a%20b"] {
        let page = open(&app, path).await.text;
        let field = format!("name=\"docs\" value=\"{}\"", path.replace("%20", "+"));
        assert!(page.contains(&field), "{path}: {field}");
        let request = Request::post("/ui/set_theme")
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "theme=dark&page=/&docs={}",
                path.replace('%', "%25")
            )));
        let answer = app.send(request.expect("a request")).await;
        assert_eq!(answer.status.as_u16(), 303, "{path}: {}", answer.text);
        assert_eq!(answer.header("location"), path);
        assert!(
            answer
                .header("set-cookie")
                .starts_with("theme=dark;"),
            "{path}"
        );
    }
}

// Without a script, the button that copies a sample is not shown.
#[tokio::test]
async fn every_sample_has_a_button_that_copies_it() {
    let app = TestApp::empty().await;
    for path in ["/docs/authentication", "/docs/api"] {
        let page = open(&app, path).await.text;
        let samples: Vec<_> = page
            .split("<div class=\"sample\">")
            .skip(1)
            .collect();
        assert!(samples.len() > 3, "{path}");
        for sample in samples {
            let button = between(sample, "<button", ">").expect("a button");
            assert!(
                button.contains("needs-script") && button.contains("aria-label=\"Copy "),
                "{path}: {button}"
            );
        }
    }
}

// KE-40: the first thing of the main part is a pointer to the index, and the Markdown sources begin
// with one.
#[tokio::test]
async fn every_page_begins_with_a_pointer_to_the_index() {
    let app = TestApp::empty().await;
    for path in urls()
        .iter()
        .map(String::as_str)
        .chain(["/docs/api", "/docs/search?q=key"])
    {
        let page = open(&app, path).await.text;
        let main = between(&page, "<main id=\"main\"", "</main>").expect("a main part");
        let first = between(main, ">", "</p>").expect("a paragraph");
        assert!(
            first.starts_with("<p ") && first.contains("<a href=\"/docs/llms.txt\">"),
            "{path}: {first}"
        );
        assert_eq!(plain(first), "Index of all pages", "{path}");
    }
}

// KE-40
#[tokio::test]
async fn pages_have_the_content_security_policy_and_a_markdown_source() {
    let app = TestApp::empty().await;
    let page = open(&app, "/docs/errors").await;
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self' 'nonce-")
    );
    for path in urls() {
        let path = if path == "/docs" {
            "/docs/index".to_owned()
        } else {
            path
        };
        let source = open(&app, &format!("{path}.md")).await;
        assert_eq!(
            source.header("content-type"),
            "text/markdown; charset=utf-8"
        );
        let pointer = format!("> The index of all pages is at {PUBLIC_URL}/docs/llms.txt\n\n# ");
        assert!(
            source.text.starts_with(&pointer),
            "{path}: {:.200}",
            source.text
        );
    }
    for (path, to) in [("/docs/", "/docs"), ("/docs/index", "/docs")] {
        assert_eq!(app.get(path, "").await.header("location"), to);
    }
}

#[tokio::test]
async fn an_unknown_page_gets_the_404_page() {
    let app = TestApp::empty().await;
    for path in [
        "/docs/nothing",
        "/docs/nothing.md",
        "/docs/api-keys/more",
        "/docs/%3Cscript%3E",
        "/docs/dev",
        "/docs/dev/proofs",
        "/docs/proofs",
    ] {
        let page = app.get(path, "").await;
        assert_eq!(page.status.as_u16(), 404, "{path}");
        assert_eq!(
            page.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        assert!(
            page.text.contains("This page does not exist") && page.text.contains("class=\"skip\""),
            "{path}"
        );
        assert!(
            page.text.contains(page.header("x-request-id")) && !page.text.contains("<script>"),
            "{path}"
        );
    }
}

// KE-01: with absolute URLs and a description of each page
#[tokio::test]
async fn llms_txt_lists_every_page() {
    let app = TestApp::empty().await;
    let index = open(&app, "/docs/llms.txt").await;
    assert_eq!(
        index.header("content-type"),
        "text/plain; charset=utf-8"
    );
    assert!(
        index.text.starts_with("# Roundtable\n\n> "),
        "{}",
        index.text
    );
    let lines: Vec<_> = index
        .text
        .lines()
        .filter(|line| line.starts_with("- ["))
        .collect();
    for name in names().into_iter().chain(["index".into()]) {
        let url = format!("]({PUBLIC_URL}/docs/{name}.md): ");
        let line = lines
            .iter()
            .find(|line| line.contains(&url))
            .unwrap_or_else(|| panic!("{name} is not listed"));
        assert!(
            line.ends_with('.') && line.len() > url.len() + 20,
            "{line}"
        );
    }
    for line in &lines {
        let url = between(line, "](", "): ").expect("a link");
        open(&app, url.strip_prefix(PUBLIC_URL).expect("ours")).await;
    }
    leads(&app, "/docs", "reference", &["/docs/llms.txt"]).await;
}

// RA-34
#[tokio::test]
async fn every_link_and_anchor_exists() {
    let app = TestApp::empty().await;
    let mut links = BTreeSet::new();
    for path in urls()
        .iter()
        .map(String::as_str)
        .chain(["/docs/api", "/docs/search?q=key"])
    {
        let markup = open(&app, path).await.text;
        let ids: Vec<_> = markup
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(id, _)| id)
            .collect();
        assert_eq!(
            ids.len(),
            ids.iter().collect::<BTreeSet<_>>().len(),
            "an id twice on {path}: {ids:?}"
        );
        let labels: Vec<_> = markup
            .split("role=\"region\"")
            .skip(1)
            .map(|rest| rest.split('>').next())
            .collect();
        assert_eq!(
            labels.len(),
            labels.iter().collect::<BTreeSet<_>>().len(),
            "a region's name twice on {path}"
        );
        for link in markup
            .split(" href=\"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(link, _)| link)
        {
            assert!(
                !link.ends_with(".md") || link == format!("{path}.md") || link == "/docs/index.md",
                "{path}: {link}"
            );
            links.insert(if link.starts_with('#') {
                format!("{path}{link}")
            } else {
                link.to_owned()
            });
        }
    }
    let built = ["/pkg/", "/fonts/", "/favicon", "/icons"];
    for link in links
        .iter()
        .filter(|link| !built.iter().any(|start| link.starts_with(start)))
    {
        assert!(link.starts_with('/'), "{link} points to another site");
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let page = app.get(path, "").await;
        assert!(
            page.status.is_success() || page.status.is_redirection(),
            "{link}: {}",
            page.status
        );
        assert!(
            anchor.is_empty() || page.text.contains(&format!(" id=\"{anchor}\"")),
            "{link}: no such anchor"
        );
    }
    leads(
        &app,
        "/docs/authentication",
        "api-keys",
        &["/docs/api-keys#regular-rotation"],
    )
    .await;
    leads(
        &app,
        "/docs/api-keys",
        "use-a-key",
        &["/docs/authentication"],
    )
    .await;
    let mut listed = String::new();
    for group in ["start", "use", "run-it", "reference"] {
        listed += &section(&app, "/docs", group).await;
    }
    for name in names() {
        assert!(
            listed.contains(&format!("href=\"/docs/{name}\"")),
            "{name} is not on the list of pages"
        );
    }
}

/// Variables that samples use and users set.
const VARIABLES: [&str; 17] = [
    "ROUNDTABLE_URL",
    "ROUNDTABLE_API_KEY",
    "ROUNDTABLE_SETUP_TOKEN",
    "ROUNDTABLE_ID_TOKEN",
    "ROUNDTABLE_TOKEN",
    "KEYSTROKE_API_KEY",
    "KEYSTROKE_PLATFORM_URL",
    "ROOTS_API_KEY",
    "KEY_ID",
    "ACTOR_ID",
    "ORDERS_KEY",
    "MEMBER_ID",
    "TODO_ID",
    "WORKSPACE_ID",
    "RUN_ID",
    "LEASE",
    "BODY",
];

#[tokio::test]
async fn samples_use_variables_that_the_page_explains() {
    let app = TestApp::empty().await;
    for path in urls() {
        let markup = open(&app, &path).await.text;
        let article = plain(between(&markup, "<article", "</article>").expect("an article"));
        for block in markup
            .split("<code class=\"language-bash\">")
            .skip(1)
        {
            let block = plain(block.split("</code>").next().unwrap_or_default());
            assert!(block.starts_with("curl "), "{path}: {block}");
            for rest in block.split('$').skip(1) {
                let rest = rest.trim_start_matches('{');
                let end = rest
                    .find(|c: char| !c.is_ascii_uppercase() && c != '_')
                    .unwrap_or(rest.len());
                let (name, explained) = (&rest[..end], format!("${}", &rest[..end]));
                assert!(VARIABLES.contains(&name), "{path}: {name}");
                let text = article
                    .replace(&explained, "")
                    .replace(&format!("${{{name}}}"), "");
                let elsewhere = ["ROUNDTABLE_URL", "ROUNDTABLE_API_KEY"].contains(&name);
                assert!(
                    elsewhere || text.contains(name),
                    "{path} does not explain {name}"
                );
            }
        }
    }
}
