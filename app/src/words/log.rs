//! What the audit log says of a change.

use domain::key::{Environment, RevokeReason};
use domain::{Moment, Role, Scope};

use super::FULL_ACCESS;

/// Before the key that something was done with.
pub const WITH_KEY: &str = "With key ";
/// Who acted without a key.
pub const PERSON: &str = "Person";

/// A field of an event.
pub fn changed_field(field: &str) -> String {
    match field {
        "state" => "Status".into(),
        "scopes" => "Permissions".into(),
        "expires_at" => "Expires".into(),
        "ended_at" => "Ended".into(),
        "successor" => "Successor".into(),
        "allow_overlap" => "Several active keys".into(),
        "max_key_days" => super::LONGEST_LIFETIME.into(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// How a session came to its end.
fn ending(reason: &str) -> Option<String> {
    match reason {
        "signed_out" => Some("Signed out".into()),
        "revoked" => Some("Revoked from the list of sessions".into()),
        _ => None,
    }
}

/// A value of an event.
pub fn changed_value(field: &str, value: &str) -> String {
    let said = match field {
        "reason" => value.parse().ok().map(|reason: RevokeReason| reason.label().to_owned()).or_else(|| ending(value)),
        "role" => value.parse().ok().map(|role: Role| role.label().to_owned()),
        "environment" => value.parse().ok().map(|environment: Environment| environment.label().to_owned()),
        "scopes" => Some(scope_words(value)),
        "successor" => Some(format!("Key no. {value}")),
        "max_key_days" => Some(super::lifetime(value.parse().ok())),
        "state" => match value {
            "active" => Some("Active".into()),
            "expired" => Some("Expired".into()),
            "revoked" => Some("Revoked".into()),
            _ => None,
        },
        "disabled" | "allow_overlap" => match value {
            "true" => Some("Yes".into()),
            "false" => Some("No".into()),
            _ => None,
        },
        _ if field.ends_with("_at") => Moment::parse(value).map(Moment::to_words),
        _ => None,
    };
    said.unwrap_or_else(|| value.to_owned())
}

/// A field that has no value, neither before nor after.
pub fn unchanged(field: &str) -> &'static str {
    if field == "expires_at" { super::NEVER } else { super::NONE }
}

fn scope_words(line: &str) -> String {
    match line {
        "*" => FULL_ACCESS.into(),
        "" => super::NONE.into(),
        line => line
            .split(' ')
            .map(|word| word.parse().map_or(word, |scope: Scope| scope.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_well() {
        let cases = [
            ("scopes", "*", "Permissions: Full access"),
            ("scopes", "", "Permissions: None"),
            ("scopes", "runs:read runs:write", "Permissions: runs:read, runs:write"),
            ("expires_at", "2026-04-08T19:51:19Z", "Expires: 8 Apr 2026, 19:51 UTC"),
            ("successor", "12", "Successor: Key no. 12"),
            ("environment", "test", "Environment: Test"),
            ("state", "revoked", "Status: Revoked"),
            ("max_key_days", "90", "Longest lifetime of new keys: 90 days"),
            ("display_name", "Ada", "Display name: Ada"),
        ];
        for (field, value, told) in cases {
            assert_eq!(format!("{}: {}", changed_field(field), changed_value(field, value)), told);
        }
    }
}
