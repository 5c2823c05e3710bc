//! Creating, listing, using and revoking keys.

use std::collections::BTreeSet;

use domain::command::{ChangeKey, CreateKey, InviteMember, KeyQuery, StatusFilter};
use domain::event::AuditAction;
use domain::{Code, KeyId, Role};
use engine::Credential;

use crate::intruder::Value;
use crate::test_app::{NORTH, SOUTH, TestApp, identity, in_person, origin, refusal, revoke};

const ACTIVE: KeyQuery = KeyQuery {
    text: None,
    environment: None,
    status: Some(StatusFilter::Active),
    owner: None,
    api: None,
    creator: None,
    sort: domain::command::KeySort::Newest,
    reversed: false,
    after: None,
    before: None,
};

/// The ids in the caller's list of keys.
async fn listed(app: &TestApp, ctx: &engine::Ctx) -> BTreeSet<i64> {
    let page = app
        .engine
        .list_keys(ctx, &KeyQuery::default(), 100)
        .await
        .expect("a list");
    page.rows
        .iter()
        .map(|line| line.key.key_id.0)
        .collect()
}

both! {
    // KE-25
    an_owner_lists_and_revokes_every_key(app) {
        let keys = [app.north_key("olga").await, app.north_key("ada").await, app.north_key("max").await];
        let olga = app.north("olga").await;
        assert_eq!(listed(app, &olga).await, keys.iter().map(|key| key.view.key_id.0).collect());
        for key in &keys {
            assert!(app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked").fresh);
            assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        }
    }

    // KE-26
    an_admin_lists_and_revokes_every_key_including_an_owners(app) {
        let keys = [app.north_key("olga").await, app.north_key("ada").await, app.north_key("max").await];
        let ada = app.north("ada").await;
        assert_eq!(listed(app, &ada).await, keys.iter().map(|key| key.view.key_id.0).collect());
        for key in &keys {
            assert!(app.engine.revoke_key(&ada, revoke(key.view.key_id)).await.expect("revoked").fresh);
        }
    }

    // KE-27
    a_member_creates_keys_and_lists_only_their_own(app) {
        let (own, foreign) = (app.north_key("max").await, app.north_key("mia").await);
        let max = app.north("max").await;
        assert_eq!(listed(app, &max).await, BTreeSet::from([own.view.key_id.0]));
        assert_eq!(app.engine.get_key(&max, own.view.key_id).await.expect("own").key.label, "CI/CD Pipeline");
        assert_eq!(refusal(app.engine.get_key(&max, foreign.view.key_id).await), Code::Forbidden);
    }

    // KE-28
    a_member_revokes_their_own_key(app) {
        let key = app.north_key("max").await;
        let done = app.engine.revoke_key(&app.north("max").await, revoke(key.view.key_id)).await.expect("revoked");
        assert!(done.fresh && !done.view.is_active && done.view.revoked_at.is_some());
    }

    // KE-29
    a_member_cannot_revoke_the_key_of_another_member(app) {
        let (mia, olga) = (app.north_key("mia").await, app.north_key("olga").await);
        let max = app.north("max").await;
        let before = crate::test_app::everything(app).await;
        for key in [&mia, &olga] {
            assert_eq!(refusal(app.engine.revoke_key(&max, revoke(key.view.key_id)).await), Code::Forbidden);
        }
        assert_eq!(before, crate::test_app::everything(app).await);
        app.with_key(&mia.plain).await;
    }

    // KE-24
    only_owners_and_admins_see_who_created_a_key(app) {
        let key = app.north_key("max").await.view.key_id;
        for (viewer, creator) in [("olga", Some("max")), ("ada", Some("max")), ("max", None)] {
            let ctx = app.north(viewer).await;
            assert_eq!(app.engine.get_key(&ctx, key).await.expect("a key").key.created_by.as_deref(), creator, "{viewer}");
            let list = app.engine.list_keys(&ctx, &KeyQuery::default(), 10).await.expect("a list");
            assert_eq!(list.rows[0].key.created_by.as_deref(), creator, "{viewer}");
        }
    }

    // RK-02
    a_key_belongs_to_one_actor_of_one_organization(app) {
        let (north, south) = (app.key_of(&app.north("una").await).await, app.key_of(&app.south("una").await).await);
        for (key, organization, role) in [(&north, NORTH, Role::Member), (&south, SOUTH, Role::Admin)] {
            let admitted = app.with_key(&key.plain).await;
            assert_eq!(admitted.ctx.actor().id, app.member("una", organization).await);
            assert_eq!(admitted.ctx.actor().organization, app.organization(organization).await);
            assert_eq!(admitted.ctx.actor().role, role);
            assert_eq!(key.view.actor_id, admitted.ctx.actor().id);
        }
        assert_ne!(north.view.actor_id, south.view.actor_id);
    }

    // RK-03, KE-03
    actions_with_a_key_are_attributed_to_its_owner(app) {
        let key = app.north_key("max").await;
        let admitted = app.with_key(&key.plain).await;
        let workspace = app.workspace(&admitted.ctx, "Analytics").await.expect("a workspace");
        assert_eq!(workspace.created_by, "max");
        let event = app.newest_event(&app.north("olga").await).await;
        assert_eq!(event.action, AuditAction::WorkspaceCreated);
        assert_eq!(event.actor_id, Some(app.member("max", NORTH).await));
        assert_eq!((event.actor_name.as_str(), event.via_key), ("max", Some(key.plain.prefix())));
    }

    // KE-03
    an_event_of_a_session_names_no_key(app) {
        app.north_key("max").await;
        assert_eq!(app.newest_event(&app.north("max").await).await.via_key, None);
    }

    // RK-04
    a_key_of_another_organization_is_not_found(app) {
        let (north, south) = (app.north_key("max").await, app.key_of(&app.south("otto").await).await);
        let foreign = app.with_key(&south.plain).await;
        assert_eq!(refusal(app.engine.get_key(&foreign.ctx, north.view.key_id).await), Code::NotFound);
        assert_eq!(refusal(app.engine.revoke_key(&foreign.ctx, revoke(north.view.key_id)).await), Code::NotFound);
        assert_eq!(listed(app, &foreign.ctx).await, BTreeSet::from([south.view.key_id.0]));
        app.with_key(&north.plain).await;
    }

    // RK-04
    a_foreign_key_and_a_missing_key_get_the_same_error(app) {
        let key = app.north_key("max").await;
        let otto = app.south("otto").await;
        let foreign = app.engine.get_key(&otto, key.view.key_id).await.expect_err("foreign").to_problem("req");
        let missing = app.engine.get_key(&otto, KeyId(999_999)).await.expect_err("missing").to_problem("req");
        assert_eq!(foreign, missing);
    }

    // RK-05
    a_key_outlives_the_session_that_created_it(app) {
        let (caller, token) = app.browser("max").await;
        let ctx = app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("max");
        let key = app.key_of(&ctx).await;
        app.engine.delete_session(&token).await.expect("signed out");
        app.clock.advance_seconds(365 * 24 * 60 * 60);
        app.engine.delete_expired_sessions().await.expect("deleted");
        let admitted = app.with_key(&key.plain).await;
        app.workspace(&admitted.ctx, "Still here").await.expect("the key works");
    }

    // RK-06
    a_key_does_not_expire_by_default(app) {
        let key = app.north_key("max").await;
        assert_eq!(key.view.expires_at, None);
        app.clock.advance_seconds(100 * 365 * 24 * 60 * 60);
        app.with_key(&key.plain).await;
    }

    // RA-28
    keys_and_revocations_survive_a_restart(app) {
        let (active, revoked) = (app.north_key("max").await, app.north_key("max").await);
        app.engine.revoke_key(&app.north("max").await, revoke(revoked.view.key_id)).await.expect("revoked");
        let engine = app.restarted().await;
        assert!(engine.authenticate_key(&active.plain, origin()).await.is_ok());
        assert_eq!(refusal(engine.authenticate_key(&revoked.plain, origin()).await), Code::Unauthorized);
    }

    // RK-14
    no_operation_returns_the_key_again(app) {
        let key = app.north_key("max").await;
        let admitted = app.with_key(&key.plain).await;
        let workspace = app.workspace(&admitted.ctx, "Analytics").await.expect("a workspace");
        let (engine, olga) = (&app.engine, app.north("olga").await);
        let mut outputs = vec![
            serde_json::to_string(&key.view).expect("json"),
            serde_json::to_string(&engine.me(&admitted.ctx)).expect("json"),
            serde_json::to_string(&workspace).expect("json"),
        ];
        for ctx in [&olga, &admitted.ctx] {
            outputs.push(serde_json::to_string(&engine.get_key(ctx, key.view.key_id).await.expect("a key")).expect("json"));
            outputs.push(serde_json::to_string(&engine.list_keys(ctx, &KeyQuery::default(), 100).await.expect("keys")).expect("json"));
            outputs.push(serde_json::to_string(&engine.read_audit_log(ctx, &Default::default(), 100).await.expect("events")).expect("json"));
            outputs.push(serde_json::to_string(&engine.list_workspaces(ctx, None, 100).await.expect("workspaces")).expect("json"));
        }
        outputs.push(serde_json::to_string(&engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked").view).expect("json"));
        outputs.push(format!("{:?} {:?}", admitted.ctx, key.plain));
        let secret = &key.plain.expose()["rt_sk_".len() + 8..][..43];
        for text in outputs {
            for at in 0..=secret.len() - 8 {
                assert!(!text.contains(&secret[at..at + 8]), "eight characters of the secret in {text}");
            }
        }
    }

    // RO-08
    a_list_of_keys_contains_no_digest_or_ciphertext(app) {
        let key = app.north_key("max").await.view.key_id;
        let list = app.engine.list_keys(&app.north("olga").await, &KeyQuery::default(), 100).await.expect("keys");
        let json = serde_json::to_string(&list).expect("json");
        let mut intruder = app.intruder().await;
        for row in intruder.rows(&format!("SELECT * FROM api_keys WHERE id = {key}")).await {
            for (column, value) in row {
                let Value::Bytes(bytes) = value else { continue };
                assert!(!json.contains(&hex::encode(&bytes)), "{column} is in the list");
                assert!(!json.contains(&crate::dump::base64(&bytes)), "{column} is in the list");
            }
        }
    }

    // RK-23
    a_revoked_key_is_rejected_immediately(app) {
        let key = app.north_key("max").await;
        app.with_key(&key.plain).await;
        app.engine.revoke_key(&app.north("max").await, revoke(key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
    }

    // RK-23
    a_key_revoked_on_one_node_is_rejected_on_another(app) {
        // One process serves an SQLite file.
        if !app.db.is_shared() {
            return;
        }
        let key = app.north_key("max").await;
        let elsewhere = app.restarted().await;
        let running = elsewhere.authenticate_key(&key.plain, origin()).await.expect("a valid key");
        app.engine.revoke_key(&app.north("max").await, revoke(key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(elsewhere.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);
        assert_eq!(refusal(elsewhere.recheck_key(&running).await), Code::Unauthorized);
    }

    // RA-28
    an_unknown_key_gets_the_same_error_as_a_revoked_key(app) {
        let (unknown, revoked) = (app.another().await, app.north_key("max").await);
        app.engine.revoke_key(&app.north("max").await, revoke(revoked.view.key_id)).await.expect("revoked");
        let unknown_key = engine::key_material::generate(&unknown.runtime, &domain::token::Brand::default(), domain::token::KeyKind::Secret);
        let one = app.admit(&unknown_key).await.err().expect("unknown").to_problem("req");
        let other = app.admit(&revoked.plain).await.err().expect("revoked").to_problem("req");
        assert_eq!(one, other);
        unknown.close().await;
    }

    // RK-25
    a_revocation_is_written_to_the_audit_log(app) {
        let key = app.north_key("max").await;
        app.clock.advance_seconds(60);
        let ada = app.north("ada").await;
        app.engine.revoke_key(&ada, revoke(key.view.key_id)).await.expect("revoked");
        let event = app.newest_event(&ada).await;
        assert_eq!((event.action, event.object_kind.as_str()), (AuditAction::KeyRevoked, "key"));
        assert_eq!(event.object_id, key.view.key_id.to_string());
        assert_eq!(event.object_label, format!("CI/CD Pipeline · {}", key.plain.prefix()));
        assert_eq!((event.actor_name.as_str(), event.at), ("ada", app.runtime.now()));
        assert_eq!((event.request_id.as_str(), event.address.as_deref()), (ada.request_id(), Some("192.0.2.7")));
        let reason = event.changes.iter().find(|change| change.field == "reason").and_then(|change| change.after.as_deref());
        assert_eq!(reason, Some("no_longer_needed"));
    }

    // RK-27
    a_revoked_key_never_works_again(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let max = app.member("max", NORTH).await;
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked again");
        app.engine.change_member(&olga, max, Role::Admin).await.expect("promoted");
        app.engine.sign_in(&identity("max"), &origin()).await.expect("signed in");
        app.north_key("max").await;
        app.engine.flush_usage().await.expect("flushed");
        app.clock.advance_seconds(-30 * 24 * 60 * 60);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        app.clock.advance_seconds(365 * 24 * 60 * 60);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let view = app.engine.get_key(&app.north("max").await, key.view.key_id).await.expect("it stays listed");
        assert!(!view.key.is_active);
    }

    // RK-28
    two_active_keys_of_one_actor_both_work(app) {
        let (old, new) = (app.north_key("max").await, app.north_key("max").await);
        app.with_key(&old.plain).await;
        app.with_key(&new.plain).await;
        app.engine.revoke_key(&app.north("max").await, revoke(old.view.key_id)).await.expect("rotated");
        assert_eq!(refusal(app.admit(&old.plain).await), Code::Unauthorized);
        app.with_key(&new.plain).await;
    }

    // RK-41
    a_key_has_the_role_of_its_creator(app) {
        for (name, role) in [("olga", Role::Owner), ("ada", Role::Admin), ("max", Role::Member)] {
            let key = app.north_key(name).await;
            assert_eq!(key.view.role, role);
            let admitted = app.with_key(&key.plain).await;
            assert_eq!(admitted.ctx.actor().role, role);
            assert_eq!(app.engine.me(&admitted.ctx).role, role);
            assert_eq!(app.engine.me(&admitted.ctx).key_id, Some(key.view.key_id));
        }
    }

    // RK-42
    a_members_key_has_member_access(app) {
        let (own, foreign) = (app.north_key("max").await, app.north_key("mia").await);
        let ctx = app.with_key(&own.plain).await.ctx;
        assert_eq!(listed(app, &ctx).await, BTreeSet::from([own.view.key_id.0]));
        assert_eq!(refusal(app.engine.revoke_key(&ctx, revoke(foreign.view.key_id)).await), Code::Forbidden);
        assert_eq!(refusal(app.engine.remove_member(&ctx, app.member("mia", NORTH).await).await), Code::Forbidden);
        assert_eq!(app.engine.get_key(&ctx, own.view.key_id).await.expect("own").key.created_by, None);
    }

    // RK-43
    an_admins_key_has_admin_access(app) {
        let (own, foreign) = (app.north_key("ada").await, app.north_key("mia").await);
        let admitted = app.with_key(&own.plain).await;
        assert_eq!(listed(app, &admitted.ctx).await, BTreeSet::from([own.view.key_id.0, foreign.view.key_id.0]));
        app.engine.revoke_key(&admitted.ctx, revoke(foreign.view.key_id)).await.expect("an admin's key revokes");
        app.engine.remove_member(&admitted.ctx, app.member("mia", NORTH).await).await.expect("and manages members");
    }

    // KE-07
    a_key_has_the_role_of_its_owner_in_its_own_organization(app) {
        let key = app.key_of(&app.north("una").await).await;
        assert_eq!(app.with_key(&key.plain).await.ctx.actor().role, Role::Member, "though an admin of South");
    }

    // D6
    lowering_a_role_lowers_the_role_of_its_keys_immediately(app) {
        let (key, foreign) = (app.north_key("ada").await, app.north_key("mia").await);
        let before = app.with_key(&key.plain).await;
        let ada = app.member("ada", NORTH).await;
        app.engine.change_member(&app.north("olga").await, ada, Role::Member).await.expect("demoted");
        assert_eq!(app.with_key(&key.plain).await.ctx.actor().role, Role::Member);
        assert_eq!(refusal(app.engine.revoke_key(&before.ctx, revoke(foreign.view.key_id)).await), Code::Forbidden);
        app.with_key(&foreign.plain).await;
    }

    // D6
    raising_a_role_does_not_raise_the_role_of_existing_keys(app) {
        let key = app.north_key("max").await;
        let max = app.member("max", NORTH).await;
        app.engine.change_member(&app.north("olga").await, max, Role::Admin).await.expect("promoted");
        assert_eq!(app.with_key(&key.plain).await.ctx.actor().role, Role::Member);
        assert_eq!(app.with_key(&app.north_key("max").await.plain).await.ctx.actor().role, Role::Admin);
    }

    // RA-31
    a_key_of_a_removed_member_is_forbidden(app) {
        let (key, running) = (app.north_key("max").await, app.north_key("max").await);
        let running = app.with_key(&running.plain).await;
        app.engine.remove_member(&app.north("olga").await, app.member("max", NORTH).await).await.expect("removed");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        assert_eq!(refusal(app.workspace(&running.ctx, "Too late").await), Code::Forbidden);
        assert_eq!(refusal(app.enter("max", NORTH).await), Code::Forbidden);
    }

    // D25
    revoking_again_returns_the_same_result_and_writes_nothing(app) {
        let (key, olga) = (app.north_key("max").await, app.north("olga").await);
        let first = app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        app.clock.advance_seconds(1800);
        let before = crate::test_app::everything(app).await;
        let again = app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("already revoked");
        assert_eq!(before, crate::test_app::everything(app).await);
        assert_eq!((again.view, again.reason), (first.view, first.reason));
        assert!(first.fresh && !again.fresh);
    }

    // RK-24
    a_request_in_flight_writes_nothing_after_its_key_is_revoked(app) {
        let (key, other) = (app.north_key("olga").await, app.north_key("max").await);
        let admitted = app.with_key(&key.plain).await;
        let workspace = app.workspace(&admitted.ctx, "Before").await.expect("a workspace");
        let engine = app.engine.clone();
        let olga = app.north("olga").await;
        let revoking = tokio::spawn(async move { engine.revoke_key(&olga, revoke(key.view.key_id)).await });
        admitted.guard.cancelled().await;
        let before = crate::test_app::everything(app).await;
        let (engine, ctx) = (&app.engine, &admitted.ctx);
        assert_eq!(refusal(app.workspace(ctx, "After").await), Code::Unauthorized);
        let delete = domain::command::DeleteWorkspace { workspace: workspace.id };
        assert_eq!(refusal(engine.delete_workspace(ctx, &delete).await), Code::Unauthorized);
        assert_eq!(refusal(engine.revoke_key(ctx, revoke(other.view.key_id)).await), Code::Unauthorized);
        assert_eq!(refusal(engine.change_member(ctx, other.view.actor_id, Role::Admin).await), Code::Unauthorized);
        assert_eq!(refusal(engine.remove_member(ctx, other.view.actor_id).await), Code::Unauthorized);
        assert_eq!(refusal(engine.recheck_key(&admitted).await), Code::Unauthorized);
        assert_eq!(before, crate::test_app::everything(app).await);
        drop(admitted);
        revoking.await.expect("joined").expect("revoked");
    }

    // D23
    removing_or_lowering_a_member_cancels_the_requests_of_their_keys(app) {
        let olga = app.north("olga").await;
        let ada = app.member("ada", NORTH).await;
        let (first, second) = (app.north_key("ada").await, app.north_key("ada").await);
        let bystander = app.north_key("mia").await;
        let bystander = app.with_key(&bystander.plain).await;
        for remove in [false, true] {
            let mut running = Vec::new();
            for key in [&first, &second] {
                let admitted = app.with_key(&key.plain).await;
                running.push(tokio::spawn(async move { admitted.guard.cancelled().await }));
            }
            match remove {
                true => app.engine.remove_member(&olga, ada).await.expect("removed"),
                false => app.engine.change_member(&olga, ada, Role::Member).await.expect("lowered"),
            }
            for request in running {
                let patience = std::time::Duration::from_secs(5);
                tokio::time::timeout(patience, request).await.expect("it is cancelled").expect("joined");
            }
        }
        assert!(!bystander.guard.is_cancelled());
    }

    // D23
    raising_a_role_does_not_cancel_requests(app) {
        let admitted = app.with_key(&app.north_key("max").await.plain).await;
        let max = app.member("max", NORTH).await;
        app.engine.change_member(&app.north("olga").await, max, Role::Admin).await.expect("raised");
        assert!(!admitted.guard.is_cancelled());
        app.workspace(&admitted.ctx, "Still running").await.expect("a workspace");
    }

    // D23: the recheck accepts a change by the request itself, and rejects a change by another
    // request.
    a_request_that_lowers_its_own_permissions_gets_its_response(app) {
        let (olga, north) = (app.north("olga").await, app.organization(NORTH).await);
        for change in ["lower", "remove", "narrow"] {
            let scopes = ["members:write", "keys:write", "runs:read"];
            let key = app.restricted_key("ada", "production", &scopes).await;
            let (id, ada) = (key.view.key_id, key.view.actor_id);
            let admitted = app.with_key(&key.plain).await;
            let bystander = app.with_key(&key.plain).await;
            let (engine, ctx) = (&app.engine, &admitted.ctx);
            match change {
                "lower" => engine.change_member(ctx, ada, Role::Member).await.expect("lowered"),
                "remove" => engine.remove_member(ctx, ada).await.expect("removed"),
                _ => {
                    let scopes = Some(domain::ScopeSet::of([domain::Scope::RunsRead]));
                    drop(engine.change_key(ctx, ChangeKey { scopes, ..ChangeKey::of(id) }).await.expect("narrowed"));
                }
            }
            engine.recheck_key(&admitted).await.unwrap_or_else(|error| panic!("{change}: {error}"));
            assert!(engine.recheck_key(&bystander).await.is_err(), "{change}: another request is rejected");
            engine.revoke_key(&olga, revoke(id)).await.expect("revoked");
            if app.db.is_shared() {
                assert_eq!(refusal(engine.recheck_key(&admitted).await), Code::Unauthorized, "{change}, then revoked by another request");
            }
            // Restore the role for the next change.
            match change {
                "lower" => engine.change_member(&app.north("olga").await, ada, Role::Admin).await.expect("raised"),
                "remove" => {
                    let command = InviteMember::read("ada@example.test", Some("admin")).expect("an invitation");
                    let token = engine.create_invitation(&olga, command).await.expect("invited").token;
                    let ada = in_person(app.person("ada").await);
                    assert_eq!(engine.accept_invitation(&ada, &token, origin()).await.expect("joined"), north);
                }
                _ => {}
            }
        }
    }

    // RK-24
    a_key_can_revoke_itself_and_gets_its_response(app) {
        let key = app.north_key("max").await;
        let admitted = app.with_key(&key.plain).await;
        let done = app.engine.revoke_key(&admitted.ctx, revoke(key.view.key_id)).await.expect("revoked");
        assert!(done.fresh);
        app.engine.recheck_key(&admitted).await.expect("the request that revoked the key gets its response");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        let other = app.north("olga").await;
        assert_eq!(app.newest_event(&other).await.via_key, Some(key.plain.prefix()));
    }

    // RK-15
    pages_of_keys_are_newest_first(app) {
        let max = app.north("max").await;
        let mut created = Vec::new();
        for _ in 0..7 {
            app.north_key("mia").await;
            created.push(app.key_of(&max).await.view.key_id.0);
        }
        created.reverse();
        let (mut listed, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_keys(&max, &KeyQuery { after: before.map(KeyId), ..KeyQuery::default() }, 3).await.expect("a page");
            assert!(page.rows.len() <= 3);
            listed.extend(page.rows.iter().map(|line| line.key.key_id.0));
            // A key that is created meanwhile does not shift the pages.
            app.key_of(&max).await;
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(listed, created);
    }

    the_last_page_has_no_cursor(app) {
        let max = app.north("max").await;
        for _ in 0..3 {
            app.key_of(&max).await;
        }
        assert_eq!(app.engine.list_keys(&max, &KeyQuery::default(), 3).await.expect("a page").next, None);
        assert!(app.engine.list_keys(&max, &KeyQuery::default(), 2).await.expect("a page").next.is_some());
    }

    // D13
    revoked_keys_are_listed_unless_the_filter_is_active(app) {
        let (max, active_key, revoked) = (app.north("max").await, app.north_key("max").await, app.north_key("max").await);
        app.engine.revoke_key(&max, revoke(revoked.view.key_id)).await.expect("revoked");
        assert_eq!(listed(app, &max).await, BTreeSet::from([active_key.view.key_id.0, revoked.view.key_id.0]));
        let active = app.engine.list_keys(&max, &ACTIVE, 10).await.expect("active keys");
        assert_eq!(active.rows.iter().map(|line| line.key.key_id).collect::<Vec<_>>(), [active_key.view.key_id]);
        assert!(active.rows[0].key.is_active);
    }

    // D27
    last_used_is_the_time_of_the_last_accepted_request(app) {
        let key = app.north_key("max").await;
        let max = app.north("max").await;
        let last_used = async || app.engine.get_key(&max, key.view.key_id).await.expect("a key").key.last_used;
        assert_eq!(last_used().await, None);
        app.clock.advance_seconds(10);
        let used = app.runtime.now();
        app.with_key(&key.plain).await;
        assert_eq!(last_used().await, Some(used), "before it is written");
        app.engine.flush_usage().await.expect("flushed");
        assert_eq!(last_used().await, Some(used), "after it is written");
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.clock.advance_seconds(10);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
        app.engine.flush_usage().await.expect("flushed");
        assert_eq!(last_used().await, Some(used), "a rejected request is not a use");
    }

    // D27
    a_forbidden_request_counts_as_use(app) {
        let (key, foreign) = (app.north_key("max").await, app.north_key("mia").await);
        let admitted = app.with_key(&key.plain).await;
        assert_eq!(refusal(app.engine.get_key(&admitted.ctx, foreign.view.key_id).await), Code::Forbidden);
        let view = app.engine.get_key(&app.north("max").await, key.view.key_id).await.expect("a key");
        assert_eq!(view.key.last_used, Some(app.runtime.now()));
    }

    // RK-16
    the_stored_preview_is_the_preview_of_the_key(app) {
        let key = app.north_key("max").await;
        let stored = app.intruder().await.text(&format!("SELECT preview FROM api_keys WHERE id = {}", key.view.key_id)).await;
        assert_eq!(stored, key.plain.preview());
        assert_eq!(app.engine.get_key(&app.north("max").await, key.view.key_id).await.expect("a key").key.preview, stored);
    }

    // RO-25
    a_new_key_has_its_prefix_and_its_public_key(app) {
        let key = app.north_key("max").await;
        assert!(key.plain.expose().starts_with(&key.view.key_prefix));
        assert_eq!(key.public_key_hex.len(), 64);
        assert_eq!(key.public_key_hex, hex::encode(engine::key_material::derive_verifier(&key.plain).public_key));
    }

    an_unavailable_database_returns_unavailable_and_never_unauthorized(app) {
        let key = app.north_key("max").await;
        let (max, ready) = (app.north("max").await, app.engine.ready().await);
        ready.expect("it answers");
        app.db.close().await;
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unavailable);
        assert_eq!(refusal(app.engine.list_keys(&max, &KeyQuery::default(), 10).await), Code::Unavailable);
        assert_eq!(refusal(app.engine.revoke_key(&max, revoke(key.view.key_id)).await), Code::Unavailable);
        assert_eq!(refusal(app.engine.ready().await), Code::Unavailable);
    }

    a_request_writes_nothing_after_its_session_is_signed_out(app) {
        let (caller, token) = app.browser("olga").await;
        let ctx = app.engine.enter_organization(&caller, &app.organization(NORTH).await, origin()).await.expect("olga");
        assert!(matches!(ctx.credential(), Credential::Session { .. }));
        app.engine.delete_session(&token).await.expect("signed out");
        let before = crate::test_app::everything(app).await;
        let refused = app.engine.create_key(&ctx, CreateKey::read("Late").expect("a name")).await;
        assert_eq!(refusal(refused), Code::Unauthorized);
        assert_eq!(before, crate::test_app::everything(app).await);
    }
}
