//! Signing in on a device.

use domain::device::{AuthorizationRequest, DeviceClient};
use domain::event::AuditAction;
use domain::{Code, SessionId};
use engine::devices::{DEVICE_CODE_SECONDS, DeviceTokens, GrantRefusal, Granted, StartedDevice};
use engine::sessions::SessionKind;
use engine::tokens::Parties;
use engine::{Caller, Credential};

use crate::dump::Needles;
use crate::intruder::Value;
use crate::test_app::{NORTH, SOUTH, TestApp, origin, refusal};

const CLI: DeviceClient = DeviceClient::CommandLine;
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:49152/callback";

fn parties() -> Parties {
    Parties {
        issuer: "https://keys.test".into(),
        audience: "https://keys.test/api/v1".into(),
    }
}

async fn start(app: &TestApp) -> StartedDevice {
    app.engine
        .start_device(CLI, &origin())
        .await
        .expect("codes")
}

async fn poll(app: &TestApp, code: &str) -> Granted {
    app.engine
        .exchange_device_code(CLI, code, &parties(), &origin())
        .await
        .expect("an answer")
}

async fn refresh(app: &TestApp, token: &str) -> Granted {
    app.engine
        .refresh_device(CLI, token, &parties(), &origin())
        .await
        .expect("an answer")
}

fn refused(granted: Granted) -> GrantRefusal {
    match granted {
        Ok(_) => panic!("tokens"),
        Err(refusal) => refusal,
    }
}

