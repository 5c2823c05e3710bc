//! The page of the development identity provider and the requests that it rejects.

use axum::{body::Body, http::Request};
use tower::ServiceExt;
use url::form_urlencoded;

use crate::{
    dev_provider::{REDIRECT, dev_provider},
    fake::{CLIENT_ID, Watch},
};

const SOUND: [(&str, &str); 8] = [
    ("response_type", "code"),
    ("client_id", CLIENT_ID),
    ("redirect_uri", REDIRECT),
    ("scope", "openid email"),
    ("state", "\"><script>"),
    ("nonce", "n"),
    (
        "code_challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ),
    ("code_challenge_method", "S256"),
];

async fn ask(method: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let router = dev_provider("http://localhost/idp", &Watch::new())
        .unwrap()
        .router();
    let request = Request::builder().method(method);
    let request = match method {
        "GET" => request
            .uri(format!("/authorize?{query}"))
            .body(Body::empty()),
        _ => request
            .uri("/authorize")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(query)),
    };
    let answer = router.oneshot(request.unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    assert!(!answer.headers().contains_key("location"));
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_is_whole_accessible_and_escaped() {
    let (status, page) = ask("GET", &SOUND).await;
    assert_eq!(status, 200);
    for part in [
        "<html lang=\"en\">",
        "<main class=\"auth\" id=\"main\">",
        "<section class=\"auth-card\"",
        "<h1",
        "<ul class=\"person-list\">",
        "<button class=\"person\"",
        "Continue as Ada &lt;Lovelace&gt;",
        "Owner of &quot;Acme&quot; &amp; Co",
        "<label for=\"email\">",
        "<label for=\"name\">",
        "action=\"/idp/authorize\"",
        "href=\"/style.css\"",
        "value=\"&quot;&gt;&lt;script&gt;\"",
        "It asks for no password and is available on this machine only.",
    ] {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
}

#[tokio::test]
async fn a_request_that_is_not_ours_is_answered_without_a_redirect() {
    for (name, value) in [
        ("response_type", "token"),
        ("client_id", "other"),
        (
            "redirect_uri",
            "http://127.0.0.1:3000/sign-in/return/",
        ),
        ("scope", "email"),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
    ] {
        let mut fields = SOUND.to_vec();
        fields
            .iter_mut()
            .filter(|field| field.0 == name)
            .for_each(|field| field.1 = value);
        assert_eq!(ask("GET", &fields).await.0, 400, "{name}");
        fields.push(("person", "ada"));
        assert_eq!(ask("POST", &fields).await.0, 400, "{name}");
    }
}

#[tokio::test]
async fn an_impossible_choice_shows_the_page_again() {
    for choice in [("person", "nobody"), ("email", "not an address")] {
        let fields: Vec<_> = SOUND.into_iter().chain([choice]).collect();
        let (status, page) = ask("POST", &fields).await;
        assert_eq!(status, 400);
        assert!(page.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn a_visitor_from_elsewhere_is_refused() {
    let peer =
        |text: &str| axum::extract::ConnectInfo(text.parse::<std::net::SocketAddr>().unwrap());
    for (from, host, status) in [
        ("127.0.0.1:9", "localhost:3000", 200),
        ("[::ffff:127.0.0.1]:9", "127.0.0.1:3000", 200),
        ("192.0.2.7:9", "localhost:3000", 403),
        ("127.0.0.1:9", "evil.example", 403),
    ] {
        let router = dev_provider("http://localhost/idp", &Watch::new())
            .unwrap()
            .router();
        let request = Request::builder()
            .uri("/jwks")
            .header("host", host)
            .extension(peer(from));
        let answer = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{from} {host}");
    }
}
