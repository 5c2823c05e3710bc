//! Access tokens, and their signing keys.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::event::AuditAction;
use domain::{Code, Moment, PersonId, SessionId};
use engine::sessions::{ABSOLUTE_SECONDS, IDLE_SECONDS};
use engine::tokens::{IssuedToken, Parties, TOKEN_SECONDS, VerifyingKey};
use engine::{Caller, Credential, Engine};
use serde_json::{Value as Json, json};

use crate::dump::Needles;
use crate::intruder::Value;
use crate::test_app::{NORTH, SOUTH, TestApp, identity, origin, refusal};

const MONTH: i64 = 30 * 24 * 60 * 60;

fn parties() -> Parties {
    Parties {
        issuer: "https://keys.test".into(),
        audience: "https://keys.test/api/v1".into(),
    }
}

async fn issue(app: &TestApp, caller: &Caller, fresh: bool) -> IssuedToken {
    app.engine
        .issue_token(caller, &parties(), fresh, &origin())
        .await
        .expect("a token")
}

fn part(token: &str, at: usize) -> Json {
    let part = token.split('.').nth(at).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("json")
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"]
        .as_str()
        .expect("a name")
        .to_owned()
}

/// Whether the signature was made with the key that the token names.
async fn is_signed(engine: &Engine, token: &str) -> bool {
    let Some(VerifyingKey {
        modulus, exponent, ..
    }) = engine
        .verifying_key(&kid(token))
        .await
        .expect("an answer")
    else {
        return false;
    };
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .expect("base64url");
    let key = RsaPublicKeyComponents {
        n: modulus,
        e: exponent,
    };
    key.verify(
        &RSA_PKCS1_2048_8192_SHA256,
        message.as_bytes(),
        &signature,
    )
    .is_ok()
}

/// Identifies the person of a token like the API does after the signature is verified.
async fn identify(app: &TestApp, token: &str) -> engine::Result<Caller> {
    let claims = part(token, 1);
    let person = PersonId(
        claims["sub"]
            .as_str()
            .expect("sub")
            .parse()
            .expect("a number"),
    );
    let session: SessionId = claims["sid"]
        .as_str()
        .expect("sid")
        .parse()
        .expect("an id");
    let signed_in_at = Moment(claims["auth_time"].as_i64().expect("auth_time") * 1000);
    app.engine
        .identify_token_holder(person, &session, signed_in_at)
        .await
}

async fn ids(app: &TestApp) -> Vec<String> {
    app.engine
        .verifying_keys()
        .await
        .expect("keys")
        .into_iter()
        .map(|key| key.id)
        .collect()
}

