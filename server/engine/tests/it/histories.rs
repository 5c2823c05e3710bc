//! Random histories against a small model: the power of a key is the lower of its cap and its owner's role now (D6).

use std::collections::BTreeMap;

use domain::command::{KeyQuery, StatusFilter};
use domain::token::PlainKey;
use domain::{ActorId, Code, KeyId, OrganizationId, Role};
use engine::organizations::Cast;
use engine::{Caller, Ctx, Result};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::house::{House, Place, identity, origin, revoke};
use crate::intruder::Value;

const HISTORIES: u32 = 500;
/// More than histories, so that a failing one can be shortened.
const ORGANIZATIONS: usize = 600;
const MEMBERS: [(&str, Role); 4] =
    [("olga", Role::Owner), ("ada", Role::Admin), ("max", Role::Member), ("mia", Role::Member)];

/// One step. People and keys are named by their turn; a key's turn wraps around those that were made.
#[derive(Clone, Debug)]
enum Step {
    ChangeRole { by: usize, of: usize, to: Role },
    Remove { by: usize, of: usize },
    Create { by: usize },
    Revoke { by: usize, key: usize },
    RevokeByKey { by: usize, key: usize },
    Use { key: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, key) = (|| 0..MEMBERS.len(), || 0..8_usize);
    let role = prop_oneof![Just(Role::Member), Just(Role::Admin), Just(Role::Owner)];
    prop_oneof![
        3 => (who(), who(), role).prop_map(|(by, of, to)| Step::ChangeRole { by, of, to }),
        1 => (who(), who()).prop_map(|(by, of)| Step::Remove { by, of }),
        4 => who().prop_map(|by| Step::Create { by }),
        2 => (who(), key()).prop_map(|(by, key)| Step::Revoke { by, key }),
        1 => (key(), key()).prop_map(|(by, key)| Step::RevokeByKey { by, key }),
        5 => key().prop_map(|key| Step::Use { key }),
    ]
}

#[derive(Clone, Copy, PartialEq)]
struct ModelMember {
    role: Role,
    removed: bool,
}

struct ModelKey {
    owner: usize,
    cap: Role,
    revoked: bool,
}

/// What should be, told without a database.
struct Model {
    members: Vec<ModelMember>,
    keys: Vec<ModelKey>,
}

type Outcome<T = ()> = std::result::Result<T, Code>;

impl Model {
    fn new() -> Self {
        Self { members: MEMBERS.map(|(_, role)| ModelMember { role, removed: false }).into(), keys: Vec::new() }
    }

    fn session(&self, who: usize) -> Outcome<Role> {
        let member = self.members[who];
        if member.removed { Err(Code::Forbidden) } else { Ok(member.role) }
    }

    fn power(&self, key: usize) -> Outcome<Role> {
        let key = &self.keys[key];
        match (key.revoked, self.members[key.owner]) {
            (true, _) => Err(Code::Unauthorized),
            (_, owner) if owner.removed => Err(Code::Forbidden),
            (_, owner) => Ok(owner.role.min(key.cap)),
        }
    }

    fn change_member(&mut self, by: usize, of: usize, change: impl Fn(&mut ModelMember)) -> Outcome {
        let role = self.session(by)?;
        let before = self.members[of];
        let mut after = before;
        change(&mut after);
        if role < Role::Admin || (role != Role::Owner && after.role == Role::Owner && before.role != Role::Owner) {
            return Err(Code::Forbidden);
        }
        if before.removed {
            return Err(Code::NotFound);
        }
        if role != Role::Owner && before.role == Role::Owner {
            return Err(Code::Forbidden);
        }
        self.members[of] = after;
        if self.members.iter().any(|member| member.role == Role::Owner && !member.removed) {
            return Ok(());
        }
        self.members[of] = before;
        Err(Code::Conflict)
    }

    fn create(&mut self, by: usize) -> Outcome {
        let cap = self.session(by)?;
        self.keys.push(ModelKey { owner: by, cap, revoked: false });
        Ok(())
    }

    fn revoke(&mut self, by: usize, role: Role, key: usize) -> Outcome {
        if role < Role::Admin && self.keys[key].owner != by {
            return Err(Code::Forbidden);
        }
        self.keys[key].revoked = true;
        Ok(())
    }
}

/// The installation as one history sees it.
struct World<'a> {
    house: &'a House,
    organization: OrganizationId,
    people: &'a [Caller],
    actors: Vec<ActorId>,
    keys: Vec<(KeyId, PlainKey)>,
}

fn outcome<T>(result: Result<T>) -> Outcome<T> {
    result.map_err(|error| error.code())
}

