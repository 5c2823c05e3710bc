//! Refusals: every one leaves in the one shape of decision D10, and its cause is logged once.

use std::any::Any;

use app::form_error::status;
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::problem::retry_after;
use domain::{Code, FieldFault, KeyId, Problem, Scope};
use engine::Error;
use serde::Serialize;
use utoipa::ToSchema;

use super::layers::RequestId;

/// A refusal on its way out. The request's id is added where it leaves.
#[derive(Clone, Debug)]
pub struct ApiError {
    problem: Problem,
    /// Whether a credential was shown; only then may the answer name its fault (RFC 6750, 3.1).
    shown: bool,
    cause: Box<str>,
    /// The scope that the key lacks (RFC 6750, 3.1).
    scope: Option<Scope>,
    /// The key that the same request made before.
    made: Option<KeyId>,
}

/// What a handler of the API comes to.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A refusal with the code's own sentence.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        Self { problem: Problem::new(code, ""), shown: true, cause: cause.into().into(), scope: None, made: None }
    }

    /// No credential at all (RA-25).
    pub fn anonymous() -> Self {
        Self { shown: false, ..Self::new(Code::Unauthorized, "no credential") }
    }

    /// A refusal that says more than its code.
    pub fn with_details(code: Code, details: impl Into<String>) -> Self {
        let details = details.into();
        let mut refusal = Self::new(code, details.clone());
        refusal.problem.details = details;
        refusal
    }

    /// What kind of refusal it is.
    pub const fn code(&self) -> Code {
        self.problem.code
    }

    /// Whether no credential came at all.
    pub const fn is_anonymous(&self) -> bool {
        !self.shown
    }

    /// Fields at fault.
    pub fn fields(faults: Vec<FieldFault>) -> Self {
        let mut refusal = Self::new(Code::InvalidFields, "invalid fields");
        refusal.problem.fields = faults;
        refusal
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let mut refusal = Self::new(error.code(), chain(&error));
        refusal.problem = error.to_problem("");
        match error {
            Error::MissingScope(scope) => refusal.scope = Some(scope),
            Error::AlreadyDone(key) => refusal.made = Some(key),
            _ => {}
        }
        refusal
    }
}

impl From<Vec<FieldFault>> for ApiError {
    fn from(faults: Vec<FieldFault>) -> Self {
        Self::fields(faults)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = status(self.problem.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// The status phrase.
    #[schema(example = "Unauthorized")]
    error: &'static str,
    /// One sentence.
    #[schema(example = "Missing or invalid authentication token")]
    details: String,
    /// What kind of refusal, one of a closed set of words.
    #[schema(example = "unauthorized", value_type = String)]
    code: Code,
    /// The request's id, to find it in the log.
    #[schema(example = "req_5Zk0c3Yx9bQm2VtA")]
    request_id: String,
    /// The fields at fault, if any are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FaultBody>)]
    fields: Vec<FieldFault>,
}

/// A field at fault. What is accepted instead stands beside it: `max`, `known`, `latest`, or `min` and `max`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `FieldFault`, whose fields depend on the fault")]
pub struct FaultBody {
    /// The field's name.
    #[schema(example = "label")]
    field: String,
    /// One sentence for a person.
    #[schema(example = "Use at most 100 characters.")]
    message: String,
    /// What is wrong, for a program.
    #[schema(example = "too_long")]
    fault: String,
}

/// Writes the body of a refusal, logs its cause once, and brings refusals that were not ours (an unknown path, a
/// method, a body too large) into the same shape. Pages write their own.
pub async fn finish(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<ApiError>().cloned() {
        return written(refusal, &id.0, response);
    }
    match foreign(response.status()).filter(|_| !is_page(&response)) {
        Some(code) => written(ApiError::new(code, "refused by the router"), &id.0, response),
        None => response,
    }
}

/// What the connection found wrong with a request before any address was looked at. It comes as an extension of the
/// request, so that its refusal has the same shape, id, headers and log line as every other.
#[derive(Clone, Copy, Debug)]
pub struct Unservable {
    /// What kind of refusal it is.
    pub code: Code,
    /// One sentence.
    pub details: &'static str,
}

/// Refuses what the connection found wrong, and a target that is no address of ours: `*`, or a host to connect to.
pub async fn unservable(request: Request, next: Next) -> Response {
    if let Some(Unservable { code, details }) = request.extensions().get::<Unservable>().copied() {
        return ApiError::with_details(code, details).into_response();
    }
    if request.method() == Method::CONNECT || !request.uri().path().starts_with('/') {
        return ApiError::new(Code::MethodNotAllowed, "a target without a path").into_response();
    }
    next.run(request).await
}

/// A panic is a fault of ours; the connection survives it.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().cloned();
    let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
    tracing::error!(cause = said, "a handler panicked");
    let body = body(&ApiError::new(Code::Internal, said), "");
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}

fn written(refusal: ApiError, id: &str, response: Response) -> Response {
    let status = response.status();
    if status.is_server_error() {
        tracing::error!(request_id = id, status = status.as_u16(), cause = &*refusal.cause, "refused");
    } else {
        tracing::info!(request_id = id, status = status.as_u16(), cause = &*refusal.cause, "refused");
    }
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&body(&refusal, id)).unwrap_or_default();
    parts.headers.remove("content-length");
    parts.headers.insert("content-type", HeaderValue::from_static("application/json"));
    parts.headers.insert("cache-control", HeaderValue::from_static("no-store"));
    match status {
        StatusCode::UNAUTHORIZED => {
            let challenge = match refusal.problem.code {
                // RFC 9470: the credential is fine, and signing in again is what helps.
                Code::FreshSignInRequired => {
                    "Bearer realm=\"roundtable\", error=\"insufficient_user_authentication\", max_age=600"
                }
                _ if refusal.shown => "Bearer realm=\"roundtable\", error=\"invalid_token\"",
                _ => "Bearer realm=\"roundtable\"",
            };
            parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            parts.headers.insert(RETRY_AFTER, retry_after(id).into());
        }
        _ => {}
    }
    if let Some(seconds) = refusal.problem.retry_after {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let scope = refusal
        .scope
        .map(|scope| format!("Bearer realm=\"roundtable\", error=\"insufficient_scope\", scope=\"{scope}\""));
    let made = refusal.made.map(|key| format!("/api/v1/keys/{key}"));
    for (name, value) in [(WWW_AUTHENTICATE, scope), (LOCATION, made)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            parts.headers.insert(name, value);
        }
    }
    Response::from_parts(parts, Body::from(body))
}

fn body(refusal: &ApiError, id: &str) -> ProblemBody {
    let Problem { code, details, fields, .. } = refusal.problem.clone();
    let error = status(code).canonical_reason().unwrap_or("Error");
    ProblemBody { error, details, code, request_id: id.to_owned(), fields }
}

/// The code of a refusal that the router made.
fn foreign(status: StatusCode) -> Option<Code> {
    Some(match status {
        StatusCode::BAD_REQUEST => Code::BadRequest,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        _ => return None,
    })
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html") || kind.starts_with("application/json")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
