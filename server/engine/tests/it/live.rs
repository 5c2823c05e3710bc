//! What people see move: within reach, from every node, and only as long as they may look.

use std::time::Duration;

use domain::command::{CreateKey, Expiry, KeyDraft};
use domain::event::Chapter;
use domain::view::NewKey;
use domain::{Code, KeyId, Role};
use engine::Caller;
use engine::live::{MOST_WATCHES, News, View, Watch};
use engine::sessions::IDLE_SECONDS;
use tokio::time::timeout;

use crate::house::{House, NORTH, SOUTH, origin, refusal, revoke};

/// Someone at a page of an organization that was drawn just now.
async fn watch(house: &House, name: &str, organization: &str) -> Watch {
    let (caller, _) = house.browser(name).await;
    begin(house, &caller, organization).await.expect("a watch")
}

async fn begin(house: &House, caller: &Caller, organization: &str) -> engine::Result<Watch> {
    let organization = house.organization(organization).await;
    let ctx = house.engine.admit_person(caller, &organization, origin()).await?;
    let since = house.engine.newest_change(&ctx, Chapter::Keys).await?;
    let view = View { chapter: Chapter::Keys, since, drawn: house.outside.now() };
    house.engine.watch(caller, &organization, origin(), view).await
}

async fn look(watch: &mut Watch) -> News {
    watch.look().await.expect("they may look")
}

fn keys(news: &News) -> Vec<KeyId> {
    news.uses.iter().map(|one| one.key).collect()
}

/// Whether a watch is told to look before it would by itself.
async fn hinted(watch: &mut Watch) -> bool {
    timeout(Duration::from_secs(4), watch.stirred()).await.is_ok()
}

async fn short_key(house: &House, name: &str) -> NewKey {
    let end = house.outside.now().plus_seconds(60).to_rfc3339();
    let draft = KeyDraft { name: "Short", expires_at: Expiry::At(&end), ..KeyDraft::default() };
    let command = CreateKey::draft(&draft, house.outside.now()).expect("a key to ask for");
    house.engine.create_key(&house.north(name).await, command).await.expect("a key")
}

