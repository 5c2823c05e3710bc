//! B30: the URL to return to after a sign-in or a form stays on this origin.

use axum::body::Body;
use axum::http::Request;
use url::Url;

use crate::sign_in::{app, cookie, get, leave};
use crate::test_app::TestApp;

/// References to another host.
const HOSTS: [&str; 24] = [
    "//evil.test",
    "///evil.test",
    "////evil.test/%2e%2e",
    "/\\evil.test",
    "\\\\evil.test",
    "\\/evil.test",
    "https:evil.test",
    "https:/evil.test",
    "https://evil.test",
    "HTTPS://evil.test",
    "http://127.0.0.1@evil.test",
    "http://127.0.0.1:3000.evil.test",
    "//evil.test\\@127.0.0.1",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://evil.test/x",
    "//evil%E3%80%82test",
    "\u{ff0f}\u{ff0f}evil.test",
    "/\u{2044}evil.test",
    "//[::ffff:6.6.6.6]",
    "//0x6.0x6.0x6.0x6",
];

/// Prefixes that parsers may skip.
const BEFORE: [&str; 14] = [
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "\u{b}",
    "\u{a0}",
    "\u{feff}",
    "/",
    ".",
    "/.",
    "/..;/",
    "/o/org_a/settings/..",
];

/// Encodings of a URL that may be decoded too often.
fn encoded(text: &str) -> [String; 3] {
    let percent: String = text
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    let twice = percent.replace('%', "%25");
    [
        percent,
        twice,
        format!("/o/org_a/settings/api-keys?return_to={text}"),
    ]
}

fn corpus() -> Vec<String> {
    let plain = BEFORE
        .iter()
        .flat_map(|before| HOSTS.map(|host| format!("{before}{host}")));
    let hidden = HOSTS.into_iter().flat_map(encoded);
    let split = [
        "/\t/evil.test",
        "/\n/evil.test",
        "/\r\n/evil.test",
        "/o/x\r\nLocation: https://evil.test",
        "/%0d%0aLocation:%20//evil.test",
        "/o/../../..//evil.test",
        "/;//evil.test",
        "/?//evil.test",
        "/#//evil.test",
        "?https://evil.test",
        "#@evil.test",
        "@evil.test",
        ".evil.test",
        ":443@evil.test",
        "/dev/idp",
        "/sign-in/start?return_to=//evil.test",
        "/sign-in/callback?code=x",
        "/api/v1/keys",
        "",
    ];
    plain
        .chain(hidden)
        .chain(split.map(str::to_owned))
        .collect()
}

/// Asserts that a browser on a page of this installation resolves a URL to this installation.
fn stays(app: &TestApp, location: &str) {
    let here = Url::parse(&app.parts.site_config.public_url).expect("an address");
    let page = here
        .join("/sign-in/callback")
        .expect("an address");
    let there = page
        .join(location)
        .unwrap_or_else(|error| panic!("{error}: {location:?}"));
    assert_eq!(there.origin(), here.origin(), "{location:?}");
    assert!(
        location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'),
        "{location:?}"
    );
    assert!(
        !there.path().starts_with("/api") && !there.path().starts_with("/dev"),
        "{location:?}"
    );
}

// B30
#[tokio::test]
async fn a_sign_in_returns_only_to_a_page_of_this_installation() {
    let app = app().await;
    let corpus = corpus();
    assert!(corpus.len() >= 400, "{}", corpus.len());
    for hostile in corpus {
        let query: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let (flow, back) = leave(&app, "olivia", &query).await;
        let done = get(&app, &back, &flow).await;
        assert_eq!(done.status.as_u16(), 303, "{hostile:?}");
        assert!(cookie(&done, "rt_session").is_some(), "{hostile:?}");
        stays(&app, done.header("location"));
        // The same for a URL that is not encoded in the query.
        if hostile.is_ascii()
            && !hostile.contains(|c: char| c.is_ascii_control() || " #<>".contains(c))
        {
            let started = get(
                &app,
                &format!("/sign-in/start?return_to={hostile}"),
                "",
            )
            .await;
            assert_eq!(started.status.as_u16(), 303, "{hostile:?}");
            assert!(
                started
                    .header("location")
                    .starts_with(&app.parts.site_config.public_url),
                "{hostile:?}"
            );
        }
    }
}

// The sign-in page passes on the return URL, but never one of another site.
// B30
#[tokio::test]
async fn the_sign_in_page_does_not_link_to_another_site() {
    let app = app().await;
    for hostile in corpus() {
        let query: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let page = get(
            &app,
            &format!("/sign-in?return_to={query}&problem={query}"),
            "",
        )
        .await;
        assert_eq!(page.status.as_u16(), 200, "{hostile:?}");
        for link in page
            .text
            .split(" href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let link = link.replace("&amp;", "&");
            stays(
                &app,
                link.split('#')
                    .next()
                    .filter(|path| !path.is_empty())
                    .unwrap_or("/"),
            );
        }
        assert!(!page.text.contains("<script>alert"), "{hostile:?}");
    }
}

// A form sends the page that it is on. The response redirects only to a page of this installation.
// B30
#[tokio::test]
async fn a_form_redirects_only_to_a_page_of_this_installation() {
    let app = app().await;
    let (mut followed, mut refused) = (0, 0);
    for hostile in corpus()
        .into_iter()
        .chain(["/".into(), "/sign-in".into()])
    {
        let page: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        for fields in [format!("page={page}"), format!("page=/&docs={page}")] {
            if fields.ends_with('=') {
                continue;
            }
            let request = Request::post("/ui/set_theme")
                .header("sec-fetch-site", "same-origin")
                .header("accept", "text/html")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("referer", "https://evil.test/")
                .body(Body::from(format!("theme=dark&{fields}")));
            let answer = app.send(request.expect("a request")).await;
            match answer.status.as_u16() {
                303 => {
                    stays(&app, answer.header("location"));
                    followed += 1;
                }
                400 => refused += 1,
                other => panic!("{other}: {hostile:?}"),
            }
        }
    }
    assert!(followed >= 2 && refused > 300, "{followed} {refused}");
}
