//! Searching, filtering and sorting keys, and their usage.

mod search;

use domain::command::{CreateKey, Expiry, KeyDraft, KeyQuery, KeySort, StatusFilter};
use domain::environment::Environment;
use domain::key::KeyStatus;
use domain::view::{KeyCount, RefusalCause};
use domain::{Code, KeyId};
use engine::Ctx;
use engine::ctx::Origin;

use crate::scopes::with_scopes;
use crate::test_app::{NORTH, TestApp, origin, refusal, revoke};

async fn named(app: &TestApp, ctx: &Ctx, name: &str) -> KeyId {
    app.engine
        .create_key(ctx, CreateKey::read(name).expect("a name"))
        .await
        .expect("a key")
        .view
        .key_id
}

/// The names of all keys that match the query, read in pages of two.
async fn names(app: &TestApp, ctx: &Ctx, query: KeyQuery) -> Vec<String> {
    let (mut all, mut query) = (Vec::new(), query);
    loop {
        let page = app
            .engine
            .list_keys(ctx, &query, 2)
            .await
            .expect("a page");
        all.extend(page.rows.into_iter().map(|line| line.key.label));
        match page.next {
            Some(next) => query.after = Some(KeyId(next)),
            None => return all,
        }
    }
}

/// Asserts that the pages of two keys before each key, and the counts, fit the whole list.
async fn check_pages(app: &TestApp, ctx: &Ctx, query: KeyQuery) {
    let engine = &app.engine;
    let whole = engine
        .list_keys(ctx, &query, 100)
        .await
        .expect("a page");
    let total = i64::try_from(whole.rows.len()).expect("few");
    for (n, line) in whole.rows.iter().enumerate() {
        let here = line.key.key_id;
        let count = engine
            .count_keys(ctx, &query, Some(here))
            .await
            .expect("counted");
        let expected = KeyCount {
            total,
            has_more: false,
            before: i64::try_from(n).expect("few"),
        };
        assert_eq!(count, expected, "{query:?}");
        if n < 2 {
            continue;
        }
        let before = KeyQuery {
            before: Some(here),
            ..query.clone()
        };
        let page = engine
            .list_keys(ctx, &before, 2)
            .await
            .expect("a page");
        assert_eq!(page.rows, whole.rows[n - 2..n], "{before:?}");
        assert_eq!(
            page.next,
            Some(whole.rows[n - 1].key.key_id.0),
            "{before:?}"
        );
    }
    let count = engine
        .count_keys(ctx, &query, None)
        .await
        .expect("counted");
    assert_eq!((count.total, count.before), (total, 0), "{query:?}");
}

fn find(text: &str) -> KeyQuery {
    KeyQuery {
        text: Some(text.into()),
        ..KeyQuery::default()
    }
}

