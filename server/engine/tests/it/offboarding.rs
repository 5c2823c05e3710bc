//! Keys that someone who goes leaves behind: handing them over is making keys, and is held to the same rules.

use domain::command::{
    ChangeOrganization, CreateKey, CreateServiceAccount, Expiry, KeyDisposition, KeyDraft, OrganizationDraft,
    RemoveMember, RotateKey,
};
use domain::view::NewKey;
use domain::{ActorId, Code, KeyId, Role};
use engine::{Ctx, Result};

use crate::test_app::{NORTH, SOUTH, TestApp, everything, origin, refusal};

const DAY: i64 = 86_400;

async fn account(app: &TestApp, by: &Ctx, role: &str, overlap: bool) -> ActorId {
    let command = CreateServiceAccount::read("Deploy bot", Some(role), overlap).expect("an account to ask for");
    app.engine.create_service_account(by, command).await.expect("an account").actor_id
}

/// Someone in North whose sign-in is eleven minutes old.
async fn stale(app: &TestApp, name: &str) -> Ctx {
    let (caller, _) = app.browser(name).await;
    app.clock.advance_seconds(660);
    app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("a member of North")
}

async fn settle(app: &TestApp, by: &Ctx, member: ActorId, keys: Vec<(KeyId, KeyDisposition)>) -> Result<Vec<NewKey>> {
    app.engine.offboard_member(by, RemoveMember { member, keys }).await
}

/// A key of an admin with these scopes and this end, as it presents itself.
async fn presented(app: &TestApp, scopes: Option<&[&str]>, days: &str) -> Ctx {
    let scopes: Option<Vec<String>> = scopes.map(|all| all.iter().map(|scope| (*scope).to_owned()).collect());
    let expires_at = if days.is_empty() { Expiry::Never } else { Expiry::InDays(days) };
    let draft = KeyDraft { name: "robot", scopes: scopes.as_deref(), expires_at, ..KeyDraft::default() };
    let ada = app.north("ada").await;
    let made = app.engine.create_key(&ada, CreateKey::draft(&draft, ada.now()).expect("a key to ask for")).await;
    app.with_key(&made.expect("a key").plain).await.ctx
}

