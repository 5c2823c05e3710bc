//! `/api/v1/token`: issues an API token to a signed-in user. It is the only API operation that
//! reads the session cookie, and only for same-origin requests.

use super::description::Access;
use app::request::PageContext;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use domain::{Code, Moment};
use engine::ctx::Origin;
use engine::tokens::IssuedToken;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::{ForceQuery, Forced};
use crate::http::problem::{ApiError, ApiResult, ProblemBody};
use crate::http::{AppState, context, layers, sessions};
use fast_path::credential::X_API_KEY;

/// A token for the API.
#[derive(Serialize, ToSchema)]
pub struct TokenBody {
    /// The token. Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJSUzI1NiIs…")]
    token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// The expiration time in UTC.
    #[schema(example = "2026-04-08T20:51:19Z", value_type = String, format = DateTime)]
    expires_at: Moment,
    /// Seconds until then.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// Get an access token
///
/// For pages of this installation in the browser of a signed-in user. The token is valid for an
/// hour, but not longer than the session. Until five minutes before it expires, the same token is
/// returned again, unless `force` is `true`.
#[utoipa::path(post, path = "/token", operation_id = "issue_token", tag = "Me",
    extensions(("x-needs" = json!(Access::Browser))),
    params(ForceQuery),
    responses((status = 200, body = TokenBody), (status = 422, body = ProblemBody)))]
pub async fn issue_token(
    State(state): State<AppState>,
    Extension(context): Extension<PageContext>,
    Extension(origin): Extension<Origin>,
    Forced(fresh): Forced,
) -> ApiResult<Json<TokenBody>> {
    let caller = context
        .caller
        .ok_or_else(|| ApiError::new(Code::Unauthorized, "no session"))?;
    let issued = state
        .engine
        .issue_token(&caller, &state.site_config.parties(), fresh, &origin)
        .await?;
    let IssuedToken {
        token,
        expires_at,
        expires_in,
    } = issued;
    Ok(Json(TokenBody {
        token: token.to_string(),
        token_type: "Bearer",
        expires_at,
        expires_in,
    }))
}

/// Adds the browser session to the requests of these routes, and rejects cross-site requests.
pub fn in_browser(state: &AppState, routes: Router<AppState>) -> Router<AppState> {
    routes
        .route_layer(from_fn_with_state(state.clone(), context::receive))
        .route_layer(sessions::layer(state))
        .route_layer(from_fn_with_state(state.clone(), require_same_origin))
}

/// Rejects requests without a session, with another credential, and from other sites.
async fn require_same_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) || headers.contains_key(X_API_KEY) {
        return ApiError::new(
            Code::Unauthorized,
            "a credential in addition to the session",
        )
        .into_response();
    }
    if layers::cookie(headers, sessions::cookie_name(&state)).is_none() {
        return ApiError::anonymous().into_response();
    }
    if !layers::is_ours(headers, &state.site_config.public_url) {
        return ApiError::new(Code::Forbidden, "a page of another site").into_response();
    }
    next.run(request).await
}
