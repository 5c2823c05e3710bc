//! The overview page, and the banner above the list of keys.

use domain::attention::{Attention, Facts, Notice};
use domain::command::{CreateKey, CreateServiceAccount, Expiry, KeyDraft, KeyQuery, StatusFilter};
use domain::environment::Environment;
use domain::view::{KeyCounts, NewKey, Overview, RefusalCause, Staff};
use domain::{KeyId, Moment, Permissions, ScopeSet};
use engine::Ctx;

use crate::intruder::{Intruder, Value};
use crate::test_app::{SOUTH, TestApp, origin, revoke};

const DAY: i64 = 86_400;

async fn overview(app: &TestApp, ctx: &Ctx) -> Overview {
    app.engine
        .overview(ctx)
        .await
        .expect("an overview")
}

async fn named(app: &TestApp, ctx: &Ctx, name: &str, days: Option<&str>) -> NewKey {
    let expires_at = days.map_or(Expiry::Never, Expiry::InDays);
    let draft = KeyDraft {
        name,
        expires_at,
        ..KeyDraft::default()
    };
    let command = CreateKey::draft(&draft, ctx.now()).expect("a command");
    app.engine
        .create_key(ctx, command)
        .await
        .expect("a key")
}

async fn set(intruder: &mut Intruder, key: KeyId, column: &str, at: Option<i64>) {
    intruder
        .set(
            "api_keys",
            column,
            &at.map_or(Value::Null, Value::Number),
            &format!("id = {key}"),
        )
        .await;
}

async fn found(app: &TestApp, ctx: &Ctx, status: StatusFilter) -> i64 {
    let query = KeyQuery {
        status: Some(status),
        ..KeyQuery::default()
    };
    i64::try_from(
        app.engine
            .list_keys(ctx, &query, 1000)
            .await
            .expect("a list")
            .rows
            .len(),
    )
    .expect("few")
}

fn labels(all: &Overview) -> Vec<(&str, Attention)> {
    all.concerns
        .iter()
        .map(|one| (one.line.key.label.as_str(), one.why))
        .collect()
}

/// Creates keys in every state, the most urgent first.
async fn create_keys(app: &TestApp) -> Ctx {
    let max = app.north("max").await;
    let now = max.now().0;
    let mut intruder = app.intruder().await;
    let (unused, never, endless) = (
        named(app, &max, "unused", Some("365"))
            .await
            .view
            .key_id,
        named(app, &max, "never used", Some("365"))
            .await
            .view
            .key_id,
        named(app, &max, "endless", None)
            .await
            .view
            .key_id,
    );
    for (key, made, used) in [
        (unused, 200, Some(91)),
        (never, 31, None),
        (endless, 91, Some(1)),
    ] {
        set(
            &mut intruder,
            key,
            "created_at",
            Some(now - made * DAY * 1000),
        )
        .await;
        set(
            &mut intruder,
            key,
            "last_used_at",
            used.map(|days| now - days * DAY * 1000),
        )
        .await;
    }
    let exposed = named(app, &max, "exposed", Some("90")).await;
    app.engine
        .expose_key(&exposed.plain, &origin())
        .await
        .expect("marked");
    // They were created for more than 14 days.
    for (name, days) in [("in 13 days", "13"), ("in 6 days", "6")] {
        let key = named(app, &max, name, Some(days))
            .await
            .view
            .key_id;
        set(
            &mut intruder,
            key,
            "created_at",
            Some(now - 20 * DAY * 1000),
        )
        .await;
    }
    named(app, &max, "fine", Some("90")).await;
    let gone = named(app, &max, "gone", Some("90"))
        .await
        .view
        .key_id;
    app.engine
        .revoke_key(&max, revoke(gone))
        .await
        .expect("revoked");
    app.north("max").await
}