both! {
    // B22
    handing_over_a_key_with_admin_power_takes_a_fresh_sign_in(app) {
        let (powerful, plain, olga) = (app.north_key("ada").await, app.north_key("max").await, app.north("olga").await);
        let (strong, weak) = (account(app, &olga, "admin", true).await, account(app, &olga, "member", true).await);
        let late = stale(app, "olga").await;
        let before = everything(app).await;
        let (ada, key) = (powerful.view.actor_id, powerful.view.key_id);
        for disposition in [KeyDisposition::HandOver(strong), KeyDisposition::HandOverToNew] {
            let refused = settle(app, &late, ada, vec![(key, disposition)]).await;
            assert_eq!(refusal(refused), Code::FreshSignInRequired, "{disposition:?}");
        }
        assert_eq!(before, everything(app).await);
        settle(app, &late, plain.view.actor_id, vec![(plain.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("a member's power");
        let made = settle(app, &late, ada, vec![(key, KeyDisposition::HandOver(weak))]).await.expect("a member's power");
        assert_eq!(made[0].view.role, Role::Member);
    }

    // B22
    settling_several_keys_takes_a_fresh_sign_in(app) {
        let (one, two) = (app.north_key("max").await, app.north_key("max").await);
        let late = stale(app, "olga").await;
        let (max, both) = (one.view.actor_id, [one.view.key_id, two.view.key_id]);
        let before = everything(app).await;
        let ends = both.map(|key| (key, KeyDisposition::End)).to_vec();
        assert_eq!(refusal(settle(app, &late, max, ends.clone()).await), Code::FreshSignInRequired);
        assert_eq!(before, everything(app).await);
        settle(app, &app.north("olga").await, max, ends).await.expect("signed in just now");
    }

    // B24
    where_keys_make_no_keys_none_hands_any_over(app) {
        let (key, other, olga) = (app.north_key("max").await, app.north_key("mia").await, app.north("olga").await);
        let robot = presented(app, None, "").await;
        let draft = OrganizationDraft { keys_make_keys: Some(false), ..OrganizationDraft::default() };
        let rule = ChangeOrganization::read(&draft).expect("a rule");
        app.engine.change_organization(&olga, rule).await.expect("changed");
        let before = everything(app).await;
        let bot = account(app, &olga, "member", true).await;
        for disposition in [KeyDisposition::HandOver(bot), KeyDisposition::HandOverToNew] {
            let refused = settle(app, &robot, key.view.actor_id, vec![(key.view.key_id, disposition)]).await;
            assert_eq!(refusal(refused), Code::Forbidden, "{disposition:?}");
        }
        assert_eq!(before.iter().find(|(table, _)| table == "api_keys"), everything(app).await.iter().find(|(table, _)| table == "api_keys"));
        settle(app, &robot, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::End)]).await.expect("ending makes none");
        settle(app, &olga, other.view.actor_id, vec![(other.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("in person");
    }

    // B24
    a_key_settles_keys_only_with_the_scope_to_write_them(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let bot = account(app, &olga, "member", true).await;
        let narrow = presented(app, Some(&["members:write", "service_accounts:write"]), "").await;
        for disposition in [KeyDisposition::End, KeyDisposition::HandOver(bot), KeyDisposition::HandOverToNew] {
            let refused = settle(app, &narrow, key.view.actor_id, vec![(key.view.key_id, disposition)]).await;
            assert_eq!(refusal(refused), Code::MissingScope, "{disposition:?}");
        }
        settle(app, &narrow, key.view.actor_id, Vec::new()).await.expect("removing is not writing keys");
    }

    // B24
    no_successor_outlives_the_key_that_hands_over(app) {
        let (key, other) = (app.north_key("max").await, app.north_key("mia").await);
        let robot = presented(app, None, "7").await;
        let end = robot.now().plus_seconds(7 * DAY);
        let made = settle(app, &robot, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("handed over");
        assert_eq!(made[0].view.expires_at, Some(end));
        let made = settle(app, &app.north("olga").await, other.view.actor_id, vec![(other.view.key_id, KeyDisposition::HandOverToNew)]).await;
        assert_eq!(made.expect("handed over")[0].view.expires_at, None, "a person has no end");
    }

    // D15
    a_key_that_has_a_successor_gets_no_second_one(app) {
        let (old, olga) = (app.north_key("max").await, app.north("olga").await);
        let rotate = RotateKey { overlap_seconds: 3600, ..RotateKey::immediately(old.view.key_id) };
        let new = app.engine.rotate_key(&olga, rotate, None).await.expect("rotated").new;
        let before = everything(app).await;
        let refused = settle(app, &olga, old.view.actor_id, vec![(old.view.key_id, KeyDisposition::HandOverToNew)]).await;
        assert_eq!(refusal(refused), Code::Conflict);
        assert_eq!(before, everything(app).await);
        let dispositions = vec![(old.view.key_id, KeyDisposition::End), (new.view.key_id, KeyDisposition::HandOverToNew)];
        settle(app, &olga, old.view.actor_id, dispositions).await.expect("the old one ends, the new one is handed over");
        let line = app.engine.get_key(&olga, old.view.key_id).await.expect("the old one");
        assert_eq!(line.rotated_to, Some(new.view.key_id));
    }

    // D4
    an_account_whose_only_key_has_just_ended_takes_one_over(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let bot = account(app, &olga, "member", false).await;
        let draft = KeyDraft { name: "Ending", expires_at: Expiry::InDays("1"), ..KeyDraft::default() };
        let ending = CreateKey { owner: Some(bot), ..CreateKey::draft(&draft, olga.now()).expect("a key") };
        let ended = app.engine.create_key(&olga, ending).await.expect("a key").view.key_id;
        app.clock.advance_seconds(DAY);
        let olga = app.north("olga").await;
        let made = settle(app, &olga, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::HandOver(bot))]).await.expect("handed over");
        app.with_key(&made[0].plain).await;
        assert_eq!(app.engine.expire_keys().await.expect("nothing is left to write"), 0);
        assert!(!app.engine.get_key(&olga, ended).await.expect("a key").key.is_active);
        app.sound_chain(NORTH).await;
    }

    no_more_than_a_hundred_keys_are_settled_at_once(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let before = everything(app).await;
        let dispositions = (0..101).map(|n| (KeyId(key.view.key_id.0 + n), KeyDisposition::End)).collect();
        assert_eq!(refusal(settle(app, &olga, key.view.actor_id, dispositions).await), Code::InvalidFields);
        assert_eq!(before, everything(app).await);
    }

    // E2: Numbers of keys and of actors are counted for all organizations together: whoever takes both takes them in one
    // order, whatever the order of the keys.
    removals_in_two_organizations_never_wait_for_each_other_in_a_circle(app) {
        let mut bots = Vec::new();
        for (owner, organization) in [("otto", SOUTH), ("olga", NORTH)] {
            let ctx = app.enter(owner, organization).await.expect("an owner");
            bots.push((account(app, &ctx, "member", true).await, ctx));
        }
        let mut intruder = app.intruder().await;
        if app.db.is_shared() {
            intruder.run("BEGIN").await;
            intruder.run("UPDATE counters SET value = value WHERE name = 'actor'").await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for ((waiting, member, organization), (bot, ctx)) in [(1, "ben", SOUTH), (2, "max", NORTH)].into_iter().zip(bots) {
            let leaving = app.enter(member, organization).await.expect("a member");
            let (one, two) = (app.key_of(&leaving).await.view.key_id, app.key_of(&leaving).await.view.key_id);
            // The one that comes first wants an account first, the other one a key.
            let both = [(one, KeyDisposition::HandOverToNew), (two, KeyDisposition::HandOver(bot))];
            let keys = if waiting == 1 { both.to_vec() } else { both.into_iter().rev().collect() };
            let (engine, member) = (app.engine.clone(), leaving.actor().id);
            tries.spawn(async move { engine.offboard_member(&ctx, RemoveMember { member, keys }).await });
            if app.db.is_shared() {
                until_waiting(app, waiting).await;
            }
        }
        if app.db.is_shared() {
            intruder.run("COMMIT").await;
        }
        for done in tries.join_all().await {
            assert_eq!(done.expect("removed").len(), 2);
        }
        app.sound_chain(NORTH).await;
        app.sound_chain(SOUTH).await;
    }

    // B20
    of_two_removals_at_once_the_later_one_ends_the_sessions(app) {
        let (_, session) = app.browser("una").await;
        if app.db.is_shared() {
            // Both are at work at the same time, whatever the machine does.
            app.intruder().await.run(SLOW_COMMITS).await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for (owner, organization) in [("olga", NORTH), ("otto", SOUTH)] {
            let ctx = app.enter(owner, organization).await.expect("an owner");
            let (engine, member) = (app.engine.clone(), app.member("una", organization).await);
            tries.spawn(async move { engine.remove_member(&ctx, member).await });
        }
        tries.join_all().await.into_iter().for_each(|done| done.expect("removed"));
        assert!(app.engine.find_session(&session).await.expect("read").is_none(), "una is nowhere any more");
    }
}

/// Makes Postgres take its time with whoever changes an actor.
const SLOW_COMMITS: &str = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON actors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()";

/// Waits until so many wait for a row of this database.
async fn until_waiting(app: &TestApp, many: i64) {
    const WAITING: &str =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut intruder = app.intruder().await;
    while intruder.number(WAITING).await < many {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
