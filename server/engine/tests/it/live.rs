//! What people see move: within reach, from every node, and only as long as they may look.

use std::time::Duration;

use domain::command::{CreateKey, Expiry, KeyDraft};
use domain::event::EventCategory;
use domain::view::NewKey;
use domain::{Code, KeyId, Role};
use engine::Caller;
use engine::live::{MAX_WATCHES, News, View, Watch};
use engine::sessions::IDLE_SECONDS;
use tokio::time::timeout;

use crate::test_app::{NORTH, SOUTH, TestApp, origin, refusal, revoke};

/// Someone at a page of an organization that was drawn just now.
async fn watch(app: &TestApp, name: &str, organization: &str) -> Watch {
    let (caller, _) = app.browser(name).await;
    begin(app, &caller, organization).await.expect("a watch")
}

async fn begin(app: &TestApp, caller: &Caller, organization: &str) -> engine::Result<Watch> {
    let organization = app.organization(organization).await;
    let ctx = app.engine.enter_organization(caller, &organization, origin()).await?;
    let since = app.engine.newest_change(&ctx, EventCategory::Keys).await?;
    let view = View { category: EventCategory::Keys, since, rendered_at: app.runtime.now() };
    app.engine.watch(caller, &organization, origin(), view).await
}

async fn look(watch: &mut Watch) -> News {
    watch.look().await.expect("they may look")
}

fn keys(news: &News) -> Vec<KeyId> {
    news.uses.iter().map(|one| one.key).collect()
}

/// Whether a watch is told to look before it would by itself.
async fn hinted(watch: &mut Watch) -> bool {
    timeout(Duration::from_secs(4), watch.wait_for_change()).await.is_ok()
}

async fn short_key(app: &TestApp, name: &str) -> NewKey {
    let end = app.runtime.now().plus_seconds(60).to_rfc3339();
    let draft = KeyDraft { name: "Short", expires_at: Expiry::At(&end), ..KeyDraft::default() };
    let command = CreateKey::draft(&draft, app.runtime.now()).expect("a key to ask for");
    app.engine.create_key(&app.north(name).await, command).await.expect("a key")
}

