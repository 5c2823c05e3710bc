//! Probers: clients that send the same request to every node again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::history::{Act, Given};
use super::kept_alive::{KeptAlive, get};
use super::trial::Trial;
use crate::Outcome;

/// The path that every key may read.
pub const ME: &str = "/api/v1/me";
/// The time between two requests of a prober. At least 50 requests a second are promised.
const PACE: Duration = Duration::from_millis(14);
/// How many successes there are on each node before a key is ended, so that every node has it in
/// memory.
const WARM: u64 = 3;
/// How long the probers continue after the end of a key.
const TAIL: Duration = Duration::from_millis(300);
/// How long to wait for a success.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often to look for one.
const GLANCE: Duration = Duration::from_millis(2);

/// A prober per node for one key.
pub struct Probes {
    stop: Arc<AtomicBool>,
    passed: Arc<Mutex<Vec<Passed>>>,
    tasks: JoinSet<()>,
}

/// The successes on a node.
#[derive(Clone, Copy, Default)]
struct Passed {
    count: u64,
    last: Option<Instant>,
}

impl Probes {
    /// Starts a prober on every node that sends a key to a path.
    pub fn start(trial: &Trial, subject: usize, path: &str, key: &str) -> Self {
        let ports = &trial.endpoints.ports;
        let stop = Arc::new(AtomicBool::new(false));
        let passed = Arc::new(Mutex::new(vec![Passed::default(); ports.len()]));
        let mut tasks = JoinSet::new();
        for (node, port) in ports.iter().copied().enumerate() {
            let prober = Prober {
                trial: trial.clone(),
                subject,
                node,
                request: get(port, path, key),
                stop: stop.clone(),
                passed: passed.clone(),
            };
            tasks.spawn(prober.run(KeptAlive::to(port)));
        }
        Self {
            stop,
            passed,
            tasks,
        }
    }

    /// Waits until every node has let the key pass a few times.
    ///
    /// # Errors
    /// If a node does not.
    pub async fn warm(&self) -> Outcome<()> {
        let begun = Instant::now();
        while self
            .passed()
            .iter()
            .any(|passed| passed.count < WARM)
        {
            if begun.elapsed() > PATIENCE {
                return Err("a new key does not pass on every node".into());
            }
            sleep(GLANCE).await;
        }
        Ok(())
    }

    /// Waits for a success on each of these nodes after a moment. Returns the longest time from
    /// then.
    ///
    /// # Errors
    /// If there is none for long.
    pub async fn recovered(&self, nodes: &[usize], since: Instant) -> Outcome<Duration> {
        let mut worst = Duration::ZERO;
        let mut waiting = nodes.to_vec();
        while !waiting.is_empty() {
            if since.elapsed() > PATIENCE {
                return Err(format!("no success on the nodes {waiting:?} for long").into());
            }
            sleep(GLANCE).await;
            let passed = self.passed().clone();
            waiting.retain(|node| {
                let success = passed[*node]
                    .last
                    .filter(|success| *success > since);
                worst = worst.max(success.map_or(Duration::ZERO, |success| success - since));
                success.is_none()
            });
        }
        Ok(worst)
    }

    /// Continues for a moment, then stops.
    pub async fn end(self) {
        sleep(TAIL).await;
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
    }

    fn passed(&self) -> MutexGuard<'_, Vec<Passed>> {
        lock(&self.passed)
    }
}

/// A prober of a node.
struct Prober {
    trial: Trial,
    subject: usize,
    node: usize,
    request: String,
    stop: Arc<AtomicBool>,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Prober {
    async fn run(self, mut connection: KeptAlive) {
        let mut ticks = interval(PACE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            let (begun, status) = connection.send(self.request.as_bytes()).await;
            let ended = Instant::now();
            let given = Given::of(status);
            self.trial.history.add(
                Act::Check,
                self.subject,
                self.node,
                (begun, ended),
                given,
            );
            if given == Given::Success {
                let mut passed = lock(&self.passed);
                passed[self.node].count += 1;
                passed[self.node].last = Some(ended);
            }
        }
    }
}

fn lock(passed: &Mutex<Vec<Passed>>) -> MutexGuard<'_, Vec<Passed>> {
    passed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
