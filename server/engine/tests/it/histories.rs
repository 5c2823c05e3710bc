//! Random histories against a small model. The role of a key is always the lower of its own role
//! and its owner's current role (D6), while people join, leave, rejoin, and keys are transferred.

mod model;

use std::cell::RefCell;
use std::collections::BTreeMap;

use domain::command::{InviteMember, KeyDisposition, KeyQuery, RemoveMember, StatusFilter};
use domain::token::PlainKey;
use domain::{ActorId, KeyId, OrganizationId, Role};
use engine::organizations::DemoOrganization;
use engine::{Caller, Ctx, Result};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::model::{Model, Outcome};
use crate::intruder::Value;
use crate::prove;
use crate::test_app::{TestApp, TestDatabase, identity, origin, revoke};

/// The number of organizations that are created together. Each history uses one; proptest shrinks a
/// failing history with the rest.
const ORGANIZATIONS: usize = 600;
const AT_A_TIME: usize = 500;
/// The initial members…
const MEMBERS: [(&str, Role); 4] = [
    ("olga", Role::Owner),
    ("ada", Role::Admin),
    ("max", Role::Member),
    ("mia", Role::Member),
];
/// …and all people who can join.
const PEOPLE: [&str; 5] = ["olga", "ada", "max", "mia", "zoe"];

/// One step. People, keys and links are numbers; the number of a key or link wraps around the
/// existing ones.
#[derive(Clone, Debug)]
enum Step {
    ChangeRole {
        by: usize,
        of: usize,
        to: Role,
    },
    Remove {
        by: usize,
        of: usize,
    },
    Leave {
        by: usize,
    },
    /// A person, or the owner of a key.
    HandOver {
        by: usize,
        of: Option<usize>,
        key: usize,
    },
    Invite {
        by: usize,
        to: usize,
        role: Role,
    },
    Accept {
        who: usize,
        link: usize,
    },
    AcceptNewest {
        who: usize,
    },
    Create {
        by: usize,
    },
    Revoke {
        by: usize,
        key: usize,
    },
    RevokeByKey {
        by: usize,
        key: usize,
    },
    Use {
        key: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, turn) = (|| 0..PEOPLE.len(), || 0..8_usize);
    let role = || prop_oneof![Just(Role::Member), Just(Role::Admin), Just(Role::Owner)];
    prop_oneof![
        4 => (who(), who(), role()).prop_map(|(by, of, to)| Step::ChangeRole { by, of, to }),
        2 => (who(), who()).prop_map(|(by, of)| Step::Remove { by, of }),
        1 => who().prop_map(|by| Step::Leave { by }),
        1 => (who(), who(), turn()).prop_map(|(by, of, key)| Step::HandOver { by, of: Some(of), key }),
        3 => (0..2_usize, turn()).prop_map(|(by, key)| Step::HandOver { by, of: None, key }),
        // Mostly by people who may do it, and for people who are not members.
        3 => (who(), who(), role()).prop_map(|(by, to, role)| Step::Invite { by, to, role }),
        4 => (0..2_usize, 2..PEOPLE.len(), role()).prop_map(|(by, to, role)| Step::Invite { by, to, role }),
        2 => (who(), turn()).prop_map(|(who, link)| Step::Accept { who, link }),
        8 => who().prop_map(|who| Step::AcceptNewest { who }),
        6 => who().prop_map(|by| Step::Create { by }),
        3 => (who(), turn()).prop_map(|(by, key)| Step::Revoke { by, key }),
        2 => (turn(), turn()).prop_map(|(by, key)| Step::RevokeByKey { by, key }),
        7 => turn().prop_map(|key| Step::Use { key }),
    ]
}

/// The installation for one history.
struct World<'a> {
    app: &'a TestApp,
    organization: OrganizationId,
    people: &'a [Caller],
    /// In the order of the memberships, keys and links of the model.
    members: Vec<ActorId>,
    keys: Vec<(KeyId, PlainKey)>,
    links: Vec<(usize, String)>,
}

fn outcome<T>(result: Result<T>) -> Outcome<T> {
    result.map_err(|error| error.code())
}

