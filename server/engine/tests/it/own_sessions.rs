//! What a person sees and does of their own sessions.

use domain::event::Happening;
use domain::view::SessionView;
use domain::{Code, PersonId, SessionId};
use engine::Caller;
use engine::sessions::{ABSOLUTE_SECONDS, IDLE_SECONDS};

use crate::house::{House, NORTH, SOUTH, identity, origin, refusal, workspace};
use crate::intruder::Value;

async fn sessions(house: &House, caller: &Caller) -> Vec<SessionView> {
    house.engine.list_sessions(caller).await.expect("a list")
}

async fn id_of(house: &House, caller: &Caller) -> SessionId {
    let own = sessions(house, caller).await.into_iter().find(|session| session.is_current);
    own.expect("the current session").id
}

async fn is_open(house: &House, token: &[u8]) -> bool {
    house.engine.find_session(token).await.expect("an answer").is_some()
}

both! {
    b22_a_person_sees_their_own_sessions_the_one_used_last_first(house) {
        let (first, first_token) = house.browser("max").await;
        house.browser("ada").await;
        house.clock.advance_seconds(120);
        let (second, _) = house.browser("max").await;
        let seen = sessions(house, &second).await;
        let marks: Vec<_> = seen.iter().map(|session| (session.is_current, session.signed_in_at == session.last_seen)).collect();
        assert_eq!(marks, [(true, true), (false, true)], "{seen:?}");
        assert_eq!((seen[0].address.as_deref(), seen[0].agent.as_deref()), (Some("192.0.2.7"), Some("test/1")));
        assert_eq!(seen[0].expires_at, house.outside.now().plus_seconds(ABSOLUTE_SECONDS));
        house.clock.advance_seconds(120);
        assert!(is_open(house, &first_token).await, "and it is seen again");
        let seen = sessions(house, &second).await;
        assert_eq!(seen.iter().map(|session| session.is_current).collect::<Vec<_>>(), [false, true]);
        assert_eq!(sessions(house, &first).await.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true, false]);
        house.clock.advance_seconds(IDLE_SECONDS - 120);
        assert_eq!(sessions(house, &second).await.len(), 1, "the other has run out");
    }

    b22_a_session_that_is_ended_is_noted_in_every_organization_of_its_person(house) {
        let ((here, _), (there, token)) = (house.browser("una").await, house.browser("una").await);
        let id = id_of(house, &there).await;
        let before = (house.sound_chain(NORTH).await, house.sound_chain(SOUTH).await);
        house.engine.end_session(&here, &id, &origin()).await.expect("ended");
        assert!(!is_open(house, &token).await);
        assert_eq!((house.sound_chain(NORTH).await, house.sound_chain(SOUTH).await), (before.0 + 1, before.1 + 1));
        let event = house.newest_event(&house.north("olga").await).await;
        assert_eq!((event.action, event.object_id.as_str()), (Happening::SessionEnded, id.as_str()));
        assert_eq!((event.actor_name.as_str(), event.changes[0].after.as_deref()), ("una", Some("revoked")));
        assert_eq!(refusal(house.engine.end_session(&here, &id, &origin()).await), Code::NotFound);
        assert_eq!(refusal(house.engine.end_session(&there, &id, &origin()).await), Code::Unauthorized);
    }

    b15_nobody_ends_the_session_of_someone_else(house) {
        let ((max, max_token), (olga, _)) = (house.browser("max").await, house.browser("olga").await);
        let (foreign, none) = (id_of(house, &max).await, "ses_0000000000000000".parse().expect("an id"));
        let before = crate::house::everything(house).await;
        for id in [foreign, none] {
            assert_eq!(refusal(house.engine.end_session(&olga, &id, &origin()).await), Code::NotFound);
        }
        assert_eq!(house.engine.end_other_sessions(&olga, &origin()).await.expect("none"), 0);
        assert_eq!(before, crate::house::everything(house).await);
        assert!(is_open(house, &max_token).await);
    }

    b22_signing_out_everywhere_else_leaves_only_this_one(house) {
        let (here, here_token) = house.browser("una").await;
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(house.browser("una").await);
        }
        let ctx = house.engine.admit_person(&others[0].0, &house.organization(NORTH).await, origin()).await.expect("una");
        let before = house.sound_chain(NORTH).await;
        assert_eq!(house.engine.end_other_sessions(&here, &origin()).await.expect("ended"), 5);
        assert_eq!(house.sound_chain(NORTH).await, before + 5, "one event for each");
        for (_, token) in &others {
            assert!(!is_open(house, token).await);
            assert!(!house.engine.update_session(token, None, b"late").await.expect("an answer"));
        }
        assert!(is_open(house, &here_token).await);
        assert_eq!(refusal(house.engine.create_workspace(&ctx, workspace("Late")).await), Code::Unauthorized);
    }

    b22_of_two_sessions_that_end_each_other_one_is_left(house) {
        for name in ["una", "nobody"] {
            house.engine.sign_in(&identity(name), &origin()).await.expect("signed in");
            let ((one, _), (other, _)) = (house.browser(name).await, house.browser(name).await);
            let (engine, second) = (house.engine.clone(), house.engine.clone());
            let first = one.clone();
            let race = tokio::join!(
                tokio::spawn(async move { engine.end_other_sessions(&first, &origin()).await }),
                tokio::spawn(async move { second.end_other_sessions(&other, &origin()).await }),
            );
            let ended = [race.0.expect("runs"), race.1.expect("runs")].into_iter().filter_map(Result::ok).sum::<usize>();
            assert_eq!((ended, sessions(house, &one).await.len()), (1, 1), "{name}");
        }
    }

    signing_out_is_noted_and_ends_this_session_only(house) {
        let ((max, token), (_, other)) = (house.browser("max").await, house.browser("max").await);
        house.engine.sign_out(&max, &origin()).await.expect("signed out");
        assert!(!is_open(house, &token).await && is_open(house, &other).await);
        let event = house.newest_event(&house.north("max").await).await;
        assert_eq!((event.action, event.changes[0].after.as_deref()), (Happening::SessionEnded, Some("signed_out")));
        assert_eq!(refusal(house.engine.sign_out(&max, &origin()).await), Code::Unauthorized);
    }

    // A writer of the database can neither make a session last, nor hand it to someone else, nor rename it.
    b5_who_a_session_is_and_how_long_is_sealed(house) {
        let (max, token) = house.browser("max").await;
        let mut intruder = house.intruder().await;
        let which = format!("digest = {}", intruder.literal(&Value::Bytes(house.engine.session_digest(&token))));
        let later = Value::Number(house.outside.now().plus_seconds(3600).0);
        let olga = Value::Number(house.person("olga").await.0);
        let rows = intruder.rows(&format!("SELECT id, person_id, created_at, expires_at FROM sessions WHERE {which}")).await;
        let forged = [("id", Value::Text("ses_other".into())), ("person_id", olga), ("person_id", Value::Null), ("created_at", later)];
        for (column, value) in forged {
            let stored = &rows[0].iter().find(|(name, _)| name == column).expect("a column").1;
            intruder.set("sessions", column, &value, &which).await;
            assert!(!is_open(house, &token).await, "{column}");
            assert!(sessions(house, &max).await.is_empty(), "{column}");
            intruder.set("sessions", column, stored, &which).await;
        }
        let far = Value::Number(house.outside.now().plus_seconds(10 * ABSOLUTE_SECONDS).0);
        for column in ["expires_at", "seen_at"] {
            intruder.set("sessions", column, &far, &which).await;
        }
        assert!(is_open(house, &token).await);
        house.clock.advance_seconds(ABSOLUTE_SECONDS);
        assert!(!is_open(house, &token).await);
    }

    a_person_without_an_organization_has_sessions_too(house) {
        house.engine.sign_in(&identity("nobody"), &origin()).await.expect("signed in");
        let ((here, _), (there, token)) = (house.browser("nobody").await, house.browser("nobody").await);
        assert_eq!(sessions(house, &here).await.len(), 2);
        house.engine.end_session(&here, &id_of(house, &there).await, &origin()).await.expect("ended");
        assert!(!is_open(house, &token).await);
        let stranger = Caller { person: PersonId(999_999), ..here };
        assert!(sessions(house, &stranger).await.is_empty());
    }
}
