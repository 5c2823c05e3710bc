//! Revoking and transferring the keys of a removed member. A transfer follows the rules for
//! creating keys.

use domain::command::{
    ChangeOrganization, CreateKey, CreateServiceAccount, Expiry, KeyDisposition, KeyDraft,
    OrganizationDraft, RemoveMember, RotateKey,
};
use domain::view::NewKey;
use domain::{ActorId, Code, KeyId, Role};
use engine::{Ctx, Result};

use crate::test_app::{NORTH, SOUTH, TestApp, everything, origin, refusal};

const DAY: i64 = 86_400;

async fn account(app: &TestApp, by: &Ctx, role: &str, overlap: bool) -> ActorId {
    let command =
        CreateServiceAccount::read("Deploy bot", Some(role), overlap).expect("a valid command");
    app.engine
        .create_service_account(by, command)
        .await
        .expect("an account")
        .actor_id
}

/// A member of North whose sign-in is eleven minutes old.
async fn stale(app: &TestApp, name: &str) -> Ctx {
    let (caller, _) = app.browser(name).await;
    app.clock.advance_seconds(660);
    app.engine
        .enter_organization(&caller, &app.organization(NORTH).await, origin())
        .await
        .expect("a member of North")
}

async fn remove(
    app: &TestApp,
    by: &Ctx,
    member: ActorId,
    keys: Vec<(KeyId, KeyDisposition)>,
) -> Result<Vec<NewKey>> {
    app.engine
        .offboard_member(by, RemoveMember { member, keys })
        .await
}

/// A request with a key of an admin with these scopes and this expiration.
async fn request_with_key(app: &TestApp, scopes: Option<&[&str]>, days: &str) -> Ctx {
    let scopes: Option<Vec<String>> = scopes.map(|all| {
        all.iter()
            .map(|scope| (*scope).to_owned())
            .collect()
    });
    let expires_at = if days.is_empty() {
        Expiry::Never
    } else {
        Expiry::InDays(days)
    };
    let draft = KeyDraft {
        name: "robot",
        scopes: scopes.as_deref(),
        expires_at,
        ..KeyDraft::default()
    };
    let ada = app.north("ada").await;
    let made = app
        .engine
        .create_key(
            &ada,
            CreateKey::draft(&draft, ada.now()).expect("a valid command"),
        )
        .await;
    app.with_key(&made.expect("a key").plain)
        .await
        .ctx
}

