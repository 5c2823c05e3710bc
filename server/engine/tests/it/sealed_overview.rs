//! What an actor has sealed, and who may see it (D31).

use domain::command::{CreateConsumer, CreateKey, CreateServiceAccount, RotateKey};
use domain::view::{NewKey, SealedForKey, SealedOfKind, SealedOverview};
use domain::{ActorId, Code, Moment, SealedCounts, SealedKind};
use engine::Ctx;

use crate::sealed_kinds::{counts, fill, rotate, write};
use crate::test_app::{NORTH, TestApp, everything, refusal, revoke};

/// A service account, and a key of it.
async fn account(app: &TestApp, ctx: &Ctx) -> (ActorId, NewKey) {
    let command = CreateServiceAccount::read("CI", None, true).expect("an account");
    let account = app
        .engine
        .create_service_account(ctx, command)
        .await
        .expect("an account")
        .actor_id;
    let command = CreateKey {
        owner: Some(account),
        ..CreateKey::read("CI").expect("a key")
    };
    let key = app
        .engine
        .create_key(ctx, command)
        .await
        .expect("a key");
    (account, key)
}

/// The numbers of items, and of those that no active key decrypts.
fn by_kind(overview: &SealedOverview) -> (SealedCounts, SealedCounts) {
    overview.kinds.iter().fold(
        (SealedCounts::NONE, SealedCounts::NONE),
        |(all, unreadable), of_kind| {
            (
                all.with(of_kind.kind, of_kind.count),
                unreadable.with(of_kind.kind, of_kind.unreadable),
            )
        },
    )
}

fn by_key(overview: &SealedOverview) -> Vec<(i64, SealedCounts)> {
    overview
        .keys
        .iter()
        .map(|key| (key.key_id.0, key.counts))
        .collect()
}