both! {
    uses_are_told_within_reach(house) {
        let (maxs, mias) = (house.north_key("max").await, house.north_key("mia").await);
        let ottos = house.key_of(&house.south("otto").await).await;
        let (mut olga, mut max, mut una) =
            (watch(house, "olga", NORTH).await, watch(house, "max", NORTH).await, watch(house, "una", SOUTH).await);
        assert_eq!(look(&mut olga).await, News::default());
        for key in [&maxs, &mias, &ottos] {
            house.with_key(&key.plain).await;
        }
        for written in [false, true] {
            if written {
                house.engine.flush_usage().await.expect("written");
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
        house.clock.advance_seconds(120);
        look(&mut olga).await;
        assert_eq!(look(&mut olga).await, News::default(), "told for a minute");
    }

    what_was_used_since_the_page_was_drawn_is_told_however_late(house) {
        let key = house.north_key("max").await;
        let (caller, _) = house.browser("max").await;
        let drawn = house.outside.now();
        house.clock.advance_seconds(60);
        house.with_key(&key.plain).await;
        house.engine.flush_usage().await.expect("written");
        house.clock.advance_seconds(600);
        let view = View { chapter: Chapter::Keys, since: 0, drawn };
        let north = house.organization(NORTH).await;
        let mut back = house.engine.watch(&caller, &north, origin(), view).await.expect("a watch");
        assert_eq!(keys(&look(&mut back).await), [key.view.key_id]);
    }

    changes_are_told_within_reach_and_once(house) {
        let (mut olga, mut max, mut otto) =
            (watch(house, "olga", NORTH).await, watch(house, "max", NORTH).await, watch(house, "otto", SOUTH).await);
        let mias = house.north_key("mia").await;
        assert!(look(&mut olga).await.changed.is_some());
        assert_eq!(look(&mut olga).await.changed, None, "once");
        assert_eq!(look(&mut max).await.changed, None, "not his");
        assert_eq!(look(&mut otto).await.changed, None, "not there");
        let maxs = house.north_key("max").await;
        assert!(look(&mut max).await.changed.is_some());
        house.engine.revoke_key(&house.north("ada").await, revoke(maxs.view.key_id)).await.expect("revoked");
        assert!(look(&mut max).await.changed.is_some(), "another ended his key");
        house.engine.revoke_key(&house.north("ada").await, revoke(mias.view.key_id)).await.expect("revoked");
        assert_eq!(look(&mut max).await.changed, None);
        look(&mut olga).await;
        house.workspace(&house.north("olga").await, "Analytics").await.expect("a workspace");
        assert_eq!(look(&mut olga).await.changed, None, "no matter of keys");
    }

    the_end_of_a_key_is_a_change_but_not_to_whom_it_was_shown(house) {
        short_key(house, "max").await;
        let mut before = watch(house, "max", NORTH).await;
        house.clock.advance_seconds(61);
        let mut after = watch(house, "max", NORTH).await;
        assert_eq!(look(&mut after).await.changed, None, "his page shows it");
        assert!(look(&mut before).await.changed.is_some());
    }

    what_another_node_does_is_told_too(house) {
        let other = house.restarted().await;
        let key = house.north_key("max").await;
        let mut olga = watch(house, "olga", NORTH).await;
        other.admit_key(&key.plain, origin()).await.expect("let in");
        other.flush_usage().await.expect("written");
        other.revoke_key(&house.north("ada").await, revoke(house.north_key("mia").await.view.key_id)).await.expect("revoked");
        let news = look(&mut olga).await;
        assert_eq!((keys(&news), news.changed.is_some()), (vec![key.view.key_id], true));
    }

    a_use_and_a_change_are_hints_and_nothing_of_another_organization_is(house) {
        let key = house.north_key("max").await;
        let (mut olga, mut otto) = (watch(house, "olga", NORTH).await, watch(house, "otto", SOUTH).await);
        assert!(!hinted(&mut olga).await, "nothing happened");
        house.with_key(&key.plain).await;
        assert!(hinted(&mut olga).await, "a use");
        house.north_key("mia").await;
        assert!(hinted(&mut olga).await, "a change");
        // Any number of hints that nobody followed is one.
        for _ in 0..300 {
            house.engine.note_outcome(&house.with_key(&key.plain).await.ctx, 0, None);
        }
        assert!(hinted(&mut olga).await);
        assert_eq!(look(&mut olga).await.uses.len(), 1);
        assert!(!hinted(&mut otto).await);
        house.engine.end_watches();
        for watch in [&mut olga, &mut otto] {
            assert!(!timeout(Duration::from_millis(500), watch.stirred()).await.expect("at once"), "it ends");
        }
    }

    a_change_that_is_not_kept_is_no_hint(house) {
        let mut olga = watch(house, "olga", NORTH).await;
        let key = house.north_key("max").await;
        assert!(hinted(&mut olga).await);
        let stranger = house.south("otto").await;
        refusal(house.engine.revoke_key(&stranger, revoke(key.view.key_id)).await);
        assert!(!hinted(&mut olga).await);
    }

    whoever_was_removed_signed_out_or_given_another_role_sees_no_more(house) {
        let olga = house.north("olga").await;
        let (mut max, mut mia) = (watch(house, "max", NORTH).await, watch(house, "mia", NORTH).await);
        let (ada, _) = house.browser("ada").await;
        let mut adas = begin(house, &ada, NORTH).await.expect("a watch");
        for watch in [&mut max, &mut mia, &mut adas] {
            look(watch).await;
        }
        house.engine.remove_member(&olga, house.member("max", NORTH).await).await.expect("removed");
        house.engine.change_role(&olga, house.member("mia", NORTH).await, Role::Admin).await.expect("changed");
        house.engine.sign_out(&ada, &origin()).await.expect("signed out");
        assert!(matches!(refusal(max.look().await), Code::Unauthorized | Code::Forbidden));
        assert_eq!(refusal(mia.look().await), Code::Forbidden, "as an admin she asks again");
        assert_eq!(refusal(adas.look().await), Code::Unauthorized);
        assert_eq!(refusal(begin(house, &ada, NORTH).await), Code::Unauthorized);
        let (otto, _) = house.browser("otto").await;
        assert_eq!(refusal(begin(house, &otto, NORTH).await), Code::Forbidden);
    }

    // B4: an open page does not keep its session alive.
    b4_looking_is_no_use_of_a_session(house) {
        let (caller, token) = house.browser("max").await;
        let mut max = begin(house, &caller, NORTH).await.expect("a watch");
        for _ in 0..3 {
            house.clock.advance_seconds(IDLE_SECONDS / 4);
            look(&mut max).await;
            assert!(house.engine.peek_session(&token).await.expect("an answer").is_some());
        }
        house.clock.advance_seconds(IDLE_SECONDS / 4);
        assert_eq!(refusal(max.look().await), Code::Unauthorized);
        assert!(house.engine.peek_session(&token).await.expect("an answer").is_none());
    }

    a_person_has_so_many_watches_and_others_have_their_own(house) {
        let (caller, _) = house.browser("max").await;
        let mut watches = Vec::new();
        for _ in 0..MOST_WATCHES {
            watches.push(begin(house, &caller, NORTH).await.expect("a watch"));
        }
        assert_eq!(refusal(begin(house, &caller, NORTH).await), Code::TooManyRequests);
        watch(house, "mia", NORTH).await;
        watches.pop();
        begin(house, &caller, NORTH).await.expect("the one that was left");
    }
}
