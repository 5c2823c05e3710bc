//! Who calls the API: a key or an ID token, in a header, and nothing else (decisions D8, D9, D20).

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
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
use engine::{Caller, Ctx, Error, people};

use super::AppState;
use super::problem::{ApiError, ApiResult};

/// The other header that a key may come in.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const X_ORGANIZATION: HeaderName = HeaderName::from_static("x-organization");

/// Lets the request in, runs it, and ends it the moment its key ends (RK-24).
pub async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let in_query = keys_in_query(&request);
    let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
    let credential = match read_credential(request.headers(), &in_query) {
        Ok(credential) => credential,
        Err(refusal) => return unread(&state, &origin, refusal).into_response(),
    };
    match credential {
        Credential::Key(key) => match admit_key(&state, &key, &origin).await {
            Ok(admitted) => run(&state, admitted, key, request, next).await,
            Err(error) => ApiError::from(error).into_response(),
        },
        Credential::IdToken(token) => match try_token(&state, &token, &origin).await {
            Ok(caller) => run_for(&state, caller, request, next).await,
            Err(refusal) => refusal.into_response(),
        },
    }
}

/// What is neither a key nor a token costs no look at the database, and counts as one that failed.
fn unread(state: &AppState, origin: &Origin, refusal: ApiError) -> ApiError {
    if refusal.is_anonymous() {
        return refusal;
    }
    state.engine.attempts().fail(Kind::Key, Client::of(origin)).map_or_else(ApiError::from, |()| refusal)
}

async fn admit_key(state: &AppState, key: &PlainKey, origin: &Origin) -> engine::Result<AuthenticatedRequest> {
    let admitted = state.engine.authenticate_key(key, origin.clone());
    state.engine.attempt(Kind::Key, origin, key.expose().as_bytes(), admitted).await
}

/// The person of a token, unless too many from the same address were no good.
async fn try_token(state: &AppState, token: &str, origin: &Origin) -> ApiResult<Caller> {
    let attempt = state.engine.attempts().begin(Kind::Token, Client::of(origin), token.as_bytes()).await?;
    let caller = recognize(state, token).await;
    attempt.settle(caller.as_ref().err().map(ApiError::code));
    caller
}

/// Runs the request of a person. What was read is not given away once they are signed out, or have less power in the
/// organization that they acted in; what was written has looked for itself.
async fn run_for(state: &AppState, caller: Caller, mut request: Request, next: Next) -> Response {
    let reads = super::api::cost(request.method()) == 0;
    let entered = Entered::default();
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(entered.clone());
    let response = next.run(request).await;
    if !reads {
        return response;
    }
    match still_lets_in(state, &caller, &entered).await {
        Err(error) => ApiError::from(error).into_response(),
        Ok(()) => response,
    }
}

async fn still_lets_in(state: &AppState, caller: &Caller, entered: &Entered) -> engine::Result<()> {
    state.engine.recheck_session(caller).await?;
    match entered.0.get() {
        Some(ctx) => state.engine.recheck_member(ctx).await,
        None => Ok(()),
    }
}

/// The organization that the person of a request came to act in, once that is known.
#[derive(Clone, Default)]
struct Entered(Arc<OnceLock<Ctx>>);

/// Who acts in an organization: the owner of the key, or the person of the token in the organization that the request
/// names, or in their only one.
///
/// # Errors
/// 403 where they are no member or must say of which organization, and for a key of another one than is named; 401 where
/// nobody was let in.
pub async fn actor(state: &AppState, parts: &Parts) -> ApiResult<Ctx> {
    let named = parts.headers.get(X_ORGANIZATION).map(|named| named.to_str().unwrap_or_default().parse());
    let named: Option<OrganizationId> =
        named.transpose().map_err(|_| ApiError::new(Code::Forbidden, "the organization named is no id"))?;
    if let Some(ctx) = parts.extensions.get::<Ctx>() {
        return match named {
            Some(other) if other != ctx.actor().organization => {
                Err(ApiError::new(Code::Forbidden, "the organization named is not that of the key"))
            }
            _ => Ok(ctx.clone()),
        };
    }
    let caller = parts.extensions.get::<Caller>().ok_or_else(ApiError::anonymous)?;
    let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
    let ctx = match named {
        Some(named) => state.engine.enter_organization(caller, &named, origin).await?,
        None => state.engine.enter_only_organization(caller, origin).await?,
    };
    if let Some(entered) = parts.extensions.get::<Entered>() {
        let _ = entered.0.set(ctx.clone());
    }
    Ok(ctx)
}

