//! What callers send, read strictly; every fault becomes a refusal in the one shape.

use std::convert::Infallible;

use axum::Json;
use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::token::PlainKey;
use domain::{Code, Fault, FieldFault};
use engine::Ctx;
use engine::ctx::Origin;
use engine::keys::IdempotencyKey;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use utoipa::IntoParams;

use super::paging::query;
use crate::http::problem::{ApiError, ApiResult};
use crate::http::{AppState, caller};

/// The caller, as `caller::admit` let it in: somebody in an organization.
pub struct Caller(pub Ctx);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        caller::actor(state, parts).await.map(Self)
    }
}

/// The person behind the request, whether or not they are in an organization. A key is refused.
pub struct InPerson(pub engine::Caller);

impl<S: Send + Sync> FromRequestParts<S> for InPerson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        caller::person(parts).map(Self)
    }
}

/// Where the request comes from.
pub struct Sender(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Origin>().cloned().unwrap_or_default()))
    }
}

/// A JSON body, which is an object.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, bytes) = whole_body(request, state).await?;
        let bytes = without_mark(bytes)?;
        // The parser would fill the fields from a list, too, in their order.
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        match Json::<T>::from_request(Request::from_parts(parts, bytes.into()), state).await {
            Ok(Json(body)) if is_object => Ok(Self(body)),
            Ok(_) => Err(ApiError::with_details(Code::InvalidFields, told("expected an object"))),
            Err(rejection) => Err(unreadable(&rejection)),
        }
    }
}

fn unreadable(rejection: &JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::new(Code::UnsupportedMediaType, "no JSON content type"),
        JsonRejection::JsonDataError(e) => ApiError::with_details(Code::InvalidFields, told(&e.body_text())),
        JsonRejection::JsonSyntaxError(_) => ApiError::with_details(Code::BadRequest, "The body is not valid JSON"),
        other => ApiError::new(Code::BadRequest, other.body_text()),
    }
}

/// The text of a body without the UTF-8 byte order mark that some tools write before it (RFC 8259, 8.1).
fn without_mark(bytes: Bytes) -> ApiResult<Bytes> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(ApiError::with_details(Code::BadRequest, "The body is UTF-16; send JSON as UTF-8"));
    }
    let mark: &[u8] = &[0xEF, 0xBB, 0xBF];
    Ok(if bytes.starts_with(mark) { bytes.slice(mark.len()..) } else { bytes })
}

/// Refuses a body that is compressed or otherwise encoded: it would only be called unreadable JSON.
fn not_encoded(headers: &HeaderMap) -> ApiResult<()> {
    let lines = headers.get_all(CONTENT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let mut codings = lines.flat_map(|line| line.split(',')).map(str::trim);
    let Some(coding) = codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")) else {
        return Ok(());
    };
    let is_word = coding.len() <= 20 && coding.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let named = if is_word { coding } else { "an unknown value" };
    Err(ApiError::with_details(
        Code::UnsupportedMediaType,
        format!("Content-Encoding is {named}; send the body without any"),
    ))
}

/// A request with its body read to the end.
async fn whole_body<S: Send + Sync>(request: Request, state: &S) -> ApiResult<(Parts, Bytes)> {
    let (parts, body) = request.into_parts();
    not_encoded(&parts.headers)?;
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TooLarge, "body too large"),
        _ => ApiError::new(Code::BadRequest, rejection.body_text()),
    })?;
    Ok((parts, bytes))
}

/// What is wrong with a body of the wrong shape, without the words of the parser around it, and without what was sent:
/// a key in the wrong field comes neither back nor into the log.
fn told(text: &str) -> String {
    let text = text.trim_start_matches("Failed to deserialize the JSON body into the target type: ");
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    if let Some(misspelled) = misspelled(text) {
        return misspelled;
    }
    // Only `label` has another name.
    if text.ends_with("duplicate field `label`") {
        return "Send either \"label\" or \"name\", not both.".into();
    }

    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    let what = match (expected, text.split_once("invalid ")) {
        _ if text.contains("unknown field") => {
            format!("there is a field that is not known; expected {}", expected.unwrap_or("none"))
        }
        (Some(expected), Some((field, _))) => format!("{field}expected {expected}"),
        _ => text.to_owned(),
    };
    format!("The body does not have the expected shape: {what}")
}

