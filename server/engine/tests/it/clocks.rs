//! Jumps of the clock: a key or session that was rejected as expired stays rejected, and times in
//! the future are corrected.

use domain::Code;
use domain::command::{CreateKey, Expiry, KeyDraft, KeyQuery, RotateKey};
use domain::view::NewKey;
use engine::Ctx;

use crate::intruder::Value;
use crate::test_app::{NORTH, TestApp, refusal};

const DAY: i64 = 86_400;

async fn expiring(app: &TestApp, ctx: &Ctx) -> NewKey {
    let draft = KeyDraft {
        name: "Expiring",
        expires_at: Expiry::InDays("7"),
        ..KeyDraft::default()
    };
    app.engine
        .create_key(
            ctx,
            CreateKey::draft(&draft, ctx.now()).expect("a command"),
        )
        .await
        .expect("a key")
}

async fn expiration_events(app: &TestApp) -> i64 {
    app.intruder()
        .await
        .number("SELECT COUNT(*) FROM audit_events WHERE action = 'key.expired'")
        .await
}

both! {
    // R6: the rejection writes the expiration and its event once. Neither the clock nor a restart
    // reverts it.
    a_key_rejected_as_expired_stays_rejected_when_the_clock_goes_back(app) {
        let key = expiring(app, &app.north("max").await).await;
        app.clock.advance_seconds(7 * DAY);
        for _ in 0..3 {
            assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        }
        assert_eq!(expiration_events(app).await, 1);
        app.clock.advance_seconds(-7 * DAY);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let restarted = app.restarted().await;
        assert_eq!(refusal(restarted.authenticate_key(&key.plain, crate::test_app::origin()).await), Code::Unauthorized);
        assert_eq!(expiration_events(app).await, 1);
        app.sound_chain(NORTH).await;
    }

    // R6: the end of a grace period is an expiration too.
    a_rotated_key_rejected_after_its_grace_period_stays_rejected(app) {
        let (max, old) = (app.north("max").await, app.north_key("max").await);
        let rotate = RotateKey { overlap_seconds: 3600, ..RotateKey::immediately(old.view.key_id) };
        let new = app.engine.rotate_key(&max, rotate, None).await.expect("rotated").new;
        app.clock.advance_seconds(3600);
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.clock.advance_seconds(-3600);
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.with_key(&new.plain).await;
    }

    // R6: the key is rejected when a request that is in flight writes.
    a_key_rejected_while_its_request_runs_stays_rejected(app) {
        let key = expiring(app, &app.north("max").await).await;
        let running = app.with_key(&key.plain).await;
        app.clock.advance_seconds(7 * DAY);
        assert_eq!(refusal(app.workspace(&running.ctx, "Late").await), Code::Unauthorized);
        drop(running);
        app.clock.advance_seconds(-7 * DAY);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "before or after it is written");
        app.engine.expire_keys().await.expect("written");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        assert_eq!(expiration_events(app).await, 1);
    }

    // R6: if the database rejects writes, the engine remembers the rejection and writes it later.
    a_rejection_that_cannot_be_written_is_remembered(app) {
        let key = expiring(app, &app.north("max").await).await;
        crate::audit::refuse_events(app).await;
        app.clock.advance_seconds(7 * DAY);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        app.clock.advance_seconds(-7 * DAY);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "remembered");
        assert_eq!(app.engine.expire_keys().await.expect("tried"), 0);
        let table = if app.db.is_shared() { " ON audit_events" } else { "" };
        app.intruder().await.run(&format!("DROP TRIGGER refuse{table}")).await;
        assert_eq!(app.engine.expire_keys().await.expect("written"), 1);
        assert_eq!(refusal(app.restarted().await.authenticate_key(&key.plain, crate::test_app::origin()).await), Code::Unauthorized);
        assert_eq!(expiration_events(app).await, 1);
        app.sound_chain(NORTH).await;
    }

    // R6: sessions that expired because of inactivity, or because of their absolute lifetime.
    a_session_rejected_as_expired_stays_rejected_when_the_clock_goes_back(app) {
        for seconds in [3600, 12 * 3600] {
            let (caller, token) = app.browser("max").await;
            let (_, untouched) = app.browser("max").await;
            app.clock.advance_seconds(seconds);
            assert!(app.engine.find_session(&token).await.expect("an answer").is_none());
            app.clock.advance_seconds(-seconds);
            assert!(app.engine.find_session(&token).await.expect("an answer").is_none(), "after {seconds} seconds");
            assert_eq!(refusal(app.engine.recheck_session(&caller).await), Code::Unauthorized);
            assert!(app.restarted().await.find_session(&token).await.expect("an answer").is_none());
            assert!(app.engine.find_session(&untouched).await.expect("an answer").is_some(), "it was never rejected");
        }
    }

    // R6
    a_session_rejected_by_a_recheck_stays_rejected(app) {
        let (caller, token) = app.browser("max").await;
        app.clock.advance_seconds(3600);
        assert_eq!(refusal(app.engine.recheck_session(&caller).await), Code::Unauthorized);
        app.clock.advance_seconds(-3600);
        assert!(app.engine.find_session(&token).await.expect("an answer").is_none());
    }

    // F12: a last use that was written while the clock was ahead.
    a_last_use_in_the_future_is_corrected(app) {
        let (key, max) = (app.north_key("max").await, app.north("max").await);
        let last_used = async || app.engine.get_key(&max, key.view.key_id).await.expect("a key").key.last_used;
        app.engine.correct_future_times().await.expect("corrected");
        app.clock.advance_seconds(400 * DAY);
        app.with_key(&key.plain).await;
        app.engine.flush_usage().await.expect("flushed");
        app.with_key(&key.plain).await;
        app.clock.advance_seconds(-400 * DAY);
        let right = app.runtime.now();
        app.engine.flush_usage().await.expect("flushed");
        app.engine.correct_future_times().await.expect("corrected");
        assert_eq!(last_used().await, Some(right));
        app.clock.advance_seconds(90);
        app.with_key(&key.plain).await;
        app.engine.flush_usage().await.expect("flushed");
        assert_eq!(last_used().await, Some(right.plus_seconds(90)));
        let mut intruder = app.intruder().await;
        let today = right.0 / 86_400_000;
        for table in ["key_days", "actor_days"] {
            let all = intruder.number(&format!("SELECT CAST(SUM(calls) AS BIGINT) FROM {table}")).await;
            assert_eq!((all, 3), (intruder.number(&format!("SELECT CAST(SUM(calls) AS BIGINT) FROM {table} WHERE day = {today}")).await, 3), "{table}");
        }
        let late = format!("SELECT COUNT(*) FROM key_callers WHERE at > {}", app.runtime.now().0);
        assert_eq!(intruder.number(&late).await, 0);
        let list = app.engine.list_keys(&max, &KeyQuery::default(), 10).await.expect("a list");
        assert_eq!(list.rows[0].key.last_used, Some(right.plus_seconds(90)));
    }

    // F12: a session that was created or used while the clock was ahead does not get a longer
    // lifetime.
    session_times_in_the_future_are_corrected(app) {
        app.engine.correct_future_times().await.expect("corrected");
        let (_, seen) = app.browser("max").await;
        let seen_at = Value::Number(app.runtime.now().plus_seconds(400 * DAY).0);
        app.intruder().await.set("sessions", "seen_at", &seen_at, "1 = 1").await;
        app.clock.advance_seconds(400 * DAY);
        let (_, early) = app.browser("mia").await;
        app.engine.begin_flow(b"early", b"value").await.expect("begun");
        app.clock.advance_seconds(-400 * DAY);
        assert!(app.engine.find_session(&early).await.expect("an answer").is_none(), "from the future");
        assert!(app.engine.find_session(&seen).await.expect("an answer").is_some());
        app.engine.correct_future_times().await.expect("corrected");
        let mut intruder = app.intruder().await;
        assert_eq!(intruder.number("SELECT COUNT(*) FROM sign_in_flows").await, 0);
        let ahead = format!("SELECT COUNT(*) FROM sessions WHERE seen_at > {0} OR created_at > {0}", app.runtime.now().0);
        assert_eq!(intruder.number(&ahead).await, 0);
        app.clock.advance_seconds(3600);
        assert!(app.engine.find_session(&seen).await.expect("an answer").is_none(), "idle for an hour");
    }
}
