//! The requests of a worker.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use domain::run::MOST_WAIT_SECONDS;
use domain::view::ClaimedRun;
use reqwest::Response;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::report::RunReport;
use crate::commands::{CliError, innermost_cause};

/// How long a request may take, besides the time that the server waits for a run.
const TIMEOUT: Duration = Duration::from_secs(10);
const CLAIM_TIMEOUT: Duration =
    Duration::from_secs(MOST_WAIT_SECONDS.unsigned_abs() + TIMEOUT.as_secs());

/// Why a request had no result.
#[derive(Debug)]
pub(super) enum CallError {
    /// The server cannot be reached, or not now.
    Unavailable {
        /// The reason.
        why: String,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
    /// The server does not accept the key, or the key may not do this.
    Refused(String),
    /// The server refuses the request for another reason: its sentence.
    Problem(String),
}

/// The error body of the server.
#[derive(Deserialize)]
struct RefusedCall {
    details: String,
}

/// Calls the API with the key of the worker.
pub(super) struct WorkerApi {
    base: Url,
    key: HeaderValue,
    http: reqwest::Client,
}

impl WorkerApi {
    /// A client of the installation at this URL. It follows no redirects.
    ///
    /// # Errors
    /// If the key cannot stand in a header, or if TLS cannot be set up.
    pub fn new(mut base: Url, key: SecretString) -> Result<Self, CliError> {
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut key = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()))
            .map_err(|_| CliError::Usage("the key contains a character that no key has".into()))?;
        key.set_sensitive(true);
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .user_agent("roundtable-worker")
            .build()
            .map_err(|error| CliError::Other(format!("the HTTP client cannot start: {error}")))?;
        Ok(Self { base, key, http })
    }

    /// Claims a run, waiting for one as long as the server allows.
    pub async fn claim(&self, workspace: Option<&str>) -> Result<Option<ClaimedRun>, CallError> {
        let body = json!({ "workspace_id": workspace, "wait_seconds": MOST_WAIT_SECONDS });
        let response = self
            .post("api/v1/runs/claim", &body, CLAIM_TIMEOUT)
            .await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        response
            .json()
            .await
            .map(Some)
            .map_err(unreachable)
    }

    /// Extends the lease of a run.
    pub async fn heartbeat(&self, claimed: &ClaimedRun) -> Result<(), CallError> {
        let path = format!("api/v1/runs/{}/heartbeat", claimed.run.id);
        let body = json!({ "lease": claimed.lease });
        self.post(&path, &body, TIMEOUT).await.map(drop)
    }

    /// Reports the result of a run.
    pub async fn complete(
        &self,
        claimed: &ClaimedRun,
        report: &RunReport,
    ) -> Result<(), CallError> {
        let path = format!("api/v1/runs/{}/complete", claimed.run.id);
        let body = match report {
            RunReport::Output(output) => json!({ "lease": claimed.lease, "output": output }),
            RunReport::Error(error) => json!({ "lease": claimed.lease, "error": error }),
        };
        self.post(&path, &body, TIMEOUT).await.map(drop)
    }

    async fn post(
        &self,
        path: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<Response, CallError> {
        let url = self
            .base
            .join(path)
            .map_err(|error| CallError::Problem(error.to_string()))?;
        let response = self
            .http
            .post(url)
            .header(AUTHORIZATION, self.key.clone())
            .json(body)
            .timeout(timeout)
            .send()
            .await
            .map_err(unreachable)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(refusal(response).await)
        }
    }
}

/// What an error response means for the worker.
async fn refusal(response: Response) -> CallError {
    let status = response.status();
    let wait = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let details = match response.json::<RefusedCall>().await {
        Ok(refusal) => refusal.details,
        Err(_) => format!("The server answers {status}"),
    };
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => CallError::Refused(details),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            CallError::Unavailable { why: details, wait }
        }
        status if status.is_server_error() => CallError::Unavailable { why: details, wait },
        _ => CallError::Problem(details),
    }
}

fn unreachable(error: reqwest::Error) -> CallError {
    CallError::Unavailable {
        why: innermost_cause(error),
        wait: None,
    }
}