/// What is wrong with a body that has a field whose name is almost a known one. A name that resembles none is not
/// repeated: it may be a key in the wrong place.
fn misspelled(text: &str) -> Option<String> {
    let (_, names) = text.split_once("unknown field ")?;
    let mut names = names.split('`').skip(1).step_by(2);
    let sent = names.next()?;
    let meant = names.min_by_key(|known| edits(sent, known))?;
    let is_close = edits(sent, meant) <= 2 && meant.len() > 3;
    is_close.then(|| format!("Unknown field \"{sent}\"; did you mean \"{meant}\"?"))
}

/// How many characters must be added, removed or replaced to make one text of the other (Levenshtein distance).
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (n, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], n + 1);
        for (m, b) in other.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[m + 1];
            row[m + 1] = replaced.min(row[m] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A value that is not one of those that are known.
pub(super) fn known(field: &str, known: &str) -> Vec<FieldFault> {
    vec![FieldFault::new(field, Fault::Unknown { known: known.into() })]
}

/// The body of a request that may come without one.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let typed = request.headers().contains_key(CONTENT_TYPE);
        let (parts, bytes) = whole_body(request, state).await?;
        if bytes.is_empty() && !typed {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(parts, bytes.into());
        Body::from_request(request, state).await.map(|Body(body)| Self(body))
    }
}

/// How a retry is told from a new request.
#[derive(IntoParams)]
#[expect(dead_code, reason = "read by Repeatable; described here")]
#[into_params(parameter_in = Header)]
pub struct RepeatHeader {
    /// Your own word for this request: a retry with the same word and body answers 409 with the code `already_done`,
    /// and makes no second key. Remembered for a day.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, example = "nightly-report-2026-04")]
    idempotency_key: Option<String>,
}

/// The sender's own word for this request, so that a retry is not carried out twice.
pub struct Repeatable(Option<String>);

impl Repeatable {
    /// The request, with what it asks for.
    pub fn once(&self, operation: &str, body: &impl Serialize) -> Option<IdempotencyKey> {
        let content = serde_json::to_string(body).unwrap_or_default();
        self.0.as_ref().map(|word| IdempotencyKey::of(operation, word, &content))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeatable {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let word = value.to_str().ok().filter(|word| (1..=255).contains(&word.len()));
        let fault = || vec![FieldFault::new("Idempotency-Key", Fault::NotVisibleAscii { max: 255 })];
        Ok(Self(Some(word.ok_or_else(fault)?.to_owned())))
    }
}

/// The key that the request was made with; there is none beside an ID token.
pub struct Presented(pub PlainKey);

impl<S: Send + Sync> FromRequestParts<S> for Presented {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<caller::PresentedKey>().map(|shown| Self(shown.0.clone()));
        found.ok_or_else(|| {
            ApiError::with_details(
                Code::Forbidden,
                "This needs an API key: what is sealed, and what rotates itself, is the key of the request",
            )
        })
    }
}

/// Whether something is to be made anew.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForceQuery {
    /// A fresh token, even if the present one is good for a while.
    #[param(value_type = Option<bool>)]
    force: Option<String>,
}

/// What the query says of that.
pub struct Forced(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for Forced {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let asked: ForceQuery = query(parts, state).await?;
        match asked.force.as_deref() {
            None | Some("false") => Ok(Self(false)),
            Some("true") => Ok(Self(true)),
            Some(_) => Err(known("force", "true, false").into()),
        }
    }
}

/// A whole number, also as a program may write it that knows only one kind of number: `30.0` is 30 in JSON.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else { return Ok(None) };
    let text = number.to_string();
    let text = text.strip_suffix(".0").unwrap_or(&text);
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("{number} is not a whole number in reach")))
}

/// Faults of a key, in the words of the API: what a form calls its name is its label here.
pub fn labelled(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let told =
        |fault: FieldFault| if fault.field == "name" { FieldFault { field: "label".into(), ..fault } } else { fault };
    faults.into_iter().map(told).collect()
}

/// An id in the address. One of no possible form is as good as one that does not exist.
pub fn id<T: std::str::FromStr>(Path(text): Path<String>) -> ApiResult<T> {
    text.parse().map_err(|_| ApiError::new(Code::NotFound, "not an id"))
}
