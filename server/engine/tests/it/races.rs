//! Concurrent operations.

use std::future::Future;

use domain::command::{CreateKey, FoundOrganization, InviteMember};
use domain::{Code, Role};
use engine::audit::ChainState;
use engine::{Ctx, Error, Result};
use tokio::task::JoinSet;

use crate::intruder::Value;
use crate::prove;
use crate::test_app::{NORTH, TestApp, identity, in_person, origin, refusal, revoke, workspace};

/// Runs all calls concurrently, and returns their results in any order.
async fn race<T: Send + 'static>(
    runners: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    runners
        .into_iter()
        .collect::<JoinSet<_>>()
        .join_all()
        .await
}

/// The number of successful calls. Every other call must have failed with one of these codes.
fn winners<T>(results: Vec<Result<T>>, refusals: &[Code]) -> usize {
    let count = results.len();
    let errors: Vec<Error> = results
        .into_iter()
        .filter_map(Result::err)
        .collect();
    for error in &errors {
        assert!(refusals.contains(&error.code()), "{error:?}");
    }
    count - errors.len()
}

both! {
    of_two_hundred_concurrent_bootstraps_one_succeeds(staged) {
        let runs = prove::count(1, 100);
        for _ in 0..runs {
            let app = staged.another().await;
            let tries = (0..200).map(|n| {
                let engine = app.engine.clone();
                let founding = FoundOrganization::read(&format!("Acme {n}"), "Grace", "grace@example.test").expect("a valid command");
                async move { engine.bootstrap(&founding, origin()).await }
            });
            assert_eq!(winners(race(tries).await, &[Code::AlreadyBootstrapped]), 1);
            let mut intruder = app.intruder().await;
            for table in ["organizations", "actors", "api_keys"] {
                assert_eq!(intruder.number(&format!("SELECT COUNT(*) FROM {table}")).await, 1, "{table}");
            }
            let late = FoundOrganization::read("Late", "Grace", "grace@example.test").expect("a valid command");
            assert_eq!(refusal(app.restarted().await.bootstrap(&late, origin()).await), Code::AlreadyBootstrapped);
            drop(intruder);
            app.close().await;
        }
        prove::shown(staged, "bootstraps-of-200", runs);
    }

    // D25
    concurrent_revocations_of_a_key_write_one_event(app) {
        let key = app.north_key("max").await.view.key_id;
        let (olga, ada) = (app.north("olga").await, app.north("ada").await);
        let before = app.sound_chain(NORTH).await;
        let tries = (0..20).map(|n| {
            let (engine, ctx) = (app.engine.clone(), if n % 2 == 0 { olga.clone() } else { ada.clone() });
            async move { engine.revoke_key(&ctx, revoke(key)).await }
        });
        let done: Vec<_> = race(tries).await.into_iter().map(|done| done.expect("revoked")).collect();
        assert_eq!(done.iter().filter(|done| done.fresh).count(), 1);
        assert!(done.iter().all(|other| other.view == done[0].view || other.view.created_by != done[0].view.created_by));
        assert_eq!(app.sound_chain(NORTH).await, before + 1);
    }

    // RK-24
    concurrent_requests_that_revoke_their_own_key_write_one_event(app) {
        let key = app.north_key("max").await;
        let before = app.sound_chain(NORTH).await;
        let mut admitted = Vec::new();
        for _ in 0..8 {
            admitted.push(app.with_key(&key.plain).await);
        }
        let tries = admitted.into_iter().map(|admitted| {
            let (engine, id) = (app.engine.clone(), key.view.key_id);
            async move { engine.revoke_key(&admitted.ctx, revoke(id)).await }
        });
        let done = race(tries).await;
        assert!(winners(done, &[Code::Unauthorized]) >= 1);
        assert_eq!(app.sound_chain(NORTH).await, before + 1);
    }

    // RK-24
    of_two_keys_that_revoke_each_other_at_most_one_stays_active(app) {
        for _ in 0..5 {
            let (one, other) = (app.north_key("ada").await, app.north_key("olga").await);
            let (first, second) = (app.with_key(&one.plain).await, app.with_key(&other.plain).await);
            let (engine, target) = (app.engine.clone(), other.view.key_id);
            let forth = tokio::spawn(async move { engine.revoke_key(&first.ctx, revoke(target)).await });
            let (engine, target) = (app.engine.clone(), one.view.key_id);
            let back = tokio::spawn(async move { engine.revoke_key(&second.ctx, revoke(target)).await });
            let done = vec![forth.await.expect("joined"), back.await.expect("joined")];
            assert_eq!(winners(done, &[Code::Unauthorized]), 1);
        }
    }

    // RK-24
    nothing_is_written_with_a_key_after_its_revocation(app) {
        for round in 0..3 {
            let key = app.north_key("max").await;
            let mut tries: JoinSet<Result<()>> = JoinSet::new();
            for n in 0..50 {
                let (engine, plain) = (app.engine.clone(), key.plain.clone());
                tries.spawn(async move {
                    let admitted = engine.authenticate_key(&plain, origin()).await?;
                    engine.create_workspace(&admitted.ctx, workspace(&format!("{round}-{n}"))).await.map(drop)
                });
                if n == 10 + round * 10 {
                    let (engine, olga, id) = (app.engine.clone(), app.north("olga").await, key.view.key_id);
                    tries.spawn(async move { engine.revoke_key(&olga, revoke(id)).await.map(drop) });
                }
            }
            assert!(winners(tries.join_all().await, &[Code::Unauthorized]) >= 1);
            let north = app.organization(NORTH).await;
            let query = format!(
                "SELECT n FROM audit_events WHERE organization_id = '{north}' AND action = 'key.revoked' AND object_id = '{}'",
                key.view.key_id
            );
            let mut intruder = app.intruder().await;
            let end = intruder.number(&query).await;
            let late = format!(
                "SELECT COUNT(*) FROM audit_events WHERE organization_id = '{north}' AND via_key = '{}' AND n > {end}",
                key.plain.prefix()
            );
            assert_eq!(intruder.number(&late).await, 0, "events of the key after its revocation");
        }
        assert_eq!(app.intruder().await.number("SELECT COUNT(*) FROM workspaces").await, {
            let sql = "SELECT COUNT(*) FROM audit_events WHERE action = 'workspace.created'";
            app.intruder().await.number(sql).await
        });
    }

    a_key_revoked_during_authentication_is_rejected_but_not_reported_as_altered(app) {
        for _ in 0..10 {
            let key = app.north_key("max").await;
            let mut tries: JoinSet<Result<()>> = JoinSet::new();
            for _ in 0..4 {
                let (engine, plain) = (app.engine.clone(), key.plain.clone());
                tries.spawn(async move {
                    loop {
                        engine.authenticate_key(&plain, origin()).await?;
                        // A key in memory is admitted without waiting.
                        tokio::task::yield_now().await;
                    }
                });
            }
            app.engine.revoke_key(&app.north("max").await, revoke(key.view.key_id)).await.expect("revoked");
            for attempt in tries.join_all().await {
                let error = attempt.expect_err("it is revoked");
                assert!(matches!(error, Error::Unauthenticated("the key has expired or was revoked")), "{error:?}");
            }
        }
    }

    // E2
    a_member_removed_while_creating_keys_has_no_working_key(app) {
        let (olga, max, id) = (app.north("olga").await, app.north("max").await, app.member("max", NORTH).await);
        let mut tries: JoinSet<Result<Option<domain::token::PlainKey>>> = JoinSet::new();
        for n in 0..30 {
            let (engine, max) = (app.engine.clone(), max.clone());
            tries.spawn(async move {
                let made = engine.create_key(&max, CreateKey::read("Racing").expect("a name")).await?;
                Ok(Some(made.plain))
            });
            if n == 12 {
                let (engine, olga) = (app.engine.clone(), olga.clone());
                tries.spawn(async move { engine.remove_member(&olga, id).await.map(|()| None) });
            }
        }
        let mut made = 0;
        for done in tries.join_all().await {
            match done {
                Ok(Some(key)) => {
                    made += 1;
                    assert_eq!(refusal(app.admit(&key).await), Code::Forbidden);
                }
                Ok(None) => {}
                Err(error) => assert_eq!(error.code(), Code::Forbidden, "{error:?}"),
            }
        }
        app.sound_chain(NORTH).await;
        let sql = format!("SELECT COUNT(*) FROM api_keys WHERE actor_id = {id}");
        assert_eq!(app.intruder().await.number(&sql).await, made);
    }

    // B18
    of_two_owners_who_demote_each_other_one_stays_owner(app) {
        let olga = app.north("olga").await;
        let ada = app.member("ada", NORTH).await;
        for _ in 0..10 {
            app.engine.change_member(&olga, ada, Role::Owner).await.expect("a second owner");
            let second = app.north("ada").await;
            let (engine, me) = (app.engine.clone(), second.clone());
            let olga_id = olga.actor().id;
            let one = tokio::spawn(async move { engine.change_member(&me, olga_id, Role::Member).await });
            let (engine, me) = (app.engine.clone(), olga.clone());
            let other = tokio::spawn(async move { engine.remove_member(&me, ada).await });
            let done = vec![one.await.expect("joined"), other.await.expect("joined")];
            let removed = done[1].is_ok();
            assert_eq!(winners(done, &[Code::Forbidden, Code::Conflict, Code::NotFound]), 1);
            assert_eq!(owners(app).await, 1);
            if removed {
                return;
            }
            app.engine.change_member(&second, olga_id, Role::Owner).await.expect("back again");
        }
    }

    // B18
    of_two_owners_who_leave_concurrently_one_stays_owner(app) {
        for _ in 0..10 {
            for name in ["olga", "ada"] {
                let one = make_owner(app, name).await;
                assert_eq!(one.actor().role, Role::Owner);
            }
            let mut tries = Vec::new();
            for name in ["olga", "ada"] {
                let (engine, ctx) = (app.engine.clone(), app.north(name).await);
                tries.push(async move { engine.leave_organization(&ctx).await });
            }
            assert_eq!(winners(race(tries).await, &[Code::Conflict]), 1);
            assert_eq!(owners(app).await, 1);
        }
        app.sound_chain(NORTH).await;
    }

    // B18
    concurrent_changes_of_three_owners_leave_at_least_one(app) {
        const NAMES: [&str; 3] = ["olga", "ada", "max"];
        let mut fewest = NAMES.len();
        for round in 0..27_usize {
            let mut all = Vec::new();
            for name in NAMES {
                all.push(make_owner(app, name).await);
            }
            let tries = (0..3).map(|turn| {
                let (engine, me, next) = (app.engine.clone(), all[turn].clone(), all[(turn + 1) % 3].actor().id);
                // Each owner does one of three things; 27 rounds cover all combinations.
                let deed = round / 3_usize.pow(u32::try_from(turn).expect("small")) % 3;
                async move {
                    match deed {
                        0 => engine.leave_organization(&me).await,
                        1 => engine.remove_member(&me, next).await,
                        _ => engine.change_member(&me, next, Role::Member).await,
                    }
                }
            });
            // An owner who was demoted or removed meanwhile is rejected.
            let refusals = [Code::Conflict, Code::Forbidden, Code::NotFound, Code::Unauthorized];
            assert!(winners(race(tries).await, &refusals) >= 1, "round {round}");
            let left = owners(app).await;
            assert!(left >= 1, "round {round}: no owner is left");
            fewest = fewest.min(usize::try_from(left).expect("small"));
        }
        assert_eq!(fewest, 1, "no round ended with the last owner");
        app.sound_chain(NORTH).await;
    }

    // E2
    a_concurrent_role_change_does_not_undo_a_removal(app) {
        let (olga, ada) = (app.north("olga").await, app.north("ada").await);
        for name in ["max", "mia", "una"] {
            let id = app.member(name, NORTH).await;
            let mut tries: JoinSet<Result<()>> = JoinSet::new();
            for n in 0..10 {
                let (engine, olga, ada) = (app.engine.clone(), olga.clone(), ada.clone());
                let role = if n % 2 == 0 { Role::Admin } else { Role::Member };
                tries.spawn(async move {
                    match n {
                        4 => engine.remove_member(&olga, id).await,
                        _ => engine.change_member(&ada, id, role).await,
                    }
                });
            }
            winners(tries.join_all().await, &[Code::NotFound]);
            assert_ne!(app.intruder().await.value(&format!("SELECT removed_at FROM actors WHERE id = {id}")).await, Value::Null, "{name}");
        }
        app.sound_chain(NORTH).await;
    }

    concurrent_sign_ins_of_many_people_succeed(app) {
        let names = ["olga", "ada", "max", "mia", "una", "otto", "ben"];
        let tries = (0..42).map(|n| {
            let engine = app.engine.clone();
            async move { engine.sign_in(&identity(names[n % names.len()]), &origin()).await }
        });
        assert_eq!(winners(race(tries).await, &[]), 42);
        app.sound_chain(NORTH).await;
        app.sound_chain(crate::test_app::SOUTH).await;
    }

    // B21
    concurrent_first_sign_ins_create_one_person(app) {
        for round in 0..4 {
            let tries = (0..10).map(|_| {
                let engine = app.engine.clone();
                async move { engine.sign_in(&identity(&format!("newcomer-{round}")), &origin()).await }
            });
            let done: Vec<_> = race(tries).await.into_iter().map(|done| done.expect("signed in")).collect();
            assert!(done.iter().all(|person| *person == done[0]), "{done:?}");
        }
    }

    a_chain_that_grows_while_it_is_verified_is_not_reported_as_broken(app) {
        let (olga, north) = (app.north("olga").await, app.organization(NORTH).await);
        let engine = app.engine.clone();
        let writing = tokio::spawn(async move {
            for n in 0..60 {
                engine.create_workspace(&olga, workspace(&format!("{n}"))).await.expect("a workspace");
            }
        });
        while !writing.is_finished() {
            let state = app.engine.verify_audit(&north).await.expect("the chain is read");
            assert!(matches!(state, ChainState::Sound(_)), "{state:?}");
        }
        writing.await.expect("written");
    }

    // B4; PyPI's audit, findings 1 and 2
    of_two_hundred_concurrent_requests_one_completes_a_sign_in(app) {
        app.engine.begin_flow(b"a flow's token", b"what it needs").await.expect("begun");
        let tries = (0..200).map(|_| {
            let engine = app.engine.clone();
            async move { engine.take_flow(b"a flow's token").await.expect("an answer") }
        });
        assert_eq!(race(tries).await.into_iter().flatten().count(), 1);
    }
}

