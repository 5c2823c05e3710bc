//! Runs an operation again and again, and lets another call to the database fail each time.

use std::time::Duration;

use engine::audit::ChainState;
use engine::faults::{Failure, Moment, Plan};
use engine::{Db, Engine, NodeTasks, keyring};
use tokio::time::sleep;

use super::scene::{Done, Failed, On, Operation, Scene};
use super::state::{Delta, State};
use crate::intruder::{Intruder, Value};
use crate::prove;
use crate::test_app::{TestApp, TestDatabase, engine, origin};

/// No operation makes more calls.
const MOST_CALLS: usize = 400;
/// Of pauses and kills, every so manieth call is tested in a share of the cases.
const SHARE: usize = 12;
const KINDS: [(Moment, Failure); 6] = [
    (Moment::Before, Failure::Error),
    (Moment::After, Failure::Error),
    (Moment::Before, Failure::Pause),
    (Moment::After, Failure::Pause),
    (Moment::Before, Failure::Kill),
    (Moment::After, Failure::Kill),
];

/// An installation, and the operation that is tested on it.
pub struct Stage<'a> {
    app: TestApp,
    operation: &'a Operation,
    intruder: Intruder,
    /// The number of leases that are free when nothing runs.
    free: usize,
    nodes: Option<NodeTasks>,
}

/// A successful run of the operation.
struct Success {
    delta: Delta,
    calls: usize,
    commits: Vec<usize>,
}

/// What one run with a failure led to.
struct Run {
    /// None if the operation was dropped.
    done: Option<Done>,
    has_fired: bool,
    delta: Delta,
}

/// Tests operations on the kind of database of an app. Gives the number of injected failures.
pub async fn prove(app: &TestApp, operations: &[Operation]) -> usize {
    let mut injected = 0;
    for operation in operations {
        let stage = Stage::of(app, operation).await;
        injected += stage.prove().await;
    }
    injected
}

impl<'a> Stage<'a> {
    pub async fn of(like: &TestApp, operation: &'a Operation) -> Self {
        let app = TestApp::empty(TestDatabase::like(like).await).await;
        app.stage().await;
        let nodes = if app.db.is_shared() {
            Some(app.engine.join_nodes())
        } else {
            None
        };
        let intruder = app.intruder().await;
        let mut stage = Self {
            app,
            operation,
            intruder,
            free: 0,
            nodes,
        };
        stage.keeps_keys_in_memory().await;
        stage.free = stage.most_free().await;
        stage
    }

