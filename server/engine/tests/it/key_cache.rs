//! Keys in memory: whatever weakens a key, its owner or its organization takes effect on the next
//! check, without another read of the database in between.

use std::time::Duration;

use domain::command::{
    ChangeKey, ChangeServiceAccount, CreateServiceAccount, KeyDisposition, RemoveMember, RotateKey,
};
use domain::policy::Action;
use domain::token::PlainKey;
use domain::view::NewKey;
use domain::{Code, IpBlocks, Role, Scope, ScopeSet};
use engine::keys::AuthenticatedRequest;
use engine::{Engine, NodeTasks};

use crate::test_app::{NORTH, TestApp, origin, refusal, revoke};

/// Joins the nodes of the database, and waits for the lease.
pub async fn joined(engine: &Engine, known: &PlainKey) -> NodeTasks {
    let tasks = engine.join_nodes();
    for _ in 0..500 {
        drop(engine.authenticate_key(known, origin()).await);
        if cached(engine, known).is_some() {
            return tasks;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the node got no lease");
}

pub fn cached(engine: &Engine, key: &PlainKey) -> Option<AuthenticatedRequest> {
    engine.authenticate_cached_key(key, origin()).ok()
}

/// A way to weaken a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weakening {
    Revoke,
    RevokeItself,
    RevokeSeveral,
    Rotate,
    RotateItself,
    Narrow,
    NarrowIps,
    RemoveOwner,
    OffboardOwner,
    LowerOwner,
    OwnerLeaves,
    DisableOwner,
    NarrowIpsOfOwner,
    LowerServiceAccount,
    Expire,
}

/// What each action of the policy weakens. A new action has to be added here.
const fn weakenings(action: Action) -> &'static [Weakening] {
    match action {
        Action::RevokeKey => &[Weakening::Revoke, Weakening::RevokeSeveral],
        Action::RevokeItself => &[Weakening::RevokeItself],
        Action::RotateKey => &[Weakening::Rotate],
        Action::RotateItself => &[Weakening::RotateItself],
        Action::ChangeKey => &[Weakening::Narrow, Weakening::NarrowIps],
        Action::ManageMembers => &[
            Weakening::RemoveOwner,
            Weakening::OffboardOwner,
            Weakening::LowerOwner,
        ],
        Action::Leave => &[Weakening::OwnerLeaves],
        Action::ManageServiceAccounts => &[
            Weakening::DisableOwner,
            Weakening::NarrowIpsOfOwner,
            Weakening::LowerServiceAccount,
        ],
        // `apis.rs` tests what weakens keys for an API.
        Action::ManageApis | Action::ManageConsumers => &[],
        // They read, or change nothing that a check depends on.
        Action::ListApis
        | Action::ListConsumers
        | Action::CreateApiKey
        | Action::ListKeys
        | Action::VerifyKey
        | Action::CreateKey
        | Action::SeeCreators
        | Action::ReadAudit
        | Action::ListWorkspaces
        | Action::CreateWorkspace
        | Action::ChangeWorkspace
        | Action::DeleteWorkspace
        | Action::ListRuns
        | Action::CreateRun
        | Action::CancelRun
        | Action::WorkOnRuns
        | Action::SendMessage
        | Action::ReadInbox
        | Action::DeleteMessage
        | Action::ReadNotebook
        | Action::WriteNotebook
        | Action::ReadSealed
        | Action::WriteSealed
        | Action::ListServiceAccounts
        | Action::ListMembers
        | Action::SeeAddresses
        | Action::SeeOrganization
        | Action::ChangeOrganization => &[],
    }
}

impl Weakening {
    /// The key that it weakens.
    async fn key(self, app: &TestApp) -> NewKey {
        match self {
            Self::Narrow => {
                app.restricted_key("max", "production", &["workspaces:read", "runs:read"])
                    .await
            }
            Self::LowerOwner => app.north_key("ada").await,
            Self::DisableOwner | Self::NarrowIpsOfOwner | Self::LowerServiceAccount => {
                service_key(app).await
            }
            Self::Expire => expiring_key(app).await,
            _ => app.north_key("max").await,
        }
    }