impl World<'_> {
    async fn session(&self, who: usize) -> Outcome<Ctx> {
        outcome(
            self.app
                .engine
                .enter_organization(&self.people[who], &self.organization, origin())
                .await,
        )
    }

    /// The current or last actor of a person, or an id that does not exist if the person never
    /// joined.
    fn actor(&self, model: &Model, who: usize) -> ActorId {
        model
            .member_of(who)
            .map_or(ActorId(999_999), |member| self.members[member])
    }

    async fn create(&mut self, by: usize) -> Outcome {
        let ctx = self.session(by).await?;
        let new = self.app.key_of(&ctx).await;
        self.keys.push((new.view.key_id, new.plain));
        Ok(())
    }

    async fn change_role(&self, by: usize, of: ActorId, to: Role) -> Outcome {
        let ctx = self.session(by).await?;
        outcome(self.app.engine.change_member(&ctx, of, to).await)
    }

    async fn remove(&mut self, by: usize, of: ActorId, key: Option<usize>) -> Outcome {
        let ctx = self.session(by).await?;
        let keys = key
            .map(|key| (self.keys[key].0, KeyDisposition::HandOverToNew))
            .into_iter()
            .collect();
        let made = outcome(
            self.app
                .engine
                .offboard_member(&ctx, RemoveMember { member: of, keys })
                .await,
        )?;
        self.keys.extend(
            made.into_iter()
                .map(|new| (new.view.key_id, new.plain)),
        );
        Ok(())
    }

    async fn leave(&self, by: usize) -> Outcome {
        let ctx = self.session(by).await?;
        outcome(self.app.engine.leave_organization(&ctx).await)
    }

    async fn invite(&mut self, by: usize, to: usize, role: Role) -> Outcome {
        let ctx = self.session(by).await?;
        let command = InviteMember::read(
            &format!("{}@example.test", PEOPLE[to]),
            Some(role.as_str()),
        )
        .expect("valid");
        let new = outcome(
            self.app
                .engine
                .create_invitation(&ctx, command)
                .await,
        )?;
        self.links.push((to, new.token));
        Ok(())
    }

    async fn accept(&mut self, who: usize, link: usize) -> Outcome {
        let (token, engine) = (&self.links[link].1, &self.app.engine);
        outcome(
            engine
                .accept_invitation(&self.people[who], token, origin())
                .await,
        )?;
        self.members
            .push(self.session(who).await?.actor().id);
        Ok(())
    }

    async fn revoke(&self, ctx: Outcome<Ctx>, key: usize) -> Outcome {
        outcome(
            self.app
                .engine
                .revoke_key(&ctx?, revoke(self.keys[key].0))
                .await
                .map(drop),
        )
    }

    async fn key(&self, key: usize) -> Outcome<Ctx> {
        outcome(
            self.app
                .admit(&self.keys[key].1)
                .await
                .map(|admitted| admitted.ctx),
        )
    }

    /// Performs a step in the installation and in the model, and returns both results. `None` if
    /// the step is not possible.
    async fn take(
        &mut self,
        model: &mut Model,
        step: &Step,
    ) -> Option<(Outcome<Role>, Outcome<Role>)> {
        let key = |turn: usize| turn.checked_rem(model.keys());
        let (done, expected) = match *step {
            Step::Create { by } => (self.create(by).await, model.create(by)),
            Step::ChangeRole { by, of, to } => (
                self.change_role(by, self.actor(model, of), to)
                    .await,
                model.change_role(by, of, to),
            ),
            Step::Remove { by, of } => (
                self.remove(by, self.actor(model, of), None).await,
                model.remove(by, of),
            ),
            Step::Leave { by } => (self.leave(by).await, model.leave(by)),
            Step::HandOver { by, of, key: turn } => {
                let key = key(turn)?;
                let of = of.or_else(|| model.person_of(key))?;
                (
                    self.remove(by, self.actor(model, of), Some(key))
                        .await,
                    model.hand_over(by, of, key),
                )
            }
            Step::Invite { by, to, role } => (
                self.invite(by, to, role).await,
                model.invite(by, to, role),
            ),
            Step::Accept { who, link } => {
                let link = link.checked_rem(self.links.len())?;
                (self.accept(who, link).await, model.accept(who, link))
            }
            Step::AcceptNewest { who } => {
                let link = self
                    .links
                    .iter()
                    .rposition(|(to, _)| *to == who)?;
                (self.accept(who, link).await, model.accept(who, link))
            }
            Step::Revoke { by, key: turn } => {
                let key = key(turn)?;
                (
                    self.revoke(self.session(by).await, key).await,
                    model.revoke(by, key),
                )
            }
            Step::RevokeByKey { by, key: turn } => {
                let (by, key) = (key(by)?, key(turn)?);
                (
                    self.revoke(self.key(by).await, key).await,
                    model.revoke_by_key(by, key),
                )
            }
            Step::Use { key: turn } => {
                let key = key(turn)?;
                return Some((
                    self.key(key).await.map(|ctx| ctx.actor().role),
                    model.power(key),
                ));
            }
        };
        let shown = |outcome: Outcome| outcome.map(|()| Role::Member);
        Some((shown(done), shown(expected)))
    }

    /// Compares all keys, all people and the list of members at the end.
    async fn compare(&self, model: &Model) -> std::result::Result<(), TestCaseError> {
        for at in 0..self.keys.len() {
            prop_assert_eq!(
                self.key(at).await.map(|ctx| ctx.actor().role),
                model.power(at),
                "key {} at the end",
                at
            );
        }
        for (who, name) in PEOPLE.iter().enumerate() {
            let role = self
                .session(who)
                .await
                .map(|ctx| ctx.actor().role);
            prop_assert_eq!(role, model.session(who), "{} at the end", name);
        }
        let owner = model.current_owner().expect("an owner is left");
        let ctx = self.session(owner).await.expect("an owner");
        let active = KeyQuery {
            status: Some(StatusFilter::Active),
            ..KeyQuery::default()
        };
        let list = self
            .app
            .engine
            .list_keys(&ctx, &active, 100)
            .await
            .expect("a list");
        let mut active: Vec<_> = list
            .rows
            .iter()
            .map(|line| line.key.key_id)
            .collect();
        active.reverse();
        let expected = self
            .keys
            .iter()
            .enumerate()
            .filter(|(at, _)| !model.is_revoked(*at));
        prop_assert_eq!(
            active,
            expected
                .map(|(_, (id, _))| *id)
                .collect::<Vec<_>>()
        );
        Ok(())
    }
}