/// The person behind the request, in whatever organization they are: for what is a person's own.
///
/// # Errors
/// 403 for a key, which is no person; 401 where nobody was let in.
pub fn person(parts: &Parts) -> ApiResult<Caller> {
    if parts.extensions.get::<Ctx>().is_some() {
        return Err(ApiError::with_details(
            Code::Forbidden,
            "This is for people: send a token of yours, not an API key",
        ));
    }
    parts.extensions.get::<Caller>().cloned().ok_or_else(ApiError::anonymous)
}

/// What was shown.
#[derive(Debug)]
enum Credential {
    Key(PlainKey),
    IdToken(String),
}

/// The key that a request was made with. It lives as long as the request.
#[derive(Clone)]
pub struct PresentedKey(pub PlainKey);

async fn run(
    state: &AppState,
    admitted: AuthenticatedRequest,
    key: PlainKey,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(admitted.ctx.clone());
    request.extensions_mut().insert(PresentedKey(key));
    let cost = super::api::cost(request.method());
    let response = tokio::select! {
        biased;
        () = admitted.guard.cancelled() => None,
        response = next.run(request) => Some(response),
    };
    let mut response = match response {
        None => ApiError::new(Code::Unauthorized, "the key ended while the request ran").into_response(),
        Some(response) => match state.engine.recheck_key(&admitted).await {
            Ok(()) => response,
            // What was written is written, and its fence has looked already: a new key is not taken back for this.
            Err(Error::Busy(_)) if cost > 0 && response.status().is_success() => response,
            Err(error) => ApiError::from(error).into_response(),
        },
    };
    let cost = if response.status().is_success() { cost } else { 0 };
    let expired = admitted.has_expired(state.engine.runtime().now());
    state.engine.note_outcome(&admitted.ctx, cost, cause_of(&response, expired));
    let environment = HeaderValue::from_static(admitted.ctx.actor().environment.as_str());
    response.headers_mut().insert("x-environment", environment);
    response
}

/// Why an admitted request was refused, as the key's own page tells it.
fn cause_of(response: &Response, expired: bool) -> Option<RefusalCause> {
    match response.extensions().get::<ApiError>()?.code() {
        Code::MissingScope => Some(RefusalCause::MissingScope),
        Code::Forbidden => Some(RefusalCause::NotPermitted),
        Code::Unauthorized if expired => Some(RefusalCause::Expired),
        Code::Unauthorized => Some(RefusalCause::Revoked),
        _ => None,
    }
}

/// Keys in the query, at the one address that takes them.
fn keys_in_query(request: &Request) -> Vec<String> {
    let names = super::api::names_of_key(request);
    let query = request.uri().query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| names.contains(&&**name)).map(|(_, value)| value.into_owned()).collect()
}

/// The person of a token: one of ours, or of the Firebase project. Whose key it names decides which.
async fn recognize(state: &AppState, token: &str) -> ApiResult<Caller> {
    let kid = oidc::named_key(token).map_err(refused)?;
    if VerifyingKey::is_ours(&kid) {
        return recognize_own(state, token, &kid).await;
    }
    let verifier = state.firebase.as_ref();
    let verifier = verifier.ok_or_else(|| ApiError::new(Code::Unauthorized, "no token issuer is configured"))?;
    let identity = verifier.verify(token).await.map_err(refused)?;
    let signed_in_at = identity.signed_in_at.map(|seconds| Moment(seconds.saturating_mul(1000)));
    let identity = people::Identity {
        issuer: identity.issuer,
        subject: identity.subject,
        email: identity.email,
        name: identity.name,
    };
    Ok(state.engine.identify_person(&identity, signed_in_at).await?)
}

