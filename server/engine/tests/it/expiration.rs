//! Expiration and rotation of keys, exposed keys, and idempotency keys.

use domain::command::{
    ChangeKey, ChangeOrganization, CreateKey, Expiry, KeyDraft, KeyQuery, OrganizationDraft,
    RotateKey, SealText, StatusFilter,
};
use domain::event::AuditAction;
use domain::key::KeyStatus;
use domain::view::NewKey;
use domain::{Code, Moment, SealedCounts, SealedKind};
use engine::Ctx;
use engine::keys::IdempotencyKey;
use tokio::task::JoinSet;

use crate::test_app::{NORTH, TestApp, everything, origin, refusal, revoke};

const DAY: i64 = 86_400;

async fn expiring(app: &TestApp, ctx: &Ctx, days: &str) -> NewKey {
    let draft = KeyDraft {
        name: "Expiring",
        expires_at: Expiry::InDays(days),
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

fn with_grace_period(key: &NewKey, seconds: i64) -> RotateKey {
    RotateKey {
        overlap_seconds: seconds,
        ..RotateKey::immediately(key.view.key_id)
    }
}

both! {
    // RU-26, D17: the expiration is final, and its event is written once.
    a_key_expires_at_the_exact_second(app) {
        let key = expiring(app, &app.north("max").await, "7").await;
        app.clock.advance_seconds(7 * DAY - 1);
        let running = app.with_key(&key.plain).await;
        app.clock.advance_seconds(1);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        assert_eq!(refusal(app.workspace(&running.ctx, "Late").await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.recheck_key(&running).await), Code::Unauthorized);
        assert_eq!(app.engine.expire_keys().await.expect("written"), 0, "the rejection already wrote the event");
        assert_eq!(app.engine.expire_keys().await.expect("written before"), 0);
        app.clock.advance_seconds(-8 * DAY);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "the clock does not revert it");
        let event = app.newest_event(&app.north("olga").await).await;
        assert_ne!(event.action, AuditAction::KeyRevoked);
        app.sound_chain(NORTH).await;
    }

    // RU-26, D17: it is as if the key had been created with that expiration.
    a_key_can_expire_earlier_but_not_later(app) {
        let max = app.north("max").await;
        let key = expiring(app, &max, "7").await;
        let (id, end) = (key.view.key_id, key.view.expires_at.expect("an end"));
        let expire = |at: Moment| ChangeKey { expires_at: Some(at), ..ChangeKey::of(id) };
        let late = app.engine.change_key(&max, expire(end.plus_seconds(1))).await;
        assert_eq!(refusal(late), Code::InvalidFields);
        let mia = app.north("mia").await;
        assert_eq!(refusal(app.engine.change_key(&mia, expire(max.now().plus_seconds(60))).await), Code::Forbidden);
        let before = everything(app).await;
        app.engine.change_key(&max, expire(end)).await.expect("nothing to do");
        assert_eq!(before, everything(app).await, "no change, no event");

        let running = app.with_key(&key.plain).await;
        let earlier = max.now().plus_seconds(DAY);
        let line = app.engine.change_key(&max, expire(earlier)).await.expect("changed");
        assert_eq!(line.key.expires_at, Some(earlier));
        let event = app.newest_event(&max).await;
        assert_eq!(event.action, AuditAction::KeyExpirationChanged);
        assert_eq!(event.changes[0].before, Some(end.to_rfc3339()));
        assert_eq!(event.changes[0].after, Some(earlier.to_rfc3339()));
        assert_eq!(refusal(app.engine.change_key(&max, expire(end)).await), Code::InvalidFields, "it cannot be undone");
        app.engine.recheck_key(&running).await.expect("a request in flight goes on");
        app.clock.advance_seconds(DAY - 1);
        app.with_key(&key.plain).await;
        app.clock.advance_seconds(1);
        assert_eq!(refusal(app.engine.recheck_key(&running).await), Code::Unauthorized);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let max = app.north("max").await;
        let again = ChangeKey { expires_at: Some(max.now().plus_seconds(60)), ..ChangeKey::of(id) };
        assert_eq!(refusal(app.engine.change_key(&max, again).await), Code::Conflict);

        let endless = app.key_of(&max).await;
        let limited = ChangeKey { expires_at: Some(max.now().plus_seconds(60)), ..ChangeKey::of(endless.view.key_id) };
        app.engine.change_key(&max, limited).await.expect("a key that did not expire");
        app.with_key(&endless.plain).await;
        app.clock.advance_seconds(60);
        assert_eq!(refusal(app.admit(&endless.plain).await), Code::Unauthorized);
        app.sound_chain(NORTH).await;
    }

    // RU-26
    an_expired_key_is_listed_as_expired(app) {
        let max = app.north("max").await;
        let (key, live) = (expiring(app, &max, "1").await, app.key_of(&max).await);
        app.clock.advance_seconds(DAY);
        let max = app.north("max").await;
        let of = async |status| -> Vec<i64> {
            let query = KeyQuery { status, ..KeyQuery::default() };
            let page = app.engine.list_keys(&max, &query, 10).await.expect("a list");
            page.rows.iter().map(|line| line.key.key_id.0).collect()
        };
        let (expired, active) = (key.view.key_id.0, live.view.key_id.0);
        assert_eq!(of(Some(StatusFilter::Active)).await, [active]);
        assert_eq!(of(Some(StatusFilter::Expired)).await, [expired]);
        assert_eq!(of(None).await, [active, expired]);
        assert_eq!(app.engine.count_inactive_keys(&max, &KeyQuery::default()).await.expect("counted"), 1);
        let line = app.engine.get_key(&max, key.view.key_id).await.expect("a key");
        assert_eq!((line.status(max.now()), line.key.is_active), (KeyStatus::Expired, false));
    }

    // D17: the maximum lifetime of an organization also applies to successors.
    no_key_exceeds_the_maximum_lifetime_of_the_organization(app) {
        let olga = app.north("olga").await;
        let before = app.key_of(&olga).await;
        let limit = ChangeOrganization::read(&OrganizationDraft { max_key_days: Some(Some(30)), ..OrganizationDraft::default() }).expect("a command");
        app.engine.change_organization(&olga, limit).await.expect("changed");
        assert_eq!(refusal(app.engine.create_key(&olga, CreateKey::read("For ever").expect("a name")).await), Code::InvalidFields);
        let draft = KeyDraft { name: "Long", expires_at: Expiry::InDays("31"), ..KeyDraft::default() };
        let long = CreateKey::draft(&draft, olga.now()).expect("a command");
        assert_eq!(refusal(app.engine.create_key(&olga, long).await), Code::InvalidFields);
        expiring(app, &olga, "30").await;
        app.with_key(&before.plain).await;
        let successor = app.engine.rotate_key(&olga, RotateKey::immediately(before.view.key_id), None).await.expect("rotated").new;
        assert_eq!(successor.view.expires_at, Some(olga.now().plus_seconds(30 * DAY)));
    }

    // RO-29, RO-30, RO-34, RU-18, D15
    the_calling_key_can_rotate_itself(app) {
        let old = app.north_key("max").await;
        let ctx = app.with_key(&old.plain).await.ctx;
        let rotated = app.engine.rotate_calling_key(&ctx, &old.plain, RotateKey::immediately(old.view.key_id), false, None).await.expect("rotated");
        assert_eq!((rotated.new.view.actor_id, rotated.orphaned), (old.view.actor_id, SealedCounts::NONE));
        assert_ne!(rotated.new.public_key_hex, old.public_key_hex);
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.with_key(&rotated.new.plain).await;
        let max = app.north("max").await;
        let (line, new) = (app.engine.get_key(&max, old.view.key_id).await.expect("old"), app.engine.get_key(&max, rotated.new.view.key_id).await.expect("new"));
        assert_eq!((line.rotated_to, new.rotated_from), (Some(new.key.key_id), Some(line.key.key_id)));
        assert_eq!((new.key.scopes, &new.key.label, new.key.environment), (line.key.scopes, &line.key.label, line.key.environment));
        app.sound_chain(NORTH).await;
    }

    // RK-28, RU-18, D15
    both_keys_work_until_the_grace_period_is_over(app) {
        let (max, old) = (app.north("max").await, app.north_key("max").await);
        let rotated = app.engine.rotate_key(&max, with_grace_period(&old, 3600), None).await.expect("rotated");
        assert_eq!(rotated.old_ends_at, max.now().plus_seconds(3600));
        app.with_key(&old.plain).await;
        app.with_key(&rotated.new.plain).await;
        let line = app.engine.get_key(&max, old.view.key_id).await.expect("old");
        assert_eq!(line.status(max.now()), KeyStatus::Rotated(rotated.old_ends_at));
        let again = app.engine.rotate_key(&max, with_grace_period(&old, 0), None).await;
        assert_eq!(refusal(again), Code::Conflict, "a key has only one successor");
        app.clock.advance_seconds(3600);
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.with_key(&rotated.new.plain).await;
        app.engine.expire_keys().await.expect("written");
        app.sound_chain(NORTH).await;
    }

    // D15: the old key expires no later than before. Revoking it ends the grace period.
    a_grace_period_does_not_extend_the_lifetime_of_a_key(app) {
        let max = app.north("max").await;
        let old = expiring(app, &max, "1").await;
        app.clock.advance_seconds(DAY - 60);
        let max = app.north("max").await;
        let rotated = app.engine.rotate_key(&max, with_grace_period(&old, 604_800), None).await.expect("rotated");
        assert_eq!(Some(rotated.old_ends_at), old.view.expires_at);
        assert_eq!(rotated.new.view.expires_at, Some(max.now().plus_seconds(DAY)), "it has the lifetime of its predecessor");
        app.engine.revoke_key(&max, revoke(old.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.with_key(&rotated.new.plain).await;
    }

    // D15
    a_revoked_rotated_or_foreign_key_cannot_be_rotated(app) {
        let (max, old) = (app.north("max").await, app.north_key("max").await);
        app.engine.revoke_key(&max, revoke(old.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.rotate_key(&max, RotateKey::immediately(old.view.key_id), None).await), Code::Conflict);
        // A key that was rotated without a grace period gets the same error.
        let replaced = app.north_key("max").await;
        app.engine.rotate_key(&max, RotateKey::immediately(replaced.view.key_id), None).await.expect("rotated");
        let again = app.engine.rotate_key(&max, RotateKey::immediately(replaced.view.key_id), None).await;
        assert_eq!(refusal(again), Code::Conflict);
        let foreign = app.north_key("mia").await;
        assert_eq!(refusal(app.engine.rotate_key(&max, RotateKey::immediately(foreign.view.key_id), None).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.rotate_key(&app.south("otto").await, RotateKey::immediately(foreign.view.key_id), None).await), Code::NotFound);
        assert_ne!(before, everything(app).await, "the test created other keys");
    }

    // RO-31, RO-32, RO-33, RO-35, D16: losing messages must be confirmed; the rejection changes
    // nothing.
    a_rotation_that_loses_messages_must_be_confirmed(app) {
        let old = app.north_key("max").await;
        let ctx = app.with_key(&old.plain).await.ctx;
        for n in 0..3 {
            let text = SealText::read(&format!("message {n}")).expect("a text");
            app.engine.send_message(&app.north("olga").await, ctx.actor().id, text).await.expect("sent");
        }
        app.engine.write_item(&ctx, SealedKind::Notebook, SealText::read("note").expect("a text")).await.expect("written");
        let itself = |confirm| RotateKey { confirm_message_loss: confirm, ..RotateKey::immediately(old.view.key_id) };
        let before = everything(app).await;
        let refused = app.engine.rotate_calling_key(&ctx, &old.plain, itself(false), false, None).await;
        assert_eq!(refusal(refused), Code::MessagesWouldBeLost);
        assert_eq!(before, everything(app).await);
        let rotated = app.engine.rotate_calling_key(&ctx, &old.plain, itself(true), false, None).await.expect("confirmed");
        assert_eq!((rotated.orphaned.messages(), rotated.orphaned.items()), (3, 1));
        let ctx = app.with_key(&rotated.new.plain).await.ctx;
        let inbox = app.engine.read_items(&ctx, &rotated.new.plain, SealedKind::Inbox, 10).await.expect("an inbox");
        assert_eq!((inbox.items.len(), inbox.unreadable), (0, 3), "the new key decrypts none of them");
        let text = SealText::read("for the new key").expect("a text");
        app.engine.send_message(&app.north("olga").await, ctx.actor().id, text).await.expect("sent");
        let inbox = app.engine.read_items(&ctx, &rotated.new.plain, SealedKind::Inbox, 10).await.expect("an inbox");
        assert_eq!(inbox.items[0].opened.text, "for the new key");
    }

    // D16, C9: several rotations in a row
    carried_over_messages_stay_readable(app) {
        let mut key = app.north_key("max").await;
        let olga = app.north("olga").await;
        for turn in 1..=3 {
            let text = SealText::read(&format!("message {turn}")).expect("a text");
            app.engine.send_message(&olga, key.view.actor_id, text).await.expect("sent");
            let ctx = app.with_key(&key.plain).await.ctx;
            let rotated = app.engine.rotate_calling_key(&ctx, &key.plain, RotateKey::immediately(key.view.key_id), true, None).await.expect("rotated");
            assert_eq!(rotated.orphaned, SealedCounts::NONE);
            assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
            key = rotated.new;
            let ctx = app.with_key(&key.plain).await.ctx;
            let inbox = app.engine.read_items(&ctx, &key.plain, SealedKind::Inbox, 10).await.expect("an inbox");
            assert_eq!((inbox.items.len(), inbox.unreadable), (turn, 0));
        }
    }

    // D16
    messages_in_the_grace_period_are_encrypted_for_the_successor(app) {
        let (max, olga, old) = (app.north("max").await, app.north("olga").await, app.north_key("max").await);
        let running = app.with_key(&old.plain).await.ctx;
        let new = app.engine.rotate_key(&max, with_grace_period(&old, 3600), None).await.expect("rotated").new;
        let text = || SealText::read("hello").expect("a text");
        let sealed = app.engine.send_message(&olga, max.actor().id, text()).await.expect("sent");
        assert_eq!(sealed.key_id, new.view.key_id);
        assert_eq!(refusal(app.engine.write_item(&running, SealedKind::Notebook, text()).await), Code::Conflict);
        app.clock.advance_seconds(3600);
        let ctx = app.with_key(&new.plain).await.ctx;
        assert_eq!(app.engine.read_items(&ctx, &new.plain, SealedKind::Inbox, 10).await.expect("an inbox").items.len(), 1);
    }

    // D23, D.1: the recheck before the response detects a change by another node.
    a_recheck_detects_a_removal_on_another_node(app) {
        if app.db.is_shared() {
            let (olga, key) = (app.north("olga").await, app.north_key("max").await);
            let elsewhere = app.restarted().await;
            let running = elsewhere.authenticate_key(&key.plain, origin()).await.expect("good");
            elsewhere.recheck_key(&running).await.expect("still good");
            app.engine.remove_member(&olga, app.member("max", NORTH).await).await.expect("removed");
            assert_eq!(refusal(elsewhere.recheck_key(&running).await), Code::Forbidden);
            let lowered = app.north_key("ada").await;
            let running = elsewhere.authenticate_key(&lowered.plain, origin()).await.expect("good");
            app.engine.change_member(&olga, app.member("ada", NORTH).await, domain::Role::Member).await.expect("lowered");
            assert_eq!(refusal(elsewhere.recheck_key(&running).await), Code::Forbidden);
        }
    }

    // D8: an exposed key keeps working until it is replaced.
    a_key_sent_in_a_url_is_marked_as_exposed_once(app) {
        let (max, key) = (app.north("max").await, app.north_key("max").await);
        for _ in 0..2 {
            app.engine.expose_key(&key.plain, &origin()).await.expect("marked");
        }
        let line = app.engine.get_key(&max, key.view.key_id).await.expect("a key");
        assert_eq!((line.exposed_at, line.status(max.now())), (Some(max.now()), KeyStatus::Exposed));
        let events = app.engine.read_audit_log(&max, &Default::default(), 100).await.expect("events").rows;
        assert_eq!(events.iter().filter(|event| event.action == AuditAction::KeyExposed).count(), 1);
        app.with_key(&key.plain).await;
        let query = KeyQuery { status: Some(StatusFilter::Exposed), ..KeyQuery::default() };
        assert_eq!(app.engine.list_keys(&max, &query, 10).await.expect("a list").rows.len(), 1);
        let usage = app.engine.get_key_detail(&max, key.view.key_id).await.expect("a key").usage;
        assert_eq!((usage.refusals[0].cause.as_str(), usage.refusals[0].count), ("sent_in_address", 2));
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.engine.expose_key(&key.plain, &origin()).await.expect("no effect");
        let successor = TestApp::on_sqlite().await;
        app.engine.expose_key(&successor.north_key("max").await.plain, &origin()).await.expect("an unknown key");
        successor.close().await;
        app.sound_chain(NORTH).await;
    }

    // A retry creates no second key and shows no key again.
    a_request_with_an_idempotency_key_is_executed_once(app) {
        let max = app.north("max").await;
        let create = async |ctx: &Ctx, word: &str, content: &str| {
            let once = IdempotencyKey::of("create", word, content);
            app.engine.create_key_once(ctx, CreateKey::read("Once").expect("a name"), Some(&once)).await
        };
        let created = create(&max, "a", "body").await.expect("a key");
        let before = everything(app).await;
        assert_eq!(refusal(create(&max, "a", "body").await), Code::AlreadyDone);
        assert_eq!(refusal(create(&max, "a", "another body").await), Code::InvalidFields);
        assert_eq!(before, everything(app).await);
        create(&app.north("mia").await, "a", "body").await.expect("the idempotency keys of another caller are independent");
        create(&max, "b", "body").await.expect("another request");
        let once = IdempotencyKey::of("rotate", "a", "");
        let rotate = async || app.engine.rotate_key(&max, with_grace_period(&created, 60), Some(&once)).await;
        rotate().await.expect("rotated");
        assert_eq!(refusal(rotate().await), Code::AlreadyDone);
        app.clock.advance_seconds(DAY + 1);
        app.engine.delete_old_requests().await.expect("forgotten");
        create(&app.north("max").await, "a", "body").await.expect("after a day the idempotency key can be used again");
    }

    // PyPI's audit, finding 2
    two_hundred_concurrent_retries_create_one_key(app) {
        let max = app.north("max").await;
        let mut requests = JoinSet::new();
        for _ in 0..200 {
            let (engine, max) = (app.engine.clone(), max.clone());
            requests.spawn(async move {
                let once = IdempotencyKey::of("create", "retry", "body");
                engine.create_key_once(&max, CreateKey::read("Retry").expect("a name"), Some(&once)).await
            });
        }
        let mut made = 0;
        for outcome in requests.join_all().await {
            match outcome {
                Ok(_) => made += 1,
                Err(error) => assert!(matches!(error.code(), Code::AlreadyDone | Code::Unavailable), "{error}"),
            }
        }
        assert_eq!(made, 1);
        let list = app.engine.list_keys(&max, &KeyQuery::default(), 200).await.expect("a list");
        assert_eq!(list.rows.len(), 1);
    }


    revoking_several_keys_is_atomic(app) {
        let (max, foreign) = (app.north("max").await, app.north_key("mia").await);
        let keys = [app.key_of(&max).await, app.key_of(&max).await];
        let mut ids: Vec<_> = keys.iter().map(|key| key.view.key_id).collect();
        ids.push(foreign.view.key_id);
        let reason = domain::key::RevokeReason::Policy;
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.revoke_keys(&max, &ids, reason).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        let revoked = app.engine.revoke_keys(&app.north("olga").await, &ids, reason).await.expect("revoked");
        assert!(revoked.len() == 3 && revoked.iter().all(|one| one.fresh && one.reason == reason));
        assert_eq!(refusal(app.admit(&foreign.plain).await), Code::Unauthorized);
        app.sound_chain(NORTH).await;
    }
}

// RU-08
#[test]
fn a_key_without_expiration_never_expires() {
    assert_eq!(
        CreateKey::read("For ever")
            .expect("a name")
            .expires_at,
        None::<Moment>
    );
}