both! {
    // B22
    transferring_a_key_with_admin_power_requires_a_fresh_sign_in(app) {
        let (powerful, plain, olga) = (app.north_key("ada").await, app.north_key("max").await, app.north("olga").await);
        let (strong, weak) = (account(app, &olga, "admin", true).await, account(app, &olga, "member", true).await);
        let late = stale(app, "olga").await;
        let before = everything(app).await;
        let (ada, key) = (powerful.view.actor_id, powerful.view.key_id);
        for disposition in [KeyDisposition::HandOver(strong), KeyDisposition::HandOverToNew] {
            let refused = remove(app, &late, ada, vec![(key, disposition)]).await;
            assert_eq!(refusal(refused), Code::FreshSignInRequired, "{disposition:?}");
        }
        assert_eq!(before, everything(app).await);
        remove(app, &late, plain.view.actor_id, vec![(plain.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("the role member");
        let made = remove(app, &late, ada, vec![(key, KeyDisposition::HandOver(weak))]).await.expect("the role member");
        assert_eq!(made[0].view.role, Role::Member);
    }

    // B22
    transferring_several_keys_requires_a_fresh_sign_in(app) {
        let (one, two) = (app.north_key("max").await, app.north_key("max").await);
        let late = stale(app, "olga").await;
        let (max, both) = (one.view.actor_id, [one.view.key_id, two.view.key_id]);
        let before = everything(app).await;
        let revocations = both.map(|key| (key, KeyDisposition::End)).to_vec();
        assert_eq!(refusal(remove(app, &late, max, revocations.clone()).await), Code::FreshSignInRequired);
        assert_eq!(before, everything(app).await);
        remove(app, &app.north("olga").await, max, revocations).await.expect("signed in just now");
    }

    // B24
    a_key_cannot_transfer_keys_if_keys_cannot_create_keys(app) {
        let (key, other, olga) = (app.north_key("max").await, app.north_key("mia").await, app.north("olga").await);
        let robot = request_with_key(app, None, "").await;
        let draft = OrganizationDraft { keys_make_keys: Some(false), ..OrganizationDraft::default() };
        let rule = ChangeOrganization::read(&draft).expect("a rule");
        app.engine.change_organization(&olga, rule).await.expect("changed");
        let before = everything(app).await;
        let bot = account(app, &olga, "member", true).await;
        for disposition in [KeyDisposition::HandOver(bot), KeyDisposition::HandOverToNew] {
            let refused = remove(app, &robot, key.view.actor_id, vec![(key.view.key_id, disposition)]).await;
            assert_eq!(refusal(refused), Code::Forbidden, "{disposition:?}");
        }
        assert_eq!(before.iter().find(|(table, _)| table == "api_keys"), everything(app).await.iter().find(|(table, _)| table == "api_keys"));
        remove(app, &robot, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::End)]).await.expect("revoking creates no key");
        remove(app, &olga, other.view.actor_id, vec![(other.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("in person");
    }

    // B24
    a_key_needs_the_scope_keys_write_to_transfer_or_revoke_keys(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let bot = account(app, &olga, "member", true).await;
        let narrow = request_with_key(app, Some(&["members:write", "service_accounts:write"]), "").await;
        for disposition in [KeyDisposition::End, KeyDisposition::HandOver(bot), KeyDisposition::HandOverToNew] {
            let refused = remove(app, &narrow, key.view.actor_id, vec![(key.view.key_id, disposition)]).await;
            assert_eq!(refusal(refused), Code::MissingScope, "{disposition:?}");
        }
        remove(app, &narrow, key.view.actor_id, Vec::new()).await.expect("removing a member changes no key");
    }

    // B24
    no_successor_expires_later_than_the_calling_key(app) {
        let (key, other) = (app.north_key("max").await, app.north_key("mia").await);
        let robot = request_with_key(app, None, "7").await;
        let end = robot.now().plus_seconds(7 * DAY);
        let made = remove(app, &robot, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::HandOverToNew)]).await.expect("handed over");
        assert_eq!(made[0].view.expires_at, Some(end));
        let made = remove(app, &app.north("olga").await, other.view.actor_id, vec![(other.view.key_id, KeyDisposition::HandOverToNew)]).await;
        assert_eq!(made.expect("handed over")[0].view.expires_at, None, "a person has no expiration");
    }

    // D15
    a_rotated_key_cannot_be_transferred(app) {
        let (old, olga) = (app.north_key("max").await, app.north("olga").await);
        let rotate = RotateKey { overlap_seconds: 3600, ..RotateKey::immediately(old.view.key_id) };
        let new = app.engine.rotate_key(&olga, rotate, None).await.expect("rotated").new;
        let before = everything(app).await;
        let refused = remove(app, &olga, old.view.actor_id, vec![(old.view.key_id, KeyDisposition::HandOverToNew)]).await;
        assert_eq!(refusal(refused), Code::Conflict);
        assert_eq!(before, everything(app).await);
        let dispositions = vec![(old.view.key_id, KeyDisposition::End), (new.view.key_id, KeyDisposition::HandOverToNew)];
        remove(app, &olga, old.view.actor_id, dispositions).await.expect("the old key is revoked, the new key is transferred");
        let line = app.engine.get_key(&olga, old.view.key_id).await.expect("the old one");
        assert_eq!(line.rotated_to, Some(new.view.key_id));
    }

    // D4
    a_service_account_whose_only_key_expired_accepts_a_transferred_key(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let bot = account(app, &olga, "member", false).await;
        let draft = KeyDraft { name: "Ending", expires_at: Expiry::InDays("1"), ..KeyDraft::default() };
        let expiring = CreateKey { owner: Some(bot), ..CreateKey::draft(&draft, olga.now()).expect("a key") };
        let expired = app.engine.create_key(&olga, expiring).await.expect("a key").view.key_id;
        app.clock.advance_seconds(DAY);
        let olga = app.north("olga").await;
        let made = remove(app, &olga, key.view.actor_id, vec![(key.view.key_id, KeyDisposition::HandOver(bot))]).await.expect("handed over");
        app.with_key(&made[0].plain).await;
        assert_eq!(app.engine.expire_keys().await.expect("nothing is left to write"), 0);
        assert!(!app.engine.get_key(&olga, expired).await.expect("a key").key.is_active);
        app.sound_chain(NORTH).await;
    }

    at_most_a_hundred_keys_are_accepted_in_one_removal(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let before = everything(app).await;
        let dispositions = (0..101).map(|n| (KeyId(key.view.key_id.0 + n), KeyDisposition::End)).collect();
        assert_eq!(refusal(remove(app, &olga, key.view.actor_id, dispositions).await), Code::InvalidFields);
        assert_eq!(before, everything(app).await);
    }

    // E2: all organizations share the sequences of key ids and actor ids. A removal locks them in a
    // fixed order, regardless of the order of the keys.
    concurrent_removals_in_two_organizations_do_not_deadlock(app) {
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
            // One removal creates a service account first, the other one a key.
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
    the_last_of_two_concurrent_removals_revokes_the_sessions(app) {
        let (_, session) = app.browser("una").await;
        if app.db.is_shared() {
            // Makes both removals overlap on every machine.
            app.intruder().await.run(SLOW_COMMITS).await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for (owner, organization) in [("olga", NORTH), ("otto", SOUTH)] {
            let ctx = app.enter(owner, organization).await.expect("an owner");
            let (engine, member) = (app.engine.clone(), app.member("una", organization).await);
            tries.spawn(async move { engine.remove_member(&ctx, member).await });
        }
        tries.join_all().await.into_iter().for_each(|done| done.expect("removed"));
        assert!(app.engine.find_session(&session).await.expect("read").is_none(), "una is in no organization");
    }
}

/// Makes Postgres slow down every change of an actor.
const SLOW_COMMITS: &str = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON actors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()";

/// Waits until this many sessions wait for a lock in this database.
async fn until_waiting(app: &TestApp, many: i64) {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut intruder = app.intruder().await;
    while intruder.number(WAITING).await < many {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
