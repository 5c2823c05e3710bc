//! Keys that someone who goes leaves behind: handing them over is making keys, and is held to the same rules.

use domain::command::{
    ChangeOrganization, CreateKey, CreateServiceAccount, Expiry, KeyDraft, KeyFate, OrganizationDraft, RemoveMember,
    RotateKey,
};
use domain::view::NewKey;
use domain::{ActorId, Code, KeyId, Role};
use engine::{Ctx, Result};

use crate::house::{House, NORTH, SOUTH, everything, origin, refusal};

const DAY: i64 = 86_400;

async fn account(house: &House, by: &Ctx, role: &str, overlap: bool) -> ActorId {
    let command = CreateServiceAccount::read("Deploy bot", Some(role), overlap).expect("an account to ask for");
    house.engine.create_service_account(by, command).await.expect("an account").actor_id
}

/// Someone in North whose sign-in is eleven minutes old.
async fn stale(house: &House, name: &str) -> Ctx {
    let (caller, _) = house.browser(name).await;
    house.clock.advance_seconds(660);
    house.engine.admit_person(&caller, &house.organization(NORTH).await, origin()).await.expect("a member of North")
}

async fn settle(house: &House, by: &Ctx, member: ActorId, keys: Vec<(KeyId, KeyFate)>) -> Result<Vec<NewKey>> {
    house.engine.remove_member_and_keys(by, RemoveMember { member, keys }).await
}

/// A key of an admin with these scopes and this end, as it presents itself.
async fn presented(house: &House, scopes: Option<&[&str]>, days: &str) -> Ctx {
    let scopes: Option<Vec<String>> = scopes.map(|all| all.iter().map(|scope| (*scope).to_owned()).collect());
    let expires_at = if days.is_empty() { Expiry::Never } else { Expiry::InDays(days) };
    let draft = KeyDraft { name: "robot", scopes: scopes.as_deref(), expires_at, ..KeyDraft::default() };
    let ada = house.north("ada").await;
    let made = house.engine.create_key(&ada, CreateKey::draft(&draft, ada.now()).expect("a key to ask for")).await;
    house.with_key(&made.expect("a key").plain).await.ctx
}