/// A token of ours counts as long as the session it was given to.
async fn recognize_own(state: &AppState, token: &str, kid: &str) -> ApiResult<Caller> {
    let key = state.engine.verifying_key(kid).await?;
    let key = key.map(|key| oidc::PublicKey { modulus: key.modulus, exponent: key.exponent });
    let bearer = state.own_tokens.verify(token, key.as_ref()).map_err(refused)?;
    let (person, session) = (bearer.subject.parse::<PersonId>(), bearer.session.parse::<SessionId>());
    let (Ok(person), Ok(session)) = (person, session) else {
        return Err(ApiError::new(Code::Unauthorized, "a token of ours names nobody"));
    };
    let signed_in_at = Moment(bearer.signed_in_at.saturating_mul(1000));
    Ok(state.engine.identify_token_holder(person, &session, signed_in_at).await?)
}

fn refused(failure: oidc::Failure) -> ApiError {
    let code = if failure.is_outage() { Code::Unavailable } else { Code::Unauthorized };
    ApiError::new(code, failure.to_string())
}

/// Reads the one credential of a request. The same one in several places counts once; two different ones, or one header
/// twice, is a refusal.
fn read_credential(headers: &HeaderMap, in_query: &[String]) -> ApiResult<Credential> {
    let bearer = single(headers, &AUTHORIZATION)?.map(bearer).transpose()?;
    let api_key = single(headers, &X_API_KEY)?;
    let mut shown = bearer.into_iter().chain(api_key).chain(in_query.iter().map(String::as_str));
    let text = shown.next().ok_or_else(ApiError::anonymous)?;
    if shown.any(|other| other != text) {
        return Err(malformed("two different credentials"));
    }
    match PlainKey::parse(text) {
        Ok(key) => Ok(Credential::Key(key)),
        Err(_) if bearer.is_some() && is_token_shaped(text) => Ok(Credential::IdToken(text.to_owned())),
        Err(_) => Err(malformed("neither a key nor a token")),
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> ApiResult<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| malformed("a header that is not plain text")),
        (Some(_), Some(_)) => Err(malformed("a header sent twice")),
    }
}

/// The word `Bearer` in any case, one space, the token (RFC 6750, 2.1; RFC 9110, 11.1).
fn bearer(value: &str) -> ApiResult<&str> {
    let (scheme, token) = value.split_once(' ').ok_or_else(|| malformed("no Bearer word"))?;
    let sound = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t', ',']);
    if sound { Ok(token) } else { Err(malformed("a malformed Authorization header")) }
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
        PlainKey::assemble(&Default::default(), domain::token::KeyKind::Secret, b"00000000", &[b'a'; 43])
            .expose()
            .to_owned()
    }

    fn read(pairs: &[(&'static str, &str)]) -> ApiResult<Credential> {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).expect("value"));
        }
        read_credential(&map, &[])
    }

    // RK-35, RO-40, KE-10, KE-11, RA-07: both headers, and the same key in both.
    #[test]
    fn rk_35_a_key_in_either_header() {
        let key = key();
        let bearer = format!("Bearer {key}");
        for pairs in [
            vec![("authorization", bearer.as_str())],
            vec![("x-api-key", key.as_str())],
            vec![("authorization", bearer.as_str()), ("x-api-key", key.as_str())],
        ] {
            assert!(matches!(read(&pairs), Ok(Credential::Key(_))), "{pairs:?}");
        }
        assert!(read(&[("authorization", &format!("bearer {key}"))]).is_ok());
        assert!(matches!(
            read(&[("authorization", "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln")]),
            Ok(Credential::IdToken(_))
        ));
    }

    // RA-26 and decision D8: everything else is refused.
    #[test]
    fn ra_26_malformed_headers_are_refused() {
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
            assert!(read(&[("authorization", form)]).is_err(), "{form:.40}");
        }
        let bearer = format!("Bearer {key}");
        assert!(read(&[("authorization", &bearer), ("authorization", &bearer)]).is_err());
        assert!(read(&[("authorization", &bearer), ("x-api-key", "other")]).is_err());
        assert!(read(&[("x-api-key", &key), ("x-api-key", &key)]).is_err());
        assert!(read(&[("x-api-key", "eyJhbGciOiJSUzI1NiIs.e30.c2ln")]).is_err());
        assert!(read(&[]).is_err());
    }
}
