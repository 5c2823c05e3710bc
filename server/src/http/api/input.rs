//! Strict parsing of requests. Every error has the format of all API errors.

mod unknown_field;

use std::convert::Infallible;

use axum::Json;
use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::{Code, Fault, FieldFault};
use engine::ctx::Origin;
use engine::keys::IdempotencyKey;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use utoipa::IntoParams;

use crate::http::problem::{ApiError, ApiResult};

/// The origin of the request.
pub struct Sender(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(
            parts
                .extensions
                .get::<Origin>()
                .cloned()
                .unwrap_or_default(),
        ))
    }
}

/// A JSON object as the body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, bytes) = whole_body(request, state).await?;
        let bytes = without_byte_order_mark(bytes)?;
        // Serde would also accept an array and fill the fields in their order.
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        match Json::<T>::from_request(Request::from_parts(parts, bytes.into()), state).await {
            Ok(Json(body)) if is_object => Ok(Self(body)),
            Ok(_) => Err(ApiError::with_details(
                Code::InvalidFields,
                shape_error("expected an object"),
            )),
            Err(rejection) => Err(unreadable(&rejection)),
        }
    }
}

fn unreadable(rejection: &JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            ApiError::new(Code::UnsupportedMediaType, "no JSON content type")
        }
        JsonRejection::JsonDataError(e) => {
            ApiError::with_details(Code::InvalidFields, shape_error(&e.body_text()))
        }
        JsonRejection::JsonSyntaxError(_) => {
            ApiError::with_details(Code::BadRequest, "The body is not valid JSON")
        }
        other => ApiError::new(Code::BadRequest, other.body_text()),
    }
}

/// Removes the UTF-8 byte order mark that some tools write (RFC 8259, 8.1).
fn without_byte_order_mark(bytes: Bytes) -> ApiResult<Bytes> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(ApiError::with_details(
            Code::BadRequest,
            "The body is UTF-16. Send JSON as UTF-8",
        ));
    }
    let mark: &[u8] = &[0xEF, 0xBB, 0xBF];
    Ok(if bytes.starts_with(mark) {
        bytes.slice(mark.len()..)
    } else {
        bytes
    })
}

/// Rejects a compressed body with an error of its own. Otherwise the error would be invalid JSON.
fn reject_encoded(headers: &HeaderMap) -> ApiResult<()> {
    let lines = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut codings = lines
        .flat_map(|line| line.split(','))
        .map(str::trim);
    let Some(coding) =
        codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
    else {
        return Ok(());
    };
    let is_word = coding.len() <= 20
        && coding
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let named = if is_word { coding } else { "an unknown value" };
    Err(ApiError::with_details(
        Code::UnsupportedMediaType,
        format!("Content-Encoding is {named}. Send the body without a content encoding"),
    ))
}

/// Whether the body is `application/x-www-form-urlencoded`.
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

/// Reads the whole body of a request.
pub async fn whole_body<S: Send + Sync>(request: Request, state: &S) -> ApiResult<(Parts, Bytes)> {
    let (parts, body) = request.into_parts();
    reject_encoded(&parts.headers)?;
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TooLarge, "body too large"),
        _ => ApiError::new(Code::BadRequest, rejection.body_text()),
    })?;
    Ok((parts, bytes))
}

/// The error of the parser for a body of the wrong shape. It leaves out the values of the body: a
/// key in the wrong field must appear neither in the response nor in the log.
fn shape_error(text: &str) -> String {
    let text =
        text.trim_start_matches("Failed to deserialize the JSON body into the target type: ");
    let text = text
        .rsplit_once(" at line ")
        .map_or(text, |(text, _)| text);
    if let Some(error) = unknown_field::closest(text) {
        return error;
    }
    // Only `label` has another name.
    if text.ends_with("duplicate field `label`") {
        return "Send either \"label\" or \"name\", not both.".into();
    }

    let expected = text
        .rsplit_once(", expected ")
        .map(|(_, expected)| expected);
    let what = match (expected, text.split_once("invalid ")) {
        _ if text.contains("unknown field") => {
            format!(
                "it contains an unknown field; expected {}",
                expected.unwrap_or("none")
            )
        }
        (Some(expected), Some((field, _))) => format!("{field}expected {expected}"),
        _ => text.to_owned(),
    };
    format!("The body does not have the expected shape: {what}")
}