both! {
    keys_are_found_by_name_owner_and_prefix(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        named(app, &olga, "Deploy ÄRGER 100%").await;
        named(app, &olga, "Backup_nightly").await;
        named(app, &max, "نسخ احتياطي").await;
        assert_eq!(names(app, &olga, find("ärger")).await, ["Deploy ÄRGER 100%"]);
        assert_eq!(names(app, &olga, find("100%")).await, ["Deploy ÄRGER 100%"]);
        assert_eq!(names(app, &olga, find("p_n")).await, ["Backup_nightly"], "wildcards are ordinary characters");
        assert_eq!(names(app, &olga, find("احتياطي")).await, ["نسخ احتياطي"]);
        assert_eq!(names(app, &olga, find("MAX")).await, ["نسخ احتياطي"], "by its owner");
        assert_eq!(names(app, &max, find("backup")).await, [""; 0], "a member finds only their own keys");
        let key = app.north_key("mia").await;
        let whole = names(app, &olga, find(key.plain.expose())).await;
        assert_eq!((whole, names(app, &olga, find(&key.view.key_prefix)).await), (vec!["CI/CD Pipeline".to_owned()], vec!["CI/CD Pipeline".to_owned()]));
        for odd in ["'", "\\", "%", "_", "; DROP TABLE api_keys", "\u{0}"] {
            app.engine.list_keys(&olga, &find(odd), 10).await.unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        }
    }

    keys_are_filtered_by_environment_status_owner_and_creator(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        named(app, &olga, "own").await;
        let revoked = named(app, &max, "revoked").await;
        app.engine.revoke_key(&max, revoke(revoked)).await.expect("revoked");
        app.engine.create_key(&max, with_scopes("test", "runs:read")).await.expect("a key");
        let of = |change: fn(&mut KeyQuery)| {
            let mut query = KeyQuery::default();
            change(&mut query);
            query
        };
        assert_eq!(names(app, &olga, of(|q| q.environment = Some(Environment::Test))).await, ["Restricted"]);
        assert_eq!(names(app, &olga, of(|q| q.environment = Some(Environment::Production))).await, ["revoked", "own"]);
        assert_eq!(names(app, &olga, of(|q| q.status = Some(StatusFilter::Active))).await, ["Restricted", "own"]);
        assert_eq!(names(app, &olga, of(|q| q.status = Some(StatusFilter::Revoked))).await, ["revoked"]);
        assert_eq!(names(app, &olga, of(|q| q.status = Some(StatusFilter::Inactive))).await, ["revoked"]);
        let by = Some(app.member("max", NORTH).await);
        assert_eq!(names(app, &olga, KeyQuery { creator: by, ..KeyQuery::default() }).await, ["Restricted", "revoked"]);
        assert_eq!(names(app, &olga, KeyQuery { owner: by, ..KeyQuery::default() }).await, ["Restricted", "revoked"]);
        assert_eq!(app.engine.count_inactive_keys(&olga, &KeyQuery::default()).await.expect("counted"), 1);
    }

    // Active keys come before expired keys, and those before revoked keys. Every order can be
    // reversed.
    keys_are_sorted_in_every_order(app) {
        let olga = app.north("olga").await;
        for name in ["b", "d", "a"] {
            named(app, &olga, name).await;
        }
        let revoked = named(app, &olga, "c").await;
        let draft = KeyDraft { name: "e", expires_at: Expiry::InDays("3"), ..KeyDraft::default() };
        let expiring = CreateKey::draft(&draft, olga.now()).expect("a command");
        let expiring = app.engine.create_key(&olga, expiring).await.expect("a key");
        app.clock.advance_seconds(60);
        app.with_key(&expiring.plain).await;
        app.engine.flush_usage().await.expect("flushed");
        app.engine.revoke_key(&olga, revoke(revoked)).await.expect("revoked");
        let sorted = async |sort, reversed| names(app, &olga, KeyQuery { sort, reversed, ..KeyQuery::default() }).await.concat();
        assert_eq!((sorted(KeySort::Newest, false).await, sorted(KeySort::Newest, true).await), ("ecadb".into(), "bdace".into()));
        assert_eq!((sorted(KeySort::Usable, false).await, sorted(KeySort::Usable, true).await), ("eadbc".into(), "bdaec".into()));
        assert_eq!((sorted(KeySort::Name, false).await, sorted(KeySort::Name, true).await), ("abdec".into(), "edbac".into()));
        assert_eq!(sorted(KeySort::LastUsed, false).await, "eadbc");
        assert_eq!(sorted(KeySort::Expires, false).await, "ebdac");
    }

    // Every order, with active, expired and revoked keys, of all and of one owner, with and without a
    // search.
    pages_lead_back_as_they_lead_on_and_are_counted(app) {
        let (olga, max) = (app.north("olga").await, app.north("max").await);
        for n in 0..11 {
            let ctx = if n % 3 == 0 { &max } else { &olga };
            let days = if n % 2 == 0 { "3" } else { "none" };
            let name = format!("script {}", (n * 7) % 11);
            let draft = KeyDraft { name: &name, expires_at: Expiry::of_form(days, ""), ..KeyDraft::default() };
            let command = CreateKey::draft(&draft, ctx.now()).expect("a command");
            let key = app.engine.create_key(ctx, command).await.expect("a key");
            if n % 4 == 1 {
                app.engine.revoke_key(ctx, revoke(key.view.key_id)).await.expect("revoked");
            }
            app.clock.advance_seconds(60);
        }
        app.clock.advance_seconds(3 * 86_400 - 300);
        for ctx in [&app.north("olga").await, &app.north("max").await] {
            for sort in KeySort::ALL {
                for (reversed, status, text) in [
                    (false, None, None),
                    (true, None, Some("script")),
                    (false, Some(StatusFilter::Active), None),
                    (true, Some(StatusFilter::Inactive), None),
                    (false, Some(StatusFilter::Inactive), Some("script 1")),
                ] {
                    let text = text.map(str::to_owned);
                    check_pages(app, ctx, KeyQuery { sort, reversed, status, text, ..KeyQuery::default() }).await;
                }
            }
        }
    }

    // The key at which a page ended was revoked, or does not exist: the list begins again.
    a_page_before_too_few_keys_is_the_first_page(app) {
        let olga = app.north("olga").await;
        for name in ["a", "b", "c"] {
            named(app, &olga, name).await;
        }
        let all = app.engine.list_keys(&olga, &KeyQuery::default(), 9).await.expect("a page").rows;
        for before in [all[1].key.key_id, KeyId(4_000_000)] {
            let query = KeyQuery { before: Some(before), ..KeyQuery::default() };
            let page = app.engine.list_keys(&olga, &query, 2).await.expect("a page");
            assert_eq!((page.rows.as_slice(), page.next), (&all[..2], Some(all[1].key.key_id.0)));
        }
    }

    // RU-25, D19, D27
    the_usage_of_a_key_lists_calls_costs_clients_and_rejections(app) {
        let key = app.north_key("max").await;
        let from = |address: &str, agent: &str| Origin { request_id: "r".into(), trace_id: None, address: Some(address.into()), agent: Some(agent.into()) };
        for n in 0..3 {
            let admitted = app.engine.authenticate_key(&key.plain, from("192.0.2.1", "curl")).await.expect("good");
            app.engine.note_outcome(&admitted.ctx, i64::from(n > 0), None);
        }
        app.engine.flush_usage().await.expect("flushed");
        app.clock.advance_seconds(2 * 86_400);
        let admitted = app.engine.authenticate_key(&key.plain, from("192.0.2.2", "python")).await.expect("good");
        app.engine.note_outcome(&admitted.ctx, 0, Some(RefusalCause::MissingScope));
        let detail = app.engine.get_key_detail(&app.north("max").await, key.view.key_id).await.expect("a key");
        let usage = &detail.usage;
        assert_eq!((usage.days.len(), usage.calls(30), usage.calls(1), usage.cost(30)), (30, 4, 1, 2));
        assert_eq!((usage.days[27].calls, usage.days[27].cost, usage.days[29].refused), (3, 2, 1));
        assert_eq!((usage.callers[0].agent.as_str(), usage.callers[1].address.as_str(), usage.callers[1].calls), ("python", "192.0.2.1", 3));
        assert_eq!((usage.refusals[0].cause, usage.refusals[0].address.as_deref()), (RefusalCause::MissingScope, Some("192.0.2.2")));
        assert_eq!((detail.line.last_used_address.as_deref(), detail.line.last_used_agent.as_deref()), (Some("192.0.2.2"), Some("python")));
        app.engine.revoke_key(&app.north("max").await, revoke(key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let detail = app.engine.get_key_detail(&app.north("max").await, key.view.key_id).await.expect("a key");
        assert_eq!(detail.usage.refusals.len(), 2);
        assert!(detail.usage.refusals.iter().any(|refused| refused.cause == RefusalCause::Revoked));
        assert_eq!(detail.usage.calls(30), 4, "a rejected call is not counted as a call");
    }


    usage_that_cannot_be_written_is_kept_and_written_once(app) {
        let key = app.north_key("max").await;
        app.with_key(&key.plain).await;
        let mut intruder = app.intruder().await;
        intruder.run("ALTER TABLE key_days RENAME TO key_days_away").await;
        assert!(app.engine.flush_usage().await.is_err());
        app.with_key(&key.plain).await;
        intruder.run("ALTER TABLE key_days_away RENAME TO key_days").await;
        app.engine.flush_usage().await.expect("flushed");
        app.engine.flush_usage().await.expect("nothing left");
        assert_eq!(intruder.number("SELECT CAST(SUM(calls) AS BIGINT) FROM key_days").await, 2);
        assert_eq!(intruder.number("SELECT CAST(SUM(calls) AS BIGINT) FROM key_callers").await, 2);
    }

    usage_of_several_keys_is_added_to_each_key_and_to_each_owner(app) {
        let test = KeyDraft { name: "Test", environment: Some("test"), ..KeyDraft::default() };
        let test = CreateKey::draft(&test, app.runtime.now()).expect("a command");
        let test = app.engine.create_key(&app.north("max").await, test).await.expect("a key");
        let (maxs, more, mias) = (app.north_key("max").await, app.north_key("max").await, app.north_key("mia").await);
        for _ in 0..2 {
            for (key, uses) in [(&test, 1), (&maxs, 2), (&more, 3), (&mias, 4)] {
                for _ in 0..uses {
                    app.with_key(&key.plain).await;
                }
            }
            app.engine.flush_usage().await.expect("flushed");
        }
        let mut intruder = app.intruder().await;
        for (key, calls) in [(&test, 2), (&maxs, 4), (&more, 6), (&mias, 8)] {
            for table in ["key_days", "key_callers"] {
                let sql = format!("SELECT CAST(SUM(calls) AS BIGINT) FROM {table} WHERE key_id = {}", key.view.key_id.0);
                assert_eq!(intruder.number(&sql).await, calls, "{table}");
            }
        }
        let (max, mia) = (app.member("max", NORTH).await.0, app.member("mia", NORTH).await.0);
        for (owner, environment, calls) in [(max, "test", 2), (max, "production", 10), (mia, "production", 8)] {
            let sql = format!("SELECT calls FROM actor_days WHERE actor_id = {owner} AND environment = '{environment}'");
            assert_eq!(intruder.number(&sql).await, calls, "{owner} {environment}");
        }
    }

    only_the_ten_most_recent_clients_are_kept(app) {
        let key = app.north_key("max").await;
        for n in 0..30 {
            app.clock.advance_seconds(1);
            let origin = Origin { address: Some(format!("192.0.2.{n}")), ..origin() };
            app.engine.authenticate_key(&key.plain, origin).await.expect("good");
            app.engine.flush_usage().await.expect("flushed");
        }
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM key_callers").await, 10);
        let usage = app.engine.get_key_detail(&app.north("max").await, key.view.key_id).await.expect("a key").usage;
        assert_eq!((usage.callers[0].address.as_str(), usage.calls(1)), ("192.0.2.29", 30));
    }

    a_key_without_use_for_90_days_has_the_status_unused(app) {
        let key = app.north_key("max").await.view.key_id;
        let status = async || {
            let max = app.north("max").await;
            app.engine.get_key(&max, key).await.expect("a key").status(max.now())
        };
        assert_eq!(status().await, KeyStatus::Active);
        app.clock.advance_seconds(91 * 86_400);
        assert_eq!(status().await, KeyStatus::Unused);
    }
}

// A flush waits for no request, and no request waits for a flush that waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_of_a_key_that_a_request_has_locked_is_written_after_all_others() {
    let app = TestApp::on_postgres().await;
    let (locked, free) = (app.north_key("max").await, app.north_key("max").await);
    for key in [&locked, &free] {
        app.with_key(&key.plain).await;
    }
    let mut request = app.intruder().await;
    let lock = |key: KeyId| {
        format!(
            "SELECT id FROM api_keys WHERE id = {} FOR UPDATE",
            key.0
        )
    };
    request
        .run(&format!("BEGIN; {}", lock(locked.view.key_id)))
        .await;

    let other = async {
        let mut other = app.intruder().await;
        while other
            .number("SELECT COUNT(*) FROM key_days")
            .await
            == 0
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let written = other.number("SELECT key_id FROM key_days").await;
        assert_eq!(written, free.view.key_id.0, "only the other key");
        request
            .run(&format!("{}; COMMIT", lock(free.view.key_id)))
            .await;
    };
    let (flushed, ()) = tokio::join!(app.engine.flush_usage(), other);
    flushed.expect("flushed");
    let written = app
        .intruder()
        .await
        .number("SELECT COUNT(*) FROM key_days")
        .await;
    assert_eq!(written, 2);
    app.close().await;
}
