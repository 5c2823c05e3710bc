//! Claims that the ID token lacks, from the userinfo endpoint of the provider (OpenID Connect Core,
//! 5.3).

use serde_json::{Map, Value};
use url::Url;

use crate::{Failure, exchange::Tokens, json, web};

type Claims = Map<String, Value>;

/// Adds email and name to the claims if the ID token lacks them. If the endpoint is unavailable,
/// they stay missing.
pub(crate) async fn complete(
    claims: &mut Claims,
    endpoint: Option<&Url>,
    http: &reqwest::Client,
    tokens: &Tokens,
) -> Result<(), Failure> {
    let Some(endpoint) = endpoint.filter(|_| is_incomplete(claims)) else {
        return Ok(());
    };
    match web::get_as(http, endpoint, &tokens.access).await {
        Ok(answer) => match json::parse_object(&answer.body) {
            Ok(info) => add(claims, &info),
            Err(_) => {
                tracing::warn!(
                    "the userinfo response is not a JSON object; claims that the ID token lacks stay missing"
                );
                Ok(())
            }
        },
        Err(failure) => {
            tracing::warn!(%failure, "the userinfo endpoint is unavailable; claims that the ID token lacks stay missing");
            Ok(())
        }
    }
}

fn is_incomplete(claims: &Claims) -> bool {
    ["email", "email_verified", "name"]
        .iter()
        .any(|name| is_absent(claims, name))
}

fn is_absent(claims: &Claims, name: &str) -> bool {
    claims.get(name).is_none_or(Value::is_null)
}

/// Claims of the ID token take precedence. `email_verified` is added only together with the same
/// email.
fn add(claims: &mut Claims, info: &Claims) -> Result<(), Failure> {
    if info.get("sub").is_none() || info.get("sub") != claims.get("sub") {
        return Err(Failure::WrongUserinfo);
    }
    let same = is_absent(claims, "email") || claims.get("email") == info.get("email");
    let names: &[&str] = if same {
        &["name", "email", "email_verified"]
    } else {
        &["name"]
    };
    for name in names {
        if let Some(value) = info
            .get(*name)
            .filter(|_| is_absent(claims, name))
        {
            claims.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(())
}

/// Lets the email count as verified, unless the provider says that it is not.
pub(crate) fn trust_email(claims: &mut Claims) {
    if is_absent(claims, "email_verified") {
        claims.insert("email_verified".into(), Value::Bool(true));
    }
}

/// Logs which claim is missing if the provider does not confirm an email.
pub(crate) fn log_unconfirmed(claims: &Claims) {
    let claim = if is_absent(claims, "email") {
        "email"
    } else {
        "email_verified"
    };
    let why = if is_absent(claims, claim) {
        "missing"
    } else {
        "invalid"
    };
    tracing::warn!(
        claim,
        why,
        "the identity provider does not confirm the email of the user"
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn added(token: Value, info: Value) -> Result<Value, Failure> {
        let mut claims = token.as_object().unwrap().clone();
        add(&mut claims, info.as_object().unwrap()).map(|()| Value::Object(claims))
    }

    #[test]
    fn claims_of_the_id_token_are_never_overridden() {
        let info = json!({ "sub": "1", "email": "a@b.c", "email_verified": true, "name": "Ada" });
        assert_eq!(
            added(json!({ "sub": "1" }), info.clone()).unwrap(),
            info
        );
        for token in [
            json!({ "sub": "1", "email": "x@y.z", "name": "Eve" }),
            json!({ "sub": "1", "email": "a@b.c", "email_verified": false, "name": "Eve" }),
        ] {
            assert_eq!(added(token.clone(), info.clone()).unwrap(), token);
        }
        let same = added(json!({ "sub": "1", "email": "a@b.c" }), info.clone()).unwrap();
        assert_eq!(same["email_verified"], json!(true));
    }

    #[test]
    fn another_subject_is_rejected() {
        for sub in [json!("2"), json!(null), json!(1)] {
            assert_eq!(
                added(
                    json!({ "sub": "1" }),
                    json!({ "sub": sub, "name": "Eve" })
                ),
                Err(Failure::WrongUserinfo)
            );
        }
        assert_eq!(
            added(json!({ "sub": "1" }), json!({ "name": "Eve" })),
            Err(Failure::WrongUserinfo)
        );
    }
}
