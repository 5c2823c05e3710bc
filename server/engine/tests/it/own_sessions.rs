//! Listing and revoking one's own sessions.

use domain::event::AuditAction;
use domain::view::SessionView;
use domain::{Code, PersonId, SessionId};
use engine::Caller;
use engine::sessions::{ABSOLUTE_SECONDS, IDLE_SECONDS};

use crate::intruder::Value;
use crate::test_app::{NORTH, SOUTH, TestApp, identity, origin, refusal, workspace};

async fn sessions(app: &TestApp, caller: &Caller) -> Vec<SessionView> {
    app.engine
        .list_sessions(caller)
        .await
        .expect("a list")
}

async fn id_of(app: &TestApp, caller: &Caller) -> SessionId {
    let own = sessions(app, caller)
        .await
        .into_iter()
        .find(|session| session.is_current);
    own.expect("the current session").id
}

async fn is_open(app: &TestApp, token: &[u8]) -> bool {
    app.engine
        .find_session(token)
        .await
        .expect("an answer")
        .is_some()
}

both! {
    // B22
    a_person_lists_their_sessions_most_recently_used_first(app) {
        let (first, first_token) = app.browser("max").await;
        app.browser("ada").await;
        app.clock.advance_seconds(120);
        let (second, _) = app.browser("max").await;
        let seen = sessions(app, &second).await;
        let marks: Vec<_> = seen.iter().map(|session| (session.is_current, session.signed_in_at == session.last_seen)).collect();
        assert_eq!(marks, [(true, true), (false, true)], "{seen:?}");
        assert_eq!((seen[0].address.as_deref(), seen[0].agent.as_deref()), (Some("192.0.2.7"), Some("test/1")));
        assert_eq!(seen[0].expires_at, app.runtime.now().plus_seconds(ABSOLUTE_SECONDS));
        app.clock.advance_seconds(120);
        assert!(is_open(app, &first_token).await, "it was used again");
        let seen = sessions(app, &second).await;
        assert_eq!(seen.iter().map(|session| session.is_current).collect::<Vec<_>>(), [false, true]);
        assert_eq!(sessions(app, &first).await.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true, false]);
        app.clock.advance_seconds(IDLE_SECONDS - 120);
        assert_eq!(sessions(app, &second).await.len(), 1, "the other session has expired");
    }

    // B22
    revoking_a_session_writes_an_event_in_every_organization_of_the_person(app) {
        let ((here, _), (there, token)) = (app.browser("una").await, app.browser("una").await);
        let id = id_of(app, &there).await;
        let before = (app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await);
        app.engine.revoke_session(&here, &id, &origin()).await.expect("revoked");
        assert!(!is_open(app, &token).await);
        assert_eq!((app.sound_chain(NORTH).await, app.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!((event.action, event.object_id.as_str()), (AuditAction::SessionEnded, id.as_str()));
        assert_eq!((event.actor_name.as_str(), event.changes[0].after.as_deref()), ("una", Some("revoked")));
        assert_eq!(refusal(app.engine.revoke_session(&here, &id, &origin()).await), Code::NotFound);
        assert_eq!(refusal(app.engine.revoke_session(&there, &id, &origin()).await), Code::Unauthorized);
    }

    // B15
    a_session_of_another_person_cannot_be_revoked(app) {
        let ((max, max_token), (olga, _)) = (app.browser("max").await, app.browser("olga").await);
        let (foreign, none) = (id_of(app, &max).await, "ses_0000000000000000".parse().expect("an id"));
        let before = crate::test_app::everything(app).await;
        for id in [foreign, none] {
            assert_eq!(refusal(app.engine.revoke_session(&olga, &id, &origin()).await), Code::NotFound);
        }
        assert_eq!(app.engine.revoke_other_sessions(&olga, &origin()).await.expect("none"), 0);
        assert_eq!(before, crate::test_app::everything(app).await);
        assert!(is_open(app, &max_token).await);
    }

    // B22
    revoking_all_other_sessions_keeps_the_current_one(app) {
        let (here, here_token) = app.browser("una").await;
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(app.browser("una").await);
        }
        let ctx = app.engine.enter_organization(&others[0].0, &app.organization(NORTH).await, origin()).await.expect("una");
        let before = app.sound_chain(NORTH).await;
        assert_eq!(app.engine.revoke_other_sessions(&here, &origin()).await.expect("revoked"), 5);
        assert_eq!(app.sound_chain(NORTH).await, before + 5, "one event for each");
        for (_, token) in &others {
            assert!(!is_open(app, token).await);
            assert!(!app.engine.update_session(token, None, b"late").await.expect("an answer"));
        }
        assert!(is_open(app, &here_token).await);
        assert_eq!(refusal(app.engine.create_workspace(&ctx, workspace("Late")).await), Code::Unauthorized);
    }

    // B22
    of_two_sessions_that_revoke_each_other_one_is_left(app) {
        for name in ["una", "nobody"] {
            app.engine.sign_in(&identity(name), &origin()).await.expect("signed in");
            let ((one, _), (other, _)) = (app.browser(name).await, app.browser(name).await);
            let (engine, second) = (app.engine.clone(), app.engine.clone());
            let first = one.clone();
            let race = tokio::join!(
                tokio::spawn(async move { engine.revoke_other_sessions(&first, &origin()).await }),
                tokio::spawn(async move { second.revoke_other_sessions(&other, &origin()).await }),
            );
            let revoked = [race.0.expect("runs"), race.1.expect("runs")].into_iter().filter_map(Result::ok).sum::<usize>();
            assert_eq!((revoked, sessions(app, &one).await.len()), (1, 1), "{name}");
        }
    }

    signing_out_writes_an_event_and_revokes_only_the_current_session(app) {
        let ((max, token), (_, other)) = (app.browser("max").await, app.browser("max").await);
        app.engine.sign_out(&max, &origin()).await.expect("signed out");
        assert!(!is_open(app, &token).await && is_open(app, &other).await);
        let event = app.newest_event(&app.north("max").await).await;
        assert_eq!((event.action, event.changes[0].after.as_deref()), (AuditAction::SessionEnded, Some("signed_out")));
        assert_eq!(refusal(app.engine.sign_out(&max, &origin()).await), Code::Unauthorized);
    }

    // B5: an attacker with write access can neither extend a session, nor assign it to another
    // person, nor rename it.
    an_altered_session_row_is_rejected(app) {
        let (max, token) = app.browser("max").await;
        let mut intruder = app.intruder().await;
        let which = format!("digest = {}", intruder.literal(&Value::Bytes(app.engine.session_digest(&token))));
        let later = Value::Number(app.runtime.now().plus_seconds(3600).0);
        let olga = Value::Number(app.person("olga").await.0);
        let rows = intruder.rows(&format!("SELECT id, person_id, created_at, expires_at FROM sessions WHERE {which}")).await;
        let forged = [("id", Value::Text("ses_other".into())), ("person_id", olga), ("person_id", Value::Null), ("created_at", later)];
        for (column, value) in forged {
            let stored = &rows[0].iter().find(|(name, _)| name == column).expect("a column").1;
            intruder.set("sessions", column, &value, &which).await;
            assert!(!is_open(app, &token).await, "{column}");
            assert!(sessions(app, &max).await.is_empty(), "{column}");
            intruder.set("sessions", column, stored, &which).await;
        }
        let far = Value::Number(app.runtime.now().plus_seconds(10 * ABSOLUTE_SECONDS).0);
        for column in ["expires_at", "seen_at"] {
            intruder.set("sessions", column, &far, &which).await;
        }
        assert!(is_open(app, &token).await);
        app.clock.advance_seconds(ABSOLUTE_SECONDS);
        assert!(!is_open(app, &token).await);
    }

    a_person_without_an_organization_can_list_and_revoke_sessions(app) {
        app.engine.sign_in(&identity("nobody"), &origin()).await.expect("signed in");
        let ((here, _), (there, token)) = (app.browser("nobody").await, app.browser("nobody").await);
        assert_eq!(sessions(app, &here).await.len(), 2);
        app.engine.revoke_session(&here, &id_of(app, &there).await, &origin()).await.expect("revoked");
        assert!(!is_open(app, &token).await);
        let stranger = Caller { person: PersonId(999_999), ..here };
        assert!(sessions(app, &stranger).await.is_empty());
    }
}