both! {
    the_counts_by_status_match_the_filtered_lists(app) {
        let max = create_keys(app).await;
        let keys = overview(app, &max).await.keys;
        assert_eq!(keys, KeyCounts { active: 7, expiring: 2, exposed: 1, unused: 1, attention: 6, expired: 0, revoked: 1 });
        assert_eq!(keys.all(), 8);
        let lists = [
            (StatusFilter::Active, keys.active),
            (StatusFilter::Expiring, keys.expiring),
            (StatusFilter::Exposed, keys.exposed),
            (StatusFilter::Unused, keys.unused),
            (StatusFilter::Attention, keys.attention),
            (StatusFilter::Expired, keys.expired),
            (StatusFilter::Revoked, keys.revoked),
        ];
        for (status, counted) in lists {
            assert_eq!(found(app, &max, status).await, counted, "{status:?}");
        }
        assert_eq!(found(app, &max, StatusFilter::NeverUsed).await, 5);
        app.clock.advance_seconds(7 * DAY);
        let keys = overview(app, &app.north("max").await).await.keys;
        assert_eq!((keys.active, keys.expiring, keys.expired), (6, 1, 1), "the expirations are written first");
    }

    keys_that_need_attention_are_sorted_by_urgency(app) {
        let max = create_keys(app).await;
        let expected = [
            ("exposed", Attention::Exposed),
            ("in 6 days", Attention::Expires(Notice::Week)),
            ("in 13 days", Attention::Expires(Notice::TwoWeeks)),
            ("unused", Attention::Unused),
            ("never used", Attention::NeverUsed),
            ("endless", Attention::NeverExpires),
        ];
        assert_eq!(labels(&overview(app, &max).await), expected);
        let attention_banner = app.engine.attention_banner(&max).await.expect("a banner");
        assert_eq!(attention_banner.total, 6);
        assert!(attention_banner.reasons.iter().map(|reason| reason.why).eq(expected.map(|(_, why)| why)));
        assert!(attention_banner.is_news(&[]) && !attention_banner.is_news(&attention_banner.marks()));
        app.clock.advance_seconds(6 * DAY + 1);
        let later = app.engine.attention_banner(&app.north("max").await).await.expect("a banner");
        assert!(later.is_news(&attention_banner.marks()), "an expiration came closer");
    }

    // Tests all combinations of properties, on both sides of every threshold.
    the_query_for_attention_matches_the_rule_of_the_domain(app) {
        let max = app.north("max").await;
        let (now, mut intruder, mut turn) = (max.now().0, app.intruder().await, 0usize);
        let mut expected = Vec::new();
        let (made, used) = ([0, 30 * DAY, 90 * DAY], [None, Some(0), Some(90 * DAY)]);
        let lifetimes = [None, Some(DAY), Some(7 * DAY), Some(14 * DAY), Some(400 * DAY)];
        for _ in 0..60 {
            // The step sizes have no common divisor, so that all combinations occur.
            turn += 7;
            let edge = i64::try_from(turn % 2).expect("small");
            let created_at = now - made[turn % 3] * 1000 - edge;
            let last_used = used[turn / 3 % 3].map(|ago| now - ago * 1000 - edge);
            let expires_at = lifetimes[turn % 5].map(|ahead| now + ahead * 1000 - edge);
            let (is_exposed, has_successor) = (turn % 13 == 0, turn % 11 == 0);
            let key = named(app, &max, "one", None).await.view.key_id;
            set(&mut intruder, key, "created_at", Some(created_at)).await;
            set(&mut intruder, key, "last_used_at", last_used).await;
            set(&mut intruder, key, "expires_at", expires_at).await;
            set(&mut intruder, key, "exposed_at", is_exposed.then_some(now)).await;
            set(&mut intruder, key, "rotated_to", has_successor.then_some(key.0)).await;
            let facts = Facts {
                created_at: Moment(created_at),
                last_used: last_used.map(Moment),
                expires_at: expires_at.map(Moment),
                is_exposed,
                has_successor,
            };
            expected.extend(Attention::of(&facts, Moment(now)).map(|why| (why, expires_at.unwrap_or(i64::MAX), key.0)));
        }
        expected.sort_unstable();
        assert!(expected.len() > 20 && expected.len() < 60, "{}", expected.len());
        let attention_banner = app.engine.attention_banner(&max).await.expect("a banner");
        let actual = attention_banner.reasons.iter().map(|one| (one.why, one.expires_at.map_or(i64::MAX, |end| end.0), one.key.0));
        assert_eq!(actual.collect::<Vec<_>>(), expected);
        let all = overview(app, &max).await;
        let shown = all.concerns.iter().map(|one| one.line.key.key_id.0);
        assert!(shown.eq(expected.iter().take(8).map(|(.., key)| *key)), "{:?}", all.concerns);
        assert_eq!(all.keys.attention, i64::try_from(expected.len()).expect("few"));
    }

    // KE-27
    the_overview_of_a_member_contains_only_their_own_keys(app) {
        create_keys(app).await;
        let (mia, olga, ada) = (app.north("mia").await, app.north("olga").await, app.north("ada").await);
        let none = overview(app, &mia).await;
        assert_eq!((none.keys, none.concerns.len(), none.staff, none.events.len()), (KeyCounts::default(), 0, None, 0));
        assert!(none.days.iter().all(|day| day.calls + day.refused == 0));
        assert_eq!(app.engine.attention_banner(&mia).await.expect("a banner").total, 0);
        app.with_key(&app.key_of(&mia).await.plain).await;
        let own = overview(app, &mia).await;
        assert_eq!((own.keys.active, own.days[29].calls), (1, 1));
        let command = CreateServiceAccount::read("Deploy pipeline", None, false).expect("valid");
        app.engine.create_service_account(&olga, command).await.expect("made");
        for ctx in [&olga, &ada] {
            let all = overview(app, ctx).await;
            assert_eq!((all.keys.active, all.keys.attention, all.days[29].calls), (8, 6, 1));
            assert_eq!(all.staff, Some(Staff { members: 5, service_accounts: 1 }));
            assert_eq!(all.events.len(), 5);
            assert!(all.events.is_sorted_by(|one, next| one.n > next.n));
        }
    }

    // RK-04
    the_overview_does_not_include_another_organization(app) {
        create_keys(app).await;
        let otto = app.south("otto").await;
        let all = overview(app, &otto).await;
        assert_eq!((all.keys, all.concerns.len()), (KeyCounts::default(), 0));
        assert_eq!(all.staff, Some(Staff { members: 3, service_accounts: 0 }));
        assert_eq!(app.engine.attention_banner(&otto).await.expect("a banner").total, 0);
        let key = app.north_key("max").await;
        app.with_key(&key.plain).await;
        for _ in 0..2 {
            let all = overview(app, &otto).await;
            assert!(all.days.iter().all(|day| day.calls + day.refused == 0), "written or not");
            assert!(all.events.iter().all(|event| event.object_id != key.view.key_id.to_string()));
            app.engine.flush_usage().await.expect("flushed");
        }
        assert_eq!(app.organization(SOUTH).await, otto.actor().organization);
    }

    calls_are_summed_by_day_including_unwritten_usage(app) {
        let (max, mia) = (app.north("max").await, app.north("mia").await);
        let (one, other) = (app.key_of(&max).await, app.key_of(&mia).await);
        for key in [&one, &one, &other] {
            app.with_key(&key.plain).await;
        }
        app.engine.flush_usage().await.expect("flushed");
        app.clock.advance_seconds(2 * DAY);
        let admitted = app.with_key(&one.plain).await;
        app.engine.note_outcome(&admitted.ctx, 0, Some(RefusalCause::MissingScope));
        app.engine.flush_usage().await.expect("flushed");
        app.with_key(&one.plain).await;
        app.with_key(&other.plain).await;
        let days = overview(app, &app.north("olga").await).await.days;
        assert_eq!(days.len(), 30);
        assert_eq!((days[27].calls, days[28].calls, days[29].calls, days[29].refused), (3, 0, 3, 1));
        assert!(days[29].day > days[28].day);
        let own = overview(app, &app.north("mia").await).await.days;
        assert_eq!((own[27].calls, own[29].calls, own[29].refused), (1, 1, 0));
        app.clock.advance_seconds(29 * DAY);
        let days = overview(app, &app.north("olga").await).await.days;
        assert_eq!((days[0].calls, days.iter().map(|day| day.calls).sum::<i64>()), (3, 3), "at most 30 days");
    }

    // Usage that is not written yet counts too.
    a_key_that_was_just_used_needs_no_attention(app) {
        let max = app.north("max").await;
        let key = named(app, &max, "quiet", Some("365")).await;
        app.clock.advance_seconds(31 * DAY);
        let before = overview(app, &app.north("max").await).await;
        assert_eq!((labels(&before), before.keys.attention), (vec![("quiet", Attention::NeverUsed)], 1));
        app.with_key(&key.plain).await;
        let max = app.north("max").await;
        let after = overview(app, &max).await;
        assert_eq!((after.concerns.len(), after.keys.attention), (0, 0));
        assert_eq!(app.engine.attention_banner(&max).await.expect("a banner").total, 0);
    }

    // D7
    the_overview_of_a_test_key_counts_only_test_keys(app) {
        let max = app.north("max").await;
        app.key_of(&max).await;
        let (environment, permissions) = (Environment::Test, Permissions::Only(ScopeSet::sandbox()));
        let command = CreateKey { environment, permissions, ..CreateKey::read("Sandbox").expect("valid") };
        let sandbox = app.engine.create_key(&max, command).await.expect("a key");
        let admitted = app.with_key(&sandbox.plain).await;
        let all = overview(app, &admitted.ctx).await;
        assert_eq!((all.keys.active, all.days[29].calls), (1, 1));
        assert_eq!(overview(app, &max).await.keys.active, 2);
    }
}
