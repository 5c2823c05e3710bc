//! The checks of the claims of an ID token, after its signature has been verified.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::Failure;

type Claims = Map<String, Value>;

const LEEWAY_SECONDS: i64 = 60;
const MAX_LIFETIME_SECONDS: i64 = 30 * 24 * 3600;
/// The end of the year 9999.
const MAX_SECONDS: f64 = 253_402_300_799.0;
const MAX_SUBJECT_BYTES: usize = 255;

/// The expected issuer and audience of an ID token.
pub(crate) struct Rules {
    /// The accepted values of `iss`.
    pub issuers: Vec<String>,
    /// The client ID.
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
        if self.issuers.iter().any(|known| known == issuer) {
            Ok(())
        } else {
            Err(Failure::WrongIssuer)
        }
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), Failure> {
        let client_id = Value::from(self.audience.as_str());
        let several = match claims.get("aud") {
            Some(one @ Value::String(_)) if *one == client_id => false,
            Some(Value::Array(all))
                if all.contains(&client_id) && all.iter().all(Value::is_string) =>
            {
                all.len() > 1
            }
            _ => return Err(Failure::WrongAudience),
        };
        match claims.get("azp") {
            Some(party) if *party == client_id => Ok(()),
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
    if expires.saturating_sub(now) > MAX_LIFETIME_SECONDS {
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

/// The time of the sign-in at the provider, which must not be in the future. Not every provider
/// reports it.
pub(crate) fn auth_time(claims: &Claims, now_seconds: i64) -> Result<Option<i64>, Failure> {
    match seconds(claims, "auth_time")? {
        Some(at) if at > now_seconds.saturating_add(LEEWAY_SECONDS) => {
            Err(Failure::SignedInInFuture)
        }
        at => Ok(at),
    }
}

/// The same for providers that always report it.
pub(crate) fn required_auth_time(claims: &Claims, now_seconds: i64) -> Result<i64, Failure> {
    auth_time(claims, now_seconds)?.ok_or(Failure::MissingClaim("auth_time"))
}

/// Checks that the user has signed in at the provider since a point in time. OpenID Connect Core,
/// 3.1.2.1 requires the provider to report the time here.
pub(crate) fn check_fresh(signed_in_at: Option<i64>, since: i64) -> Result<(), Failure> {
    let at = signed_in_at.ok_or(Failure::MissingClaim("auth_time"))?;
    if at >= since.saturating_sub(LEEWAY_SECONDS) {
        Ok(())
    } else {
        Err(Failure::NotFresh)
    }
}

/// Compares in constant time because the nonce is a secret.
pub(crate) fn check_nonce(claims: &Claims, expected: &str) -> Result<(), Failure> {
    let nonce = text(claims, "nonce").ok_or(Failure::WrongNonce)?;
    if bool::from(nonce.as_bytes().ct_eq(expected.as_bytes())) {
        Ok(())
    } else {
        Err(Failure::WrongNonce)
    }
}

/// Compares byte by byte: a different case, a trailing dot or a homoglyph makes another domain.
pub(crate) fn check_hosted_domain(claims: &Claims, expected: &str) -> Result<(), Failure> {
    if text(claims, "hd") == Some(expected) {
        Ok(())
    } else {
        Err(Failure::HostedDomain)
    }
}

pub(crate) fn subject(claims: &Claims) -> Result<&str, Failure> {
    usable_subject(text(claims, "sub").ok_or(Failure::BadSubject)?)
}

pub(crate) fn usable_subject(subject: &str) -> Result<&str, Failure> {
    let is_valid = (1..=MAX_SUBJECT_BYTES).contains(&subject.len())
        && !subject.contains(|c: char| c.is_control());
    if is_valid {
        Ok(subject)
    } else {
        Err(Failure::BadSubject)
    }
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
    numeric_date(value)
        .map(Some)
        .ok_or(Failure::BadTime(name))
}

/// A number of seconds. A fraction is allowed (RFC 7519, section 2) and ignored.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
fn numeric_date(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(seconds);
    }
    // `as_f64` also converts integers that are too large for `i64`.
    if !value.is_f64() {
        return None;
    }
    let seconds = value.as_f64()?;
    if (0.0..=MAX_SECONDS).contains(&seconds) {
        Some(seconds as i64)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // B22
    #[test]
    fn only_the_reported_time_makes_a_sign_in_fresh() {
        for (reported, fresh) in [
            (Some(1_000), Ok(())),
            (Some(940), Ok(())),
            (Some(939), Err(Failure::NotFresh)),
            (None, Err(Failure::MissingClaim("auth_time"))),
        ] {
            assert_eq!(check_fresh(reported, 1_000), fresh, "{reported:?}");
        }
    }

    // F16
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
