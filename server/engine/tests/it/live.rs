//! Live updates: what a caller may see, from every node, as long as the caller has access.

use std::time::Duration;

use domain::command::{CreateKey, Expiry, KeyDraft};
use domain::event::EventCategory;
use domain::key::KeyStatus;
use domain::view::NewKey;
use domain::{Code, KeyId, Role};
use engine::Caller;
use engine::live::{EndedKey, MAX_WATCHES, News, View, Watch};
use engine::sessions::IDLE_SECONDS;
use tokio::time::timeout;

use crate::test_app::{NORTH, SOUTH, TestApp, origin, refusal, revoke};

/// A watch for a page of an organization that was rendered just now.
async fn watch(app: &TestApp, name: &str, organization: &str) -> Watch {
    let (caller, _) = app.browser(name).await;
    begin(app, &caller, organization)
        .await
        .expect("a watch")
}

async fn begin(app: &TestApp, caller: &Caller, organization: &str) -> engine::Result<Watch> {
    let organization = app.organization(organization).await;
    let ctx = app
        .engine
        .enter_organization(caller, &organization, origin())
        .await?;
    let since = app
        .engine
        .newest_change(&ctx, EventCategory::Keys)
        .await?;
    let view = View {
        category: EventCategory::Keys,
        since,
        rendered_at: app.runtime.now(),
    };
    app.engine
        .watch(caller, &organization, origin(), view)
        .await
}

async fn news_of(watch: &mut Watch) -> News {
    watch.look().await.expect("access")
}

fn keys(news: &News) -> Vec<KeyId> {
    news.uses.iter().map(|one| one.key).collect()
}

/// Whether a watch is notified before its regular check.
async fn is_notified(watch: &mut Watch) -> bool {
    timeout(Duration::from_secs(4), watch.wait_for_change())
        .await
        .is_ok()
}

async fn short_key(app: &TestApp, name: &str) -> NewKey {
    let end = app.runtime.now().plus_seconds(60).to_rfc3339();
    let draft = KeyDraft {
        name: "Short",
        expires_at: Expiry::At(&end),
        ..KeyDraft::default()
    };
    let command = CreateKey::draft(&draft, app.runtime.now()).expect("a valid command");
    app.engine
        .create_key(&app.north(name).await, command)
        .await
        .expect("a key")
}

