//! The identity of a user, as the claims of a token describe it.

use serde_json::{Map, Value};

use crate::Failure;

/// The identity of a user. Issuer and subject together identify the user. The email does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer, as configured.
    pub issuer: String,
    /// The permanent ID of the user at the provider, 1 to 255 bytes.
    pub subject: String,
    /// The email in lower case, only if the provider has verified it.
    pub email: Option<String>,
    /// The display name without control characters, at most 200 characters.
    pub name: Option<String>,
    /// The time of the sign-in at the provider in seconds, if it is reported.
    pub signed_in_at: Option<i64>,
}

impl Identity {
    /// Checks that the verified email is in one of these domains. If there are none, every user
    /// passes.
    pub(crate) fn check_email_domain(&self, allowed: &[String]) -> Result<(), Failure> {
        if allowed.is_empty() {
            return Ok(());
        }
        let email = self
            .email
            .as_deref()
            .ok_or(Failure::UnverifiedEmail)?;
        let domain = email
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain);
        if allowed.iter().any(|one| one == domain) {
            Ok(())
        } else {
            Err(Failure::EmailDomain)
        }
    }
}

const MAX_EMAIL_BYTES: usize = 254;
const MAX_NAME_CHARS: usize = 200;

pub(crate) fn verified_email(claims: &Map<String, Value>) -> Option<String> {
    if claims.get("email_verified") != Some(&Value::Bool(true)) {
        return None;
    }
    normal_email(claims.get("email")?.as_str()?)
}

/// The email without surrounding white space and in lower case (ASCII only), or nothing if it
/// cannot be an email.
pub(crate) fn normal_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let is_forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c);
    let is_valid = !local.is_empty()
        && !domain.is_empty()
        && text.len() <= MAX_EMAIL_BYTES
        && !text.contains(is_forbidden);
    if is_valid {
        Some(text.to_ascii_lowercase())
    } else {
        None
    }
}

pub(crate) fn shown_name(claims: &Map<String, Value>) -> Option<String> {
    let plain: String = claims
        .get("name")?
        .as_str()?
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    let name = plain.trim();
    if name.is_empty() {
        None
    } else {
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn email(verified: Value, email: Value) -> Option<String> {
        let claims = json!({ "email_verified": verified, "email": email });
        verified_email(claims.as_object().unwrap())
    }

    #[test]
    fn an_email_is_used_only_if_verified_is_the_boolean_true() {
        assert_eq!(
            email(json!(true), json!(" Ada@Example.COM ")).unwrap(),
            "ada@example.com"
        );
        for not_true in [json!(false), json!("true"), json!(1), json!(null)] {
            assert_eq!(email(not_true, json!("ada@example.com")), None);
        }
        assert_eq!(
            verified_email(json!({ "email": "a@b.c" }).as_object().unwrap()),
            None
        );
    }

    #[test]
    fn an_invalid_email_is_ignored() {
        for text in [
            "",
            "ada",
            "@b.c",
            "a@",
            "a\0@b.c",
            "a b@c.d",
            "a\r\nBcc: x@y.z",
        ] {
            assert_eq!(email(json!(true), json!(text)), None, "{text:?}");
        }
        assert_eq!(email(json!(true), json!(["a@b.c"])), None);
    }

    #[test]
    fn control_characters_are_removed_from_a_name() {
        let claims = json!({ "name": " A\u{0}d\na " });
        assert_eq!(
            shown_name(claims.as_object().unwrap()).unwrap(),
            "Ada"
        );
    }
}
