//! Authentication of API requests: a key or an ID token in a header, and at one URL a key in the
//! query (D8, D9, D20).

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::token::PlainKey;
use domain::view::RefusalCause;
use domain::{Code, Moment, OrganizationId, PersonId, SessionId};
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use engine::keys::AuthenticatedRequest;
use engine::tokens::VerifyingKey;
use engine::{Caller, Ctx, Error};
use fast_path::credential::{self, CredentialFault, PresentedCredential, X_ORGANIZATION};

use super::cost::cost;
use super::credentials::names_of_key;
use super::guarded_body;
use crate::http::problem::{ApiError, ApiResult};
use crate::http::{AppState, identity};

/// An actor in an organization: the owner of the key, or the person of the token as a member.
pub struct Authenticated(pub Ctx);

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        actor(state, parts).await.map(Self)
    }
}

/// A person, whether or not they are a member of an organization. A key is rejected.
pub struct SignedInPerson(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedInPerson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if parts.extensions.get::<Ctx>().is_some() {
            return Err(ApiError::with_details(
                Code::Forbidden,
                "This operation is for people. Send an ID token, not an API key",
            ));
        }
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .map(Self)
            .ok_or_else(ApiError::anonymous)
    }
}

/// The key of the request. It is kept only as long as the request runs. An ID token is rejected.
#[derive(Clone)]
pub struct PresentedKey(pub PlainKey);

impl<S: Send + Sync> FromRequestParts<S> for PresentedKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| {
                ApiError::with_details(
                    Code::Forbidden,
                    "This operation requires an API key, because it uses the key of the request",
                )
            })
    }
}

/// Authenticates a request and runs it. The response is withheld if the access is revoked while the
/// request runs.
pub async fn authenticate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let in_query = keys_in_query(&request);
    let origin = request
        .extensions()
        .get::<Origin>()
        .cloned()
        .unwrap_or_default();
    let credential = match credential::read(request.headers(), &in_query) {
        Ok(credential) => credential,
        Err(fault) => return count_fault(&state, &origin, fault).into_response(),
    };

    match credential {
        PresentedCredential::Key(key) => match authenticate_key(&state, &key, &origin).await {
            Ok(admitted) => run_with_key(&state, admitted, key, request, next).await,
            Err(error) => ApiError::from(error).into_response(),
        },
        PresentedCredential::IdToken(token) => {
            match authenticate_token(&state, &token, &origin).await {
                Ok(caller) => run_as_person(&state, caller, request, next).await,
                Err(error) => error.into_response(),
            }
        }
    }
}

/// Counts a malformed credential as a failed attempt. It is not looked up in the database.
fn count_fault(state: &AppState, origin: &Origin, fault: CredentialFault) -> ApiError {
    let CredentialFault::Malformed(cause) = fault else {
        return ApiError::anonymous();
    };
    count_failure(state, origin, cause)
}

/// Counts a failed attempt. The answer is that the client must authenticate, or that it failed too
/// often.
pub fn count_failure(state: &AppState, origin: &Origin, cause: &'static str) -> ApiError {
    match state
        .engine
        .attempts()
        .fail(Kind::Key, Client::of(origin))
    {
        Ok(()) => ApiError::new(Code::Unauthorized, cause),
        Err(too_many) => too_many.into(),
    }
}

async fn authenticate_key(
    state: &AppState,
    key: &PlainKey,
    origin: &Origin,
) -> engine::Result<AuthenticatedRequest> {
    // A key in memory was accepted before, so its attempt is not limited.
    let cached = state
        .engine
        .authenticate_cached_key(key, origin.clone());
    let own_origin = match cached {
        Ok(admitted) => {
            state.engine.count_use(&admitted);
            return Ok(admitted);
        }
        Err(origin) => origin,
    };
    let admitted = state
        .engine
        .authenticate_read_key(key, own_origin);
    state
        .engine
        .attempt(Kind::Key, origin, key.expose().as_bytes(), admitted)
        .await
}

/// The person of a token, unless too many attempts of the client have failed.
async fn authenticate_token(state: &AppState, token: &str, origin: &Origin) -> ApiResult<Caller> {
    let attempt = state
        .engine
        .attempts()
        .begin(Kind::Token, Client::of(origin), token.as_bytes())
        .await?;
    let caller = recognize(state, token).await;
    attempt.settle(caller.as_ref().err().map(ApiError::code));
    caller
}

/// Runs the request of a key. Revoking or disabling the key cancels the request.
async fn run_with_key(
    state: &AppState,
    admitted: AuthenticatedRequest,
    key: PlainKey,
    mut request: Request,
    next: Next,
) -> Response {
    let cost = cost(request.method(), request.uri().path());
    request
        .extensions_mut()
        .insert(admitted.ctx.clone());
    request.extensions_mut().insert(PresentedKey(key));

    let response = tokio::select! {
        biased;
        () = admitted.guard.cancelled() => None,
        response = next.run(request) => Some(response),
    };

    let mut response = match response {
        None => ApiError::new(
            Code::Unauthorized,
            "the key was revoked while the request ran",
        )
        .into_response(),
        Some(response) => match state.engine.recheck_key(&admitted).await {
            Ok(()) => response,
            // A write has rechecked the key inside its transaction. A database that is busy now
            // must not hide its result, for example a new key.
            Err(Error::Busy(_)) if cost > 0 && response.status().is_success() => response,
            Err(error) => ApiError::from(error).into_response(),
        },
    };

    let charged = if response.status().is_success() {
        cost
    } else {
        0
    };
    let expired = admitted.has_expired(state.engine.runtime().now());
    state.engine.note_outcome(
        &admitted.ctx,
        charged,
        refusal_cause(&response, expired),
    );
    let environment = HeaderValue::from_static(admitted.ctx.actor().environment.as_str());
    response
        .headers_mut()
        .insert("x-environment", environment);
    guarded_body::guard(response, &state.engine, admitted)
}

