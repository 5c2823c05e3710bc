//! Keys are revoked on one node while every node is asked.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::phase::LEASE;
use super::probe::{ME, Probes};
use super::site::{EVERY, Site};
use super::times::Times;
use super::totals::Totals;
use super::trial::{Answered, Trial};
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::On;
use crate::{Outcome, Run};

/// The number of revocations.
const REVOCATIONS: u64 = 500;
/// The number of keys that are asked for and revoked at the same time, in a full run and otherwise.
const AT_ONCE: u64 = 8;
const FEW_AT_ONCE: u64 = 2;
/// The number of requests a second that each prober sends at least.
const RATE: u64 = 50;
/// The longest random wait before a revocation, in milliseconds.
const WAIT: u64 = 50;

/// Revokes keys on random nodes.
///
/// # Errors
/// If a key is not created or not revoked.
pub async fn run(run: &Run, site: &Site, totals: &mut Totals, report: &mut Report) -> Outcome<()> {
    let count = run.share_of(REVOCATIONS);
    let workers = if run.share < 100 {
        FEW_AT_ONCE
    } else {
        AT_ONCE
    };
    let trial = Trial::new(&site.endpoints);
    let mut running = JoinSet::new();
    for worker in 0..workers {
        let share = count / workers + u64::from(worker < count % workers);
        let rng = Rng::new(run.seed ^ (worker << 32));
        running.spawn(work(trial.clone(), worker, share, rng));
    }
    let mut answers = Vec::new();
    for done in running.join_all().await {
        answers.extend(done?);
    }
    let judgement = totals.judge("a key is revoked", count, &trial, report);
    report_answers(&answers, report);
    report_rates(&judgement.rates, report);
    Ok(())
}

/// Revokes one key after the other.
async fn work(trial: Trial, worker: u64, count: u64, mut rng: Rng) -> Outcome<Vec<Answered>> {
    let mut answers = Vec::new();
    for number in 0..count {
        let name = format!("revoked key {worker}.{number}");
        let subject = trial.create(&name, &mut rng).await?;
        let probes = Probes::start(&trial, subject.number, ME, &subject.key.secret);
        probes.warm().await?;
        sleep(Duration::from_millis(rng.below(WAIT))).await;
        let request = subject.revocation();
        answers.push(
            trial
                .end(subject.number, &EVERY, &request, &mut rng)
                .await?,
        );
        probes.end().await;
    }
    Ok(answers)
}

/// Reports what the answers say, and how long they took.
fn report_answers(answers: &[Answered], report: &mut Report) {
    let on = On::Postgres.name();
    let mut reported = Vec::new();
    let mut faults = Vec::new();
    for answered in answers {
        let stopped = &answered.reply.body["stopped"];
        match (stopped["nodes"].as_u64(), stopped["took_ms"].as_f64()) {
            (Some(nodes), Some(took)) if nodes == EVERY.len() as u64 && took >= 0.0 => {
                reported.push(Duration::from_secs_f64(took / 1_000.0));
            }
            _ => faults.push(format!("stopped: {stopped}")),
        }
    }
    report.faults(
        "a revocation says that it has stopped the key on 3 nodes",
        on,
        answers.len(),
        &faults,
    );
    let reported = Times::of(reported);
    report.row(
        "the time that it says",
        on,
        reported.len(),
        reported.text(),
        reported.len() == answers.len(),
    );
    let calls = Times::of(
        answers
            .iter()
            .map(|answered| answered.took)
            .collect(),
    );
    report.row(
        "the time of the whole call",
        on,
        calls.len(),
        calls.text(),
        calls.worst() <= LEASE,
    );
}

/// Reports how often each key was sent to each node.
fn report_rates(rates: &[u64], report: &mut Report) {
    let half = rates.get(rates.len() / 2).copied();
    let half = half.unwrap_or_default();
    let lowest = rates.first().copied().unwrap_or_default();
    report.row(
        "requests a second with each key on each node",
        On::Postgres.name(),
        rates.len(),
        format!("median {half}, lowest {lowest}"),
        half >= RATE,
    );
}
