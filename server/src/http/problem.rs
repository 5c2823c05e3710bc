//! Errors of HTTP requests. All have the same format (D10), and the cause of each is logged once.

use std::any::Any;

use app::form_error::status;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::problem::retry_after;
use domain::{Code, FieldFault, KeyId, Problem};
use engine::Error;
use engine::ctx::{Origin, TraceId};
use listener::Unservable;
use serde::Serialize;
use utoipa::ToSchema;

use super::layers::RequestId;

/// An error response. [`finish`] adds the request ID and writes the body.
#[derive(Clone, Debug)]
pub struct ApiError {
    problem: Problem,
    /// Whether the request had a credential. Otherwise the response must not contain an error code
    /// (RFC 6750, 3.1).
    has_credential: bool,
    cause: Box<str>,
    /// A header that only this kind of error has.
    header: Option<Box<ExtraHeader>>,
}

/// A header of some errors.
#[derive(Clone, Debug)]
enum ExtraHeader {
    /// `WWW-Authenticate` with the scopes that the request needs (RFC 6750, 3.1).
    Scopes(String),
    /// `Location` of the key that the same request created before.
    Created(KeyId),
}

/// The result of an API handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with the default sentence of its code. The cause is only logged.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(code, ""),
            has_credential: true,
            cause: cause.into().into(),
            header: None,
        }
    }

    /// A request without a credential.
    pub fn anonymous() -> Self {
        Self {
            has_credential: false,
            ..Self::new(Code::Unauthorized, "no credential")
        }
    }

    /// A request for a gate without the gate token.
    pub fn without_gate_token() -> Self {
        Self {
            has_credential: false,
            ..Self::new(
                Code::GateTokenRequired,
                "no gate token, or another one",
            )
        }
    }

    /// A key without the scopes that a request to a protected API needs, separated by spaces.
    pub fn missing_scopes(scopes: String) -> Self {
        Self {
            header: Some(Box::new(ExtraHeader::Scopes(scopes))),
            ..Self::new(Code::MissingScope, "the key lacks a scope of its API")
        }
    }

    /// An error with a sentence of its own.
    pub fn with_details(code: Code, details: impl Into<String>) -> Self {
        let details = details.into();
        let mut error = Self::new(code, details.clone());
        error.problem.details = details;
        error
    }

    /// The error code.
    pub const fn code(&self) -> Code {
        self.problem.code
    }

    /// Whether the request had no credential.
    pub const fn is_anonymous(&self) -> bool {
        !self.has_credential
    }

    /// Invalid fields.
    pub fn fields(faults: Vec<FieldFault>) -> Self {
        let mut error = Self::new(Code::InvalidFields, "invalid fields");
        error.problem.fields = faults;
        error
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let mut api_error = Self::new(error.code(), chain(&error));
        api_error.problem = error.to_problem("");
        api_error.header = match error {
            Error::MissingScope(scope) => Some(ExtraHeader::Scopes(scope.to_string())),
            Error::AlreadyDone(key) => Some(ExtraHeader::Created(key)),
            _ => None,
        }
        .map(Box::new);
        api_error
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

/// An invalid field. What is accepted instead stands beside it: `max`, `known`, `latest`, `block`,
/// or `min` and `max`.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes `FieldFault`, whose fields depend on the fault"
)]
pub struct FaultBody {
    /// The name of the field.
    #[schema(example = "label")]
    field: String,
    /// One sentence for a person.
    #[schema(example = "Use at most 100 characters.")]
    message: String,
    /// What is wrong, for a program.
    #[schema(example = "too_long")]
    fault: String,
}