both! {
    uses_are_told_within_reach(app) {
        let (maxs, mias) = (app.north_key("max").await, app.north_key("mia").await);
        let ottos = app.key_of(&app.south("otto").await).await;
        let (mut olga, mut max, mut una) =
            (watch(app, "olga", NORTH).await, watch(app, "max", NORTH).await, watch(app, "una", SOUTH).await);
        assert_eq!(look(&mut olga).await, News::default());
        for key in [&maxs, &mias, &ottos] {
            app.with_key(&key.plain).await;
        }
        for written in [false, true] {
            if written {
                app.engine.flush_usage().await.expect("written");
            }
            let news = look(&mut olga).await;
            assert_eq!(keys(&news).len(), 2, "written: {written}");
            assert!(keys(&news).contains(&maxs.view.key_id) && keys(&news).contains(&mias.view.key_id));
            assert_eq!(news.changed, None, "a use is no change");
            let own = look(&mut max).await;
            assert_eq!(keys(&own), [maxs.view.key_id]);
            assert_eq!((own.uses[0].address.as_deref(), own.uses[0].agent.as_deref()), (Some("192.0.2.7"), Some("test/1")));
            assert_eq!(keys(&look(&mut una).await), [ottos.view.key_id]);
        }
        app.clock.advance_seconds(120);
        look(&mut olga).await;
        assert_eq!(look(&mut olga).await, News::default(), "told for a minute");
    }

    what_was_used_since_the_page_was_drawn_is_told_however_late(app) {
        let key = app.north_key("max").await;
        let (caller, _) = app.browser("max").await;
        let drawn = app.runtime.now();
        app.clock.advance_seconds(60);
        app.with_key(&key.plain).await;
        app.engine.flush_usage().await.expect("written");
        app.clock.advance_seconds(600);
        let view = View { category: EventCategory::Keys, since: 0, rendered_at };
        let north = app.organization(NORTH).await;
        let mut back = app.engine.watch(&caller, &north, origin(), view).await.expect("a watch");
        assert_eq!(keys(&look(&mut back).await), [key.view.key_id]);
    }

    changes_are_told_within_reach_and_once(app) {
        let (mut olga, mut max, mut otto) =
            (watch(app, "olga", NORTH).await, watch(app, "max", NORTH).await, watch(app, "otto", SOUTH).await);
        let mias = app.north_key("mia").await;
        assert!(look(&mut olga).await.changed.is_some());
        assert_eq!(look(&mut olga).await.changed, None, "once");
        assert_eq!(look(&mut max).await.changed, None, "not his");
        assert_eq!(look(&mut otto).await.changed, None, "not there");
        let maxs = app.north_key("max").await;
        assert!(look(&mut max).await.changed.is_some());
        app.engine.revoke_key(&app.north("ada").await, revoke(maxs.view.key_id)).await.expect("revoked");
        assert!(look(&mut max).await.changed.is_some(), "another ended his key");
        app.engine.revoke_key(&app.north("ada").await, revoke(mias.view.key_id)).await.expect("revoked");
        assert_eq!(look(&mut max).await.changed, None);
        look(&mut olga).await;
        app.workspace(&app.north("olga").await, "Analytics").await.expect("a workspace");
        assert_eq!(look(&mut olga).await.changed, None, "no matter of keys");
    }

    the_end_of_a_key_is_a_change_but_not_to_whom_it_was_shown(app) {
        short_key(app, "max").await;
        let mut before = watch(app, "max", NORTH).await;
        app.clock.advance_seconds(61);
        let mut after = watch(app, "max", NORTH).await;
        assert_eq!(look(&mut after).await.changed, None, "his page shows it");
        assert!(look(&mut before).await.changed.is_some());
    }

    what_another_node_does_is_told_too(app) {
        let other = app.restarted().await;
        let key = app.north_key("max").await;
        let mut olga = watch(app, "olga", NORTH).await;
        other.authenticate_key(&key.plain, origin()).await.expect("let in");
        other.flush_usage().await.expect("written");
        other.revoke_key(&app.north("ada").await, revoke(app.north_key("mia").await.view.key_id)).await.expect("revoked");
        let news = look(&mut olga).await;
        assert_eq!((keys(&news), news.changed.is_some()), (vec![key.view.key_id], true));
    }

    a_use_and_a_change_are_hints_and_nothing_of_another_organization_is(app) {
        let key = app.north_key("max").await;
        let (mut olga, mut otto) = (watch(app, "olga", NORTH).await, watch(app, "otto", SOUTH).await);
        assert!(!hinted(&mut olga).await, "nothing happened");
        app.with_key(&key.plain).await;
        assert!(hinted(&mut olga).await, "a use");
        app.north_key("mia").await;
        assert!(hinted(&mut olga).await, "a change");
        // Any number of hints that nobody followed is one.
        for _ in 0..300 {
            app.engine.note_outcome(&app.with_key(&key.plain).await.ctx, 0, None);
        }
        assert!(hinted(&mut olga).await);
        assert_eq!(look(&mut olga).await.uses.len(), 1);
        assert!(!hinted(&mut otto).await);
        app.engine.close_watches();
        for watch in [&mut olga, &mut otto] {
            assert!(!timeout(Duration::from_millis(500), watch.wait_for_change()).await.expect("at once"), "it ends");
        }
    }

    a_change_that_is_not_kept_is_no_hint(app) {
        let mut olga = watch(app, "olga", NORTH).await;
        let key = app.north_key("max").await;
        assert!(hinted(&mut olga).await);
        let stranger = app.south("otto").await;
        refusal(app.engine.revoke_key(&stranger, revoke(key.view.key_id)).await);
        assert!(!hinted(&mut olga).await);
    }

    whoever_was_removed_signed_out_or_given_another_role_sees_no_more(app) {
        let olga = app.north("olga").await;
        let (mut max, mut mia) = (watch(app, "max", NORTH).await, watch(app, "mia", NORTH).await);
        let (ada, _) = app.browser("ada").await;
        let mut adas = begin(app, &ada, NORTH).await.expect("a watch");
        for watch in [&mut max, &mut mia, &mut adas] {
            look(watch).await;
        }
        app.engine.remove_member(&olga, app.member("max", NORTH).await).await.expect("removed");
        app.engine.change_member(&olga, app.member("mia", NORTH).await, Role::Admin).await.expect("changed");
        app.engine.sign_out(&ada, &origin()).await.expect("signed out");
        assert!(matches!(refusal(max.look().await), Code::Unauthorized | Code::Forbidden));
        assert_eq!(refusal(mia.look().await), Code::Forbidden, "as an admin she asks again");
        assert_eq!(refusal(adas.look().await), Code::Unauthorized);
        assert_eq!(refusal(begin(app, &ada, NORTH).await), Code::Unauthorized);
        let (otto, _) = app.browser("otto").await;
        assert_eq!(refusal(begin(app, &otto, NORTH).await), Code::Forbidden);
    }

    // B4: an open page does not keep its session alive.
    looking_is_no_use_of_a_session(app) {
        let (caller, token) = app.browser("max").await;
        let mut max = begin(app, &caller, NORTH).await.expect("a watch");
        for _ in 0..3 {
            app.clock.advance_seconds(IDLE_SECONDS / 4);
            look(&mut max).await;
            assert!(app.engine.peek_session(&token).await.expect("an answer").is_some());
        }
        app.clock.advance_seconds(IDLE_SECONDS / 4);
        assert_eq!(refusal(max.look().await), Code::Unauthorized);
        assert!(app.engine.peek_session(&token).await.expect("an answer").is_none());
    }

    a_person_has_so_many_watches_and_others_have_their_own(app) {
        let (caller, _) = app.browser("max").await;
        let mut watches = Vec::new();
        for _ in 0..MAX_WATCHES {
            watches.push(begin(app, &caller, NORTH).await.expect("a watch"));
        }
        assert_eq!(refusal(begin(app, &caller, NORTH).await), Code::TooManyRequests);
        watch(app, "mia", NORTH).await;
        watches.pop();
        begin(app, &caller, NORTH).await.expect("the one that was left");
    }
}
