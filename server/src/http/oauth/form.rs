//! The parameters of a request, as `application/x-www-form-urlencoded` (RFC 6749, appendix B).

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::refusal::OauthRefusal;
use crate::http::api::{is_form, whole_body};

/// A form. Parameters that nobody asks for are ignored (RFC 6749, 3.2).
pub struct OauthForm(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for OauthForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_form(request.headers()) {
            return Err(OauthRefusal::InvalidRequest("The body is not a form").into_response());
        }
        let (_, bytes) = whole_body(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        Ok(Self(
            form_urlencoded::parse(&bytes)
                .into_owned()
                .collect(),
        ))
    }
}

impl OauthForm {
    /// The value of a parameter that must stand there, once (RFC 6749, 3.2).
    pub fn required(&self, name: &'static str) -> Result<String, OauthRefusal> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) if !value.is_empty() => Ok(value.clone()),
            (Some(_), Some(_)) => Err(OauthRefusal::Repeated(name)),
            _ => Err(OauthRefusal::Missing(name)),
        }
    }
}