both! {
    a_watch_reports_uses_of_accessible_keys(app) {
        let (maxs, mias) = (app.north_key("max").await, app.north_key("mia").await);
        let ottos = app.key_of(&app.south("otto").await).await;
        let (mut olga, mut max, mut una) =
            (watch(app, "olga", NORTH).await, watch(app, "max", NORTH).await, watch(app, "una", SOUTH).await);
        assert_eq!(news_of(&mut olga).await, News::default());
        for key in [&maxs, &mias, &ottos] {
            app.with_key(&key.plain).await;
        }
        for written in [false, true] {
            if written {
                app.engine.flush_usage().await.expect("written");
            }
            let news = news_of(&mut olga).await;
            assert_eq!(keys(&news).len(), 2, "written: {written}");
            assert!(keys(&news).contains(&maxs.view.key_id) && keys(&news).contains(&mias.view.key_id));
            assert_eq!(news.changed, None, "a use is not a change");
            let own = news_of(&mut max).await;
            assert_eq!(keys(&own), [maxs.view.key_id]);
            assert_eq!((own.uses[0].address.as_deref(), own.uses[0].agent.as_deref()), (Some("192.0.2.7"), Some("test/1")));
            assert_eq!(keys(&news_of(&mut una).await), [ottos.view.key_id]);
        }
        app.clock.advance_seconds(120);
        news_of(&mut olga).await;
        assert_eq!(news_of(&mut olga).await, News::default(), "a use is reported for a minute");
    }

    a_late_watch_reports_all_uses_since_the_page_was_rendered(app) {
        let key = app.north_key("max").await;
        let (caller, _) = app.browser("max").await;
        let rendered_at = app.runtime.now();
        app.clock.advance_seconds(60);
        app.with_key(&key.plain).await;
        app.engine.flush_usage().await.expect("written");
        app.clock.advance_seconds(600);
        let view = View { category: EventCategory::Keys, since: 0, rendered_at };
        let north = app.organization(NORTH).await;
        let mut back = app.engine.watch(&caller, &north, origin(), view).await.expect("a watch");
        assert_eq!(keys(&news_of(&mut back).await), [key.view.key_id]);
    }

    a_watch_reports_accessible_changes_once(app) {
        let (mut olga, mut max, mut otto) =
            (watch(app, "olga", NORTH).await, watch(app, "max", NORTH).await, watch(app, "otto", SOUTH).await);
        let mias = app.north_key("mia").await;
        assert!(news_of(&mut olga).await.changed.is_some());
        assert_eq!(news_of(&mut olga).await.changed, None, "once");
        assert_eq!(news_of(&mut max).await.changed, None, "the key of another member");
        assert_eq!(news_of(&mut otto).await.changed, None, "another organization");
        let maxs = app.north_key("max").await;
        assert!(news_of(&mut max).await.changed.is_some());
        app.engine.revoke_key(&app.north("ada").await, revoke(maxs.view.key_id)).await.expect("revoked");
        let news = news_of(&mut max).await;
        let ended = EndedKey { key: maxs.view.key_id, status: KeyStatus::Revoked };
        assert_eq!((news.ended, news.changed), (vec![ended], None), "an admin revoked his key");
        assert_eq!(news_of(&mut max).await, News::default(), "once");
        app.engine.revoke_key(&app.north("ada").await, revoke(mias.view.key_id)).await.expect("revoked");
        assert_eq!(news_of(&mut max).await, News::default(), "the key of another member");
        news_of(&mut olga).await;
        app.workspace(&app.north("olga").await, "Analytics").await.expect("a workspace");
        assert_eq!(news_of(&mut olga).await.changed, None, "not a change of keys");
    }

    an_expiration_is_reported_unless_the_page_already_shows_it(app) {
        let key = short_key(app, "max").await.view.key_id;
        let mut before = watch(app, "max", NORTH).await;
        app.clock.advance_seconds(61);
        let mut after = watch(app, "max", NORTH).await;
        assert_eq!(news_of(&mut after).await, News::default(), "the page already shows it");
        assert_eq!(news_of(&mut before).await.ended, [EndedKey { key, status: KeyStatus::Expired }]);
    }

    a_watch_reports_changes_of_other_nodes(app) {
        let other = app.restarted().await;
        let key = app.north_key("max").await;
        let mut olga = watch(app, "olga", NORTH).await;
        other.authenticate_key(&key.plain, origin()).await.expect("authenticated");
        other.flush_usage().await.expect("written");
        let mias = app.north_key("mia").await.view.key_id;
        other.revoke_key(&app.north("ada").await, revoke(mias)).await.expect("revoked");
        let news = news_of(&mut olga).await;
        assert_eq!((keys(&news), news.changed.is_some()), (vec![key.view.key_id], true));
        assert_eq!(news.ended, [EndedKey { key: mias, status: KeyStatus::Revoked }]);
    }

    a_watch_is_notified_of_uses_and_changes_in_its_organization_only(app) {
        let key = app.north_key("max").await;
        let (mut olga, mut otto) = (watch(app, "olga", NORTH).await, watch(app, "otto", SOUTH).await);
        assert!(!is_notified(&mut olga).await, "nothing happened");
        app.with_key(&key.plain).await;
        assert!(is_notified(&mut olga).await, "a use");
        app.north_key("mia").await;
        assert!(is_notified(&mut olga).await, "a change");
        // Notifications that were not handled yet are combined.
        for _ in 0..300 {
            app.engine.note_outcome(&app.with_key(&key.plain).await.ctx, 0, None);
        }
        assert!(is_notified(&mut olga).await);
        assert_eq!(news_of(&mut olga).await.uses.len(), 1);
        assert!(!is_notified(&mut otto).await);
        app.engine.close_watches();
        for watch in [&mut olga, &mut otto] {
            assert!(!timeout(Duration::from_millis(500), watch.wait_for_change()).await.expect("immediately"), "the watch is closed");
        }
    }

    a_change_that_is_rolled_back_is_not_notified(app) {
        let mut olga = watch(app, "olga", NORTH).await;
        let key = app.north_key("max").await;
        assert!(is_notified(&mut olga).await);
        let stranger = app.south("otto").await;
        refusal(app.engine.revoke_key(&stranger, revoke(key.view.key_id)).await);
        assert!(!is_notified(&mut olga).await);
    }

    a_watch_is_rejected_after_a_removal_sign_out_or_role_change(app) {
        let olga = app.north("olga").await;
        let (mut max, mut mia) = (watch(app, "max", NORTH).await, watch(app, "mia", NORTH).await);
        let (ada, _) = app.browser("ada").await;
        let mut adas = begin(app, &ada, NORTH).await.expect("a watch");
        for watch in [&mut max, &mut mia, &mut adas] {
            news_of(watch).await;
        }
        app.engine.remove_member(&olga, app.member("max", NORTH).await).await.expect("removed");
        app.engine.change_member(&olga, app.member("mia", NORTH).await, Role::Admin).await.expect("changed");
        app.engine.sign_out(&ada, &origin()).await.expect("signed out");
        assert!(matches!(refusal(max.look().await), Code::Unauthorized | Code::Forbidden));
        assert_eq!(refusal(mia.look().await), Code::Forbidden, "an admin must reload the page");
        assert_eq!(refusal(adas.look().await), Code::Unauthorized);
        assert_eq!(refusal(begin(app, &ada, NORTH).await), Code::Unauthorized);
        let (otto, _) = app.browser("otto").await;
        assert_eq!(refusal(begin(app, &otto, NORTH).await), Code::Forbidden);
    }

    // B4: an open page does not keep its session alive.
    a_watch_does_not_extend_its_session(app) {
        let (caller, token) = app.browser("max").await;
        let mut max = begin(app, &caller, NORTH).await.expect("a watch");
        for _ in 0..3 {
            app.clock.advance_seconds(IDLE_SECONDS / 4);
            news_of(&mut max).await;
            assert!(app.engine.peek_session(&token).await.expect("an answer").is_some());
        }
        app.clock.advance_seconds(IDLE_SECONDS / 4);
        assert_eq!(refusal(max.look().await), Code::Unauthorized);
        assert!(app.engine.peek_session(&token).await.expect("an answer").is_none());
    }

    the_number_of_watches_per_person_is_limited(app) {
        let (caller, _) = app.browser("max").await;
        let mut watches = Vec::new();
        for _ in 0..MAX_WATCHES {
            watches.push(begin(app, &caller, NORTH).await.expect("a watch"));
        }
        assert_eq!(refusal(begin(app, &caller, NORTH).await), Code::TooManyRequests);
        watch(app, "mia", NORTH).await;
        watches.pop();
        begin(app, &caller, NORTH).await.expect("a slot is free again");
    }
}
