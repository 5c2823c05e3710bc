//! Scopes and environments of keys, and the limits of keys that a key creates.

use domain::Environment;
use domain::command::{
    ChangeKey, CreateKey, CreateServiceAccount, Expiry, KeyChanges, KeyDraft, KeyQuery, RotateKey,
};
use domain::scope::read_scopes;
use domain::view::NewKey;
use domain::{Code, Permissions, Role, Scope, ScopeSet};
use engine::{Ctx, Error};

use crate::test_app::{NORTH, TestApp, everything, refusal, revoke};

/// A key with these scopes, words separated by spaces.
pub fn with_scopes(environment: &str, scopes: &str) -> CreateKey {
    let scopes: Vec<String> = scopes
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let environment = Some(environment);
    let draft = KeyDraft {
        name: "Restricted",
        environment,
        scopes: Some(&scopes),
        ..KeyDraft::default()
    };
    CreateKey::draft(&draft, domain::Moment(0)).expect("a command")
}

async fn made(app: &TestApp, ctx: &Ctx, environment: &str, scopes: &str) -> NewKey {
    app.engine
        .create_key(ctx, with_scopes(environment, scopes))
        .await
        .expect("a key")
}

fn missing<T>(result: engine::Result<T>) -> Scope {
    match result {
        Err(Error::MissingScope(scope)) => scope,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("the call succeeded"),
    }
}

