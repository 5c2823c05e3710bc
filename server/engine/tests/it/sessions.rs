//! Browser sessions, and sign-ins in progress.

use engine::sessions::{ABSOLUTE_SECONDS, FLOW_SECONDS, IDLE_SECONDS};

use crate::dump::Needles;
use crate::intruder::Value;
use crate::test_app::origin;

const TOKEN: &[u8] = b"k2Zr8vQm1XwT5yBn7LdC3hJf9GsP0aEo";

both! {
    // B4
    neither_token_nor_value_of_a_session_is_stored(app) {
        let (session, flow) = (app.runtime.base62::<43>(), app.runtime.base62::<43>());
        let value = app.runtime.base62::<60>();
        assert!(app.engine.insert_session(&session, None, &origin(), &value).await.expect("a session"));
        assert!(app.engine.update_session(&session, Some(app.person("max").await), &value).await.expect("saved"));
        app.engine.begin_flow(&flow, &value).await.expect("begun");
        let mut needles = Needles::default();
        for secret in [session.as_slice(), &flow, &value] {
            needles.add_secret(secret);
        }
        needles.assert_absent(app).await;
    }

    // B4
    no_stored_value_of_a_session_is_a_token(app) {
        app.engine.insert_session(TOKEN, None, &origin(), b"value").await.expect("a session");
        app.engine.begin_flow(TOKEN, b"value").await.expect("begun");
        for (table, rows) in app.intruder().await.dump().await {
            if table != "sessions" && table != "sign_in_flows" {
                continue;
            }
            for (column, value) in rows.into_iter().flatten() {
                let Value::Bytes(bytes) = value else { continue };
                for token in [bytes.clone(), hex::encode(&bytes).into_bytes(), crate::dump::base64(&bytes).into_bytes()] {
                    assert!(app.engine.find_session(&token).await.expect("an answer").is_none(), "{table}.{column}");
                    assert!(app.engine.take_flow(&token).await.expect("an answer").is_none(), "{table}.{column}");
                }
            }
        }
    }

    a_session_returns_the_stored_value(app) {
        assert!(app.engine.insert_session(TOKEN, None, &origin(), b"first").await.expect("a session"));
        assert!(!app.engine.insert_session(TOKEN, None, &origin(), b"second").await.expect("an answer"), "the token is taken");
        let (value, until) = app.engine.find_session(TOKEN).await.expect("an answer").expect("a session");
        assert_eq!(value.as_slice(), b"first");
        assert_eq!(until, app.runtime.now().plus_seconds(ABSOLUTE_SECONDS));
    }

    saving_a_deleted_session_does_not_restore_it(app) {
        app.engine.insert_session(TOKEN, None, &origin(), b"value").await.expect("a session");
        app.engine.delete_session(TOKEN).await.expect("deleted");
        assert!(!app.engine.update_session(TOKEN, None, b"late").await.expect("an answer"));
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_none());
    }

    a_session_expires_an_hour_after_its_last_use(app) {
        app.engine.insert_session(TOKEN, None, &origin(), b"value").await.expect("a session");
        app.clock.advance_seconds(IDLE_SECONDS - 1);
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_some(), "it was used again");
        app.clock.advance_seconds(IDLE_SECONDS - 1);
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_some());
        app.clock.advance_seconds(IDLE_SECONDS);
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_none());
    }

    a_session_expires_twelve_hours_after_sign_in_regardless_of_its_use(app) {
        app.engine.insert_session(TOKEN, None, &origin(), b"value").await.expect("a session");
        let step = 30 * 60;
        for _ in 1..ABSOLUTE_SECONDS / step {
            app.clock.advance_seconds(step);
            assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_some());
            assert!(app.engine.update_session(TOKEN, None, b"value").await.expect("saved"));
        }
        app.clock.advance_seconds(step);
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_none());
    }

    saving_an_expired_session_does_not_restore_it(app) {
        app.engine.insert_session(TOKEN, None, &origin(), b"value").await.expect("a session");
        app.clock.advance_seconds(IDLE_SECONDS);
        assert!(!app.engine.update_session(TOKEN, None, b"late").await.expect("an answer"));
        assert!(app.engine.find_session(TOKEN).await.expect("an answer").is_none());
    }

    only_expired_sessions_are_deleted(app) {
        app.engine.insert_session(b"old", None, &origin(), b"value").await.expect("a session");
        app.engine.begin_flow(b"old", b"value").await.expect("begun");
        app.clock.advance_seconds(IDLE_SECONDS);
        app.engine.insert_session(b"new", None, &origin(), b"value").await.expect("a session");
        app.engine.begin_flow(b"new", b"value").await.expect("begun");
        app.engine.delete_expired_sessions().await.expect("swept");
        let mut intruder = app.intruder().await;
        for table in ["sessions", "sign_in_flows"] {
            assert_eq!(intruder.number(&format!("SELECT COUNT(*) FROM {table}")).await, 1, "{table}");
        }
        assert!(app.engine.find_session(b"new").await.expect("an answer").is_some());
        assert!(app.engine.take_flow(b"new").await.expect("an answer").is_some());
    }

    a_sign_in_can_be_completed_once(app) {
        app.engine.begin_flow(TOKEN, b"what it needs").await.expect("begun");
        let taken = app.engine.take_flow(TOKEN).await.expect("an answer").expect("a flow");
        assert_eq!(taken.as_slice(), b"what it needs");
        assert!(app.engine.take_flow(TOKEN).await.expect("an answer").is_none());
    }

    a_sign_in_expires_after_ten_minutes(app) {
        app.engine.begin_flow(TOKEN, b"value").await.expect("begun");
        app.clock.advance_seconds(FLOW_SECONDS);
        assert!(app.engine.take_flow(TOKEN).await.expect("an answer").is_none());
    }

    // B5
    an_altered_or_moved_session_is_rejected(app) {
        for token in [b"one", b"two"] {
            app.engine.insert_session(token, None, &origin(), token).await.expect("a session");
        }
        let mut intruder = app.intruder().await;
        let digest = intruder.literal(&Value::Bytes(app.engine.session_digest(b"one")));
        let other = intruder.literal(&Value::Bytes(app.engine.session_digest(b"two")));
        let which = format!("digest = {digest}");
        let own = intruder.bytes(&format!("SELECT sealed FROM sessions WHERE {which}")).await;
        let foreign = intruder.bytes(&format!("SELECT sealed FROM sessions WHERE digest = {other}")).await;
        let flipped = (0..own.len()).map(|at| {
            let mut flipped = own.clone();
            flipped[at] ^= 0x80;
            flipped
        });
        for bad in flipped.chain([foreign, vec![]]) {
            intruder.set("sessions", "sealed", &Value::Bytes(bad), &which).await;
            assert!(app.engine.find_session(b"one").await.expect("an answer").is_none());
        }
        intruder.set("sessions", "sealed", &Value::Bytes(own), &which).await;
        assert!(app.engine.find_session(b"one").await.expect("an answer").is_some());
    }
}