both! {
    // RO-31, D31
    the_overview_counts_by_kind_and_by_key(app) {
        let ada = app.north("ada").await;
        assert_eq!(app.engine.see_sealed(&ada).await.expect("nothing"), SealedOverview::default());
        let (one, two) = (app.key_of(&ada).await, app.key_of(&ada).await);
        fill(app, &one, counts([1, 2, 3, 4, 5])).await;
        fill(app, &two, counts([0, 1, 0, 2, 0])).await;
        // Of another member.
        fill(app, &app.north_key("mia").await, counts([1; 5])).await;
        let overview = app.engine.see_sealed(&ada).await.expect("counted");
        assert_eq!(by_kind(&overview), (counts([1, 3, 3, 6, 5]), SealedCounts::NONE));
        assert_eq!(overview.keys, [
            SealedForKey { key_id: two.view.key_id, label: two.view.label.clone(), key_prefix: two.view.key_prefix.clone(), counts: counts([0, 1, 0, 2, 0]) },
            SealedForKey { key_id: one.view.key_id, label: one.view.label.clone(), key_prefix: one.view.key_prefix.clone(), counts: counts([1, 2, 3, 4, 5]) },
        ]);
        for key in &overview.keys {
            assert_eq!(app.engine.see_rotation_loss(&ada, key.key_id).await.expect("counted"), key.counts);
        }

        app.engine.revoke_key(&ada, revoke(one.view.key_id)).await.expect("revoked");
        let overview = app.engine.see_sealed(&ada).await.expect("counted");
        assert_eq!(by_kind(&overview), (counts([1, 3, 3, 6, 5]), counts([1, 2, 3, 4, 5])));
        assert_eq!(by_key(&overview), [(two.view.key_id.0, counts([0, 1, 0, 2, 0]))]);
    }

    // RO-31
    the_overview_shows_the_successor_that_items_were_carried_over_to(app) {
        let (ada, key) = (app.north("ada").await, app.north_key("ada").await);
        fill(app, &key, counts([1; 5])).await;
        let new = rotate(app, &key, false, true).await.expect("carried over").new;
        fill(app, &new, counts([0, 0, 1, 0, 0])).await;
        let overview = app.engine.see_sealed(&ada).await.expect("counted");
        assert_eq!(by_kind(&overview), (counts([1, 1, 2, 1, 1]), SealedCounts::NONE));
        assert_eq!(by_key(&overview), [(new.view.key_id.0, counts([1, 1, 2, 1, 1]))]);
        rotate(app, &new, true, false).await.expect("confirmed");
        let overview = app.engine.see_sealed(&ada).await.expect("counted");
        assert_eq!(by_kind(&overview), (counts([1, 1, 2, 1, 1]), counts([1, 1, 2, 1, 1])));
        assert!(overview.keys.is_empty(), "{overview:?}");
    }

    the_overview_has_the_time_of_the_newest_item_of_each_kind(app) {
        let (ada, key) = (app.north("ada").await, app.north_key("ada").await);
        let start = ada.now();
        for (kind, seconds) in [(SealedKind::Todos, 10), (SealedKind::Notebook, 10), (SealedKind::Todos, 10)] {
            app.clock.advance_seconds(seconds);
            write(app, &key, kind, "x").await.expect("written");
        }
        let of_kind = |kind, count, newest: Moment| SealedOfKind { kind, count, unreadable: 0, newest };
        assert_eq!(app.engine.see_sealed(&ada).await.expect("counted").kinds, [
            of_kind(SealedKind::Notebook, 1, start.plus_seconds(20)),
            of_kind(SealedKind::Todos, 2, start.plus_seconds(30)),
        ]);
    }

    // An expired key decrypts nothing any more, even before its expiration is recorded.
    an_expired_key_is_not_in_the_overview(app) {
        let ada = app.north("ada").await;
        let command = CreateKey { expires_at: Some(ada.now().plus_seconds(60)), ..CreateKey::read("brief").expect("a key") };
        let key = app.engine.create_key(&ada, command).await.expect("a key");
        fill(app, &key, counts([0, 1, 0, 0, 0])).await;
        app.clock.advance_seconds(60);
        let overview = app.engine.see_sealed(&app.north("ada").await).await.expect("counted");
        assert_eq!((by_kind(&overview).1, overview.keys), (counts([0, 1, 0, 0, 0]), Vec::new()));
    }

    // KE-24, RA-30
    admins_see_what_a_service_account_has_sealed(app) {
        let (olga, ada) = (app.north("olga").await, app.north("ada").await);
        let (account, key) = account(app, &olga).await;
        fill(app, &key, counts([1, 0, 2, 0, 3])).await;
        let before = everything(app).await;
        for ctx in [&olga, &ada] {
            let overview = app.engine.see_sealed_of_account(ctx, account).await.expect("an admin may");
            assert_eq!(by_kind(&overview), (counts([1, 0, 2, 0, 3]), SealedCounts::NONE));
            assert_eq!(by_key(&overview), [(key.view.key_id.0, counts([1, 0, 2, 0, 3]))]);
        }
        let own = app.with_key(&key.plain).await.ctx;
        assert_eq!(by_key(&app.engine.see_sealed(&own).await.expect("its own")), [(key.view.key_id.0, counts([1, 0, 2, 0, 3]))]);
        let max = app.north("max").await;
        assert_eq!(refusal(app.engine.see_sealed_of_account(&max, account).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.see_sealed_of_account(&app.south("otto").await, account).await), Code::NotFound);
        // Nobody sees what another member has sealed, and a consumer seals nothing.
        let consumer = CreateConsumer::read("customer_1", None, Default::default()).expect("a consumer");
        let consumer = app.engine.create_consumer(&olga, consumer).await.expect("a consumer").actor_id;
        for other in [app.member("max", NORTH).await, app.member("olga", NORTH).await, consumer, ActorId(9_999)] {
            assert_eq!(refusal(app.engine.see_sealed_of_account(&olga, other).await), Code::NotFound);
        }
        let items = |dump: &Vec<(String, Vec<_>)>| dump.iter().find(|(table, _)| table == "items").map(|(_, rows)| rows.len());
        assert_eq!((items(&before), items(&everything(app).await)), (Some(6), Some(6)));
    }

    // KE-24, RA-30
    who_may_rotate_a_key_sees_what_that_would_make_unreadable(app) {
        let key = app.north_key("max").await;
        fill(app, &key, counts([1, 1, 0, 0, 0])).await;
        for who in ["max", "ada", "olga"] {
            let loss = app.engine.see_rotation_loss(&app.north(who).await, key.view.key_id).await;
            assert_eq!(loss.expect("may rotate it"), counts([1, 1, 0, 0, 0]), "{who}");
        }
        assert_eq!(refusal(app.engine.see_rotation_loss(&app.north("mia").await, key.view.key_id).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.see_rotation_loss(&app.south("otto").await, key.view.key_id).await), Code::NotFound);
        let ada = app.north("ada").await;
        let command = RotateKey { confirm_message_loss: true, ..RotateKey::immediately(key.view.key_id) };
        assert_eq!(app.engine.rotate_key(&ada, command, None).await.expect("rotated").orphaned, counts([1, 1, 0, 0, 0]));
    }
}
