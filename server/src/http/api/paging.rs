//! Which rows of a list are asked for, and the way to the next page.

use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::command::{KeyQuery, StatusFilter};
use domain::environment::Environment;
use domain::{Code, Fault, FieldFault, KeyId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::input::known;
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult};

/// Rows of a page when nothing is asked for.
const LIMIT: i64 = 100;
/// The most rows of a page.
const MOST: i64 = 200;

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows of a page, 1 to 200; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Where the page begins, from the `Link` header of the page before.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
}

/// Which keys, and which page of them.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysQuery {
    /// Rows of a page, 1 to 200; 100 if not given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Where the page begins, from the `Link` header of the page before.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
    /// Only keys that open doors now.
    #[param(value_type = Option<bool>)]
    active: Option<String>,
    /// Only keys of one environment, `production` or `test`.
    #[param(value_type = Option<Environment>)]
    environment: Option<String>,
    /// Only keys whose name, owner or creator holds this text, or whose `key_prefix` begins with it.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// A page that was asked for.
pub struct Paging {
    /// Rows before this one.
    pub before: Option<i64>,
    /// How many.
    pub limit: i64,
    /// The rest of the query, for the next page.
    kept: Vec<(&'static str, String)>,
}

impl Paging {
    /// The same page, of a list that was asked for with these filters, too.
    #[must_use]
    pub fn keeping(mut self, filters: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Self {
        self.kept.extend(filters.into_iter().filter_map(|(name, value)| Some((name, value?))));
        self
    }

    /// Reads the two words of a query that say which page.
    ///
    /// # Errors
    /// The field at fault.
    pub fn read(limit: Option<String>, cursor: Option<String>) -> ApiResult<Self> {
        let limit = limit.map_or(Ok(LIMIT), |text| text.parse().map_err(|_| ()));
        let limit = limit
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| vec![FieldFault::new("limit", Fault::OutOfRange { min: 1, max: MOST })])?;
        let before = cursor.map(|text| text.parse::<i64>()).transpose();
        let before = before
            .ok()
            .filter(|before| before.is_none_or(|n| n > 0))
            .ok_or_else(|| vec![FieldFault::new("cursor", Fault::NotACursor)])?;
        Ok(Self { before, limit, kept: Vec::new() })
    }

    /// The body, with a `Link` header to the next page if there is one (RFC 8288).
    pub fn answer(&self, state: &AppState, path: &str, next: Option<i64>, body: impl IntoResponse) -> Response {
        let mut response = body.into_response();
        if let Some(next) = next {
            let mut query = url::form_urlencoded::Serializer::new(format!("limit={}&cursor={next}", self.limit));
            query.extend_pairs(&self.kept);
            let url = format!("{}{path}?{}", state.site_config.public_url, query.finish());
            if let Ok(link) = HeaderValue::from_str(&format!("<{url}>; rel=\"next\"")) {
                response.headers_mut().insert(LINK, link);
            }
        }
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query: PageQuery = query(parts, state).await?;
        Self::read(query.limit, query.cursor)
    }
}

/// Keys that were asked for, page by page.
pub struct KeyPaging {
    /// Which keys.
    pub query: KeyQuery,
    /// Which page.
    pub page: Paging,
}

impl<S: Send + Sync> FromRequestParts<S> for KeyPaging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let asked: KeysQuery = query(parts, state).await?;
        let page = Paging::read(asked.limit, asked.cursor)?;
        let status = match asked.active.as_deref() {
            None | Some("false") => None,
            Some("true") => Some(StatusFilter::Active),
            Some(_) => return Err(known("active", "true, false").into()),
        };
        let word = asked.environment.as_deref();
        let environment = word.map(|word| word.parse::<Environment>()).transpose();
        let environment = environment.map_err(|unknown| vec![FieldFault::new("environment", unknown.into())])?;
        if asked.q.as_deref().is_some_and(|text| text.chars().count() > 200) {
            return Err(vec![FieldFault::new("q", Fault::TooLong { max: 200 })].into());
        }
        let page = page.keeping([("active", asked.active), ("environment", asked.environment), ("q", asked.q.clone())]);
        let after = page.before.map(KeyId);
        // No name holds control characters, and not every database takes them all.
        let text = asked.q.map(|text| text.chars().filter(|c| !c.is_control()).collect());
        Ok(Self { query: KeyQuery { text, environment, status, after, ..KeyQuery::default() }, page })
    }
}

/// The query of an address, read strictly.
///
/// # Errors
/// `BadRequest` when it holds something else.
pub async fn query<T: DeserializeOwned, S: Send + Sync>(parts: &mut Parts, state: &S) -> ApiResult<T> {
    let read = Query::<T>::from_request_parts(parts, state).await;
    read.map(|Query(query)| query).map_err(|_| unknown_name())
}

/// The refusal of a query that holds more than is understood.
pub fn unknown_name() -> ApiError {
    ApiError::with_details(Code::BadRequest, "The query holds something this address does not know")
}