fn tokens(granted: Granted) -> DeviceTokens {
    granted.unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// Signs a device in, and gives the person's browser and the tokens of the device.
async fn signed_in(app: &TestApp, person: &str) -> (Caller, DeviceTokens) {
    let (browser, _) = app.browser(person).await;
    let device = start(app).await;
    app.engine
        .decide_device(&browser, &device.user_code, true, &origin())
        .await
        .expect("allowed");
    let granted = poll(app, &device.device_code).await;
    (browser, tokens(granted))
}

fn authorization() -> AuthorizationRequest {
    AuthorizationRequest {
        client: CLI,
        redirect_uri: REDIRECT.parse().expect("an address"),
        challenge: CHALLENGE.parse().expect("a challenge"),
        state: "af0ifjsldkj".into(),
    }
}

async fn authorize(app: &TestApp, browser: &Caller) -> String {
    let code = app
        .engine
        .authorize_device(browser, &authorization(), &origin())
        .await;
    code.expect("a code").to_string()
}

async fn exchange(app: &TestApp, code: &str, verifier: &str, redirect: &str) -> Granted {
    app.engine
        .exchange_authorization_code(CLI, code, verifier, redirect, &parties(), &origin())
        .await
        .expect("an answer")
}

async fn device_session(app: &TestApp, browser: &Caller) -> Option<SessionId> {
    let sessions = app
        .engine
        .list_sessions(browser)
        .await
        .expect("sessions");
    sessions
        .into_iter()
        .find(|session| session.kind == SessionKind::Device)
        .map(|session| session.id)
}

both! {
    // RFC 8628, 3. KE-15
    a_device_is_signed_in_once_a_person_allows_it(app) {
        let (una, _) = app.browser("una").await;
        let device = start(app).await;
        assert_eq!((device.expires_in, device.interval), (DEVICE_CODE_SECONDS, 5));
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Pending);
        let shown = app.engine.get_device_request(&device.user_code).await.expect("the device");
        assert_eq!((shown.client, shown.address.as_deref(), shown.agent.as_deref()), (CLI, Some("192.0.2.7"), Some("test/1")));

        let before = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        app.engine.decide_device(&una, &device.user_code, true, &origin()).await.expect("allowed");
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::DeviceAllowed);
        app.clock.advance_seconds(5);
        let tokens = tokens(poll(app, &device.device_code).await);
        assert_eq!((tokens.access.expires_in, tokens.refresh.starts_with("rtr_")), (3600, true));
        // Allowed, signed in, and a token: in each organization of the person.
        assert_eq!((app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await), (before.0 + 3, before.1 + 3));

        let sessions = app.engine.list_sessions(&una).await.expect("sessions");
        let kinds: Vec<_> = sessions.iter().map(|session| session.kind).collect();
        assert!(kinds.contains(&SessionKind::Device) && kinds.contains(&SessionKind::Browser), "{kinds:?}");
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Invalid, "a code works once");
        assert_eq!(refusal(app.engine.get_device_request(&device.user_code).await), Code::NotFound);
        assert_eq!(refusal(app.engine.decide_device(&una, &device.user_code, false, &origin()).await), Code::NotFound);
    }

    // A double click on Allow while the device asks: nobody waits for the other forever.
    a_second_decision_and_an_exchange_at_the_same_time_both_end(app) {
        let (max, _) = app.browser("max").await;
        for _ in 0..20 {
            let device = start(app).await;
            app.engine.decide_device(&max, &device.user_code, true, &origin()).await.expect("allowed");
            let decider = origin();
            let again = app.engine.decide_device(&max, &device.user_code, true, &decider);
            let (again, granted) = tokio::join!(again, poll(app, &device.device_code));
            assert_eq!(refusal(again), Code::NotFound);
            tokens(granted);
        }
    }

    // RA-14: long before the end of the one before.
    a_refresh_gives_a_new_access_token(app) {
        let (_, first) = signed_in(app, "max").await;
        app.clock.advance_seconds(2);
        let second = tokens(refresh(app, &first.refresh).await);
        assert_ne!(*first.access.token, *second.access.token);
        assert_eq!(second.access.expires_in, 3600);
    }

    // RFC 8628, 3.5
    a_device_is_told_why_it_gets_no_tokens(app) {
        let (max, _) = app.browser("max").await;
        let device = start(app).await;
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Pending);
        app.clock.advance_seconds(1);
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::SlowDown);
        app.clock.advance_seconds(6);
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::SlowDown, "the interval is ten seconds now");
        app.clock.advance_seconds(15);
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Pending);
        assert_eq!(refused(poll(app, "unknown").await), GrantRefusal::Invalid);
        let other = app.engine
            .exchange_device_code(DeviceClient::ClientModule, &device.device_code, &parties(), &origin()).await.expect("an answer");
        assert_eq!(refused(other), GrantRefusal::Invalid, "the code is another program's");

        app.engine.decide_device(&max, &device.user_code, false, &origin()).await.expect("denied");
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::DeviceDenied);
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Denied);
        assert_eq!(refused(poll(app, &device.device_code).await), GrantRefusal::Invalid);

        let late = start(app).await;
        app.clock.advance_seconds(DEVICE_CODE_SECONDS);
        let (max, _) = app.browser("max").await;
        assert_eq!(refused(poll(app, &late.device_code).await), GrantRefusal::Expired);
        assert_eq!(refusal(app.engine.decide_device(&max, &late.user_code, true, &origin()).await), Code::NotFound);
    }

    // B22
    only_a_recent_sign_in_in_a_browser_allows_a_device(app) {
        let (max, _) = app.browser("max").await;
        let device = start(app).await;
        let (_, tokens) = signed_in(app, "max").await;
        let session = device_session(app, &max).await.expect("a session");
        let holder = app.engine.identify_token_holder(max.person, &session, app.runtime.now()).await.expect("a holder");
        assert_eq!(refusal(app.engine.decide_device(&holder, &device.user_code, true, &origin()).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.authorize_device(&holder, &authorization(), &origin()).await), Code::Forbidden);

        let Credential::Session { digest, .. } = max.credential.clone() else { panic!("a browser") };
        let signed_in_at = app.runtime.now().plus_seconds(-601);
        let stale = Caller { credential: Credential::Session { digest, signed_in_at }, ..max.clone() };
        assert_eq!(refusal(app.engine.decide_device(&stale, &device.user_code, true, &origin()).await), Code::FreshSignInRequired);
        assert_eq!(refusal(app.engine.authorize_device(&stale, &authorization(), &origin()).await), Code::FreshSignInRequired);
        app.engine.decide_device(&stale, &device.user_code, false, &origin()).await.expect("denying needs no sign-in");
        drop(tokens);
    }

    // RFC 8252, RFC 7636
    a_code_for_a_program_works_once_and_only_with_its_verifier(app) {
        let (max, _) = app.browser("max").await;
        let good = authorize(app, &max).await;
        let granted = tokens(exchange(app, &good, VERIFIER, REDIRECT).await);
        assert!(granted.refresh.starts_with("rtr_"));
        assert_eq!(refused(exchange(app, &good, VERIFIER, REDIRECT).await), GrantRefusal::Invalid);

        let wrong = [("wrong verifier", REDIRECT), (VERIFIER, "http://127.0.0.1:49153/callback"), (CHALLENGE, REDIRECT), ("", REDIRECT)];
        for (verifier, redirect) in wrong {
            let code = authorize(app, &max).await;
            assert_eq!(refused(exchange(app, &code, verifier, redirect).await), GrantRefusal::Invalid, "{verifier} {redirect}");
            assert_eq!(refused(exchange(app, &code, VERIFIER, REDIRECT).await), GrantRefusal::Invalid, "it is spent");
        }
        let late = authorize(app, &max).await;
        app.clock.advance_seconds(61);
        assert_eq!(refused(exchange(app, &late, VERIFIER, REDIRECT).await), GrantRefusal::Invalid);
        app.engine.deny_device(&max, CLI, &origin()).await.expect("denied");
        assert_eq!(app.newest_event(&app.north("olga").await).await.action, AuditAction::DeviceDenied);
    }

    // RA-13, RFC 9700 4.14
    a_refresh_replaces_the_refresh_token(app) {
        let (_, first) = signed_in(app, "max").await;
        let second = tokens(refresh(app, &first.refresh).await);
        assert_ne!(*second.refresh, *first.refresh);
        let again = tokens(refresh(app, &first.refresh).await);
        assert_eq!(*again.refresh, *second.refresh, "the answer was lost");
        app.clock.advance_seconds(3_000);
        let third = tokens(refresh(app, &second.refresh).await);
        assert_ne!(*third.refresh, *second.refresh);
        assert_eq!(refused(refresh(app, "rtr_unknown").await), GrantRefusal::Invalid);
        let other = app.engine
            .refresh_device(DeviceClient::ClientModule, &third.refresh, &parties(), &origin()).await.expect("an answer");
        assert_eq!(refused(other), GrantRefusal::Invalid);
        tokens(refresh(app, &third.refresh).await);
    }

    a_replaced_refresh_token_that_comes_again_revokes_the_session(app) {
        let (max, first) = signed_in(app, "max").await;
        let second = tokens(refresh(app, &first.refresh).await);
        app.clock.advance_seconds(61);
        assert_eq!(refused(refresh(app, &first.refresh).await), GrantRefusal::Invalid);
        let event = app.newest_event(&app.north("olga").await).await;
        let reason = event.changes.first().and_then(|change| change.after.clone());
        assert_eq!((event.action, reason.as_deref()), (AuditAction::SessionEnded, Some("refresh_token_reused")));
        assert_eq!(refused(refresh(app, &second.refresh).await), GrantRefusal::Invalid);
        assert_eq!(device_session(app, &max).await, None);
    }

    // B20, B22
    a_device_loses_its_session_in_every_way(app) {
        for end in ["signed out", "revoked", "idle", "too old", "removed"] {
            let (browser, tokens) = signed_in(app, "mia").await;
            let session = device_session(app, &browser).await.expect("a session");
            match end {
                "signed out" => app.engine.sign_out_device(CLI, &tokens.refresh, &origin()).await.expect("signed out"),
                "revoked" => app.engine.revoke_session(&browser, &session, &origin()).await.expect("revoked"),
                "idle" => app.clock.advance_seconds(SessionKind::Device.idle_seconds()),
                "too old" => {
                    let mut refresh_token = tokens.refresh.clone();
                    for _ in 0..4 {
                        app.clock.advance_seconds(SessionKind::Device.absolute_seconds() / 4);
                        if let Ok(next) = refresh(app, &refresh_token).await {
                            refresh_token = next.refresh;
                        }
                    }
                    assert_eq!(refused(refresh(app, &refresh_token).await), GrantRefusal::Invalid, "{end}");
                }
                _ => {
                    let olga = app.north("olga").await;
                    let mia = app.member("mia", NORTH).await;
                    app.engine.remove_member(&olga, mia).await.expect("removed");
                }
            }
            assert_eq!(refused(refresh(app, &tokens.refresh).await), GrantRefusal::Invalid, "{end}");
            assert_eq!(refusal(app.engine.identify_token_holder(browser.person, &session, app.runtime.now()).await), Code::Unauthorized, "{end}");
            app.engine.sign_out_device(CLI, &tokens.refresh, &origin()).await.expect("already signed out");
        }
    }

    // B4
    neither_codes_nor_tokens_of_a_device_are_stored(app) {
        let (max, _) = app.browser("max").await;
        let waiting = start(app).await;
        let code = app.engine.authorize_device(&max, &authorization(), &origin()).await.expect("a code");
        let (_, tokens) = signed_in(app, "max").await;
        let user_code = waiting.user_code.to_string();
        let mut needles = Needles::default();
        for secret in [waiting.device_code.as_str(), &user_code, &code, &tokens.refresh, &tokens.access.token] {
            needles.add_secret(secret.as_bytes());
        }
        needles.assert_absent(app).await;
        assert!(app.engine.find_session(tokens.refresh.as_bytes()).await.expect("an answer").is_none(), "no cookie");
        app.engine.delete_expired_sessions().await.expect("swept");
        app.clock.advance_seconds(DEVICE_CODE_SECONDS);
        app.engine.delete_expired_sessions().await.expect("swept");
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM device_requests").await, 0);
    }

    // B5
    an_altered_device_is_not_signed_in(app) {
        let (max, _) = app.browser("max").await;
        let (waiting, other) = (start(app).await, start(app).await);
        app.engine.decide_device(&max, &other.user_code, true, &origin()).await.expect("allowed");
        // The decision about one device is no decision about another.
        let mut intruder = app.intruder().await;
        let swap = "UPDATE device_requests SET sealed = (SELECT d.sealed FROM device_requests d \
             WHERE d.digest <> device_requests.digest)";
        assert_eq!(intruder.run(swap).await, 2);
        let answers = [poll(app, &waiting.device_code).await, poll(app, &other.device_code).await];
        let granted = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(granted <= 1, "both devices were signed in");
        assert!(answers[0].is_err(), "nobody allowed it");

        let (browser, tokens) = signed_in(app, "mia").await;
        let victim = app.person("olga").await;
        let theirs = format!("kind = 'device' AND person_id IN ({}, {victim})", browser.person);
        intruder.set("sessions", "person_id", &Value::Number(victim.0), &theirs).await;
        assert_eq!(refused(refresh(app, &tokens.refresh).await), GrantRefusal::Invalid);
        intruder.set("sessions", "person_id", &Value::Number(browser.person.0), &theirs).await;
        intruder.set("sessions", "kind", &Value::Text("browser".into()), &theirs).await;
        assert_eq!(refused(refresh(app, &tokens.refresh).await), GrantRefusal::Invalid);
        assert!(app.engine.find_session(tokens.refresh.as_bytes()).await.expect("an answer").is_none());
    }
}
