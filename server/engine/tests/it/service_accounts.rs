//! Service accounts (D4).

use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount};
use domain::event::AuditAction;
use domain::view::{AuditView, NewKey, ServiceAccount};
use domain::{ActorId, Code, Fault, FieldFault, Moment, Role};
use engine::{Ctx, Error, Result};

use crate::intruder::Value;
use crate::test_app::{NORTH, TestApp, everything, refusal, revoke};

fn account(name: &str, role: &str) -> CreateServiceAccount {
    CreateServiceAccount::read(name, Some(role), false).expect("a service account")
}

fn change(id: ActorId) -> ChangeServiceAccount {
    ChangeServiceAccount {
        actor: id,
        name: None,
        role: None,
        disabled: None,
        allow_overlap: None,
        allowed_ips: None,
    }
}

async fn create(app: &TestApp, ctx: &Ctx, name: &str, role: &str) -> ServiceAccount {
    app.engine
        .create_service_account(ctx, account(name, role))
        .await
        .expect("a service account")
}

/// The changes of an event: field, before and after.
fn changes(event: &AuditView) -> Vec<(&str, Option<&str>, Option<&str>)> {
    event
        .changes
        .iter()
        .map(|c| {
            (
                c.field.as_str(),
                c.before.as_deref(),
                c.after.as_deref(),
            )
        })
        .collect()
}

/// A key of a service account.
async fn create_key(app: &TestApp, account: ActorId, expires_at: Option<Moment>) -> Result<NewKey> {
    let command = CreateKey {
        owner: Some(account),
        expires_at,
        ..CreateKey::read("a key").expect("a name")
    };
    app.engine
        .create_key(&app.north("olga").await, command)
        .await
}

