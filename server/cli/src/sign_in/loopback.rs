//! Signing in with the browser of this computer. The browser brings the code to a port that this
//! program listens on.

use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use super::oauth::{self, CLIENT_ID};
use crate::credentials::Credentials;
use crate::failure::{Failure, FailureKind};
use crate::http;
use crate::output::Output;
use crate::session::{key_of, random_word};

/// How long the program waits for the person.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What the browser brings.
#[derive(Clone, Deserialize)]
struct Callback {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Opens the browser, and waits for the code.
pub async fn sign_in(
    client: &Client,
    installation: &Url,
    output: &Output,
) -> Result<Credentials, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|error| {
            Failure::new(
                FailureKind::Failed,
                format!("no port is free: {error}"),
            )
        })?;
    let port = listener
        .local_addr()
        .map_err(|error| Failure::new(FailureKind::Failed, error.to_string()))?
        .port();
    let redirect_uri = format!("http://127.0.0.1:{port}/callback");
    let (state, verifier) = (random_word(), random_word());
    let url = authorization_url(installation, &redirect_uri, &state, &verifier)?;

    output.note("Opening the browser to sign in. If it does not open, open this URL:");
    output.note("");
    output.note(&format!("  {url}"));
    output.note("");
    output.note("On a machine without a browser, press Ctrl+C and pass --no-browser.");
    // Without a browser, the person opens the URL.
    let _ = open::that_detached(url.as_str());

    let callback = wait(listener, &state).await?;
    let is_other = callback
        .iss
        .is_some_and(|issuer| issuer.trim_end_matches('/') != key_of(installation));
    match (callback.code, callback.error) {
        _ if is_other => Err(Failure::new(
            FailureKind::NotSignedIn,
            "Another installation than the one you asked for has answered.",
        )
        .next("Pass the URL of the installation exactly as its dashboard shows it.")),
        (Some(code), None) => {
            oauth::code_tokens(client, installation, &code, &verifier, &redirect_uri).await
        }
        _ => Err(Failure::new(
            FailureKind::Cancelled,
            "The sign-in was denied.",
        )),
    }
}

fn authorization_url(
    installation: &Url,
    redirect_uri: &str,
    state: &str,
    verifier: &str,
) -> Result<Url, Failure> {
    let mut url = http::address(installation, "/authorize")?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair(
            "code_challenge",
            &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        )
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", state);
    Ok(url)
}

/// Waits for the browser. A request without our `state` belongs to another sign-in.
async fn wait(listener: TcpListener, state: &str) -> Result<Callback, Failure> {
    let (sender, mut receiver) = mpsc::channel(1);
    let routes = Router::new()
        .route("/callback", get(receive))
        .with_state(Waiting {
            state: state.to_owned(),
            sender,
        });
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let callback = tokio::time::timeout(PATIENCE, receiver.recv()).await;
    // The browser still gets its page.
    tokio::time::sleep(Duration::from_millis(200)).await;
    serving.abort();
    match callback {
        Ok(Some(callback)) => Ok(callback),
        _ => Err(
            Failure::new(FailureKind::Cancelled, "Nobody signed in.")
                .next("Run the command again."),
        ),
    }
}

#[derive(Clone)]
struct Waiting {
    state: String,
    sender: mpsc::Sender<Callback>,
}

async fn receive(State(waiting): State<Waiting>, Query(callback): Query<Callback>) -> Response {
    if callback.state != waiting.state {
        return page("This page belongs to another sign-in.");
    }
    let text = match callback.code {
        Some(_) => "You are signed in. You can close this page and return to the terminal.",
        None => "The sign-in was denied. You can close this page and return to the terminal.",
    };
    let _ = waiting.sender.try_send(callback);
    page(text)
}

fn page(text: &'static str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Roundtable</title><p>{text}</p></html>"
    );
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_verifier() {
        let installation = "https://keys.example.com/"
            .parse()
            .expect("a URL");
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let url = authorization_url(
            &installation,
            "http://127.0.0.1:1/callback",
            "s",
            verifier,
        )
        .unwrap_or_else(|failure| panic!("{failure}"));
        let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(
            url.query().expect("a query").contains(challenge),
            "{url}"
        );
        assert_eq!(url.path(), "/authorize");
    }
}
