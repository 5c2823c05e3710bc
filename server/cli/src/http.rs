//! HTTP requests to an installation.

use std::time::Duration;

use reqwest::header::{HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::failure::{Failure, FailureKind};

const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is sent at most, if the installation is overloaded or does not answer.
const TRIES: u32 = 3;
/// The longest wait that a `Retry-After` header is followed for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// A problem, as the API describes it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ProblemBody {
    error: String,
    details: String,
    code: Option<String>,
    request_id: Option<String>,
    fields: Vec<FieldFault>,
}

#[derive(Deserialize)]
struct FieldFault {
    field: String,
    message: String,
}

/// The client. Its user agent names this computer, so that people recognize their sessions.
pub fn client() -> Result<Client, Failure> {
    let agent = format!(
        "roundtable-cli/{} ({}; {})",
        env!("CARGO_PKG_VERSION"),
        computer(),
        std::env::consts::OS
    );
    Client::builder()
        .user_agent(agent)
        .timeout(TIMEOUT)
        // A redirect would lose the method, and may lead to another installation.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Failure::new(FailureKind::Failed, error.to_string()))
}

/// The name of this computer, as far as it can stand in a header.
fn computer() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c))
        .take(64)
        .collect();
    if plain.is_empty() {
        "unknown".to_owned()
    } else {
        plain
    }
}

/// The URL of a path of the installation, which may be below a path of its own.
pub fn address(installation: &Url, path: &str) -> Result<Url, Failure> {
    let base = installation.as_str().trim_end_matches('/');
    format!("{base}{path}").parse().map_err(|_| {
        Failure::new(
            FailureKind::Usage,
            format!("{path} is no path of a URL."),
        )
    })
}

/// Sends a request. One that can be repeated safely is sent again when the installation is
/// overloaded or does not answer.
pub async fn send(
    request: impl Fn() -> RequestBuilder,
    may_repeat: bool,
) -> Result<Response, Failure> {
    let mut tries = 1;
    loop {
        let answer = request().send().await;
        let is_last = tries >= TRIES || !may_repeat;
        let wait = match &answer {
            Ok(response) if is_overloaded(response.status()) && !is_last => {
                wait_of(response.headers().get(RETRY_AFTER), tries)
            }
            Err(error) if error.is_connect() && !is_last => wait_of(None, tries),
            Ok(_) => return answer.map_err(|error| unreachable_because(&error)),
            Err(error) => return Err(unreachable_because(error)),
        };
        tokio::time::sleep(wait).await;
        tries += 1;
    }
}

/// Whether a request with this method can be sent again without another effect.
pub fn is_repeatable(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::DELETE)
}

fn is_overloaded(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

fn wait_of(header: Option<&HeaderValue>, tries: u32) -> Duration {
    let seconds = header
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    match seconds {
        Some(seconds) => Duration::from_secs(seconds).min(MAX_WAIT),
        None => Duration::from_millis(300 * u64::from(tries)),
    }
}

fn unreachable_because(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let host = error
        .url()
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    Failure::new(
        FailureKind::Unavailable,
        format!("{host} cannot be reached: {cause}."),
    )
    .next("Check the URL and your connection.")
}

/// How the fields of a request are called in a message.
#[derive(Clone, Copy)]
pub enum FieldNames {
    /// As the API calls them.
    OfApi,
    /// By the option that sets them.
    OfOptions,
}

impl FieldNames {
    fn name(self, field: &str) -> &str {
        match (self, field) {
            (Self::OfOptions, "label") => "--name",
            (Self::OfOptions, "environment") => "--environment",
            (Self::OfOptions, "scopes") => "--scope",
            (Self::OfOptions, "expires_at") => "--expires",
            (Self::OfOptions, "actor_id") => "--owner",
            (Self::OfOptions, "overlap_seconds") => "--overlap",
            (Self::OfOptions, "q") => "--search",
            (_, field) => field,
        }
    }
}

/// The answer, unless it is a problem.
pub async fn accepted(response: Response, names: FieldNames) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        let to = response
            .headers()
            .get(reqwest::header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("another URL")
            .to_owned();
        return Err(Failure::new(
            FailureKind::Refused,
            format!("The installation redirects to {to}."),
        )
        .next("Pass the URL of the installation exactly as its dashboard shows it."));
    }
    let problem = response
        .json::<ProblemBody>()
        .await
        .unwrap_or_default();
    Err(failure_of(status, problem, names))
}

fn failure_of(status: StatusCode, problem: ProblemBody, names: FieldNames) -> Failure {
    let fields: Vec<_> = problem
        .fields
        .iter()
        .map(|fault| format!("{}: {}", names.name(&fault.field), fault.message))
        .collect();
    let sentence = match (fields.is_empty(), problem.details.is_empty()) {
        (false, _) => fields.join(" "),
        (true, false) => problem.details,
        (true, true) if problem.error.is_empty() => format!("The answer is {status}."),
        (true, true) => problem.error,
    };
    let kind = match status {
        StatusCode::UNAUTHORIZED => FailureKind::NotSignedIn,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::BAD_GATEWAY
        | StatusCode::GATEWAY_TIMEOUT => FailureKind::Unavailable,
        status if status.is_client_error() => FailureKind::Refused,
        _ => FailureKind::Failed,
    };
    let failure = Failure::new(kind, sentence);
    let failure = match kind {
        FailureKind::NotSignedIn => failure.next("Run `roundtable auth login`."),
        FailureKind::Unavailable => failure.next("Try again in a moment."),
        _ => failure,
    };
    failure.of_request(problem.code, problem.request_id)
}
