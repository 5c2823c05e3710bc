//! A step of the part that injects one kind of fault while keys are revoked.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::probe::{ME, Probes};
use super::site::{EVERY, Site};
use super::times::{Times, millis};
use super::totals::Totals;
use super::trial::{Answered, Subject, Trial};
use crate::Outcome;
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::On;

/// How long a node may answer 503 after everything is repaired.
pub const RECOVERY: Duration = Duration::from_secs(2);
/// How long a revocation may take while a node is lost: the time of a lease, and some for a busy
/// machine.
pub const LEASE: Duration = Duration::from_secs(2);
/// The number of keys that are revoked during a fault.
const KEYS: u64 = 3;

/// A step with its record.
pub struct Phase<'a> {
    /// The fault, as the subject of a sentence.
    pub name: &'static str,
    /// The nodes.
    pub site: &'a mut Site,
    /// The record.
    pub trial: Trial,
    /// The random numbers of the step.
    pub rng: Rng,
    /// What differs from the intended fault.
    pub faults: Vec<String>,
    /// The number of faults so far.
    pub count: u64,
    /// Uses a good key all the time.
    witness: Probes,
    /// How long each revocation took.
    calls: Vec<Duration>,
    /// How long it took until a good key passed on every node, after each fault.
    recoveries: Vec<Duration>,
}

/// Keys that pass on every node.
pub struct Round {
    subjects: Vec<Subject>,
    probes: Vec<Probes>,
}

/// Revocations under way.
pub struct Revocations(JoinSet<Outcome<Answered>>);

impl<'a> Phase<'a> {
    /// Begins when a good key passes on every node.
    ///
    /// # Errors
    /// If it does not.
    pub async fn begin(name: &'static str, site: &'a mut Site, seed: u64) -> Outcome<Self> {
        let trial = Trial::new(&site.endpoints);
        let good = trial.history.subject("a good key");
        let witness = Probes::start(&trial, good, ME, &site.endpoints.owner);
        witness.warm().await?;
        Ok(Self {
            name,
            site,
            trial,
            rng: Rng::new(seed),
            faults: Vec::new(),
            count: 0,
            witness,
            calls: Vec::new(),
            recoveries: Vec::new(),
        })
    }

    /// Creates keys, and waits until they pass on every node.
    ///
    /// # Errors
    /// If they do not.
    pub async fn round(&mut self) -> Outcome<Round> {
        self.count += 1;
        let mut round = Round {
            subjects: Vec::new(),
            probes: Vec::new(),
        };
        for number in 1..=KEYS {
            let name = format!("{}: key {number} of fault {}", self.name, self.count);
            let subject = self.trial.create(&name, &mut self.rng).await?;
            let probes = Probes::start(&self.trial, subject.number, ME, &subject.key.secret);
            round.subjects.push(subject);
            round.probes.push(probes);
        }
        for probes in &round.probes {
            probes.warm().await?;
        }
        Ok(round)
    }

    /// Revokes the keys of a round, each at a random time within this span, on one of these nodes.
    pub fn revoke(&mut self, round: &mut Round, nodes: &[usize], within: Duration) -> Revocations {
        let mut tasks = JoinSet::new();
        for subject in round.subjects.drain(..) {
            let (trial, nodes) = (self.trial.clone(), nodes.to_vec());
            let wait = within.mul_f64(self.rng.below(1_000) as f64 / 1_000.0);
            let mut rng = Rng::new(self.rng.below(u64::MAX));
            tasks.spawn(async move {
                sleep(wait).await;
                let request = subject.revocation();
                trial
                    .end(subject.number, &nodes, &request, &mut rng)
                    .await
            });
        }
        Revocations(tasks)
    }

    /// Waits for revocations, and returns when each was answered.
    ///
    /// # Errors
    /// If one is not.
    pub async fn answers(&mut self, revocations: Revocations) -> Outcome<Vec<Instant>> {
        let mut times = Vec::new();
        for answered in revocations.0.join_all().await {
            let answered = answered?;
            self.calls.push(answered.took);
            times.push(answered.at);
        }
        Ok(times)
    }

    /// Ends a round: waits for its revocations, and until good keys pass again after the repair.
    /// Returns when each revocation was answered.
    ///
    /// # Errors
    /// If one is not, or if good keys do not pass.
    pub async fn settle(
        &mut self,
        round: Round,
        revocations: Revocations,
        repaired: Instant,
    ) -> Outcome<Vec<Instant>> {
        let times = self.answers(revocations).await?;
        self.recover(repaired).await?;
        round.end().await;
        Ok(times)
    }

    /// Waits until a good key passes on every node after the repair.
    ///
    /// # Errors
    /// If it does not.
    pub async fn recover(&mut self, repaired: Instant) -> Outcome<()> {
        let took = self.witness.recovered(&EVERY, repaired).await?;
        self.recoveries.push(took);
        Ok(())
    }

    /// Ends the step, and reports it. `limit` is the longest time that a revocation may take.
    pub async fn finish(self, limit: Option<Duration>, totals: &mut Totals, report: &mut Report) {
        self.witness.end().await;
        let on = On::Postgres.name();
        totals.judge(self.name, self.count, &self.trial, report);
        report.faults(
            &format!("{}: it happens as intended", self.name),
            on,
            self.count,
            &self.faults,
        );
        let calls = Times::of(self.calls);
        report.row(
            &format!("{}: time of a revocation", self.name),
            on,
            calls.len(),
            calls.text(),
            limit.is_none_or(|limit| calls.worst() <= limit),
        );
        let recoveries = Times::of(self.recoveries);
        report.row(
            &format!(
                "{}: until good keys pass on every node again",
                self.name
            ),
            on,
            recoveries.len(),
            format!("worst {}", millis(recoveries.worst())),
            recoveries.worst() <= RECOVERY,
        );
    }
}

impl Round {
    /// Lets the probers continue for a moment, then stops them.
    pub async fn end(self) {
        let mut ends = JoinSet::new();
        for probes in self.probes {
            ends.spawn(probes.end());
        }
        ends.join_all().await;
    }
}