impl World<'_> {
    async fn session(&self, who: usize) -> Outcome<Ctx> {
        outcome(self.house.engine.admit_person(&self.people[who], &self.organization, origin()).await)
    }

    async fn create(&mut self, by: usize) -> Outcome {
        let ctx = self.session(by).await?;
        let new = self.house.key_of(&ctx).await;
        self.keys.push((new.view.key_id, new.plain));
        Ok(())
    }

    /// Takes a step in both worlds and says what it came to in each.
    async fn take(&mut self, model: &mut Model, step: &Step) -> (Outcome<Role>, Outcome<Role>) {
        let engine = &self.house.engine;
        let shown = |outcome: Outcome| outcome.map(|()| Role::Member);
        let turn = |key: usize| key % model.keys.len().max(1);
        match *step {
            Step::Create { by } => (shown(self.create(by).await), shown(model.create(by))),
            Step::ChangeRole { by, of, to } => {
                let expected = model.change_member(by, of, |member| member.role = to);
                let done = match self.session(by).await {
                    Ok(ctx) => outcome(engine.change_role(&ctx, self.actors[of], to).await),
                    Err(code) => Err(code),
                };
                (shown(done), shown(expected))
            }
            Step::Remove { by, of } => {
                let expected = model.change_member(by, of, |member| member.removed = true);
                let done = match self.session(by).await {
                    Ok(ctx) => outcome(engine.remove_member(&ctx, self.actors[of]).await),
                    Err(code) => Err(code),
                };
                (shown(done), shown(expected))
            }
            _ if model.keys.is_empty() => (Ok(Role::Member), Ok(Role::Member)),
            Step::Revoke { by, key } => {
                let key = turn(key);
                let expected = model.session(by).and_then(|role| model.revoke(by, role, key));
                let done = match self.session(by).await {
                    Ok(ctx) => outcome(engine.revoke_key(&ctx, revoke(self.keys[key].0)).await.map(drop)),
                    Err(code) => Err(code),
                };
                (shown(done), shown(expected))
            }
            Step::RevokeByKey { by, key } => {
                let (by, key) = (turn(by), turn(key));
                let owner = model.keys[by].owner;
                let expected = model.power(by).and_then(|role| model.revoke(owner, role, key));
                let done = match outcome(self.house.admit(&self.keys[by].1).await) {
                    Ok(admitted) => outcome(engine.revoke_key(&admitted.ctx, revoke(self.keys[key].0)).await.map(drop)),
                    Err(code) => Err(code),
                };
                (shown(done), shown(expected))
            }
            Step::Use { key } => {
                let key = turn(key);
                let done = self.house.admit(&self.keys[key].1).await.map(|admitted| admitted.ctx.actor().role);
                (outcome(done), model.power(key))
            }
        }
    }

    /// At the end every key is asked once more, and the list agrees.
    async fn compare(&self, model: &Model) -> std::result::Result<(), TestCaseError> {
        for (at, (_, plain)) in self.keys.iter().enumerate() {
            let role = outcome(self.house.admit(plain).await.map(|admitted| admitted.ctx.actor().role));
            prop_assert_eq!(role, model.power(at), "key {} at the end", at);
        }
        let owner = (0..MEMBERS.len()).find(|&who| model.session(who) == Ok(Role::Owner)).expect("an owner is left");
        let ctx = self.session(owner).await.expect("an owner");
        let active = KeyQuery { status: Some(StatusFilter::Active), ..KeyQuery::default() };
        let list = self.house.engine.list_keys(&ctx, &active, 100).await.expect("a list");
        let mut active: Vec<_> = list.rows.iter().map(|line| line.key.key_id).collect();
        active.reverse();
        let expected: Vec<_> =
            self.keys.iter().zip(&model.keys).filter(|(_, key)| !key.revoked).map(|((id, _), _)| *id).collect();
        prop_assert_eq!(active, expected);
        Ok(())
    }
}

/// Many organizations with the same four people, each with their own roles there.
async fn stage(house: &House) -> (Vec<(OrganizationId, Vec<ActorId>)>, Vec<Caller>) {
    let members = || MEMBERS.iter().map(|(name, role)| (identity(name), *role)).collect();
    let cast: Vec<_> = (0..ORGANIZATIONS).map(|_| Cast { organization: "Any", members: members() }).collect();
    house.engine.stage_demo(&cast).await.expect("staged");
    let mut organizations: BTreeMap<String, Vec<ActorId>> = BTreeMap::new();
    for row in house.intruder().await.rows("SELECT organization_id, id FROM actors ORDER BY id").await {
        let (Value::Text(organization), Value::Number(actor)) = (&row[0].1, &row[1].1) else { panic!("an actor") };
        organizations.entry(organization.clone()).or_default().push(ActorId(*actor));
    }
    let mut people = Vec::new();
    for (name, _) in MEMBERS {
        people.push(house.browser(name).await.0);
    }
    (organizations.into_iter().map(|(id, actors)| (id.parse().expect("an id"), actors)).collect(), people)
}

// D6, KE-07, KE-25..KE-29, RA-31, RK-23, RK-41
#[test]
fn d6_five_hundred_random_histories_go_as_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let house = runtime.block_on(House::empty(Place::file()));
    let (mut organizations, people) = runtime.block_on(stage(&house));
    let organizations = std::cell::RefCell::new(&mut organizations);
    let config = Config { cases: HISTORIES, max_shrink_iters: 90, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let told = runner.run(&proptest::collection::vec(step(), 4..24), |steps| {
        let (organization, actors) =
            organizations.borrow_mut().pop().ok_or_else(|| TestCaseError::reject("no organization is left"))?;
        runtime.block_on(async {
            let mut world = World { house: &house, organization, people: &people, actors, keys: Vec::new() };
            let mut model = Model::new();
            for step in &steps {
                let (done, expected) = world.take(&mut model, step).await;
                prop_assert_eq!(done, expected, "{:?}", step);
            }
            world.compare(&model).await
        })
    });
    told.expect("as the model says");
}
