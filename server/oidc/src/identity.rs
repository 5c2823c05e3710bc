use serde_json::{Map, Value};

use crate::Failure;

/// Who the provider says has signed in. A person is known by issuer and subject together, never by e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer, as configured.
    pub issuer: String,
    /// The provider's lasting name for the person, 1 to 255 bytes.
    pub subject: String,
    /// The e-mail address in lower case, only when the provider says it is verified.
    pub email: Option<String>,
    /// The name to show, without control characters, at most 200 characters.
    pub name: Option<String>,
    /// When the person signed in at the provider, in seconds, if it says so.
    pub signed_in_at: Option<i64>,
}

impl Identity {
    /// Whether the verified e-mail is of one of these domains, byte for byte; with none of them, anyone will do.
    pub(crate) fn check_email_domain(&self, allowed: &[String]) -> Result<(), Failure> {
        if allowed.is_empty() {
            return Ok(());
        }
        let email = self.email.as_deref().ok_or(Failure::UnverifiedEmail)?;
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        if allowed.iter().any(|one| one == domain) { Ok(()) } else { Err(Failure::EmailDomain) }
    }
}

const LONGEST_EMAIL_BYTES: usize = 254;
const LONGEST_NAME_CHARACTERS: usize = 200;

pub(crate) fn verified_email(claims: &Map<String, Value>) -> Option<String> {
    if claims.get("email_verified") != Some(&Value::Bool(true)) {
        return None;
    }
    normal_email(claims.get("email")?.as_str()?)
}

/// The address trimmed and in lower case (ASCII only), or nothing when it cannot be an address.
pub(crate) fn normal_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let strange = |c: char| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c);
    let sound = !local.is_empty() && !domain.is_empty() && text.len() <= LONGEST_EMAIL_BYTES && !text.contains(strange);
    sound.then(|| text.to_ascii_lowercase())
}

pub(crate) fn shown_name(claims: &Map<String, Value>) -> Option<String> {
    let plain: String =
        claims.get("name")?.as_str()?.chars().filter(|c| !c.is_control()).take(LONGEST_NAME_CHARACTERS).collect();
    let name = plain.trim();
    (!name.is_empty()).then(|| name.to_owned())
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
    fn an_email_counts_only_when_verified_is_the_boolean_true() {
        assert_eq!(email(json!(true), json!(" Ada@Example.COM ")).unwrap(), "ada@example.com");
        for not_true in [json!(false), json!("true"), json!(1), json!(null)] {
            assert_eq!(email(not_true, json!("ada@example.com")), None);
        }
        assert_eq!(verified_email(json!({ "email": "a@b.c" }).as_object().unwrap()), None);
    }

    #[test]
    fn an_impossible_email_is_dropped() {
        for text in ["", "ada", "@b.c", "a@", "a\0@b.c", "a b@c.d", "a\r\nBcc: x@y.z"] {
            assert_eq!(email(json!(true), json!(text)), None, "{text:?}");
        }
        assert_eq!(email(json!(true), json!(["a@b.c"])), None);
    }

    #[test]
    fn a_name_loses_control_characters() {
        let claims = json!({ "name": " A\u{0}d\na " });
        assert_eq!(shown_name(claims.as_object().unwrap()).unwrap(), "Ada");
    }
}