    /// Waits until keys are admitted from memory: on Postgres, this node needs its lease.
    async fn keeps_keys_in_memory(&self) {
        let key = self.app.north_key("olga").await;
        for _ in 0..1_000 {
            self.app.with_key(&key.plain).await;
            if self
                .app
                .engine
                .authenticate_cached_key(&key.plain, origin())
                .is_ok()
            {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("no key is kept in memory");
    }

    async fn most_free(&self) -> usize {
        let mut most = 0;
        for _ in 0..5 {
            most = most.max(free(&self.app.db));
            sleep(Duration::from_millis(2)).await;
        }
        most
    }

    async fn prove(mut self) -> usize {
        // The first run creates what exists only once, such as a counter or a signing key.
        self.succeed().await;
        let success = self.succeed().await;
        let mut injected = 0;
        for (moment, failure) in KINDS {
            injected += self
                .fail_each_call(moment, failure, &success)
                .await;
        }
        self.check_at_the_end().await;
        drop(self.nodes.take());
        self.app.close().await;
        injected
    }

    pub async fn prepare(&self) -> Scene {
        (self.operation.prepare)(&self.app).await
    }

    pub fn on(&self) -> On {
        On {
            engine: self.app.engine.clone(),
            db: self.app.db.clone(),
        }
    }

    async fn succeed(&mut self) -> Success {
        let scene = self.prepare().await;
        let before = State::read(&mut self.intruder).await;
        let plan = Plan::counting();
        let done = plan.run((scene.attempt)(self.on())).await;
        assert_eq!(done, Ok(()), "{}", self.name());
        self.settle().await;
        let after = State::read(&mut self.intruder).await;
        Success {
            delta: before.until(&after),
            calls: plan.calls(),
            commits: plan.commits(),
        }
    }

    /// Lets the first call fail, then the second, until a run makes no such call.
    async fn fail_each_call(
        &mut self,
        moment: Moment,
        failure: Failure,
        success: &Success,
    ) -> usize {
        let (mut scene, mut injected) = (self.prepare().await, 0);
        for number in 1..MOST_CALLS {
            if !is_tested(number, failure, success) {
                continue;
            }
            if self.operation.is_growing && number > success.calls {
                self.succeed().await;
                return injected;
            }
            let run = self
                .run(&scene, Plan::at(number, moment, failure), failure)
                .await;
            let at = format!(
                "{}, {failure:?} {moment:?} call {number} of {}",
                self.name(),
                success.calls
            );
            if !run.has_fired {
                assert_eq!(
                    run.done,
                    Some(Ok(())),
                    "{at}: no failure was injected"
                );
                assert_eq!(
                    run.delta, success.delta,
                    "{at}: a success after failures"
                );
                return injected;
            }
            injected += 1;
            self.judge(&run, success, &at);
            self.memory_agrees(&scene, &at).await;
            if failure == Failure::Kill {
                self.restart(&scene, &at).await;
            }
            // What is done later is not done again in the same scene.
            let is_spent = !run.delta.is_empty() || self.operation.is_best_effort;
            if self.operation.is_best_effort {
                let _ = (scene.attempt)(self.on()).await;
            }
            if is_spent || failure == Failure::Kill {
                scene = self.prepare().await;
            }
        }
        panic!("{} makes more than {MOST_CALLS} calls", self.name());
    }

    async fn run(&mut self, scene: &Scene, plan: Plan, failure: Failure) -> Run {
        self.warm(scene).await;
        let before = State::read(&mut self.intruder).await;
        let operation = plan.run((scene.attempt)(self.on()));
        let done = if failure == Failure::Error {
            Some(operation.await)
        } else {
            tokio::select! {
                done = operation => Some(done),
                () = plan.reached() => None,
            }
        };
        plan.resume();
        self.settle().await;
        let after = State::read(&mut self.intruder).await;
        Run {
            done,
            has_fired: plan.has_fired(),
            delta: before.until(&after),
        }
    }

    /// All or nothing, and no success of what was not done.
    fn judge(&self, run: &Run, success: &Success, at: &str) {
        let is_whole = run.delta == success.delta;
        if success.commits.len() > 1 || self.operation.is_best_effort {
            assert!(
                run.delta.is_part_of(&success.delta),
                "{at}: {:?} is no part of {:?}",
                run.delta,
                success.delta
            );
        } else {
            assert!(
                is_whole || run.delta.is_empty(),
                "{at}: neither all nor nothing: {:?} of {:?}",
                run.delta,
                success.delta
            );
        }
        match &run.done {
            None | Some(Err(Failed::Busy)) => {}
            Some(Ok(())) => assert!(
                is_whole || self.operation.is_best_effort,
                "{at}: a success of what was not done: {:?}",
                run.delta
            ),
            Some(Err(Failed::Refused(why))) => panic!("{at}: refused instead of 503: {why}"),
        }
    }

    /// Reads the keys into memory.
    pub async fn warm(&self, scene: &Scene) {
        for key in &scene.keys {
            let _ = self.app.admit(key).await;
        }
    }

    /// What the engine has in memory is as true as the database.
    pub async fn memory_agrees(&self, scene: &Scene, at: &str) {
        let [seen, stored] = self.views(scene).await;
        assert_eq!(seen, stored, "{at}: in memory, and in the database");
    }

    /// Whether the engine knows what is in the database.
    pub async fn is_current(&self, scene: &Scene) -> bool {
        let [seen, stored] = self.views(scene).await;
        seen == stored
    }

    /// How this engine sees the keys and sessions, and how an engine without a memory does.
    async fn views(&self, scene: &Scene) -> [Vec<String>; 2] {
        if scene.keys.is_empty() && scene.sessions.is_empty() {
            return [Vec::new(), Vec::new()];
        }
        let cold = self.app.restarted().await;
        [
            view(&self.app.engine, scene).await,
            view(&cold, scene).await,
        ]
    }

    /// A new process on the same database can do what the killed one could not.
    async fn restart(&self, scene: &Scene, at: &str) {
        let db = Db::open(&self.app.address)
            .await
            .unwrap_or_else(|error| panic!("{at}: the database opens again: {error}"));
        // A ring that was not created is created now.
        let is_usable = keyring::is_initialised(&db)
            .await
            .expect("an answer");
        let engine = if is_usable {
            engine(&db, &self.app.master, None, &self.app.runtime).await
        } else {
            self.app.engine.clone()
        };
        let on = On {
            engine,
            db: db.clone(),
        };
        let done = (scene.attempt)(on).await;
        assert_ne!(done, Err(Failed::Busy), "{at}: after a restart");
        db.close().await;
    }

    /// Waits until every statement that was begun has ended.
    pub async fn settle(&self) {
        for _ in 0..2_000 {
            if free(&self.app.db) >= self.free {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
        panic!("{}: a connection is never given back", self.name());
    }

    async fn check_at_the_end(&mut self) {
        for row in self
            .intruder
            .rows("SELECT id FROM organizations")
            .await
        {
            let Value::Text(id) = &row[0].1 else {
                panic!("no id")
            };
            let id = id.parse().expect("an organization's id");
            let state = self.app.engine.verify_audit(&id).await;
            let state = state.expect("the chain is read");
            assert!(
                matches!(state, ChainState::Sound(_)),
                "{}",
                self.name()
            );
        }
        let ownerless = "SELECT COUNT(*) FROM organizations o WHERE NOT EXISTS (SELECT 1 FROM actors a \
             WHERE a.organization_id = o.id AND a.role = 'owner' AND a.removed_at IS NULL)";
        assert_eq!(
            self.intruder.number(ownerless).await,
            0,
            "{}",
            self.name()
        );
        if !self.app.db.is_shared() {
            let said = self.intruder.text("PRAGMA integrity_check").await;
            assert_eq!(said, "ok", "{}", self.name());
        }
        keyring::open(&self.app.db, &self.app.master, None)
            .await
            .expect("the ring opens");
    }

    pub async fn close(mut self) {
        drop(self.nodes.take());
        self.app.close().await;
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.operation.name, self.operation.about)
    }
}

/// Errors are injected into every call, pauses and kills into all commits and a share of the calls.
fn is_tested(number: usize, failure: Failure, success: &Success) -> bool {
    failure == Failure::Error
        || number > success.calls
        || success.commits.contains(&number)
        || number.is_multiple_of(prove::count(SHARE, 1))
}

fn free(db: &Db) -> usize {
    match db {
        Db::Sqlite { writer, reader, .. } => writer.free() + reader.free(),
        Db::Postgres { pool, .. } => pool.free(),
    }
}

/// What each key may do, and whether each session is open.
async fn view(engine: &Engine, scene: &Scene) -> Vec<String> {
    let mut seen = Vec::new();
    for key in &scene.keys {
        let admitted = engine.authenticate_key(key, origin()).await;
        seen.push(match admitted {
            Ok(request) => format!("{:?}", request.ctx.actor()),
            Err(error) => format!("{:?}", error.code()),
        });
    }
    for session in &scene.sessions {
        let found = engine.peek_session(session).await;
        seen.push(found.expect("an answer").is_some().to_string());
    }
    seen
}
