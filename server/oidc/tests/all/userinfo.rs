//! F8: providers that keep email and name for their userinfo endpoint.

use oidc::{Failure, testing::Signer};
use serde_json::{Value, json};

use crate::fake::{Provider, Watch, flow};

/// Signs in with an ID token without these claims, where userinfo says `info`; gives email and
/// name.
async fn sign_in(
    without: &[&str],
    info: Value,
) -> Result<(Option<String>, Option<String>), Failure> {
    let signer = Signer::new("first");
    let provider = Provider::start(&signer).await;
    provider.set_document(
        "userinfo_endpoint",
        json!(format!("{}/userinfo", provider.issuer)),
    );
    *provider.info.lock().unwrap() = info;
    let mut claims = provider.claims();
    for name in without {
        claims.as_object_mut().unwrap().remove(*name);
    }
    provider.give(&signer.sign(&claims));
    let identity = provider
        .client(&Watch::new(), None)
        .finish("code", None, &flow())
        .await?;
    Ok((identity.email, identity.name))
}

const BOTH: [&str; 3] = ["email", "email_verified", "name"];

#[tokio::test]
async fn what_the_id_token_lacks_is_asked_for() {
    let ada = || {
        Ok((
            Some("ada@example.com".to_owned()),
            Some("Ada".to_owned()),
        ))
    };
    let info =
        json!({ "sub": "1234", "email": "ada@example.com", "email_verified": true, "name": "Ada" });
    assert_eq!(sign_in(&BOTH, info.clone()).await, ada());
    assert_eq!(sign_in(&["name"], info.clone()).await, ada());
    assert_eq!(sign_in(&["email", "name"], info).await, ada());
    let unverified = json!({ "sub": "1234", "email": "ada@example.com", "email_verified": false, "name": "Ada" });
    assert_eq!(
        sign_in(&BOTH, unverified).await,
        Ok((None, Some("Ada".into())))
    );
}

#[tokio::test]
async fn another_person_s_answer_ends_the_sign_in() {
    for sub in [json!("12345"), json!(1234), json!(null)] {
        let info = json!({ "sub": sub, "email": "eve@example.com", "email_verified": true, "name": "Eve" });
        assert_eq!(
            sign_in(&BOTH, info).await,
            Err(Failure::WrongUserinfo),
            "{sub}"
        );
    }
}

#[tokio::test]
async fn a_complete_id_token_asks_nothing_and_an_outage_leaves_out_what_is_missing() {
    let stranger = json!({ "sub": "stranger" });
    assert!(
        sign_in(&[], stranger).await.is_ok(),
        "userinfo is not asked"
    );
    for nothing in [Value::Null, json!([]), json!("signed.jwt.text")] {
        assert_eq!(sign_in(&BOTH, nothing).await, Ok((None, None)));
    }
}

// Entra ID never says whether an email is verified.
#[tokio::test]
async fn an_email_of_a_trusted_provider_counts_unless_it_is_unverified() {
    let email = async |verified: Option<Value>, trust_emails| {
        let signer = Signer::new("first");
        let provider = Provider::start(&signer).await;
        let mut claims = provider.claims();
        let map = claims.as_object_mut().unwrap();
        map.remove("email_verified");
        map.extend(verified.map(|value| ("email_verified".into(), value)));
        provider.give(&signer.sign(&claims));
        let client = provider.client_with(&Watch::new(), |settings| {
            settings.trust_emails = trust_emails;
        });
        let identity = client.finish("code", None, &flow()).await;
        identity.unwrap().email
    };
    let ada = Some("ada@example.com".to_owned());
    assert_eq!(email(None, true).await, ada);
    assert_eq!(email(Some(json!(true)), true).await, ada);
    for (verified, trusted) in [
        (None, false),
        (Some(json!(false)), true),
        (Some(json!("true")), true),
    ] {
        assert_eq!(
            email(verified.clone(), trusted).await,
            None,
            "{verified:?}"
        );
    }
}