both! {
    // RA-12
    a_token_names_its_person_and_is_valid_for_an_hour(app) {
        let (max, _) = app.browser("max").await;
        let issued = issue(app, &max, false).await;
        assert_eq!(part(&issued.token, 0)["alg"], json!("RS256"));
        let now = app.runtime.now().0 / 1000;
        let claims = part(&issued.token, 1);
        let session = app.engine.list_sessions(&max).await.expect("sessions").remove(0).id;
        let actual = json!({
            "iss": "https://keys.test", "aud": "https://keys.test/api/v1", "sub": max.person.to_string(),
            "sid": session.as_str(), "auth_time": now, "iat": now, "exp": now + 3600,
        });
        assert_eq!(claims, actual);
        assert_eq!((issued.expires_in, issued.expires_at), (3600, app.runtime.now().plus_seconds(3600)));
        assert!(is_signed(&app.engine, &issued.token).await);
    }

    // RA-13
    the_current_token_is_returned_until_five_minutes_before_it_expires(app) {
        let (max, token) = app.browser("max").await;
        let first = issue(app, &max, false).await;
        let mark = app.sound_chain(NORTH).await;
        app.clock.advance_seconds(TOKEN_SECONDS - 300);
        assert!(app.engine.find_session(&token).await.expect("an answer").is_some(), "an active session");
        let again = issue(app, &max, false).await;
        assert_eq!((&*again.token, again.expires_in), (&*first.token, 300));
        assert_eq!(app.sound_chain(NORTH).await, mark, "no new token");
        app.clock.advance_seconds(1);
        let next = issue(app, &max, false).await;
        assert_ne!(*next.token, *first.token);
        assert_eq!((next.expires_in, app.sound_chain(NORTH).await), (3600, mark + 1));
    }

    // RA-14
    a_new_token_can_be_forced(app) {
        let (max, _) = app.browser("max").await;
        let first = issue(app, &max, true).await;
        app.clock.advance_seconds(1);
        let (forced, kept) = (issue(app, &max, true).await, issue(app, &max, false).await);
        assert_ne!(*forced.token, *first.token);
        assert_eq!(*forced.token, *kept.token);
        for token in [&first.token, &forced.token] {
            assert_eq!(identify(app, token).await.expect("good").person, max.person);
        }
    }

    a_new_token_writes_an_event_in_every_organization_of_the_person(app) {
        let (una, _) = app.browser("una").await;
        let before = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        issue(app, &una, false).await;
        assert_eq!((app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.actor_name.as_str()), (AuditAction::TokenIssued, "una"));
        app.engine.sign_in(&identity("nobody"), &origin()).await.expect("signed in");
        let (nobody, _) = app.browser("nobody").await;
        assert!(is_signed(&app.engine, &issue(app, &nobody, false).await.token).await, "nor is one needed");
    }

    // B20
    a_token_is_rejected_when_its_session_is_closed(app) {
        let endings: [(&str, i64); 5] = [("signed out", 0), ("revoked", 0), ("deleted", 0), ("idle", IDLE_SECONDS), ("too old", ABSOLUTE_SECONDS)];
        for (end, seconds) in endings {
            let ((max, bytes), (other, _)) = (app.browser("max").await, app.browser("max").await);
            let token = issue(app, &max, false).await.token;
            let bearer = identify(app, &token).await.expect("good");
            assert!(matches!(&bearer.credential, Credential::IdToken { session: Some(_), signed_in_at: Some(_) }));
            let ctx = app.engine.enter_organization(&bearer, &app.organization(NORTH).await, origin()).await.expect("max");
            app.engine.recheck_session(&bearer).await.expect("signed in");
            app.clock.advance_seconds(seconds);
            match end {
                "signed out" => app.engine.sign_out(&max, &origin()).await.expect("signed out"),
                "revoked" => drop(app.engine.revoke_other_sessions(&other, &origin()).await.expect("revoked")),
                "deleted" => app.engine.delete_session(&bytes).await.expect("deleted"),
                _ => app.engine.delete_expired_sessions().await.expect("swept"),
            }
            assert_eq!(refusal(identify(app, &token).await), Code::Unauthorized, "{end}");
            assert_eq!(refusal(app.engine.recheck_session(&bearer).await), Code::Unauthorized, "{end}");
            let late = app.workspace(&ctx, "Late").await;
            assert_eq!(refusal(late), Code::Unauthorized, "{end}: it writes nothing");
            assert_eq!(refusal(app.engine.issue_token(&max, &parties(), true, &origin()).await), Code::Unauthorized, "{end}");
        }
    }

    // RA-04
    a_token_is_issued_only_to_a_browser_session(app) {
        let (max, _) = app.browser("max").await;
        let token = issue(app, &max, false).await.token;
        let bearer = identify(app, &token).await.expect("good");
        assert_eq!(refusal(app.engine.issue_token(&bearer, &parties(), true, &origin()).await), Code::Forbidden);
        let stranger = app.engine.identify_person(&identity("max"), None).await.expect("max");
        assert_eq!(refusal(app.engine.issue_token(&stranger, &parties(), true, &origin()).await), Code::Forbidden);
    }

    // B21
    a_token_is_valid_only_for_the_person_of_its_session(app) {
        let ((max, _), (olga, _)) = (app.browser("max").await, app.browser("olga").await);
        let session = app.engine.list_sessions(&max).await.expect("sessions").remove(0).id;
        let now = app.runtime.now();
        assert!(app.engine.identify_token_holder(max.person, &session, now).await.is_ok());
        assert_eq!(refusal(app.engine.identify_token_holder(olga.person, &session, now).await), Code::Unauthorized);
        let unknown = "ses_0000000000000000".parse().expect("an id");
        assert_eq!(refusal(app.engine.identify_token_holder(max.person, &unknown, now).await), Code::Unauthorized);
    }

    a_token_does_not_expire_later_than_its_session(app) {
        let (max, token) = app.browser("max").await;
        for _ in 1..ABSOLUTE_SECONDS / 1800 {
            app.clock.advance_seconds(1800);
            assert!(app.engine.find_session(&token).await.expect("an answer").is_some());
        }
        let last = issue(app, &max, false).await;
        assert_eq!(last.expires_in, 1800);
        app.clock.advance_seconds(1700);
        let mark = app.sound_chain(NORTH).await;
        assert_eq!((issue(app, &max, false).await.expires_in, app.sound_chain(NORTH).await), (100, mark), "a new token would not be valid longer");
    }

    concurrent_requests_create_one_signing_key(app) {
        let other = app.restarted().await;
        let mut callers = Vec::new();
        for name in ["max", "mia", "ada", "olga", "una", "otto"] {
            callers.push(app.browser(name).await.0);
        }
        let tries = callers.into_iter().enumerate().map(|(n, caller)| {
            let engine = if n % 2 == 0 { app.engine.clone() } else { other.clone() };
            async move { engine.issue_token(&caller, &parties(), false, &origin()).await.expect("a token").token }
        });
        let tokens = tries.collect::<tokio::task::JoinSet<_>>().join_all().await;
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM signing_keys").await, 1);
        for token in tokens {
            assert!(is_signed(&app.engine, &token).await && is_signed(&other, &token).await);
        }
    }

    signing_keys_are_rotated_monthly_and_kept_while_their_tokens_are_valid(app) {
        app.engine.renew_signing_keys().await.expect("nothing to do");
        assert!(ids(app).await.is_empty(), "a key is created when it is needed");
        let (max, _) = app.browser("max").await;
        issue(app, &max, false).await;
        let first = ids(app).await;
        app.clock.advance_seconds(MONTH - 1);
        app.engine.renew_signing_keys().await.expect("not yet");
        assert_eq!(ids(app).await, first);
        let (max, _) = app.browser("max").await;
        let old = issue(app, &max, false).await;
        app.clock.advance_seconds(1);
        let other = app.restarted().await;
        let both = tokio::join!(app.engine.renew_signing_keys(), other.renew_signing_keys());
        both.0.and(both.1).expect("renewed, by one of the two");
        let after = ids(app).await;
        assert_eq!((after.len(), &after[1]), (2, &first[0]));
        assert_eq!(*issue(app, &max, false).await.token, *old.token, "the current token, unchanged");
        let new = issue(app, &max, true).await;
        assert_eq!((kid(&old.token), kid(&new.token)), (first[0].clone(), after[0].clone()));
        assert!(is_signed(&app.engine, &old.token).await && is_signed(&app.engine, &new.token).await);
        app.clock.advance_seconds(TOKEN_SECONDS);
        app.engine.renew_signing_keys().await.expect("kept for clocks that are behind");
        assert_eq!(ids(app).await, after);
        app.clock.advance_seconds(10 * 60);
        assert_eq!(ids(app).await, after[..1], "rejected, even if it is not deleted yet");
        app.engine.renew_signing_keys().await.expect("forgotten");
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM signing_keys").await, 1);
    }

    // B4
    neither_a_token_nor_its_private_key_is_stored_in_plain_text(app) {
        let (max, _) = app.browser("max").await;
        let token = issue(app, &max, false).await.token;
        let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().expect("a signature")).expect("base64url");
        let mut needles = Needles::default();
        needles.add_secret(&signature);
        needles.assert_absent(app).await;
        // A PKCS #8 file begins with these bytes: a sequence, version 0, the identifier of RSA.
        let head = hex::decode("02010030 0d06092a 864886f7 0d010101".replace(' ', "")).expect("hex");
        for (table, rows) in app.intruder().await.dump().await {
            for (column, value) in rows.into_iter().flatten() {
                let Value::Bytes(bytes) = value else { continue };
                assert!(!bytes.windows(head.len()).any(|window| window == head), "{table}.{column}");
            }
        }
    }

    // B29: a forged token can contain any key id. An invalid id is not looked up; Postgres rejects
    // zero characters.
    an_invalid_signing_key_id_is_not_looked_up(app) {
        let own = format!("sig_{}", "a".repeat(16));
        assert!(VerifyingKey::is_ours(&own));
        let zero = format!("sig_{}\0", "a".repeat(15));
        let (short, long, odd) = ("sig_a".to_owned(), format!("{own}a"), format!("sig_{}ä", "a".repeat(14)));
        for name in ["", "sig_", "sig_\0", &zero, &short, &long, &odd, "sig_' OR 1=1 -- ab"] {
            assert!(!VerifyingKey::is_ours(name), "{name:?}");
            assert!(app.engine.verifying_key(name).await.expect("an answer").is_none(), "{name:?}");
        }
        for token in ["", "\0", "a\0b"] {
            assert_eq!(refusal(app.engine.get_invitation(token).await), Code::NotFound);
            assert!(app.engine.find_session(token.as_bytes()).await.expect("an answer").is_none());
            assert!(app.engine.take_flow(token.as_bytes()).await.expect("an answer").is_none());
        }
    }

    // B5: an attacker with write access can neither insert a signing key nor extend an old one.
    an_altered_signing_key_is_not_used(app) {
        let (max, _) = app.browser("max").await;
        let token = issue(app, &max, false).await.token;
        let mut intruder = app.intruder().await;
        let which = format!("id = '{}'", kid(&token));
        let row = intruder.rows(&format!("SELECT * FROM signing_keys WHERE {which}")).await.remove(0);
        for (column, stored) in &row {
            let forged = match (column.as_str(), stored) {
                ("id" | "sealed", _) => continue,
                (_, Value::Bytes(bytes)) => Value::Bytes(bytes.iter().map(|byte| byte ^ 1).collect()),
                (_, Value::Number(at)) => Value::Number(at + 1),
                _ => Value::Number(app.runtime.now().0),
            };
            intruder.set("signing_keys", column, &forged, &which).await;
            assert!(!is_signed(&app.engine, &token).await, "{column}");
            assert!(ids(app).await.is_empty(), "{column}");
            intruder.set("signing_keys", column, stored, &which).await;
        }
        assert!(is_signed(&app.engine, &token).await);
        let whole = kid(&token);
        let (name, last) = whole.split_at(whole.len() - 1);
        let renamed = format!("{name}{}", if last == "x" { "y" } else { "x" });
        intruder.set("signing_keys", "id", &Value::Text(renamed.clone()), &which).await;
        assert!(app.engine.verifying_key(&renamed).await.expect("an answer").is_none());
        intruder.set("signing_keys", "id", &Value::Text(kid(&token)), &format!("id = '{renamed}'")).await;
        intruder.set("signing_keys", "sealed", &Value::Bytes(vec![1; 80]), &which).await;
        let next = issue(app, &max, true).await.token;
        assert!(kid(&next) != kid(&token) && is_signed(&app.engine, &next).await, "another key replaces it");
    }
}
