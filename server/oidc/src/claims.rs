//! The rules an ID token's claims must meet once its signature is known to be good.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::Failure;

type Claims = Map<String, Value>;

const LEEWAY_SECONDS: i64 = 60;
const LONGEST_LIFE_SECONDS: i64 = 30 * 24 * 3600;
/// The end of the year 9999.
const LATEST_SECONDS: f64 = 253_402_300_799.0;
const LONGEST_SUBJECT_BYTES: usize = 255;

/// What every ID token is held to.
pub(crate) struct Rules {
    /// Spellings of the issuer that are accepted.
    pub issuers: Vec<String>,
    /// Our name at the provider.
    pub audience: String,
}

impl Rules {
    /// Checks issuer, audience, authorized party, times and subject, in this order.
    pub fn check(&self, claims: &Claims, now_seconds: i64) -> Result<(), Failure> {
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        check_times(claims, now_seconds)?;
        subject(claims).map(drop)
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Failure> {
        let issuer = text(claims, "iss").ok_or(Failure::WrongIssuer)?;
        if self.issuers.iter().any(|known| known == issuer) { Ok(()) } else { Err(Failure::WrongIssuer) }
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), Failure> {
        let us = Value::from(self.audience.as_str());
        let several = match claims.get("aud") {
            Some(one @ Value::String(_)) if *one == us => false,
            Some(Value::Array(all)) if all.contains(&us) && all.iter().all(Value::is_string) => all.len() > 1,
            _ => return Err(Failure::WrongAudience),
        };
        match claims.get("azp") {
            Some(party) if *party == us => Ok(()),
            None if !several => Ok(()),
            _ => Err(Failure::WrongAzp),
        }
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), Failure> {
    let expires = required_seconds(claims, "exp")?;
    if now >= expires.saturating_add(LEEWAY_SECONDS) {
        return Err(Failure::Expired);
    }
    if expires.saturating_sub(now) > LONGEST_LIFE_SECONDS {
        return Err(Failure::LivesTooLong);
    }
    if required_seconds(claims, "iat")? > now.saturating_add(LEEWAY_SECONDS) {
        return Err(Failure::IssuedInFuture);
    }
    match seconds(claims, "nbf")? {
        Some(start) if start > now.saturating_add(LEEWAY_SECONDS) => Err(Failure::NotYetValid),
        _ => Ok(()),
    }
}

/// When the person signed in at the provider, which must have passed; not every provider tells.
pub(crate) fn auth_time(claims: &Claims, now_seconds: i64) -> Result<Option<i64>, Failure> {
    match seconds(claims, "auth_time")? {
        Some(at) if at > now_seconds.saturating_add(LEEWAY_SECONDS) => Err(Failure::SignedInInFuture),
        told => Ok(told),
    }
}

/// The same where it is always told.
pub(crate) fn required_auth_time(claims: &Claims, now_seconds: i64) -> Result<i64, Failure> {
    auth_time(claims, now_seconds)?.ok_or(Failure::MissingClaim("auth_time"))
}

/// Checks that the person signed in at the provider after a moment. A provider that does not say when (OpenID Connect
/// Core, 3.1.2.1 demands it) has not shown that.
pub(crate) fn check_fresh(signed_in_at: Option<i64>, since: i64) -> Result<(), Failure> {
    let at = signed_in_at.ok_or(Failure::MissingClaim("auth_time"))?;
    if at >= since.saturating_sub(LEEWAY_SECONDS) { Ok(()) } else { Err(Failure::NotFresh) }
}

/// Compares in constant time: the nonce is a secret of the browser's flow.
pub(crate) fn check_nonce(claims: &Claims, expected: &str) -> Result<(), Failure> {
    let nonce = text(claims, "nonce").ok_or(Failure::WrongNonce)?;
    if bool::from(nonce.as_bytes().ct_eq(expected.as_bytes())) { Ok(()) } else { Err(Failure::WrongNonce) }
}

/// Compares byte for byte: another case, a trailing dot or a look-alike is another domain.
pub(crate) fn check_hosted_domain(claims: &Claims, expected: &str) -> Result<(), Failure> {
    if text(claims, "hd") == Some(expected) { Ok(()) } else { Err(Failure::HostedDomain) }
}

pub(crate) fn subject(claims: &Claims) -> Result<&str, Failure> {
    usable_subject(text(claims, "sub").ok_or(Failure::BadSubject)?)
}

pub(crate) fn usable_subject(subject: &str) -> Result<&str, Failure> {
    let sound = (1..=LONGEST_SUBJECT_BYTES).contains(&subject.len()) && !subject.contains(|c: char| c.is_control());
    if sound { Ok(subject) } else { Err(Failure::BadSubject) }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

fn required_seconds(claims: &Claims, name: &'static str) -> Result<i64, Failure> {
    seconds(claims, name)?.ok_or(Failure::MissingClaim(name))
}

fn seconds(claims: &Claims, name: &'static str) -> Result<Option<i64>, Failure> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    numeric_date(value).map(Some).ok_or(Failure::BadTime(name))
}

/// A number of seconds, which may have a fraction (RFC 7519, section 2); the fraction is dropped.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn numeric_date(value: &Value) -> Option<i64> {
    let fraction = |seconds: f64| (0.0..=LATEST_SECONDS).contains(&seconds).then_some(seconds as i64);
    match value.as_i64() {
        Some(seconds) => Some(seconds),
        None if value.is_f64() => value.as_f64().and_then(fraction),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // B22: who does not say when, has not shown it.
    #[test]
    fn a_sign_in_is_fresh_by_its_time_alone() {
        for (told, fresh) in [
            (Some(1_000), Ok(())),
            (Some(940), Ok(())),
            (Some(939), Err(Failure::NotFresh)),
            (None, Err(Failure::MissingClaim("auth_time"))),
        ] {
            assert_eq!(check_fresh(told, 1_000), fresh, "{told:?}");
        }
    }

    // F16: RFC 7519 allows fractions of a second.
    #[test]
    fn times_may_have_fractions() {
        for (written, read) in [
            ("1.9", Some(1)),
            ("1800000000.25", Some(1_800_000_000)),
            ("1.8e9", Some(1_800_000_000)),
            ("0.0", Some(0)),
            ("-0.5", None),
            ("-1e300", None),
            ("1e300", None),
            ("253402300800.5", None),
            ("18446744073709551615", None),
            ("\"1\"", None),
            ("null", None),
            ("true", None),
            ("[1]", None),
        ] {
            let value = serde_json::from_str(written).unwrap();
            assert_eq!(numeric_date(&value), read, "{written}");
        }
    }
}
