//! Actions that require a sign-in within the last ten minutes, so that a stolen session cannot
//! perform them (B22).

use domain::command::{CreateKey, CreateServiceAccount, KeyDraft, RotateKey};
use domain::key::RevokeReason;
use domain::view::NewKey;
use domain::{Code, Moment, OrganizationId};
use engine::{Ctx, Result};

use crate::test_app::{NORTH, TestApp, everything, identity, origin, refusal, revoke};

const TEN_MINUTES: i64 = 600;

/// A member of North whose sign-in is this many seconds old.
async fn aged(app: &TestApp, name: &str, seconds: i64) -> Ctx {
    let (caller, _) = app.browser(name).await;
    app.clock.advance_seconds(seconds);
    let north: OrganizationId = app.organization(NORTH).await;
    app.engine
        .enter_organization(&caller, &north, origin())
        .await
        .expect("a member of North")
}

fn key(scopes: Option<&[&str]>) -> CreateKey {
    let scopes: Option<Vec<String>> = scopes.map(|scopes| {
        scopes
            .iter()
            .map(|scope| (*scope).to_owned())
            .collect()
    });
    let draft = KeyDraft {
        name: "a key",
        environment: Some("production"),
        scopes: scopes.as_deref(),
        ..KeyDraft::default()
    };
    CreateKey::draft(&draft, Moment(0)).expect("a valid command")
}

async fn create(app: &TestApp, ctx: &Ctx, scopes: Option<&[&str]>) -> Result<NewKey> {
    app.engine.create_key(ctx, key(scopes)).await
}

both! {
    // B22
    creating_a_key_with_admin_power_requires_a_fresh_sign_in(app) {
        let (fresh, stale) = (aged(app, "ada", TEN_MINUTES).await, aged(app, "ada", TEN_MINUTES + 1).await);
        let before = everything(app).await;
        for scopes in [None, Some(&["keys:write"][..]), Some(&["members:write"]), Some(&["service_accounts:write"]), Some(&["organization:write", "runs:read"])] {
            assert_eq!(refusal(create(app, &stale, scopes).await), Code::FreshSignInRequired, "{scopes:?}");
        }
        assert_eq!(before, everything(app).await, "nothing was written");
        create(app, &fresh, None).await.expect("just signed in");
        create(app, &stale, Some(&["workspaces:write", "runs:write", "keys:read"])).await.expect("no admin power");
        create(app, &aged(app, "max", TEN_MINUTES + 1).await, None).await.expect("a member has no admin power");
    }

    // B22
    creating_an_admin_key_of_a_service_account_requires_a_fresh_sign_in(app) {
        let olga = app.north("olga").await;
        let mut made = Vec::new();
        for role in ["admin", "member"] {
            let command = CreateServiceAccount::read(role, Some(role), false).expect("an account");
            made.push(app.engine.create_service_account(&olga, command).await.expect("made").actor_id);
        }
        let stale = aged(app, "olga", TEN_MINUTES + 1).await;
        let for_it = |owner| CreateKey { owner: Some(owner), ..key(None) };
        assert_eq!(refusal(app.engine.create_key(&stale, for_it(made[0])).await), Code::FreshSignInRequired);
        app.engine.create_key(&stale, for_it(made[1])).await.expect("the role member");
    }

    // B22
    a_refused_key_leaves_no_new_service_account(app) {
        let stale = aged(app, "olga", TEN_MINUTES + 1).await;
        let account = |role| CreateServiceAccount::read("made with its key", Some(role), false).expect("an account");
        let before = everything(app).await;
        let refused = app.engine.create_key_with_account(&stale, account("admin"), key(None), None).await;
        assert_eq!(refusal(refused), Code::FreshSignInRequired);
        assert_eq!(before, everything(app).await, "nothing was written");
        app.engine.create_key_with_account(&stale, account("member"), key(None), None).await.expect("the role member");
    }

    // B22
    rotating_a_key_with_admin_power_and_revoking_in_bulk_require_a_fresh_sign_in(app) {
        let (powerful, plain) = (app.north_key("ada").await, app.north_key("max").await);
        let stale = aged(app, "ada", TEN_MINUTES + 1).await;
        let rotate = |key: &NewKey| RotateKey::immediately(key.view.key_id);
        let before = everything(app).await;
        assert_eq!(refusal(app.engine.rotate_key(&stale, rotate(&powerful), None).await), Code::FreshSignInRequired);
        let both = [powerful.view.key_id, plain.view.key_id];
        assert_eq!(refusal(app.engine.revoke_keys(&stale, &both, RevokeReason::Leaked).await), Code::FreshSignInRequired);
        assert_eq!(before, everything(app).await, "nothing was written");
        app.engine.rotate_key(&stale, rotate(&plain), None).await.expect("a member's key");
        app.engine.revoke_key(&stale, revoke(powerful.view.key_id)).await.expect("a single key can always be revoked");
        app.engine.revoke_keys(&stale, &[plain.view.key_id; 3], RevokeReason::Leaked).await.expect("the same key three times");
    }

    // D14
    a_key_needs_no_fresh_sign_in(app) {
        let admitted = app.with_key(&app.north_key("ada").await.plain).await;
        app.clock.advance_seconds(TEN_MINUTES + 1);
        create(app, &admitted.ctx, None).await.expect("not more than its own permissions");
    }

    // B22
    a_token_counts_from_the_time_of_its_sign_in(app) {
        let north = app.organization(NORTH).await;
        let now = app.runtime.now();
        for (signed_in_at, fresh) in [(Some(now), true), (Some(now.plus_seconds(-601)), false), (None, false)] {
            let caller = app.engine.identify_person(&identity("ada"), signed_in_at).await.expect("ada");
            let ctx = app.engine.enter_organization(&caller, &north, origin()).await.expect("ada");
            let made = create(app, &ctx, None).await;
            assert_eq!(made.is_ok(), fresh, "{signed_in_at:?}");
        }
    }
}