    async fn apply(self, app: &TestApp, key: &NewKey, running: &AuthenticatedRequest) {
        let engine = &app.engine;
        let (id, owner) = (key.view.key_id, key.view.actor_id);
        let olga = app.north("olga").await;
        let done = match self {
            Self::Revoke => engine
                .revoke_key(&olga, revoke(id))
                .await
                .map(drop),
            Self::RevokeItself => engine
                .revoke_key(&running.ctx, revoke(id))
                .await
                .map(drop),
            Self::RevokeSeveral => {
                let other = app.north_key("mia").await.view.key_id;
                let reason = domain::key::RevokeReason::Leaked;
                engine
                    .revoke_keys(&olga, &[id, other], reason)
                    .await
                    .map(drop)
            }
            Self::Rotate => {
                let command = RotateKey::immediately(id);
                engine
                    .rotate_key(&olga, command, None)
                    .await
                    .map(drop)
            }
            Self::RotateItself => {
                let command = RotateKey::immediately(id);
                engine
                    .rotate_key(&running.ctx, command, None)
                    .await
                    .map(drop)
            }
            Self::Narrow => {
                let command = ChangeKey {
                    scopes: Some(ScopeSet::of([Scope::RunsRead])),
                    ..ChangeKey::of(id)
                };
                engine.change_key(&olga, command).await.map(drop)
            }
            Self::NarrowIps => {
                let command = ChangeKey {
                    allowed_ips: Some(elsewhere()),
                    ..ChangeKey::of(id)
                };
                engine.change_key(&olga, command).await.map(drop)
            }
            Self::RemoveOwner => engine.remove_member(&olga, owner).await,
            Self::OffboardOwner => {
                let keys = vec![(id, KeyDisposition::End)];
                let command = RemoveMember {
                    member: owner,
                    keys,
                };
                engine
                    .offboard_member(&olga, command)
                    .await
                    .map(drop)
            }
            Self::LowerOwner => {
                engine
                    .change_member(&olga, owner, Role::Member)
                    .await
            }
            Self::OwnerLeaves => {
                engine
                    .leave_organization(&app.north("max").await)
                    .await
            }
            Self::DisableOwner | Self::NarrowIpsOfOwner | Self::LowerServiceAccount => {
                let change = ChangeServiceAccount {
                    actor: owner,
                    name: None,
                    role: (self == Self::LowerServiceAccount).then_some(Role::Member),
                    disabled: (self == Self::DisableOwner).then_some(true),
                    allow_overlap: None,
                    allowed_ips: (self == Self::NarrowIpsOfOwner).then(elsewhere),
                };
                engine
                    .change_service_account(&olga, change)
                    .await
                    .map(drop)
            }
            Self::Expire => {
                app.clock.advance_seconds(60);
                Ok(())
            }
        };
        done.unwrap_or_else(|error| panic!("{self:?}: {error}"));
    }
}

/// Addresses that no request of the tests comes from.
fn elsewhere() -> IpBlocks {
    "198.51.100.0/24".parse().expect("blocks")
}

async fn service_key(app: &TestApp) -> NewKey {
    let olga = app.north("olga").await;
    let command = CreateServiceAccount::read("CI", Some("admin"), true).expect("an account");
    let account = app
        .engine
        .create_service_account(&olga, command)
        .await
        .expect("an account");
    let mut command = domain::command::CreateKey::read("CI").expect("a key");
    command.owner = Some(account.actor_id);
    app.engine
        .create_key(&olga, command)
        .await
        .expect("a key")
}

async fn expiring_key(app: &TestApp) -> NewKey {
    let max = app.north("max").await;
    let mut command = domain::command::CreateKey::read("Brief").expect("a key");
    command.expires_at = Some(max.now().plus_seconds(60));
    app.engine
        .create_key(&max, command)
        .await
        .expect("a key")
}

async fn takes_effect_on_the_next_check(app: &TestApp, weakening: Weakening) {
    let key = weakening.key(app).await;
    let before = app.with_key(&key.plain).await;
    let running = cached(&app.engine, &key.plain).unwrap_or_else(|| panic!("{weakening:?}"));
    weakening.apply(app, &key, &before).await;

    let is_in_memory = cached(&app.engine, &key.plain).is_some();
    assert!(!is_in_memory, "{weakening:?}: still in memory");
    match app.admit(&key.plain).await {
        Err(error) => assert!(
            matches!(
                error.code(),
                Code::Unauthorized | Code::Forbidden | Code::IpNotAllowed
            ),
            "{weakening:?}: {error}"
        ),
        Ok(after) => {
            let (was, is) = (before.ctx.actor(), after.ctx.actor());
            let is_weaker = is.role < was.role || !is.permissions.covers(was.permissions);
            assert!(is_weaker, "{weakening:?}: as strong as before");
        }
    }
    if weakening == Weakening::Expire {
        assert!(!app.engine.is_still_admitted(&running));
    } else {
        assert!(running.guard.is_cancelled(), "{weakening:?}");
    }
    assert_eq!(
        refusal(app.engine.recheck_key(&running).await),
        Code::Unauthorized,
        "{weakening:?}"
    );
}