both! {
    // RO-01
    a_service_account_is_an_actor_of_one_organization(app) {
        let ada = app.north("ada").await;
        let made = create(app, &ada, "deploy bot", "member").await;
        assert_eq!((made.name.as_str(), made.role, made.is_disabled, made.allow_overlap), ("deploy bot", Role::Member, false, false));
        assert_eq!((made.created_by.as_deref(), made.created_at, made.active_keys), (Some("ada"), ada.now(), 0));
        assert_eq!(app.engine.get_service_account(&ada, made.actor_id).await.expect("found"), made);
        let otto = app.south("otto").await;
        assert_eq!(refusal(app.engine.get_service_account(&otto, made.actor_id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.change_service_account(&otto, change(made.actor_id)).await), Code::NotFound);
        assert!(app.engine.list_service_accounts(&otto, None, 10).await.expect("a list").rows.is_empty());
    }

    // RA-17
    a_service_account_is_created_with_its_first_key(app) {
        let (ada, max) = (app.north("ada").await, app.north("max").await);
        let key = || CreateKey::read("first key").expect("a name");
        let refused = app.engine.create_key_with_account(&max, account("CI", "member"), key(), None).await;
        assert_eq!(refusal(refused), Code::Forbidden);
        let made = app.engine.create_key_with_account(&ada, account("CI", "member"), key(), None).await.expect("both");
        let view = &made.view;
        assert_eq!((view.actor_name.as_str(), view.role, view.created_by.as_deref()), ("CI", Role::Member, Some("ada")));
        let found = app.engine.get_service_account(&ada, view.actor_id).await.expect("an account");
        assert_eq!((found.active_keys, found.allow_overlap), (1, false));
        assert_eq!(refusal(create_key(app, view.actor_id, None).await), Code::ActiveKeyExists);
        let log = app.engine.read_audit_log(&ada, &Default::default(), 2).await.expect("a log");
        let actions: Vec<_> = log.rows.iter().map(|event| event.action).collect();
        assert_eq!(actions, [AuditAction::KeyCreated, AuditAction::ServiceAccountCreated]);
        app.with_key(&made.plain).await;
    }

    service_accounts_are_found_by_a_part_of_their_name(app) {
        let (ada, otto) = (app.north("ada").await, app.south("otto").await);
        for name in ["Deploy Bot", "100% sure", "deployer", "Ledger"] {
            create(app, &ada, name, "member").await;
        }
        create(app, &otto, "their deploy bot", "member").await;
        let found = async |text: &str, limit| {
            let found = app.engine.search_service_accounts(&ada, text, limit).await.expect("a list");
            found.into_iter().map(|account| account.name).collect::<Vec<_>>()
        };
        assert_eq!(found(" DEPLOY", 9).await, ["deployer", "Deploy Bot"], "newest first");
        assert_eq!(found("deploy", 1).await, ["deployer"]);
        assert_eq!(found("0%", 9).await, ["100% sure"]);
        for nothing in ["", " ", "deploy\0", "moon"] {
            assert!(found(nothing, 9).await.is_empty(), "{nothing:?}");
        }
        let max = app.north("max").await;
        assert_eq!(refusal(app.engine.search_service_accounts(&max, "deploy", 9).await), Code::Forbidden);
    }

    // RA-17
    only_owners_and_admins_create_service_accounts(app) {
        for (name, allowed) in [("olga", true), ("ada", true), ("max", false)] {
            let ctx = app.north(name).await;
            let before = everything(app).await;
            let made = app.engine.create_service_account(&ctx, account("CI", "admin")).await;
            assert_eq!(made.is_ok(), allowed, "{name}");
            if let Err(error) = made {
                assert_eq!(error.code(), Code::Forbidden);
                assert_eq!(before, everything(app).await);
            }
        }
    }

    // D5
    members_cannot_list_or_change_service_accounts(app) {
        let (made, max) = (create(app, &app.north("olga").await, "CI", "member").await, app.north("max").await);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.list_service_accounts(&max, None, 10).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.get_service_account(&max, made.actor_id).await), Code::Forbidden);
        let disable = ChangeServiceAccount { disabled: Some(true), ..change(made.actor_id) };
        assert_eq!(refusal(app.engine.change_service_account(&max, disable).await), Code::Forbidden);
        assert_eq!(before, everything(app).await);
    }

    members_and_service_accounts_are_separate(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        assert_eq!(refusal(app.engine.get_service_account(&olga, max).await), Code::NotFound);
        let disable = ChangeServiceAccount { disabled: Some(true), ..change(max) };
        assert_eq!(refusal(app.engine.change_service_account(&olga, disable).await), Code::NotFound);
        let made = create(app, &olga, "CI", "member").await;
        assert_eq!(refusal(app.engine.change_member(&olga, made.actor_id, Role::Owner).await), Code::NotFound);
        assert_eq!(refusal(app.engine.remove_member(&olga, made.actor_id).await), Code::NotFound);
    }

    // D4
    a_service_account_cannot_have_a_role_above_its_creator(app) {
        let ada = app.north("ada").await;
        let made = create(app, &ada, "CI", "admin").await;
        let before = everything(app).await;
        let fault = vec![FieldFault::new("role", Fault::AboveCaller)];
        let above = CreateServiceAccount { role: Role::Owner, ..account("CI", "member") };
        let refused = app.engine.create_service_account(&ada, above).await;
        assert!(matches!(refused, Err(Error::Invalid(faults)) if faults == fault));
        let above = ChangeServiceAccount { role: Some(Role::Owner), ..change(made.actor_id) };
        let refused = app.engine.change_service_account(&ada, above).await;
        assert!(matches!(refused, Err(Error::Invalid(faults)) if faults == fault));
        assert_eq!(before, everything(app).await);
    }

    pages_of_service_accounts_are_newest_first(app) {
        let olga = app.north("olga").await;
        for name in ["a", "b", "b", "c", "d"] {
            create(app, &olga, name, "member").await;
            create(app, &app.south("otto").await, "in between", "member").await;
        }
        let (mut names, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_service_accounts(&olga, before, 2).await.expect("a page");
            names.extend(page.rows.into_iter().map(|row| row.name));
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(names, ["d", "c", "b", "b", "a"]);
    }

    every_change_writes_one_event_with_its_changed_fields(app) {
        let olga = app.north("olga").await;
        let made = create(app, &olga, "CI", "admin").await;
        let event = app.newest_event(&olga).await;
        assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::ServiceAccountCreated, "service_account"));
        assert_eq!((event.object_id.as_str(), event.object_label.as_str()), (made.actor_id.to_string().as_str(), "CI"));
        assert_eq!(changes(&event), [("role", None, Some("admin")), ("allow_overlap", None, Some("false"))]);

        let all = ChangeServiceAccount::read(made.actor_id, Some("Deploy"), Some("member"), Some(true), Some(true)).expect("a change");
        let after = app.engine.change_service_account(&olga, all.clone()).await.expect("changed");
        assert_eq!((after.name.as_str(), after.role, after.is_disabled, after.allow_overlap), ("Deploy", Role::Member, true, true));
        assert_eq!(app.engine.get_service_account(&olga, made.actor_id).await.expect("found"), after);
        let event = app.newest_event(&olga).await;
        assert_eq!(event.action, AuditAction::ServiceAccountChanged);
        let expected = [
            ("name", Some("CI"), Some("Deploy")),
            ("role", Some("admin"), Some("member")),
            ("disabled", Some("false"), Some("true")),
            ("allow_overlap", Some("false"), Some("true")),
        ];
        assert_eq!(changes(&event), expected);

        let before = everything(app).await;
        assert_eq!(app.engine.change_service_account(&olga, all).await.expect("unchanged"), after);
        assert_eq!(before, everything(app).await, "no change, no event");
        let enable = ChangeServiceAccount { disabled: Some(false), ..change(made.actor_id) };
        assert!(!app.engine.change_service_account(&olga, enable).await.expect("enabled").is_disabled);
        assert_eq!(changes(&app.newest_event(&olga).await), [("disabled", Some("true"), Some("false"))]);
        app.sound_chain(NORTH).await;
    }

    active_keys_counts_neither_expired_nor_revoked_keys(app) {
        let olga = app.north("olga").await;
        let command = CreateServiceAccount::read("CI", None, true).expect("a service account");
        let made = app.engine.create_service_account(&olga, command).await.expect("a service account");
        let (lasting, brief) = (create_key(app, made.actor_id, None).await.expect("a key"), olga.now().plus_seconds(60));
        create_key(app, made.actor_id, Some(brief)).await.expect("a key");
        let active = async || {
            app.engine.get_service_account(&app.north("olga").await, made.actor_id).await.expect("found").active_keys
        };
        assert_eq!(active().await, 2);
        app.clock.advance_seconds(60);
        assert_eq!(active().await, 1);
        app.engine.revoke_key(&app.north("olga").await, revoke(lasting.view.key_id)).await.expect("revoked");
        assert_eq!(active().await, 0);
    }

    // D23
    lowering_or_disabling_a_service_account_cancels_its_requests(app) {
        let olga = app.north("olga").await;
        let lower = |id| ChangeServiceAccount { role: Some(Role::Member), ..change(id) };
        let disable = |id| ChangeServiceAccount { disabled: Some(true), ..change(id) };
        let rename = |id| ChangeServiceAccount::read(id, Some("New"), Some("admin"), Some(false), Some(true)).expect("a change");
        let bystander = app.with_key(&app.north_key("max").await.plain).await;
        for (n, cancels) in [(0, true), (1, true), (2, false)] {
            let made = create(app, &olga, "CI", "admin").await;
            let key = create_key(app, made.actor_id, None).await.expect("a key");
            let running = app.with_key(&key.plain).await;
            let command = [lower(made.actor_id), disable(made.actor_id), rename(made.actor_id)][n].clone();
            app.engine.change_service_account(&olga, command).await.expect("changed");
            assert_eq!((running.guard.is_cancelled(), bystander.guard.is_cancelled()), (cancels, false), "{n}");
        }
    }

    // D4
    the_keys_of_a_disabled_service_account_are_rejected_until_it_is_enabled(app) {
        let olga = app.north("olga").await;
        let made = create(app, &olga, "CI", "member").await;
        let key = create_key(app, made.actor_id, None).await.expect("a key");
        let ctx = app.with_key(&key.plain).await.ctx.clone();
        let disable = |disabled| ChangeServiceAccount { disabled: Some(disabled), ..change(made.actor_id) };
        app.engine.change_service_account(&olga, disable(true)).await.expect("disabled");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.workspace(&ctx, "Late").await), Code::Forbidden);
        app.engine.change_service_account(&olga, disable(false)).await.expect("enabled");
        app.workspace(&app.with_key(&key.plain).await.ctx, "Again").await.expect("it works again");
    }

    // RO-20
    a_second_key_is_rejected_if_overlap_is_not_or_no_longer_allowed(app) {
        let olga = app.north("olga").await;
        let made = create(app, &olga, "CI", "member").await;
        let overlap = |allowed| ChangeServiceAccount { allow_overlap: Some(allowed), ..change(made.actor_id) };
        app.engine.change_service_account(&olga, overlap(true)).await.expect("allowed");
        for _ in 0..2 {
            create_key(app, made.actor_id, None).await.expect("a key");
        }
        app.engine.change_service_account(&olga, overlap(false)).await.expect("changed");
        assert_eq!(refusal(create_key(app, made.actor_id, None).await), Code::ActiveKeyExists);
        assert_eq!(app.engine.get_service_account(&olga, made.actor_id).await.expect("found").active_keys, 2);
    }

    // RA-17
    the_key_of_a_service_account_with_the_role_admin_is_limited_by_its_scopes(app) {
        let (reads, ada) = (app.restricted_key("ada", "production", &["service_accounts:read"]).await, app.north("ada").await);
        let made = create(app, &ada, "CI", "member").await;
        let reader = app.with_key(&reads.plain).await;
        assert_eq!(app.engine.get_service_account(&reader.ctx, made.actor_id).await.expect("found"), made);
        assert_eq!(refusal(app.engine.create_service_account(&reader.ctx, account("Late", "member")).await), Code::MissingScope);
        assert_eq!(refusal(app.engine.change_service_account(&reader.ctx, change(made.actor_id)).await), Code::MissingScope);
        // It can create another service account, and disable its own.
        let boss = create(app, &ada, "Boss", "admin").await;
        let key = create_key(app, boss.actor_id, None).await.expect("a key");
        let running = app.with_key(&key.plain).await;
        create(app, &running.ctx, "Created by a program", "admin").await;
        let disable = ChangeServiceAccount { disabled: Some(true), ..change(boss.actor_id) };
        assert!(app.engine.change_service_account(&running.ctx, disable).await.expect("disabled").is_disabled);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
    }

    // B5
    a_change_does_not_authenticate_an_altered_service_account(app) {
        let olga = app.north("olga").await;
        let rename = |id| ChangeServiceAccount::read(id, Some("New"), None, None, None).expect("a change");
        for (column, forged) in [("role", Value::Text("admin".into())), ("disabled_at", Value::Null), ("allow_overlap", Value::Flag(true)), ("created_by", Value::Null)] {
            let made = create(app, &olga, "CI", "member").await;
            let disable = ChangeServiceAccount { disabled: Some(true), ..change(made.actor_id) };
            app.engine.change_service_account(&olga, disable).await.expect("disabled");
            app.intruder().await.set("actors", column, &forged, &format!("id = {}", made.actor_id)).await;
            let before = everything(app).await;
            assert_eq!(refusal(app.engine.change_service_account(&olga, rename(made.actor_id)).await), Code::Internal, "{column}");
            assert_eq!(before, everything(app).await);
        }
    }

    // B6
    a_restored_row_of_a_service_account_is_rejected(app) {
        let olga = app.north("olga").await;
        let made = create(app, &olga, "CI", "member").await;
        let mut intruder = app.intruder().await;
        let which = format!("id = {}", made.actor_id);
        let image = intruder.rows(&format!("SELECT * FROM actors WHERE {which}")).await.remove(0);
        let disable = ChangeServiceAccount { disabled: Some(true), ..change(made.actor_id) };
        app.engine.change_service_account(&olga, disable.clone()).await.expect("disabled");
        intruder.run(&format!("DELETE FROM actors WHERE {which}")).await;
        intruder.insert("actors", &image).await;
        assert_eq!(refusal(app.engine.change_service_account(&olga, disable).await), Code::Internal);
    }

    // B20
    a_request_changes_no_service_account_after_its_key_is_revoked(app) {
        let (olga, key) = (app.north("olga").await, app.north_key("ada").await);
        let made = create(app, &olga, "CI", "member").await;
        let admitted = app.with_key(&key.plain).await;
        let ctx = admitted.ctx.clone();
        drop(admitted);
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        let disable = ChangeServiceAccount { disabled: Some(true), ..change(made.actor_id) };
        assert_eq!(refusal(app.engine.change_service_account(&ctx, disable).await), Code::Unauthorized);
        assert_eq!(refusal(app.engine.create_service_account(&ctx, account("Late", "member")).await), Code::Unauthorized);
        assert_eq!(before, everything(app).await);
    }
}
