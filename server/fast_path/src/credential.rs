//! The credential of an API request, in its headers and, at one URL, in its query (decisions D8, D9,
//! D20).

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};
use domain::api::KeyHeader;
use domain::token::{PlainKey, PresentedKey};

/// The other header that a key may be sent in.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The header that names the organization a person acts in.
pub const X_ORGANIZATION: HeaderName = HeaderName::from_static("x-organization");

/// The credential of a request, before it is checked.
#[derive(Debug)]
pub enum PresentedCredential {
    /// A well-formed key.
    Key(PlainKey),
    /// What looks like an ID token.
    IdToken(String),
}

/// Why a request has no credential that could be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// There is none.
    Missing,
    /// What is wrong with it, for the log.
    Malformed(&'static str),
}

/// What a request at the gate of an API presents.
#[derive(Debug)]
pub enum AtGate {
    /// A key, and the header that has it; `Any` if both have it.
    Key(PresentedKey, KeyHeader),
    /// Something that is not one key: two keys, a header that occurs twice, or what no system issues
    /// as a key.
    Malformed,
    /// Neither header.
    Nothing,
}

/// Reads the key of a request at the gate. The users of the API may send a token of its own in
/// `Authorization` beside the key in `X-API-Key`.
pub fn at_gate(headers: &HeaderMap) -> AtGate {
    let (Ok(authorization), Ok(api_key)) = (
        single(headers, &AUTHORIZATION),
        single(headers, &X_API_KEY),
    ) else {
        return AtGate::Malformed;
    };
    let is_empty = authorization.is_none() && api_key.is_none();
    let bearer = authorization.and_then(|value| bearer(value).ok());
    let key = |text: Option<&str>| text.and_then(|text| PlainKey::parse(text).ok());
    match (key(bearer), key(api_key)) {
        (Some(key), None) if api_key.is_none() => AtGate::Key(key.into(), KeyHeader::Authorization),
        (None, Some(key)) => AtGate::Key(key.into(), KeyHeader::XApiKey),
        (Some(key), Some(_)) if bearer == api_key => AtGate::Key(key.into(), KeyHeader::Any),
        (None, None) if is_empty => AtGate::Nothing,
        (None, None) => foreign(bearer, api_key),
        _ => AtGate::Malformed,
    }
}

/// A key of another system. `X-API-Key` has only keys, and so takes precedence.
fn foreign(bearer: Option<&str>, api_key: Option<&str>) -> AtGate {
    let header = match (bearer, api_key) {
        (_, None) => KeyHeader::Authorization,
        (Some(bearer), Some(key)) if bearer == key => KeyHeader::Any,
        (_, Some(_)) => KeyHeader::XApiKey,
    };
    let key = api_key
        .or(bearer)
        .filter(|text| !is_token_shaped(text))
        .and_then(PresentedKey::read);
    key.map_or(AtGate::Malformed, |key| AtGate::Key(key, header))
}

/// The key of a request that presents one, and nothing else.
pub fn presented_key(headers: &HeaderMap) -> Option<PlainKey> {
    match read(headers, &[]) {
        Ok(PresentedCredential::Key(key)) => Some(key),
        _ => None,
    }
}

/// Reads the credential of a request. The same credential in several places counts once.
///
/// # Errors
/// A missing or malformed credential, two different ones, and a repeated header.
pub fn read(
    headers: &HeaderMap,
    in_query: &[String],
) -> Result<PresentedCredential, CredentialFault> {
    let bearer = single(headers, &AUTHORIZATION)?
        .map(bearer)
        .transpose()?;
    let api_key = single(headers, &X_API_KEY)?;
    let mut presented = bearer
        .into_iter()
        .chain(api_key)
        .chain(in_query.iter().map(String::as_str));
    let text = presented.next().ok_or(CredentialFault::Missing)?;
    if presented.any(|other| other != text) {
        return Err(CredentialFault::Malformed(
            "two different credentials",
        ));
    }

    match PlainKey::parse(text) {
        Ok(key) => Ok(PresentedCredential::Key(key)),
        Err(_) if bearer.is_some() && is_token_shaped(text) => {
            Ok(PresentedCredential::IdToken(text.to_owned()))
        }
        Err(_) => Err(CredentialFault::Malformed(
            "neither a key nor a token",
        )),
    }
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, CredentialFault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| CredentialFault::Malformed("a header that is not ASCII text")),
        (Some(_), Some(_)) => Err(CredentialFault::Malformed("a repeated header")),
    }
}

/// The token after the scheme `Bearer` in any case and one space (RFC 6750, 2.1; RFC 9110, 11.1).
fn bearer(value: &str) -> Result<&str, CredentialFault> {
    let (scheme, token) = value
        .split_once(' ')
        .ok_or(CredentialFault::Malformed("no Bearer scheme"))?;
    let is_valid = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && !token.contains([' ', '\t', ',']);
    if is_valid {
        Ok(token)
    } else {
        Err(CredentialFault::Malformed(
            "a malformed Authorization header",
        ))
    }
}

fn is_token_shaped(text: &str) -> bool {
    text.split('.').count() == 3 && text.starts_with("eyJ")
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

    fn read(pairs: &[(&'static str, &str)]) -> Result<PresentedCredential, CredentialFault> {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).expect("value"),
            );
        }
        super::read(&map, &[])
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

    fn gate(pairs: &[(&'static str, &str)]) -> AtGate {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value.as_bytes()).expect("value"),
            );
        }
        at_gate(&map)
    }

    // The users of an API may have tokens of their own in `Authorization`.
    #[test]
    fn a_key_at_the_gate_may_stand_beside_a_token_of_the_api() {
        let key = key();
        let bearer = format!("Bearer {key}");
        let token = (
            "authorization",
            "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln",
        );
        let found = |pairs: &[_]| match gate(pairs) {
            AtGate::Key(_, header) => Some(header),
            AtGate::Malformed | AtGate::Nothing => None,
        };
        let in_header = ("authorization", bearer.as_str());
        let in_x = ("x-api-key", key.as_str());
        assert_eq!(found(&[in_header]), Some(KeyHeader::Authorization));
        assert_eq!(found(&[in_x]), Some(KeyHeader::XApiKey));
        assert_eq!(found(&[in_header, in_x]), Some(KeyHeader::Any));
        assert_eq!(found(&[token, in_x]), Some(KeyHeader::XApiKey));
        assert_eq!(
            found(&[("authorization", "Basic YTpi"), in_x]),
            Some(KeyHeader::XApiKey)
        );
    }

    #[test]
    fn a_request_at_the_gate_presents_one_key() {
        let key = key();
        let other = key.replace('a', "b");
        let bearer = format!("Bearer {key}");
        let (in_header, in_x) = (
            ("authorization", bearer.as_str()),
            ("x-api-key", key.as_str()),
        );
        for pairs in [
            vec![in_header, ("x-api-key", other.as_str())],
            vec![in_header, in_header],
            vec![in_x, in_x],
            vec![in_header, ("x-api-key", "")],
            vec![("authorization", key.as_str())],
            vec![("x-api-key", "key")],
            vec![(
                "authorization",
                "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln",
            )],
        ] {
            assert!(matches!(gate(&pairs), AtGate::Malformed), "{pairs:?}");
        }
        assert!(matches!(gate(&[]), AtGate::Nothing));
    }
}