both! {
    // D23, P1
    whatever_weakens_a_key_takes_effect_on_the_next_check(app) {
        let known = app.north_key("mia").await;
        let tasks = joined(&app.engine, &known.plain).await;
        let mut steps: Vec<_> = Action::ALL.into_iter().flat_map(weakenings).copied().collect();
        // Time passes after everything else.
        steps.push(Weakening::Expire);
        for step in steps {
            if matches!(step, Weakening::RemoveOwner | Weakening::OffboardOwner | Weakening::OwnerLeaves) {
                // Each removal needs a member of its own.
                let other = app.another().await;
                other.stage().await;
                let known = other.north_key("mia").await;
                let tasks = joined(&other.engine, &known.plain).await;
                takes_effect_on_the_next_check(&other, step).await;
                tasks.leave().await;
                other.close().await;
            } else {
                takes_effect_on_the_next_check(app, step).await;
            }
        }
        tasks.leave().await;
    }

    a_renamed_key_and_a_raised_owner_are_read_again(app) {
        let key = app.north_key("max").await;
        let tasks = joined(&app.engine, &key.plain).await;
        let running = cached(&app.engine, &key.plain).expect("in memory");
        let olga = app.north("olga").await;
        app.engine.change_member(&olga, key.view.actor_id, Role::Admin).await.expect("raised");
        assert!(cached(&app.engine, &key.plain).is_none());
        assert!(!running.guard.is_cancelled());
        app.engine.recheck_key(&running).await.expect("nothing was taken from the request");
        // The role of a key is capped at its creation.
        assert_eq!(app.with_key(&key.plain).await.ctx.actor().role, Role::Member);
        tasks.leave().await;
    }

    // RU-26, D15: a request that began before the change is not answered after the key has expired.
    an_earlier_expiration_is_the_end_of_requests_in_flight_too(app) {
        let olga = app.north("olga").await;
        let (changed, rotated) = (app.key_of(&olga).await, app.key_of(&olga).await);
        let tasks = joined(&app.engine, &changed.plain).await;
        drop(app.engine.authenticate_key(&rotated.plain, origin()).await);
        let running = [&changed, &rotated].map(|key| cached(&app.engine, &key.plain).expect("in memory"));
        let command = ChangeKey {
            expires_at: Some(olga.now().plus_seconds(60)),
            ..ChangeKey::of(changed.view.key_id)
        };
        app.engine.change_key(&olga, command).await.expect("changed");
        let command = RotateKey { overlap_seconds: 60, ..RotateKey::immediately(rotated.view.key_id) };
        app.engine.rotate_key(&olga, command, None).await.expect("rotated");
        app.clock.advance_seconds(59);
        for request in &running {
            assert!(!request.guard.is_cancelled());
            app.engine.recheck_key(request).await.expect("the key has not expired");
        }
        app.clock.advance_seconds(1);
        for request in &running {
            assert!(!app.engine.is_still_admitted(request));
            assert_eq!(refusal(app.engine.recheck_key(request).await), Code::Unauthorized);
        }
        tasks.leave().await;
    }

    the_use_of_a_key_in_memory_is_counted(app) {
        let key = app.north_key("max").await;
        let tasks = joined(&app.engine, &key.plain).await;
        let olga = app.north("olga").await;
        let calls = async || {
            let detail = app.engine.get_key_detail(&olga, key.view.key_id).await.expect("a key");
            detail.usage.days.iter().map(|day| day.calls).sum::<i64>()
        };
        let before = calls().await;
        for _ in 0..10 {
            let request = app.with_key(&key.plain).await;
            assert_eq!(request.ctx.actor().role, Role::Member);
        }
        assert_eq!(calls().await, before + 10);
        tasks.leave().await;
    }
}

#[tokio::test]
async fn an_altered_row_is_refused_when_it_is_read_again() {
    let app = TestApp::on_sqlite().await;
    let key = app.north_key("max").await;
    drop(app.with_key(&key.plain).await);
    let sql = format!(
        "UPDATE api_keys SET scopes = '' WHERE id = {}",
        key.view.key_id.0
    );
    app.intruder().await.run(&sql).await;
    assert!(cached(&app.engine, &key.plain).is_some());
    app.clock.advance_seconds(121);
    assert!(cached(&app.engine, &key.plain).is_none());
    assert_eq!(
        refusal(app.admit(&key.plain).await),
        Code::Unauthorized
    );
    app.close().await;
}

#[tokio::test]
async fn without_a_cache_every_check_reads_the_database() {
    let app = TestApp::on_sqlite().await;
    app.engine.set_key_cache(0);
    let key = app.north_key("max").await;
    drop(app.with_key(&key.plain).await);
    assert!(cached(&app.engine, &key.plain).is_none());
    assert_eq!(app.engine.cached_keys(), 0);
    assert_eq!(
        app.north("max").await.actor().organization,
        app.organization(NORTH).await
    );
    app.close().await;
}
