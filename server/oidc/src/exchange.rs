//! The code exchange at the token endpoint.

use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, ExtraTokenFields, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, StandardErrorResponse, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Failure, Flow, Settings, discovery::Provider, web};

type CodeClient = oauth2::Client<
    TokenError,
    StandardTokenResponse<IdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;
type TokenError = StandardErrorResponse<BasicErrorResponseType>;

#[derive(Debug, Serialize, Deserialize)]
struct IdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdToken {}

/// The tokens of a sign-in.
pub(crate) struct Tokens {
    /// The ID token, not verified yet.
    pub id: String,
    /// The access token for the userinfo endpoint.
    pub access: SecretString,
}

/// Exchanges the code for tokens.
pub(crate) async fn tokens(
    settings: &Settings,
    http: &reqwest::Client,
    provider: &Provider,
    code: &str,
    flow: &Flow,
) -> Result<Tokens, Failure> {
    let mut client = CodeClient::new(ClientId::new(settings.client_id.clone()))
        .set_token_uri(TokenUrl::from_url(provider.token_endpoint.clone()))
        .set_redirect_uri(RedirectUrl::from_url(settings.redirect_uri.clone()));
    if let Some(secret) = &settings.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
    }
    if provider.secret_in_body {
        client = client.set_auth_type(AuthType::RequestBody);
    }
    let send = |request| web::send(http.clone(), request);
    let answer = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(flow.pkce_verifier.clone()))
        .request_async(&send)
        .await
        .map_err(token_failure)?;
    let id = answer
        .extra_fields()
        .id_token
        .clone()
        .ok_or(Failure::MissingIdToken)?;
    Ok(Tokens {
        id,
        access: SecretString::from(answer.access_token().secret().clone()),
    })
}

/// Keeps only the error code of the provider. Its description is arbitrary text.
fn token_failure(cause: RequestTokenError<Failure, TokenError>) -> Failure {
    match cause {
        RequestTokenError::ServerResponse(answer) => {
            Failure::TokenEndpoint(answer.error().as_ref().chars().take(64).collect())
        }
        RequestTokenError::Request(failure) => failure,
        RequestTokenError::Parse(cause, _) => Failure::ProviderMalformed(cause.to_string()),
        RequestTokenError::Other(cause) => Failure::ProviderMalformed(cause),
    }
}