/// Runs the request of a person. The result of a read is withheld if they have been signed out
/// meanwhile, or have lost access in the organization. A write has rechecked that inside its
/// transaction.
async fn run_as_person(
    state: &AppState,
    caller: Caller,
    mut request: Request,
    next: Next,
) -> Response {
    let is_read = cost(request.method(), request.uri().path()) == 0;
    let entered = Entered::default();
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(entered.clone());

    let response = next.run(request).await;

    if !is_read {
        return response;
    }
    match recheck_person(state, &caller, &entered).await {
        Ok(()) => response,
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn recheck_person(
    state: &AppState,
    caller: &Caller,
    entered: &Entered,
) -> engine::Result<()> {
    state.engine.recheck_session(caller).await?;
    match entered.0.get() {
        Some(ctx) => state.engine.recheck_member(ctx).await,
        None => Ok(()),
    }
}

/// The organization that a person acts in. A handler fills it in through [`Authenticated`].
#[derive(Clone, Default)]
struct Entered(Arc<OnceLock<Ctx>>);

/// Finds the actor of a request: the owner of the key, or the person of the token in the
/// organization of the `X-Organization` header, or in their only organization.
///
/// # Errors
/// 403 if the person is not a member or must name an organization, or if a key names another
/// organization than its own. 401 if the request is not authenticated.
pub async fn actor(state: &AppState, parts: &Parts) -> ApiResult<Ctx> {
    let named = named_organization(&parts.headers)?;

    if let Some(ctx) = parts.extensions.get::<Ctx>() {
        return match named {
            Some(other) if other != ctx.actor().organization => Err(ApiError::new(
                Code::Forbidden,
                "X-Organization is not the organization of the key",
            )),
            _ => Ok(ctx.clone()),
        };
    }

    let caller = parts
        .extensions
        .get::<Caller>()
        .ok_or_else(ApiError::anonymous)?;
    let origin = parts
        .extensions
        .get::<Origin>()
        .cloned()
        .unwrap_or_default();
    let ctx = match named {
        Some(named) => {
            state
                .engine
                .enter_organization(caller, &named, origin)
                .await?
        }
        None => {
            state
                .engine
                .enter_only_organization(caller, origin)
                .await?
        }
    };
    if let Some(entered) = parts.extensions.get::<Entered>() {
        let _ = entered.0.set(ctx.clone());
    }
    Ok(ctx)
}

fn named_organization(headers: &HeaderMap) -> ApiResult<Option<OrganizationId>> {
    let Some(value) = headers.get(X_ORGANIZATION) else {
        return Ok(None);
    };
    let id = value.to_str().unwrap_or_default().parse();
    id.map(Some).map_err(|_| {
        ApiError::new(
            Code::Forbidden,
            "X-Organization is not an organization ID",
        )
    })
}

/// Why an authenticated request was rejected, for the page of the key.
fn refusal_cause(response: &Response, expired: bool) -> Option<RefusalCause> {
    match response.extensions().get::<ApiError>()?.code() {
        Code::MissingScope => Some(RefusalCause::MissingScope),
        Code::IpNotAllowed => Some(RefusalCause::IpNotAllowed),
        Code::Forbidden => Some(RefusalCause::NotPermitted),
        Code::Unauthorized if expired => Some(RefusalCause::Expired),
        Code::Unauthorized => Some(RefusalCause::Revoked),
        _ => None,
    }
}

/// The keys in the query, at the one URL that accepts them.
fn keys_in_query(request: &Request) -> Vec<String> {
    let names = names_of_key(request);
    let query = request.uri().query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .filter(|(name, _)| names.contains(&&**name))
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// The person of a token. The key ID decides whether this installation or the Firebase project has
/// signed it.
async fn recognize(state: &AppState, token: &str) -> ApiResult<Caller> {
    let kid = oidc::named_key(token).map_err(refused)?;
    if VerifyingKey::is_ours(&kid) {
        return recognize_own(state, token, &kid).await;
    }
    let verifier = state.firebase.as_ref();
    let verifier = verifier
        .ok_or_else(|| ApiError::new(Code::Unauthorized, "no token issuer is configured"))?;
    let verified = verifier.verify(token).await.map_err(refused)?;
    let (identity, signed_in_at) = identity::from_provider(verified);
    Ok(state
        .engine
        .identify_person(&identity, signed_in_at)
        .await?)
}

/// The person of a token that this installation has signed. It is valid as long as the session that
/// requested it.
async fn recognize_own(state: &AppState, token: &str, kid: &str) -> ApiResult<Caller> {
    let key = state.engine.verifying_key(kid).await?;
    let key = key.map(|key| oidc::PublicKey {
        modulus: key.modulus,
        exponent: key.exponent,
    });
    let bearer = state
        .own_tokens
        .verify(token, key.as_ref())
        .map_err(refused)?;

    let person = bearer.subject.parse::<PersonId>();
    let session = bearer.session.parse::<SessionId>();
    let (Ok(person), Ok(session)) = (person, session) else {
        return Err(ApiError::new(
            Code::Unauthorized,
            "the subject or the session of the token is malformed",
        ));
    };
    let signed_in_at = Moment(bearer.signed_in_at.saturating_mul(1000));
    Ok(state
        .engine
        .identify_token_holder(person, &session, signed_in_at)
        .await?)
}

fn refused(failure: oidc::Failure) -> ApiError {
    let code = if failure.is_outage() {
        Code::Unavailable
    } else {
        Code::Unauthorized
    };
    ApiError::new(code, failure.to_string())
}
