//! The development identity provider, used by the real client over a loopback connection.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::fake::{CLIENT_ID, Watch, flow};
use axum::Router;
use oidc::{
    Client, Failure, Flow, Random, Settings, SetupError,
    dev::{DevProvider, Person},
};
use url::{Url, form_urlencoded};

pub const REDIRECT: &str = "http://127.0.0.1:3000/sign-in/return";

fn counting() -> Random {
    let next = AtomicU8::new(1);
    Arc::new(move |bytes: &mut [u8]| bytes.fill(next.fetch_add(1, Ordering::SeqCst)))
}

fn people() -> Vec<Person> {
    vec![Person {
        subject: "ada".into(),
        name: "Ada <Lovelace>".into(),
        email: "ada@example.com".into(),
        note: "Owner of \"Acme\" & Co".into(),
    }]
}

pub fn dev_provider(issuer: &str, watch: &Watch) -> Result<DevProvider, SetupError> {
    DevProvider::new(
        &issuer.parse().unwrap(),
        CLIENT_ID.into(),
        REDIRECT.parse().unwrap(),
        people(),
        Some("/style.css".into()),
        watch.clock(),
        counting(),
    )
}

struct TestProvider {
    watch: Watch,
    client: Client,
    browser: reqwest::Client,
}

/// Starts a server with the provider mounted below a path, as the product does.
async fn start() -> TestProvider {
    let watch = Watch::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap();
    let issuer = format!("http://{}/dev/idp", listener.local_addr().unwrap());
    let provider = dev_provider(&issuer, &watch).unwrap();
    assert_eq!(provider.issuer(), issuer);
    let router = Router::new().nest("/dev/idp", provider.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Settings {
        issuer,
        client_id: CLIENT_ID.into(),
        client_secret: None,
        redirect_uri: REDIRECT.parse().unwrap(),
        hosted_domain: None,
        allowed_email_domains: Vec::new(),
        trust_emails: false,
    };
    let client = Client::new(settings, watch.clock()).unwrap();
    let policy = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder()
        .redirect(policy)
        .no_proxy()
        .build()
        .unwrap();
    TestProvider {
        watch,
        client,
        browser,
    }
}

impl TestProvider {
    /// Goes to the page, answers it with these fields, and gives back the parameters of the
    /// redirect.
    async fn choose(&self, flow: &Flow, answer: &[(&str, &str)]) -> HashMap<String, String> {
        let mut address = self.client.authorization_url(flow).await.unwrap();
        let page = self
            .browser
            .get(address.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), 200);
        let body = form_urlencoded::Serializer::new(address.query().unwrap().to_owned())
            .extend_pairs(answer)
            .finish();
        address.set_query(None);
        let answer = self
            .browser
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert!(back.as_str().starts_with(&format!("{REDIRECT}?")));
        back.query_pairs().into_owned().collect()
    }

    async fn finish(
        &self,
        back: &HashMap<String, String>,
        flow: &Flow,
    ) -> Result<oidc::Identity, Failure> {
        self.client
            .finish(
                &back["code"],
                back.get("iss").map(String::as_str),
                flow,
            )
            .await
    }
}

fn refused() -> Failure {
    Failure::TokenEndpoint("invalid_grant".into())
}

#[tokio::test]
async fn someone_signs_in() {
    let provider = start().await;
    let back = provider
        .choose(&flow(), &[("person", "ada")])
        .await;
    assert_eq!(back["state"], flow().state);
    let person = provider.finish(&back, &flow()).await.unwrap();
    assert_eq!(person.issuer, back["iss"]);
    assert_eq!(person.subject, "ada");
    assert_eq!(person.email.as_deref(), Some("ada@example.com"));
    assert_eq!(person.name.as_deref(), Some("Ada <Lovelace>"));
}

#[tokio::test]
async fn a_typed_email_becomes_a_person() {
    let provider = start().await;
    let typed = [("email", " Bob@Example.com"), ("name", "Bob")];
    let back = provider.choose(&flow(), &typed).await;
    let person = provider.finish(&back, &flow()).await.unwrap();
    assert_eq!(person.subject, "email:bob@example.com");
    assert_eq!(person.email.as_deref(), Some("bob@example.com"));
    assert_eq!(person.name.as_deref(), Some("Bob"));
}

#[tokio::test]
async fn a_nonce_of_another_flow_is_refused() {
    let provider = start().await;
    let back = provider
        .choose(&flow(), &[("person", "ada")])
        .await;
    let other = Flow {
        nonce: "another".into(),
        ..flow()
    };
    assert_eq!(
        provider.finish(&back, &other).await,
        Err(Failure::WrongNonce)
    );
}

#[tokio::test]
async fn a_code_works_once() {
    let provider = start().await;
    let back = provider
        .choose(&flow(), &[("person", "ada")])
        .await;
    assert!(provider.finish(&back, &flow()).await.is_ok());
    assert_eq!(provider.finish(&back, &flow()).await, Err(refused()));
}

#[tokio::test]
async fn a_wrong_pkce_verifier_is_refused_and_spends_the_code() {
    let provider = start().await;
    let back = provider
        .choose(&flow(), &[("person", "ada")])
        .await;
    let other = Flow {
        pkce_verifier: "w".repeat(43),
        ..flow()
    };
    assert_eq!(provider.finish(&back, &other).await, Err(refused()));
    assert_eq!(provider.finish(&back, &flow()).await, Err(refused()));
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let provider = start().await;
    let back = provider
        .choose(&flow(), &[("person", "ada")])
        .await;
    provider.watch.advance(60);
    assert_eq!(provider.finish(&back, &flow()).await, Err(refused()));
}

#[test]
fn runs_on_loopback_only() {
    let watch = Watch::new();
    for issuer in [
        "http://192.168.0.1/idp",
        "http://0.0.0.0/idp",
        "https://example.com/idp",
        "http://localhost.example.com/idp",
        "http://[::2]/idp",
    ] {
        let made = dev_provider(issuer, &watch);
        assert!(
            matches!(made.err(), Some(SetupError::NotLoopback)),
            "{issuer}"
        );
    }
    for issuer in [
        "http://127.8.9.1/idp",
        "http://[::1]:3000",
        "http://localhost:3000/dev/idp/",
    ] {
        assert!(dev_provider(issuer, &watch).is_ok(), "{issuer}");
    }
}