both! {
    b22_handing_over_a_key_with_admin_power_takes_a_fresh_sign_in(house) {
        let (powerful, plain, olga) = (house.north_key("ada").await, house.north_key("max").await, house.north("olga").await);
        let (strong, weak) = (account(house, &olga, "admin", true).await, account(house, &olga, "member", true).await);
        let late = stale(house, "olga").await;
        let before = everything(house).await;
        let (ada, key) = (powerful.view.actor_id, powerful.view.key_id);
        for fate in [KeyFate::HandOver(strong), KeyFate::HandOverToNew] {
            let refused = settle(house, &late, ada, vec![(key, fate)]).await;
            assert_eq!(refusal(refused), Code::FreshSignInRequired, "{fate:?}");
        }
        assert_eq!(before, everything(house).await);
        settle(house, &late, plain.view.actor_id, vec![(plain.view.key_id, KeyFate::HandOverToNew)]).await.expect("a member's power");
        let made = settle(house, &late, ada, vec![(key, KeyFate::HandOver(weak))]).await.expect("a member's power");
        assert_eq!(made[0].view.role, Role::Member);
    }

    b22_settling_several_keys_takes_a_fresh_sign_in(house) {
        let (one, two) = (house.north_key("max").await, house.north_key("max").await);
        let late = stale(house, "olga").await;
        let (max, both) = (one.view.actor_id, [one.view.key_id, two.view.key_id]);
        let before = everything(house).await;
        let ends = both.map(|key| (key, KeyFate::End)).to_vec();
        assert_eq!(refusal(settle(house, &late, max, ends.clone()).await), Code::FreshSignInRequired);
        assert_eq!(before, everything(house).await);
        settle(house, &house.north("olga").await, max, ends).await.expect("signed in just now");
    }

    b24_where_keys_make_no_keys_none_hands_any_over(house) {
        let (key, other, olga) = (house.north_key("max").await, house.north_key("mia").await, house.north("olga").await);
        let robot = presented(house, None, "").await;
        let draft = OrganizationDraft { keys_make_keys: Some(false), ..OrganizationDraft::default() };
        let rule = ChangeOrganization::read(&draft).expect("a rule");
        house.engine.change_organization(&olga, rule).await.expect("changed");
        let before = everything(house).await;
        let bot = account(house, &olga, "member", true).await;
        for fate in [KeyFate::HandOver(bot), KeyFate::HandOverToNew] {
            let refused = settle(house, &robot, key.view.actor_id, vec![(key.view.key_id, fate)]).await;
            assert_eq!(refusal(refused), Code::Forbidden, "{fate:?}");
        }
        assert_eq!(before.iter().find(|(table, _)| table == "api_keys"), everything(house).await.iter().find(|(table, _)| table == "api_keys"));
        settle(house, &robot, key.view.actor_id, vec![(key.view.key_id, KeyFate::End)]).await.expect("ending makes none");
        settle(house, &olga, other.view.actor_id, vec![(other.view.key_id, KeyFate::HandOverToNew)]).await.expect("in person");
    }

    b24_a_key_settles_keys_only_with_the_scope_to_write_them(house) {
        let (key, olga) = (house.north_key("max").await, house.north("olga").await);
        let bot = account(house, &olga, "member", true).await;
        let narrow = presented(house, Some(&["members:write", "service_accounts:write"]), "").await;
        for fate in [KeyFate::End, KeyFate::HandOver(bot), KeyFate::HandOverToNew] {
            let refused = settle(house, &narrow, key.view.actor_id, vec![(key.view.key_id, fate)]).await;
            assert_eq!(refusal(refused), Code::MissingScope, "{fate:?}");
        }
        settle(house, &narrow, key.view.actor_id, Vec::new()).await.expect("removing is not writing keys");
    }

    b24_no_successor_outlives_the_key_that_hands_over(house) {
        let (key, other) = (house.north_key("max").await, house.north_key("mia").await);
        let robot = presented(house, None, "7").await;
        let end = robot.now().plus_seconds(7 * DAY);
        let made = settle(house, &robot, key.view.actor_id, vec![(key.view.key_id, KeyFate::HandOverToNew)]).await.expect("handed over");
        assert_eq!(made[0].view.expires_at, Some(end));
        let made = settle(house, &house.north("olga").await, other.view.actor_id, vec![(other.view.key_id, KeyFate::HandOverToNew)]).await;
        assert_eq!(made.expect("handed over")[0].view.expires_at, None, "a person has no end");
    }

    d15_a_key_that_has_a_successor_gets_no_second_one(house) {
        let (old, olga) = (house.north_key("max").await, house.north("olga").await);
        let rotate = RotateKey { overlap_seconds: 3600, ..RotateKey::at_once(old.view.key_id) };
        let new = house.engine.rotate_key(&olga, rotate, None).await.expect("rotated").new;
        let before = everything(house).await;
        let refused = settle(house, &olga, old.view.actor_id, vec![(old.view.key_id, KeyFate::HandOverToNew)]).await;
        assert_eq!(refusal(refused), Code::Conflict);
        assert_eq!(before, everything(house).await);
        let fates = vec![(old.view.key_id, KeyFate::End), (new.view.key_id, KeyFate::HandOverToNew)];
        settle(house, &olga, old.view.actor_id, fates).await.expect("the old one ends, the new one is handed over");
        let line = house.engine.get_key(&olga, old.view.key_id).await.expect("the old one");
        assert_eq!(line.rotated_to, Some(new.view.key_id));
    }

    d4_an_account_whose_only_key_has_just_ended_takes_one_over(house) {
        let (key, olga) = (house.north_key("max").await, house.north("olga").await);
        let bot = account(house, &olga, "member", false).await;
        let draft = KeyDraft { name: "Ending", expires_at: Expiry::InDays("1"), ..KeyDraft::default() };
        let ending = CreateKey { owner: Some(bot), ..CreateKey::draft(&draft, olga.now()).expect("a key") };
        let ended = house.engine.create_key(&olga, ending).await.expect("a key").view.key_id;
        house.clock.advance_seconds(DAY);
        let olga = house.north("olga").await;
        let made = settle(house, &olga, key.view.actor_id, vec![(key.view.key_id, KeyFate::HandOver(bot))]).await.expect("handed over");
        house.with_key(&made[0].plain).await;
        assert_eq!(house.engine.expire_keys().await.expect("nothing is left to write"), 0);
        assert!(!house.engine.get_key(&olga, ended).await.expect("a key").key.is_active);
        house.sound_chain(NORTH).await;
    }

    no_more_than_a_hundred_keys_are_settled_at_once(house) {
        let (key, olga) = (house.north_key("max").await, house.north("olga").await);
        let before = everything(house).await;
        let fates = (0..101).map(|n| (KeyId(key.view.key_id.0 + n), KeyFate::End)).collect();
        assert_eq!(refusal(settle(house, &olga, key.view.actor_id, fates).await), Code::InvalidFields);
        assert_eq!(before, everything(house).await);
    }

    // Numbers of keys and of actors are counted for all organizations together: whoever takes both takes them in one
    // order, whatever the order of the keys.
    e2_removals_in_two_organizations_never_wait_for_each_other_in_a_circle(house) {
        let mut bots = Vec::new();
        for (owner, organization) in [("otto", SOUTH), ("olga", NORTH)] {
            let ctx = house.enter(owner, organization).await.expect("an owner");
            bots.push((account(house, &ctx, "member", true).await, ctx));
        }
        let mut intruder = house.intruder().await;
        if house.db.is_shared() {
            intruder.run("BEGIN").await;
            intruder.run("UPDATE counters SET value = value WHERE name = 'actor'").await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for ((waiting, member, organization), (bot, ctx)) in [(1, "ben", SOUTH), (2, "max", NORTH)].into_iter().zip(bots) {
            let leaving = house.enter(member, organization).await.expect("a member");
            let (one, two) = (house.key_of(&leaving).await.view.key_id, house.key_of(&leaving).await.view.key_id);
            // The one that comes first wants an account first, the other one a key.
            let both = [(one, KeyFate::HandOverToNew), (two, KeyFate::HandOver(bot))];
            let keys = if waiting == 1 { both.to_vec() } else { both.into_iter().rev().collect() };
            let (engine, member) = (house.engine.clone(), leaving.actor().id);
            tries.spawn(async move { engine.remove_member_and_keys(&ctx, RemoveMember { member, keys }).await });
            if house.db.is_shared() {
                until_waiting(house, waiting).await;
            }
        }
        if house.db.is_shared() {
            intruder.run("COMMIT").await;
        }
        for done in tries.join_all().await {
            assert_eq!(done.expect("removed").len(), 2);
        }
        house.sound_chain(NORTH).await;
        house.sound_chain(SOUTH).await;
    }

    b20_of_two_removals_at_once_the_later_one_ends_the_sessions(house) {
        let (_, session) = house.browser("una").await;
        if house.db.is_shared() {
            // Both are at work at the same time, whatever the machine does.
            house.intruder().await.run(SLOW_COMMITS).await;
        }
        let mut tries = tokio::task::JoinSet::new();
        for (owner, organization) in [("olga", NORTH), ("otto", SOUTH)] {
            let ctx = house.enter(owner, organization).await.expect("an owner");
            let (engine, member) = (house.engine.clone(), house.member("una", organization).await);
            tries.spawn(async move { engine.remove_member(&ctx, member).await });
        }
        tries.join_all().await.into_iter().for_each(|done| done.expect("removed"));
        assert!(house.engine.find_session(&session).await.expect("read").is_none(), "una is nowhere any more");
    }
}

/// Makes Postgres take its time with whoever changes an actor.
const SLOW_COMMITS: &str = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON actors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()";

/// Waits until so many wait for a row of this database.
async fn until_waiting(house: &House, many: i64) {
    const WAITING: &str =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut intruder = house.intruder().await;
    while intruder.number(WAITING).await < many {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
