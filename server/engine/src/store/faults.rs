//! Failures of database calls, for tests. Only debug builds contain this module.
//!
//! A test runs an operation inside [`Plan::run`]. Every call to the database passes
//! [`around`], which counts the calls of that operation and lets one of them fail.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::StoreError;

tokio::task_local! {
    static PLAN: Plan;
}

/// When the chosen call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the database gets the statement.
    Before,
    /// After the database has executed it.
    After,
}

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The call returns an error, as if the connection was lost.
    Error,
    /// The call waits until [`Plan::resume`], and then goes on as if nothing had happened. Meanwhile
    /// the client goes away: the test drops the operation.
    Pause,
    /// The call waits until [`Plan::resume`], and then this call and every later one fail. Meanwhile
    /// the process is killed: the test drops the operation.
    Kill,
    /// A commit returns an error although the server executes it later, after [`Plan::resume`]. The
    /// number of the call counts commits only.
    LateCommit,
}

/// Which call of an operation fails, and how. Cheap to clone.
#[derive(Clone)]
pub struct Plan {
    inner: Arc<Inner>,
}

struct Inner {
    /// From 1; 0 for none.
    number: usize,
    moment: Moment,
    failure: Failure,
    calls: AtomicUsize,
    /// The number of the call of each commit.
    commits: Mutex<Vec<usize>>,
    has_fired: AtomicBool,
    reached: Semaphore,
    resumed: Semaphore,
    completed: Semaphore,
}

impl Plan {
    /// Lets the call of this number fail.
    pub fn at(number: usize, moment: Moment, failure: Failure) -> Self {
        Self {
            inner: Arc::new(Inner {
                number,
                moment,
                failure,
                calls: AtomicUsize::new(0),
                commits: Mutex::default(),
                has_fired: AtomicBool::new(false),
                reached: Semaphore::new(0),
                resumed: Semaphore::new(0),
                completed: Semaphore::new(0),
            }),
        }
    }

    /// Only counts.
    pub fn counting() -> Self {
        Self::at(0, Moment::Before, Failure::Error)
    }

    /// Runs an operation under this plan.
    pub async fn run<T>(&self, operation: impl Future<Output = T>) -> T {
        PLAN.scope(self.clone(), operation).await
    }

    /// How many calls the operation has made.
    pub fn calls(&self) -> usize {
        self.inner.calls.load(Ordering::SeqCst)
    }

    /// Which calls of the operation were commits.
    pub fn commits(&self) -> Vec<usize> {
        self.inner
            .commits
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts a commit that is about to be made. Gives its number.
    fn count_commit(&self) -> usize {
        let mut commits = self
            .inner
            .commits
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        commits.push(self.calls() + 1);
        commits.len()
    }

    /// Whether the chosen call was made.
    pub fn has_fired(&self) -> bool {
        self.inner.has_fired.load(Ordering::SeqCst)
    }

    /// Waits until the chosen call is made.
    pub async fn reached(&self) {
        wait(&self.inner.reached).await;
    }

    /// Lets the chosen call go on.
    pub fn resume(&self) {
        open(&self.inner.resumed);
    }

    /// Waits until a late commit was executed.
    pub async fn completed(&self) {
        wait(&self.inner.completed).await;
    }

    /// Counts a call. Says whether it is the chosen one, and whether it comes after a kill.
    fn count(&self) -> (bool, bool) {
        let number = self.inner.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let chosen = self.inner.number;
        let counts_calls = self.inner.failure != Failure::LateCommit && chosen > 0;
        let is_dead = self.inner.failure == Failure::Kill && number > chosen;
        (
            counts_calls && number == chosen,
            counts_calls && is_dead,
        )
    }

    fn fire(&self) {
        self.inner.has_fired.store(true, Ordering::SeqCst);
        open(&self.inner.reached);
    }

    async fn work<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (is_chosen, is_dead) = self.count();
        if is_dead {
            return Err(lost());
        }
        if !is_chosen {
            return work.await;
        }
        if self.inner.moment == Moment::After {
            let done = work.await?;
            return self.fail().await.map(|()| done);
        }
        self.fail().await?;
        work.await
    }

    async fn fail(&self) -> Result<(), StoreError> {
        self.fire();
        match self.inner.failure {
            Failure::Error | Failure::LateCommit => Err(lost()),
            Failure::Pause => {
                wait(&self.inner.resumed).await;
                Ok(())
            }
            Failure::Kill => {
                wait(&self.inner.resumed).await;
                Err(lost())
            }
        }
    }

    /// Waits until a late commit is to be executed.
    pub(super) async fn resumed(&self) {
        wait(&self.inner.resumed).await;
    }

    /// Notes that a late commit was executed.
    pub(super) fn complete(&self) {
        open(&self.inner.completed);
    }
}

/// Runs a call to the database under the plan of the operation, if it has one.
pub(super) async fn around<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match PLAN.try_with(Plan::clone) {
        Ok(plan) => plan.work(work).await,
        Err(_) => work.await,
    }
}

/// Runs work in a new task under the plan of the operation that starts it.
pub(super) fn inherited<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let plan = PLAN.try_with(Plan::clone).ok();
    async move {
        match plan {
            Some(plan) => PLAN.scope(plan, work).await,
            None => work.await,
        }
    }
}

/// Counts a commit. Gives the plan if the commit is to be executed late.
pub(super) fn late_commit() -> Option<Plan> {
    let plan = PLAN.try_with(Plan::clone).ok()?;
    let number = plan.count_commit();
    let is_chosen = plan.inner.failure == Failure::LateCommit && number == plan.inner.number;
    is_chosen.then(|| {
        plan.fire();
        plan
    })
}

/// The error of a lost connection.
pub(super) fn lost() -> StoreError {
    let error = io::Error::new(
        io::ErrorKind::ConnectionReset,
        "an injected failure of the database",
    );
    StoreError::Sqlx(sqlx::Error::Io(error))
}

fn open(gate: &Semaphore) {
    gate.add_permits(1_000);
}

async fn wait(gate: &Semaphore) {
    drop(gate.acquire().await);
}