/// Writes the body of an error response and logs its cause once. Errors of the router (an unknown
/// path, a wrong method, a body that is too large) get the same format. Pages write their own
/// errors.
pub async fn finish(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>().cloned();
    let ids = Ids {
        request: id.unwrap_or_default(),
        trace: extensions
            .get::<Origin>()
            .and_then(|origin| origin.trace_id),
    };
    let response = next.run(request).await;
    if let Some(error) = response.extensions().get::<ApiError>().cloned() {
        return write(error, &ids, response);
    }
    match router_error(response.status()).filter(|_| !is_page(&response)) {
        Some(code) => write(
            ApiError::new(code, "rejected by the router"),
            &ids,
            response,
        ),
        None => response,
    }
}

/// Rejects requests that the connection has found invalid, and those whose target has no path: `*`,
/// or `CONNECT` to a host.
pub async fn unservable(request: Request, next: Next) -> Response {
    if let Some(Unservable { code, details }) = request.extensions().get::<Unservable>().copied() {
        return ApiError::with_details(code, details).into_response();
    }
    if request.method() == Method::CONNECT || !request.uri().path().starts_with('/') {
        return ApiError::new(Code::MethodNotAllowed, "a target without a path").into_response();
    }
    next.run(request).await
}

/// Turns a panic into an internal error. The connection stays open.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().cloned();
    let message = message
        .or_else(|| {
            panic
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
        })
        .unwrap_or_default();
    let cause = format!("a handler panicked: {message}");
    ApiError::new(Code::Internal, cause).into_response()
}

/// What the log lines of a request have in common.
struct Ids {
    request: RequestId,
    trace: Option<TraceId>,
}

fn write(error: ApiError, ids: &Ids, response: Response) -> Response {
    let (id, trace_id) = (ids.request.0.as_str(), TraceId::field(ids.trace));
    let status = response.status();
    if status.is_server_error() {
        tracing::error!(
            request_id = id,
            trace_id,
            status = status.as_u16(),
            cause = &*error.cause,
            "request failed"
        );
    } else {
        tracing::info!(
            request_id = id,
            trace_id,
            status = status.as_u16(),
            cause = &*error.cause,
            "request failed"
        );
    }
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&body(&error, id)).unwrap_or_default();
    parts.headers.remove("content-length");
    parts.headers.insert(
        "content-type",
        HeaderValue::from_static("application/json"),
    );
    parts
        .headers
        .insert("cache-control", HeaderValue::from_static("no-store"));
    match status {
        StatusCode::UNAUTHORIZED => {
            let challenge = match error.problem.code {
                // RFC 9470: the credential is valid, but the sign-in is too old.
                Code::FreshSignInRequired => {
                    "Bearer realm=\"roundtable\", error=\"insufficient_user_authentication\", max_age=600"
                }
                _ if error.has_credential => "Bearer realm=\"roundtable\", error=\"invalid_token\"",
                _ => "Bearer realm=\"roundtable\"",
            };
            parts
                .headers
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            parts
                .headers
                .insert(RETRY_AFTER, retry_after(id).into());
        }
        _ => {}
    }
    if let Some(seconds) = error.problem.retry_after {
        parts
            .headers
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let extra = error.header.map(|header| match *header {
        ExtraHeader::Scopes(scopes) => (
            WWW_AUTHENTICATE,
            format!(
                "Bearer realm=\"roundtable\", error=\"insufficient_scope\", scope=\"{scopes}\""
            ),
        ),
        ExtraHeader::Created(key) => (LOCATION, format!("/api/v1/keys/{key}")),
    });
    if let Some((name, text)) = extra
        && let Ok(value) = HeaderValue::from_str(&text)
    {
        parts.headers.insert(name, value);
    }
    Response::from_parts(parts, Body::from(body))
}

fn body(error: &ApiError, id: &str) -> ProblemBody {
    let Problem {
        code,
        details,
        fields,
        ..
    } = error.problem.clone();
    let error = status(code).canonical_reason().unwrap_or("Error");
    ProblemBody {
        error,
        details,
        code,
        request_id: id.to_owned(),
        fields,
    }
}

/// The code of an error response of the router.
fn router_error(status: StatusCode) -> Option<Code> {
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
    let kind = response
        .headers()
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
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