/// Creates many organizations with the same four members, and a browser session for each person.
async fn stage(app: &TestApp) -> (Vec<(OrganizationId, Vec<ActorId>)>, Vec<Caller>) {
    let members = || {
        MEMBERS
            .iter()
            .map(|(name, role)| (identity(name), *role))
            .collect()
    };
    let mut cast: Vec<_> = (0..ORGANIZATIONS)
        .map(|_| DemoOrganization {
            organization: "Any",
            members: members(),
        })
        .collect();
    // Another membership, so that a removal does not revoke the session.
    cast.push(DemoOrganization {
        organization: "Zoe’s",
        members: vec![(identity("zoe"), Role::Owner)],
    });
    app.engine.seed_demo(&cast).await.expect("staged");
    let mut organizations: BTreeMap<String, Vec<ActorId>> = BTreeMap::new();
    for row in app
        .intruder()
        .await
        .rows("SELECT organization_id, id FROM actors ORDER BY id")
        .await
    {
        let (Value::Text(organization), Value::Number(actor)) = (&row[0].1, &row[1].1) else {
            panic!("an actor")
        };
        organizations
            .entry(organization.clone())
            .or_default()
            .push(ActorId(*actor));
    }
    let mut people = Vec::new();
    for name in PEOPLE {
        people.push(app.browser(name).await.0);
    }
    let any = organizations
        .into_iter()
        .filter(|(_, actors)| actors.len() == MEMBERS.len());
    (
        any.map(|(id, actors)| (id.parse().expect("an id"), actors))
            .collect(),
        people,
    )
}

/// Runs this many random histories, each in its own organization.
fn run_histories(place: impl AsyncFn() -> TestDatabase, histories: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (mut left, mut tally) = (histories, BTreeMap::new());
    while left > 0 {
        let some = left.min(AT_A_TIME);
        let app = runtime.block_on(async { TestApp::empty(place().await).await });
        run_some(&runtime, &app, some, &mut tally);
        let shared = app.db.is_shared();
        runtime.block_on(app.close());
        left -= some;
        if left == 0 {
            prove::shown_on(
                if shared { "Postgres" } else { "SQLite" },
                "histories",
                histories,
            );
        }
    }
    // Every step succeeded often and failed often.
    assert_eq!(tally.len(), 22, "{tally:?}");
    let often = if histories < AT_A_TIME { 0 } else { 10 };
    assert!(
        tally.values().all(|times| *times > often),
        "{tally:?}"
    );
}

/// A random seed in a full run, so that each run tries other histories.
fn rng() -> ([u8; 32], TestRng) {
    let mut seed = [7; 32];
    if prove::count(0, 1) == 1 {
        engine::Runtime::system().fill(&mut seed);
    }
    (seed, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn run_some(
    runtime: &tokio::runtime::Runtime,
    app: &TestApp,
    histories: usize,
    tally: &mut BTreeMap<String, u32>,
) {
    let (mut organizations, people) = runtime.block_on(stage(app));
    let (organizations, counted) = (RefCell::new(&mut organizations), RefCell::new(tally));
    let cases = u32::try_from(histories).expect("few");
    let config = Config {
        cases,
        max_shrink_iters: 90,
        failure_persistence: None,
        ..Config::default()
    };
    let (seed, rng) = rng();
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&proptest::collection::vec(step(), 8..40), |steps| {
        let (organization, members) = organizations
            .borrow_mut()
            .pop()
            .ok_or_else(|| TestCaseError::reject("no organization is left"))?;
        runtime.block_on(async {
            let (keys, links) = (Vec::new(), Vec::new());
            let mut world = World {
                app,
                organization,
                people: &people,
                members,
                keys,
                links,
            };
            let mut model = Model::new();
            for step in &steps {
                let Some((done, expected)) = world.take(&mut model, step).await else {
                    continue;
                };
                prop_assert_eq!(done, expected, "{:?}", step);
                let text = format!("{step:?}");
                let kind = text.split(' ').next().unwrap_or_default();
                *counted
                    .borrow_mut()
                    .entry(format!("{kind} {}", done.is_ok()))
                    .or_default() += 1;
            }
            world.compare(&model).await
        })
    });
    result.unwrap_or_else(|error| panic!("seed {}: {error}", hex::encode(seed)));
}

// D6, B17, B20, KE-07, KE-25..KE-29, RA-31, RK-23, RK-41
#[test]
fn random_histories_match_the_model_on_sqlite() {
    run_histories(
        async || TestDatabase::file(),
        prove::count(500, 10_000),
    );
}

// B17
#[test]
fn random_histories_match_the_model_on_postgres() {
    run_histories(TestDatabase::server, prove::count(100, 10_000));
}
