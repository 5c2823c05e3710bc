//! Filters and pagination of lists.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use domain::Environment;
use domain::command::{ConsumerQuery, KeyQuery, ListPage, RunQuery, StatusFilter};
use domain::run::RunState;
use domain::{ActorId, Fault, FieldFault, KeyId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::{known, query};
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult};

/// The maximum number of characters of a search.
const MAX_SEARCH: usize = 200;

/// The page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The number of rows, 1 to 200. The default is 100.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The start of the page, from the `Link` header of the previous page.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
}

/// The filters and the page of the list of keys.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysQuery {
    /// The number of rows, 1 to 200. The default is 100.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The start of the page, from the `Link` header of the previous page.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
    /// Only active keys.
    #[param(value_type = Option<bool>)]
    active: Option<String>,
    /// Only keys of this environment, `production` or `test`.
    #[param(value_type = Option<Environment>)]
    environment: Option<String>,
    /// Only keys whose name, owner or creator contains this text, or whose `key_prefix` starts with
    /// it.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The requested page.
pub struct Paging {
    /// The cursor: only rows before this one.
    pub before: Option<i64>,
    /// The number of rows.
    pub limit: i64,
    /// The other parameters of the query, for the link to the next page.
    kept: Vec<(&'static str, String)>,
}

impl Paging {
    /// Adds these filters to the link to the next page.
    #[must_use]
    pub fn keeping(
        mut self,
        filters: impl IntoIterator<Item = (&'static str, Option<String>)>,
    ) -> Self {
        self.kept.extend(
            filters
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        self
    }

    /// Parses the limit and the cursor.
    ///
    /// # Errors
    /// The invalid fields.
    pub fn read(limit: Option<String>, cursor: Option<String>) -> ApiResult<Self> {
        let ListPage { limit, before } = ListPage::read(limit.as_deref(), cursor.as_deref())?;
        Ok(Self {
            before,
            limit,
            kept: Vec::new(),
        })
    }

    /// The body, with a `Link` header to the next page if there is one (RFC 8288).
    pub fn answer(
        &self,
        state: &AppState,
        path: &str,
        next: Option<i64>,
        body: impl IntoResponse,
    ) -> Response {
        let mut response = body.into_response();
        if let Some(next) = next {
            let mut query = url::form_urlencoded::Serializer::new(format!(
                "limit={}&cursor={next}",
                self.limit
            ));
            query.extend_pairs(&self.kept);
            let url = format!(
                "{}{path}?{}",
                state.site_config.public_url,
                query.finish()
            );
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

/// The requested page of a list of keys.
pub struct KeyPaging {
    /// The filters.
    pub query: KeyQuery,
    /// The page.
    pub page: Paging,
}

impl<S: Send + Sync> FromRequestParts<S> for KeyPaging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let keys: KeysQuery = query(parts, state).await?;
        let page = Paging::read(keys.limit, keys.cursor)?;
        let status = match keys.active.as_deref() {
            None | Some("false") => None,
            Some("true") => Some(StatusFilter::Active),
            Some(_) => return Err(known("active", "true, false").into()),
        };
        let word = keys.environment.as_deref();
        let environment = word
            .map(|word| word.parse::<Environment>())
            .transpose();
        let environment =
            environment.map_err(|unknown| vec![FieldFault::new("environment", unknown.into())])?;
        let page = page.keeping([
            ("active", keys.active),
            ("environment", keys.environment),
            ("q", keys.q.clone()),
        ]);
        let after = page.before.map(KeyId);
        let text = searched(keys.q)?;
        Ok(Self {
            query: KeyQuery {
                text,
                environment,
                status,
                after,
                ..KeyQuery::default()
            },
            page,
        })
    }
}

/// The text of a search.
///
/// # Errors
/// `TooLong`.
fn searched(typed: Option<String>) -> Result<Option<String>, Vec<FieldFault>> {
    let Some(text) = typed else { return Ok(None) };
    if text.chars().count() > MAX_SEARCH {
        let fault = Fault::TooLong { max: MAX_SEARCH };
        return Err(vec![FieldFault::new("q", fault)]);
    }
    // No name contains control characters, and Postgres rejects NUL.
    Ok(Some(
        text.chars().filter(|c| !c.is_control()).collect(),
    ))
}

/// The filter and the page of the list of consumers.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsumersQuery {
    /// The number of rows, 1 to 200. The default is 100.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The start of the page, from the `Link` header of the previous page.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
    /// Only the consumer with this ID in your own systems.
    #[param(max_length = 128)]
    external_id: Option<String>,
    /// Only consumers whose name or external ID contains this text.
    #[param(max_length = 200)]
    q: Option<String>,
}

/// The requested page of consumers.
pub struct ConsumerPaging {
    /// The filters.
    pub query: ConsumerQuery,
    /// The page.
    pub page: Paging,
}

impl<S: Send + Sync> FromRequestParts<S> for ConsumerPaging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let asked: ConsumersQuery = query(parts, state).await?;
        let page = Paging::read(asked.limit, asked.cursor)?;
        let external_id = asked.external_id.as_deref().map(str::parse);
        let external_id = external_id
            .transpose()
            .map_err(|fault| vec![FieldFault::new("external_id", fault)])?;
        let page = page.keeping([("external_id", asked.external_id), ("q", asked.q.clone())]);
        Ok(Self {
            query: ConsumerQuery {
                external_id,
                text: searched(asked.q)?,
                before: page.before.map(ActorId),
            },
            page,
        })
    }
}

/// The filters and the page of the list of runs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// The number of rows, 1 to 200. The default is 100.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The start of the page, from the `Link` header of the previous page.
    #[param(value_type = Option<i64>, minimum = 1)]
    cursor: Option<String>,
    /// Only runs in this state.
    #[param(value_type = Option<RunState>)]
    state: Option<String>,
    /// Only runs of this workspace.
    #[param(example = "ws_abc123", pattern = "^ws_[0-9A-Za-z]{1,40}$")]
    workspace_id: Option<String>,
}

/// The requested page of runs.
pub struct RunPaging {
    /// The filters.
    pub query: RunQuery,
    /// The page.
    pub page: Paging,
}

impl<S: Send + Sync> FromRequestParts<S> for RunPaging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let asked: RunsQuery = query(parts, state).await?;
        let page = Paging::read(asked.limit, asked.cursor)?;
        let query = RunQuery::read(asked.state.as_deref(), asked.workspace_id.as_deref())?;
        Ok(Self {
            query,
            page: page.keeping([("state", asked.state), ("workspace_id", asked.workspace_id)]),
        })
    }
}
