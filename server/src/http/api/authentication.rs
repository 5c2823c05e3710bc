//! Authentication of API requests: a key or an ID token in a header, and at one URL a key in the
//! query (D8, D9, D20).

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
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

use super::cost::cost;
use super::credentials::names_of_key;
use super::guarded_body;
use crate::http::problem::{ApiError, ApiResult};
use crate::http::{AppState, identity};

/// The other header that a key may be sent in.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The header that names the organization a person acts in.
pub const X_ORGANIZATION: HeaderName = HeaderName::from_static("x-organization");

/// The credential of a request, before it is checked.
#[derive(Debug)]
enum PresentedCredential {
    Key(PlainKey),
    IdToken(String),
}

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
    let credential = match read_credential(request.headers(), &in_query) {
        Ok(credential) => credential,
        Err(error) => return count_malformed(&state, &origin, error).into_response(),
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
fn count_malformed(state: &AppState, origin: &Origin, error: ApiError) -> ApiError {
    if error.is_anonymous() {
        return error;
    }
    match state
        .engine
        .attempts()
        .fail(Kind::Key, Client::of(origin))
    {
        Ok(()) => error,
        Err(too_many) => ApiError::from(too_many),
    }
}

async fn authenticate_key(
    state: &AppState,
    key: &PlainKey,
    origin: &Origin,
) -> engine::Result<AuthenticatedRequest> {
    // A key in memory was accepted before, so its attempt is not limited.
    if let Some(admitted) = state.engine.authenticate_cached_key(key, origin) {
        state.engine.count_use(&admitted);
        return Ok(admitted);
    }
    let admitted = state
        .engine
        .authenticate_read_key(key, origin.clone());
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

/// The key of a request that presents one, and nothing else.
pub fn presented_key(headers: &HeaderMap) -> Option<PlainKey> {
    match read_credential(headers, &[]) {
        Ok(PresentedCredential::Key(key)) => Some(key),
        _ => None,
    }
}

/// Reads the credential of a request. The same credential in several places counts once. Two
/// different credentials and a repeated header are rejected.
fn read_credential(headers: &HeaderMap, in_query: &[String]) -> ApiResult<PresentedCredential> {
    let bearer = single(headers, &AUTHORIZATION)?
        .map(bearer)
        .transpose()?;
    let api_key = single(headers, &X_API_KEY)?;
    let mut presented = bearer
        .into_iter()
        .chain(api_key)
        .chain(in_query.iter().map(String::as_str));
    let text = presented.next().ok_or_else(ApiError::anonymous)?;
    if presented.any(|other| other != text) {
        return Err(malformed("two different credentials"));
    }

    match PlainKey::parse(text) {
        Ok(key) => Ok(PresentedCredential::Key(key)),
        Err(_) if bearer.is_some() && is_token_shaped(text) => {
            Ok(PresentedCredential::IdToken(text.to_owned()))
        }
        Err(_) => Err(malformed("neither a key nor a token")),
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> ApiResult<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| malformed("a header that is not ASCII text")),
        (Some(_), Some(_)) => Err(malformed("a repeated header")),
    }
}

/// The token after the scheme `Bearer` in any case and one space (RFC 6750, 2.1; RFC 9110, 11.1).
fn bearer(value: &str) -> ApiResult<&str> {
    let (scheme, token) = value
        .split_once(' ')
        .ok_or_else(|| malformed("no Bearer scheme"))?;
    let is_valid = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && !token.contains([' ', '\t', ',']);
    if is_valid {
        Ok(token)
    } else {
        Err(malformed("a malformed Authorization header"))
    }
}

fn is_token_shaped(text: &str) -> bool {
    text.split('.').count() == 3 && text.starts_with("eyJ")
}

fn malformed(cause: &str) -> ApiError {
    ApiError::new(Code::Unauthorized, cause)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn key() -> String {
        PlainKey::assemble(
            &Default::default(),
            domain::token::KeyKind::Secret,
            b"00000000",
            &[b'a'; 43],
        )
        .expose()
        .to_owned()
    }

    fn read(pairs: &[(&'static str, &str)]) -> ApiResult<PresentedCredential> {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).expect("value"),
            );
        }
        read_credential(&map, &[])
    }

    // RK-35, RO-40, KE-10, KE-11, RA-07
    #[test]
    fn a_key_is_accepted_in_either_header() {
        let key = key();
        let bearer = format!("Bearer {key}");
        for pairs in [
            vec![("authorization", bearer.as_str())],
            vec![("x-api-key", key.as_str())],
            vec![
                ("authorization", bearer.as_str()),
                ("x-api-key", key.as_str()),
            ],
        ] {
            assert!(
                matches!(read(&pairs), Ok(PresentedCredential::Key(_))),
                "{pairs:?}"
            );
        }
        assert!(read(&[("authorization", &format!("bearer {key}"))]).is_ok());
        assert!(matches!(
            read(&[(
                "authorization",
                "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln"
            )]),
            Ok(PresentedCredential::IdToken(_))
        ));
    }

    // RA-26, D8
    #[test]
    fn malformed_headers_are_rejected() {
        let key = key();
        let forms = [
            key.clone(),
            "Bearer".into(),
            "Bearer ".into(),
            format!("Bearer  {key}"),
            format!("Bearer\t{key}"),
            format!("Bearer {key} "),
            format!("Bearer {key},Bearer {key}"),
            format!("Basic {key}"),
            format!("Token {key}"),
            format!("Bearer {}", key.to_uppercase()),
            format!("Bearer {}", key.replace('_', "%5F")),
            format!("Bearer {}", "a".repeat(60_000)),
        ];
        for form in &forms {
            assert!(
                read(&[("authorization", form)]).is_err(),
                "{form:.40}"
            );
        }
        let bearer = format!("Bearer {key}");
        assert!(read(&[("authorization", &bearer), ("authorization", &bearer)]).is_err());
        assert!(read(&[("authorization", &bearer), ("x-api-key", "other")]).is_err());
        assert!(read(&[("x-api-key", &key), ("x-api-key", &key)]).is_err());
        assert!(read(&[("x-api-key", "eyJhbGciOiJSUzI1NiIs.e30.c2ln")]).is_err());
        assert!(read(&[]).is_err());
    }
}
