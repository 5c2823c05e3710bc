//! What callers send, read strictly; every fault becomes a refusal in the one shape.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Code, Fault, FieldFault};
use engine::Ctx;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::http::House;
use crate::http::problem::{Answer, Refusal};

/// Rows of a page when nothing is asked for.
const LIMIT: i64 = 100;
/// The most rows of a page.
const MOST: i64 = 200;

/// The caller, as `caller::admit` let it in.
pub struct Caller(pub Ctx);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Ctx>().cloned().map(Caller).ok_or_else(Refusal::anonymous)
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        Json::<T>::from_request(request, state).await.map(|Json(body)| Self(body)).map_err(
            |rejection| match rejection {
                JsonRejection::MissingJsonContentType(_) => {
                    Refusal::new(Code::UnsupportedMediaType, "no JSON content type")
                }
                JsonRejection::JsonDataError(e) => Refusal::with_details(Code::InvalidFields, told(&e.body_text())),
                JsonRejection::JsonSyntaxError(_) => {
                    Refusal::with_details(Code::BadRequest, "The body is not valid JSON")
                }
                other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                    Refusal::new(Code::TooLarge, "body too large")
                }
                other => Refusal::new(Code::BadRequest, other.body_text()),
            },
        )
    }
}

/// What is wrong with a body of the wrong shape, without the words of the parser around it.
fn told(text: &str) -> String {
    let text = text.trim_start_matches("Failed to deserialize the JSON body into the target type: ");
    format!("The body does not have the expected shape: {}", text.split(" at line").next().unwrap_or(text))
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows of a page, 1 to 200; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Where the page begins, from the `Link` header of the page before.
    cursor: Option<String>,
    /// Only keys that open doors now.
    #[param(value_type = Option<bool>)]
    active: Option<String>,
}

/// A page that was asked for.
pub struct Paging {
    /// Rows before this one.
    pub before: Option<i64>,
    /// How many.
    pub limit: i64,
    /// Only active keys.
    pub active: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Query(query) = Query::<PageQuery>::from_request_parts(parts, state).await.map_err(|_| {
            Refusal::with_details(Code::BadRequest, "The query holds something this address does not know")
        })?;
        let known = |field: &str, known: &str| vec![FieldFault::new(field, Fault::Unknown { known: known.into() })];
        let limit = query.limit.map_or(Ok(LIMIT), |text| text.parse().map_err(|_| ()));
        let limit = limit.ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| known("limit", "1 to 200"))?;
        let before = query.cursor.map(|text| text.parse::<i64>()).transpose();
        let before = before
            .ok()
            .filter(|before| before.is_none_or(|n| n > 0))
            .ok_or_else(|| known("cursor", "a cursor of a Link header"))?;
        let active = match query.active.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(known("active", "true, false").into()),
        };
        Ok(Self { before, limit, active })
    }
}

impl Paging {
    /// The body, with a `Link` header to the next page if there is one (RFC 8288).
    pub fn answer(&self, house: &House, path: &str, next: Option<i64>, body: impl IntoResponse) -> Response {
        let mut response = body.into_response();
        if let Some(next) = next {
            let active = if self.active { "&active=true" } else { "" };
            let url = format!("{}{path}?limit={}&cursor={next}{active}", house.installation.public_url, self.limit);
            if let Ok(link) = HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")) {
                response.headers_mut().insert(LINK, link);
            }
        }
        response
    }
}

/// An id in the address. One of no possible form is as good as one that does not exist.
pub fn id<T: std::str::FromStr>(Path(text): Path<String>) -> Answer<T> {
    text.parse().map_err(|_| Refusal::new(Code::NotFound, "not an id"))
}