/// The error for a value that is not one of the known ones.
pub(super) fn known(field: &str, known: &str) -> Vec<FieldFault> {
    vec![FieldFault::new(
        field,
        Fault::Unknown {
            known: known.into(),
        },
    )]
}

/// An optional body.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let has_type = request.headers().contains_key(CONTENT_TYPE);
        let (parts, bytes) = whole_body(request, state).await?;
        if bytes.is_empty() && !has_type {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(parts, bytes.into());
        Body::from_request(request, state)
            .await
            .map(|Body(body)| Self(body))
    }
}

/// The header that identifies retries.
#[derive(IntoParams)]
#[expect(dead_code, reason = "read by SentIdempotencyKey; described here")]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyHeader {
    /// A unique value for this request. A retry with the same value and body returns 409 with the
    /// code `already_done` and creates no second key. Values are stored for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        example = "nightly-report-2026-04"
    )]
    idempotency_key: Option<String>,
}

/// The `Idempotency-Key` of the request.
pub struct SentIdempotencyKey(Option<String>);

impl SentIdempotencyKey {
    /// The idempotency key with the operation and the body that it belongs to.
    pub fn for_operation(&self, operation: &str, body: &impl Serialize) -> Option<IdempotencyKey> {
        let content = serde_json::to_string(body).unwrap_or_default();
        self.0
            .as_ref()
            .map(|word| IdempotencyKey::of(operation, word, &content))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SentIdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let word = value
            .to_str()
            .ok()
            .filter(|word| (1..=255).contains(&word.len()));
        let fault = || {
            vec![FieldFault::new(
                "Idempotency-Key",
                Fault::NotVisibleAscii { max: 255 },
            )]
        };
        Ok(Self(Some(word.ok_or_else(fault)?.to_owned())))
    }
}

/// Whether to issue a new token.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForceQuery {
    /// Whether to issue a new token although the current one is still valid.
    #[param(value_type = Option<bool>)]
    force: Option<String>,
}

/// The value of `force`.
pub struct Forced(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for Forced {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let force: ForceQuery = query(parts, state).await?;
        match force.force.as_deref() {
            None | Some("false") => Ok(Self(false)),
            Some("true") => Ok(Self(true)),
            Some(_) => Err(known("force", "true, false").into()),
        }
    }
}

/// A whole number. It accepts `30.0` because some programs have only floating-point numbers.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = number.to_string();
    let text = text.strip_suffix(".0").unwrap_or(&text);
    text.parse().map(Some).map_err(|_| {
        D::Error::custom(format!(
            "{number} is not a whole number in the supported range"
        ))
    })
}

/// The query of a URL. Unknown parameters are rejected.
///
/// # Errors
/// `BadRequest` if there is an unknown, repeated or missing parameter.
pub async fn query<T: DeserializeOwned, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> ApiResult<T> {
    let read = Query::<T>::from_request_parts(parts, state).await;
    read.map(|Query(query)| query)
        .map_err(|_| unknown_parameter())
}

/// The error for a query with an unknown parameter.
pub fn unknown_parameter() -> ApiError {
    ApiError::with_details(
        Code::BadRequest,
        "The query contains a parameter that this URL does not support",
    )
}

/// An ID in the path. A malformed ID is treated like one that does not exist.
pub fn id<T: std::str::FromStr>(Path(text): Path<String>) -> ApiResult<T> {
    text.parse()
        .map_err(|_| ApiError::new(Code::NotFound, "not an ID"))
}
