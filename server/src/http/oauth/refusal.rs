//! The errors of OAuth (RFC 6749, 5.2; RFC 8628, 3.5).

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use engine::devices::GrantRefusal;
use serde_json::json;

/// Why a request gets no tokens.
pub enum OauthRefusal {
    /// The request cannot be read.
    InvalidRequest(&'static str),
    /// A parameter is missing or empty.
    Missing(&'static str),
    /// A parameter stands there more than once.
    Repeated(&'static str),
    /// No program has this client ID.
    InvalidClient,
    /// The grant type is none of those that the metadata lists.
    UnsupportedGrantType,
    /// The code or token gives no tokens.
    Grant(GrantRefusal),
}

impl From<GrantRefusal> for OauthRefusal {
    fn from(refusal: GrantRefusal) -> Self {
        Self::Grant(refusal)
    }
}

impl OauthRefusal {
    const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::Missing(_) | Self::Repeated(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Grant(GrantRefusal::Pending) => "authorization_pending",
            Self::Grant(GrantRefusal::SlowDown) => "slow_down",
            Self::Grant(GrantRefusal::Denied) => "access_denied",
            Self::Grant(GrantRefusal::Expired) => "expired_token",
            Self::Grant(GrantRefusal::Invalid) => "invalid_grant",
        }
    }

    fn description(&self) -> String {
        match self {
            Self::InvalidRequest(what) => (*what).into(),
            Self::Missing(name) => format!("The parameter {name} is missing"),
            Self::Repeated(name) => format!("The parameter {name} stands there more than once"),
            Self::InvalidClient => "The client ID is unknown".into(),
            Self::UnsupportedGrantType => "The grant type is not supported".into(),
            Self::Grant(GrantRefusal::Pending) => "Nobody has allowed the device yet".into(),
            Self::Grant(GrantRefusal::SlowDown) => {
                "The device asks too often. Wait five seconds longer between requests".into()
            }
            Self::Grant(GrantRefusal::Denied) => "The user has denied the device".into(),
            Self::Grant(GrantRefusal::Expired) => "The device code has expired".into(),
            Self::Grant(GrantRefusal::Invalid) => {
                "The code or token is unknown, was used, has expired or was revoked".into()
            }
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for OauthRefusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": self.description() });
        (
            self.status(),
            [(CACHE_CONTROL, "no-store")],
            Json(body),
        )
            .into_response()
    }
}