both! {
    // RU-16, RU-17, D1
    the_prefix_contains_the_kind_of_the_key(app) {
        let max = app.north("max").await;
        for (environment, scopes, prefix) in
            [("production", "runs:write", "rt_live_"), ("test", "runs:write", "rt_test_"), ("test", "", "rt_test_")]
        {
            let key = made(app, &max, environment, scopes).await;
            assert!(key.plain.expose().starts_with(prefix), "{prefix}");
            assert!(key.view.preview.starts_with(prefix) && key.view.key_prefix.starts_with(prefix));
            assert_eq!(key.view.environment.as_str(), environment);
        }
        assert!(app.key_of(&max).await.plain.expose().starts_with("rt_sk_"));
    }

    // D6
    a_key_with_an_empty_list_of_scopes_allows_nothing(app) {
        let key = made(app, &app.north("olga").await, "production", "").await;
        let ctx = app.with_key(&key.plain).await.ctx;
        assert_eq!(missing(app.engine.list_keys(&ctx, &KeyQuery::default(), 10).await), Scope::KeysRead);
        assert_eq!(missing(app.workspace(&ctx, "No").await), Scope::WorkspacesWrite);
        assert_eq!(missing(app.engine.read_audit_log(&ctx, &Default::default(), 10).await), Scope::AuditRead);
        assert_eq!(missing(app.engine.remove_member(&ctx, app.member("max", NORTH).await).await), Scope::MembersWrite);
    }

    // D6
    a_key_allows_only_its_scopes(app) {
        let key = made(app, &app.north("max").await, "production", "workspaces:write").await;
        let ctx = app.with_key(&key.plain).await.ctx;
        app.workspace(&ctx, "Mine").await.expect("it may");
        assert_eq!(app.engine.list_workspaces(&ctx, None, 10).await.expect("write includes read").rows.len(), 1);
        assert_eq!(missing(app.engine.list_keys(&ctx, &KeyQuery::default(), 10).await), Scope::KeysRead);
    }

    // KE-09
    scopes_do_not_extend_the_role_of_the_owner(app) {
        let all = Scope::ALL.map(Scope::as_str).join(" ");
        let key = made(app, &app.north("max").await, "production", &all).await;
        let ctx = app.with_key(&key.plain).await.ctx;
        assert_eq!(ctx.actor().role, Role::Member);
        assert_eq!(refusal(app.engine.remove_member(&ctx, app.member("mia", NORTH).await).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.list_service_accounts(&ctx, None, 10).await), Code::Forbidden);
        app.north_key("mia").await;
        let seen = app.engine.list_keys(&ctx, &KeyQuery::default(), 10).await.expect("its own");
        assert!(seen.rows.iter().all(|line| line.key.actor_id == ctx.actor().id));
    }

    // KE-08
    the_key_of_an_admin_can_use_admin_operations(app) {
        let ctx = app.with_key(&app.north_key("ada").await.plain).await.ctx;
        let mia = app.member("mia", NORTH).await;
        app.engine.remove_member(&ctx, mia).await.expect("an admin's key may");
    }

    // D6
    a_lower_role_applies_immediately_and_a_higher_role_needs_a_new_key(app) {
        let (key, olga) = (app.north_key("ada").await, app.north("olga").await);
        let ada = app.member("ada", NORTH).await;
        let role = async || app.with_key(&key.plain).await.ctx.actor().role;
        assert_eq!(role().await, Role::Admin);
        app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered");
        assert_eq!(role().await, Role::Member);
        app.engine.change_member(&olga, ada, Role::Owner).await.expect("raised");
        assert_eq!(role().await, Role::Admin, "never higher than at the creation of the key");
        let newer = app.north_key("ada").await;
        assert_eq!(app.with_key(&newer.plain).await.ctx.actor().role, Role::Owner);
    }

    // RU-17, D7
    a_test_key_accesses_only_the_sandbox(app) {
        let olga = app.north("olga").await;
        let live = app.with_key(&app.key_of(&olga).await.plain).await.ctx;
        let test = made(app, &olga, "test", "workspaces:write runs:write keys:write").await;
        let test = app.with_key(&test.plain).await.ctx;
        assert_eq!(test.actor().environment, Environment::Test);
        let (real, sand) = (app.workspace(&live, "Real").await.expect("real"), app.workspace(&test, "Sand").await.expect("sand"));
        let names = async |ctx: &Ctx| -> Vec<String> {
            app.engine.list_workspaces(ctx, None, 10).await.expect("workspaces").rows.into_iter().map(|w| w.name).collect()
        };
        assert_eq!((names(&live).await, names(&test).await), (vec!["Real".to_owned()], vec!["Sand".to_owned()]));
        assert_eq!(sand.environment, Environment::Test);
        assert_eq!(refusal(app.engine.get_workspace(&test, &real.id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.get_workspace(&live, &sand.id).await), Code::NotFound);
        let seen = app.engine.list_keys(&test, &KeyQuery::default(), 10).await.expect("keys").rows;
        assert!(seen.iter().all(|line| line.key.environment == Environment::Test) && seen.len() == 1);
        let production = app.key_of(&olga).await.view.key_id;
        assert_eq!(refusal(app.engine.get_key(&test, production).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.revoke_key(&test, revoke(production)).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.rotate_key(&test, RotateKey::immediately(production), None).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.create_key(&test, with_scopes("production", "runs:read")).await), Code::Forbidden);
    }

    // D14
    a_key_cannot_create_a_key_with_more_permissions(app) {
        let olga = app.north("olga").await;
        let key = made(app, &olga, "production", "keys:write runs:read").await;
        let ctx = app.with_key(&key.plain).await.ctx;
        let before = everything(app).await;
        assert_eq!(missing(app.engine.create_key(&ctx, with_scopes("production", "keys:write runs:write")).await), Scope::RunsWrite);
        assert_eq!(refusal(app.engine.create_key(&ctx, CreateKey::read("Full").expect("a name")).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
        let weaker = made(app, &ctx, "production", "runs:read").await;
        assert_eq!(weaker.view.scopes, Permissions::Only(ScopeSet::of([Scope::RunsRead])));
        // It cannot rotate a key with more permissions either.
        let full = app.key_of(&olga).await.view.key_id;
        assert_eq!(refusal(app.engine.rotate_key(&ctx, RotateKey::immediately(full), None).await), Code::Forbidden);
    }

    // D14
    a_key_cannot_create_a_key_that_expires_later(app) {
        let olga = app.north("olga").await;
        let now = app.runtime.now();
        let ending = |days| {
            let draft = KeyDraft { name: "Ending", expires_at: Expiry::InDays(days), ..KeyDraft::default() };
            CreateKey::draft(&draft, now).expect("a command")
        };
        let short = app.engine.create_key(&olga, ending("7")).await.expect("a key");
        let ctx = app.with_key(&short.plain).await.ctx;
        assert_eq!(refusal(app.engine.create_key(&ctx, CreateKey::read("For ever").expect("a name")).await), Code::InvalidFields);
        assert_eq!(refusal(app.engine.create_key(&ctx, ending("8")).await), Code::InvalidFields);
        app.engine.create_key(&ctx, ending("7")).await.expect("not later than the calling key");
    }

    // D14: with or without an explicit expiration
    a_key_cannot_extend_its_lifetime_by_rotating_itself(app) {
        let olga = app.north("olga").await;
        let draft = KeyDraft { name: "Ending", expires_at: Expiry::InDays("7"), ..KeyDraft::default() };
        let key = app.engine.create_key(&olga, CreateKey::draft(&draft, olga.now()).expect("a command")).await.expect("a key");
        app.clock.advance_seconds(6 * 86_400);
        let ctx = app.with_key(&key.plain).await.ctx;
        let later = RotateKey { expires_at: Some(ctx.now().plus_seconds(7 * 86_400)), ..RotateKey::immediately(key.view.key_id) };
        assert_eq!(refusal(app.engine.rotate_key(&ctx, later.clone(), None).await), Code::InvalidFields);
        assert_eq!(refusal(app.engine.rotate_calling_key(&ctx, &key.plain, later, false, None).await), Code::InvalidFields);
        let next = app.engine.rotate_key(&ctx, RotateKey::immediately(key.view.key_id), None).await.expect("itself").new;
        assert_eq!(next.view.expires_at, key.view.expires_at);
        let olga = app.north("olga").await;
        let later = RotateKey {
            expires_at: Some(olga.now().plus_seconds(30 * 86_400)),
            ..RotateKey::immediately(next.view.key_id)
        };
        let renewed = app.engine.rotate_key(&olga, later, None).await.expect("by a person").new;
        assert!(renewed.view.expires_at > key.view.expires_at);
    }

    // D15, D4: also if overlap is no longer allowed
    every_key_of_a_service_account_can_be_rotated(app) {
        let ada = app.north("ada").await;
        let command = CreateServiceAccount::read("Deploy bot", None, true).expect("a command");
        let bot = app.engine.create_service_account(&ada, command).await.expect("a service account").actor_id;
        let key_for = || CreateKey { owner: Some(bot), ..CreateKey::read("Deploy").expect("a name") };
        let keys = [app.engine.create_key(&ada, key_for()).await.expect("a key"), app.engine.create_key(&ada, key_for()).await.expect("another")];
        let back = domain::command::ChangeServiceAccount::read(bot, None, None, None, Some(false)).expect("a command");
        app.engine.change_service_account(&ada, back).await.expect("changed");
        for key in keys {
            let new = app.engine.rotate_key(&ada, RotateKey::immediately(key.view.key_id), None).await.expect("rotated").new;
            app.with_key(&new.plain).await;
        }
        assert_eq!(refusal(app.engine.create_key(&ada, key_for()).await), Code::ActiveKeyExists);
        // A key with only the scope keys:write cannot rotate the key of a service account.
        let manager = made(app, &ada, "production", "keys:write").await;
        let manager = app.with_key(&manager.plain).await.ctx;
        let list = app.engine.list_keys(&ada, &KeyQuery { owner: Some(bot), ..KeyQuery::default() }, 1).await.expect("keys");
        let newest = list.rows[0].key.key_id;
        assert!(app.engine.rotate_key(&manager, RotateKey::immediately(newest), None).await.is_err());
    }

    // D15: an admin cannot get a key with the role owner by rotating an owner's key.
    rotating_a_key_does_not_give_the_caller_a_higher_role(app) {
        let (owners, mine) = (app.north_key("olga").await.view.key_id, app.north_key("max").await.view.key_id);
        let ada = app.north("ada").await;
        assert_eq!(refusal(app.engine.rotate_key(&ada, RotateKey::immediately(owners), None).await), Code::Forbidden);
        let new = app.engine.rotate_key(&ada, RotateKey::immediately(mine), None).await.expect("an admin may").new;
        assert_eq!(app.with_key(&new.plain).await.ctx.actor().name, "max");
    }

    // D14
    every_key_can_rotate_and_revoke_itself(app) {
        let max = app.north("max").await;
        let key = made(app, &max, "production", "").await;
        let ctx = app.with_key(&key.plain).await.ctx;
        let new = app.engine.rotate_calling_key(&ctx, &key.plain, RotateKey::immediately(key.view.key_id), false, None).await.expect("itself").new;
        let ctx = app.with_key(&new.plain).await.ctx;
        assert!(app.engine.revoke_key(&ctx, revoke(new.view.key_id)).await.expect("itself").fresh);
        assert_eq!(refusal(app.admit(&new.plain).await), Code::Unauthorized);
    }

    // A request in flight writes nothing with a removed scope.
    scopes_can_be_removed_from_a_key_but_not_added(app) {
        let max = app.north("max").await;
        let key = made(app, &max, "production", "workspaces:write runs:write").await;
        let running = app.with_key(&key.plain).await.ctx;
        let change = |scopes: &str| {
            let words: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
            ChangeKey { scopes: Some(read_scopes(&words).expect("scopes")), ..ChangeKey::of(key.view.key_id) }
        };
        let line = app.engine.change_key(&max, change("runs:write")).await.expect("narrowed");
        assert_eq!(line.key.scopes.words(), ["runs:write"]);
        assert_eq!(refusal(app.workspace(&running, "Late").await), Code::Unauthorized);
        let ctx = app.with_key(&key.plain).await.ctx;
        assert_eq!(missing(app.workspace(&ctx, "No").await), Scope::WorkspacesWrite);
        assert_eq!(refusal(app.engine.change_key(&max, change("runs:write workspaces:read")).await), Code::InvalidFields);
        app.engine.change_key(&max, change("runs:read")).await.expect("write can be narrowed to read");
        let full = app.key_of(&max).await.view.key_id;
        let narrow = ChangeKey { scopes: Some(ScopeSet::EMPTY), ..ChangeKey::of(full) };
        assert_eq!(refusal(app.engine.change_key(&max, narrow).await), Code::Conflict);
        app.sound_chain(NORTH).await;
    }

    // D24, RU-22
    renaming_a_key_changes_only_its_name(app) {
        let (max, key) = (app.north("max").await, app.north_key("max").await);
        let rename = |name: &str| {
            let changes = KeyChanges { name: Some(name), ..KeyChanges::default() };
            ChangeKey::read(key.view.key_id, &changes, max.now())
        };
        let line = app.engine.change_key(&max, rename("  Production deploy script ").expect("a name")).await.expect("renamed");
        assert_eq!(line.key.label, "Production deploy script");
        app.with_key(&key.plain).await;
        let event = app.newest_event(&max).await;
        assert_eq!(event.action.as_str(), "key.renamed");
        assert_eq!(event.changes[0].before.as_deref(), Some("CI/CD Pipeline"));
        let before = everything(app).await;
        app.engine.change_key(&max, rename("Production deploy script").expect("a name")).await.expect("nothing to do");
        assert_eq!(before, everything(app).await, "no change, no event");
        assert!(rename(" ").is_err() && rename("a\u{202e}b").is_err());
        let mia = app.north("mia").await;
        assert_eq!(refusal(app.engine.change_key(&mia, rename("Hers").expect("a name")).await), Code::Forbidden);
    }

    a_description_is_shown_and_leaves_no_text_in_the_log(app) {
        let (max, key) = (app.north("max").await, app.north_key("max").await);
        let id = key.view.key_id;
        let describe = |text: &str| {
            let changes = KeyChanges { description: Some(text), ..KeyChanges::default() };
            ChangeKey::read(id, &changes, max.now()).expect("a description")
        };
        assert_eq!(app.engine.get_key(&max, id).await.expect("read").description, None);
        let line = app.engine.change_key(&max, describe(" Deploys.\r\nFrom CI. ")).await.expect("described");
        assert_eq!(line.description.as_deref(), Some("Deploys.\nFrom CI."));
        let running = app.with_key(&key.plain).await;
        let event = app.newest_event(&max).await;
        assert_eq!((event.action.as_str(), event.changes.len()), ("key.description_changed", 0));
        let before = everything(app).await;
        app.engine.change_key(&max, describe("Deploys.\nFrom CI.")).await.expect("nothing to do");
        assert_eq!(before, everything(app).await, "no change, no event");
        app.engine.recheck_key(&running).await.expect("a request in flight goes on");

        let successor = app.engine.rotate_key(&max, RotateKey::immediately(id), None).await.expect("rotated").new;
        let id = successor.view.key_id;
        assert_eq!(app.engine.get_key(&max, id).await.expect("read").description, line.description);
        let mia = app.north("mia").await;
        let hers = ChangeKey { key: id, ..describe("Hers") };
        assert_eq!(refusal(app.engine.change_key(&mia, hers).await), Code::Forbidden);
        let blank = ChangeKey { key: id, ..describe(" ") };
        assert_eq!(app.engine.change_key(&max, blank).await.expect("removed").description, None);
        app.engine.revoke_key(&max, revoke(id)).await.expect("revoked");
        let why = ChangeKey { key: id, ..describe("Was in a public repository.") };
        app.engine.change_key(&max, why).await.expect("a revoked key can be described");
        app.sound_chain(NORTH).await;
    }

    // RO-19, RO-20, RO-21, RO-22, D4
    a_service_account_has_one_active_key_unless_overlap_is_allowed(app) {
        let ada = app.north("ada").await;
        let account = |overlap| CreateServiceAccount::read("Deploy bot", None, overlap).expect("a command");
        let bot = app.engine.create_service_account(&ada, account(false)).await.expect("a service account").actor_id;
        let key_for = |owner| CreateKey { owner: Some(owner), ..CreateKey::read("Deploy").expect("a name") };
        let first = app.engine.create_key(&ada, key_for(bot)).await.expect("its first key");
        assert_eq!((first.view.actor_id, first.view.actor_name.as_str()), (bot, "Deploy bot"));
        assert_eq!(first.view.role, Role::Member, "no more than the account");
        assert_eq!(refusal(app.engine.create_key(&ada, key_for(bot)).await), Code::ActiveKeyExists);
        let second = app.engine.rotate_key(&ada, RotateKey::immediately(first.view.key_id), None).await.expect("rotated").new;
        assert_eq!(refusal(app.admit(&first.plain).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.create_key(&ada, key_for(bot)).await), Code::ActiveKeyExists);
        app.engine.revoke_key(&ada, revoke(second.view.key_id)).await.expect("revoked");
        app.engine.create_key(&ada, key_for(bot)).await.expect("no key was active");
        let many = app.engine.create_service_account(&ada, account(true)).await.expect("a service account").actor_id;
        for _ in 0..3 {
            app.engine.create_key(&ada, key_for(many)).await.expect("it may have several");
        }
        // RA-17: not for another member or organization, and not by a member
        assert_eq!(refusal(app.engine.create_key(&ada, key_for(app.member("max", NORTH).await)).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.create_key(&app.south("otto").await, key_for(bot)).await), Code::NotFound);
        assert_eq!(refusal(app.engine.create_key(&app.north("max").await, key_for(many)).await), Code::Forbidden);
    }

    // RO-20: also if the expiration is not written yet
    an_expired_key_does_not_prevent_a_new_key(app) {
        let ada = app.north("ada").await;
        let command = CreateServiceAccount::read("Deploy bot", None, false).expect("a command");
        let bot = app.engine.create_service_account(&ada, command).await.expect("a service account").actor_id;
        let draft = KeyDraft { name: "Deploy", owner: Some(bot), expires_at: Expiry::InDays("1"), ..KeyDraft::default() };
        let ending = CreateKey::draft(&draft, app.runtime.now()).expect("a command");
        app.engine.create_key(&ada, ending).await.expect("a key");
        app.clock.advance_seconds(86_400);
        let ada = app.north("ada").await;
        let next = CreateKey { owner: Some(bot), ..CreateKey::read("Next").expect("a name") };
        app.engine.create_key(&ada, next).await.expect("the first key has expired");
        app.sound_chain(NORTH).await;
    }

    // RA-16, RA-17: the key still names its creator.
    the_key_of_a_service_account_works_after_its_creator_is_removed(app) {
        let (ada, olga) = (app.north("ada").await, app.north("olga").await);
        let command = CreateServiceAccount::read("Deploy bot", Some("admin"), false).expect("a command");
        let bot = app.engine.create_service_account(&ada, command).await.expect("a service account").actor_id;
        let command = CreateKey { owner: Some(bot), ..CreateKey::read("Deploy").expect("a name") };
        let key = app.engine.create_key(&ada, command).await.expect("a key");
        app.engine.remove_member(&olga, app.member("ada", NORTH).await).await.expect("removed");
        let admitted = app.with_key(&key.plain).await;
        assert_eq!(admitted.ctx.actor().name, "Deploy bot");
        app.workspace(&admitted.ctx, "Still here").await.expect("it works");
        let line = app.engine.get_key(&olga, key.view.key_id).await.expect("a key");
        assert_eq!(line.key.created_by.as_deref(), Some("ada"));
    }

    // D4: enabling the account makes its keys work again.
    the_keys_of_a_disabled_service_account_are_rejected(app) {
        let ada = app.north("ada").await;
        let command = CreateServiceAccount::read("Deploy bot", None, false).expect("a command");
        let bot = app.engine.create_service_account(&ada, command).await.expect("a service account").actor_id;
        let command = CreateKey { owner: Some(bot), ..CreateKey::read("Deploy").expect("a name") };
        let key = app.engine.create_key(&ada, command).await.expect("a key");
        let running = app.with_key(&key.plain).await.ctx;
        let switch = |disabled| domain::command::ChangeServiceAccount::read(bot, None, None, Some(disabled), None).expect("a command");
        app.engine.change_service_account(&ada, switch(true)).await.expect("disabled");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.workspace(&running, "Late").await), Code::Forbidden);
        let another = CreateKey { owner: Some(bot), ..CreateKey::read("No").expect("a name") };
        assert_eq!(refusal(app.engine.create_key(&ada, another).await), Code::Conflict);
        app.engine.change_service_account(&ada, switch(false)).await.expect("enabled");
        app.with_key(&key.plain).await;
    }
}