/// The number of owners of North.
async fn owners(app: &TestApp) -> i64 {
    let north = app.organization(NORTH).await;
    let sql = format!(
        "SELECT COUNT(*) FROM actors WHERE role = 'owner' AND removed_at IS NULL AND organization_id = '{north}'"
    );
    app.intruder().await.number(&sql).await
}

/// Makes a person an owner of North, regardless of their current role.
async fn make_owner(app: &TestApp, name: &str) -> Ctx {
    let standing = match app.enter(name, NORTH).await {
        Ok(ctx) if ctx.actor().role == Role::Owner => return ctx,
        Ok(ctx) => Some(ctx.actor().id),
        Err(_) => None,
    };
    let mut owner = None;
    for other in ["olga", "ada", "max"] {
        owner = owner.or(app
            .enter(other, NORTH)
            .await
            .ok()
            .filter(|ctx| ctx.actor().role == Role::Owner));
    }
    let owner = owner.expect("an owner is there");
    if let Some(id) = standing {
        app.engine
            .change_member(&owner, id, Role::Owner)
            .await
            .expect("raised");
    } else {
        let command = InviteMember::read(&format!("{name}@example.test"), Some("owner"))
            .expect("an invitation");
        let token = app
            .engine
            .create_invitation(&owner, command)
            .await
            .expect("invited")
            .token;
        let person = app.person(name).await;
        app.engine
            .accept_invitation(&in_person(person), &token, origin())
            .await
            .expect("joined");
    }
    app.north(name).await
}
