//! Postgres stops and starts under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::api::{Api, Owner};
use crate::check::Rounds;
use crate::forge::unknown_like;
use crate::load::{Journal, Load, Orders};
use crate::report::Report;
use crate::stage::{On, Stage};
use crate::{Outcome, Run, say};

pub const ABOUT: &str = "Postgres is stopped for four seconds and started again, alternating between a shutdown and a crash, while sixteen \
clients send changes and eight others read with a valid, a revoked and an unknown key. For up to a second, a valid key is admitted \
from memory: the program still has a lease, and nobody can revoke the key. Then no call succeeds while Postgres is stopped. No key is \
reported as unknown, and every response arrives within two seconds. The program recovers without a restart.";

/// The number of repetitions.
const CYCLES: u64 = 20;
/// How long the lease of the program is valid after Postgres has stopped.
const LEASE: Duration = Duration::from_secs(1);
/// How long it is stopped, and how long it runs in between.
const AWAY: Duration = Duration::from_secs(4);
const THERE: Duration = Duration::from_millis(1_500);
/// The maximum response time while it is stopped.
const LIMIT: Duration = Duration::from_secs(2);
/// The maximum time to the first success after it has started.
const RECOVERY: Duration = Duration::from_secs(2);
/// The number of readers with each of the three credentials.
const READERS: usize = 8;

/// The state of Postgres.
const UP: u8 = 0;
const CHANGING: u8 = 1;
const DOWN: u8 = 2;

/// The measurements of a reader.
#[derive(Default)]
struct Seen {
    answers: u64,
    away: u64,
    wrong: Vec<String>,
    slowest_away: Duration,
}

impl Seen {
    /// Waits for the readers and adds up their measurements.
    async fn of_all(readers: Vec<JoinHandle<Self>>) -> Outcome<Self> {
        let mut seen = Self::default();
        for reader in readers {
            let one = reader.await?;
            seen.answers += one.answers;
            seen.away += one.away;
            seen.wrong.extend(one.wrong);
            seen.slowest_away = seen.slowest_away.max(one.slowest_away);
        }
        Ok(seen)
    }
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let cycles = run.share_of(CYCLES);
    let mut stage = Stage::up(run, On::Postgres, &[]).await?;
    let api = stage.api()?;
    let state = Arc::new(AtomicU8::new(UP));
    let readers = start_readers(&api, &stage.owner, &state).await?;
    let journal = Journal::open(&run.folder.join("postgres.journal"))?;
    let orders = Orders {
        api,
        owner: stage.owner.clone(),
        journal,
        round: 1,
        seed: run.seed,
        stubborn: true,
    };
    let load = Load::start(&orders, None);
    let mut recoveries = Vec::new();
    for cycle in 0..cycles {
        sleep(THERE).await;
        recoveries.push(away_and_back(&stage, &state, cycle).await?);
    }
    sleep(THERE).await;
    let done = load.end().await;
    state.store(DOWN + 1, Ordering::SeqCst);
    let seen = Seen::of_all(readers).await?;
    let mut rounds = Rounds::new(run.seed);
    rounds.check(1, &stage, &done).await?;
    let alive = stage.program.lives();
    report_answers(&seen, cycles, report);
    report_recoveries(recoveries, cycles, report);
    report_calls(&rounds, report);
    report.row(
        "the program is the same process as before",
        On::Postgres.name(),
        cycles,
        if alive { "yes" } else { "no" },
        alive,
    );
    Ok(())
}

/// Starts the readers, which share a valid, a revoked and an unknown key.
async fn start_readers(
    api: &Api,
    owner: &Owner,
    state: &Arc<AtomicU8>,
) -> Outcome<Vec<JoinHandle<Seen>>> {
    let dead = revoked_key(api, owner).await?;
    let unknown = unknown_like(&owner.key);
    let credentials = [owner.key.clone(), dead, unknown];
    let readers = (0..READERS).map(|number| {
        let at = number % credentials.len();
        // The revoked and the unknown key never succeed. The valid key never fails while the
        // database runs.
        let expected = if at == 0 { 200 } else { 401 };
        read(Reader {
            api: api.clone(),
            key: credentials[at].clone(),
            expected,
            state: state.clone(),
        })
    });
    Ok(readers.collect())
}

/// Reports whether the readers got the right answers in time.
fn report_answers(seen: &Seen, cycles: u64, report: &mut Report) {
    let on = On::Postgres.name();
    let count = format!(
        "{cycles} stops, {} answers, {} while away",
        seen.answers, seen.away
    );
    report.faults(
        "no wrong success and no wrong refusal",
        on,
        &count,
        &seen.wrong,
    );
    let slowest = seen.slowest_away;
    report.row(
        "the slowest answer while Postgres goes, is away, or comes back",
        on,
        seen.away,
        format!("{} ms", slowest.as_millis()),
        seen.away > 0 && slowest <= LIMIT,
    );
}

/// Reports the times from the starts of Postgres to the first successes.
fn report_recoveries(mut recoveries: Vec<Duration>, cycles: u64, report: &mut Report) {
    recoveries.sort_unstable();
    let half = recoveries[recoveries.len() / 2];
    let worst = recoveries.last().copied().unwrap_or_default();
    let spread = format!(
        "shortest {} ms, median {} ms, longest {} ms",
        recoveries[0].as_millis(),
        half.as_millis(),
        worst.as_millis()
    );
    report.row(
        "from the start of Postgres to the first success",
        On::Postgres.name(),
        cycles,
        spread,
        worst <= RECOVERY,
    );
}

/// Reports whether the changes hold.
fn report_calls(rounds: &Rounds, report: &mut Report) {
    let count = format!(
        "{} acknowledged and {} open calls",
        rounds.acknowledged, rounds.unanswered
    );
    report.faults(
        "nothing that was answered is lost, nothing is half done",
        On::Postgres.name(),
        count,
        &rounds.faults,
    );
}

/// Stops Postgres, waits, starts it, and waits for the first success. Returns the time to the first
/// success.
async fn away_and_back(stage: &Stage, state: &Arc<AtomicU8>, cycle: u64) -> Outcome<Duration> {
    let Some(cluster) = &stage.cluster else {
        return Err("there is no cluster".into());
    };
    state.store(CHANGING, Ordering::SeqCst);
    tokio::task::block_in_place(|| {
        cluster.stop(if cycle.is_multiple_of(2) {
            "fast"
        } else {
            "immediate"
        })
    })?;
    sleep(LEASE).await;
    state.store(DOWN, Ordering::SeqCst);
    sleep(AWAY.saturating_sub(LEASE)).await;
    state.store(CHANGING, Ordering::SeqCst);
    tokio::task::block_in_place(|| cluster.go())?;
    let begun = Instant::now();
    let api = stage.api()?;
    while api.tried(&stage.owner.key).await != Some(200) {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("no success within 30 s of the start of Postgres".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    let took = begun.elapsed();
    // Calls during the start may still fail. From now on no call may fail.
    sleep(Duration::from_millis(500)).await;
    state.store(UP, Ordering::SeqCst);
    say(&format!(
        "  stop {}: back after {} ms",
        cycle + 1,
        took.as_millis()
    ));
    Ok(took)
}

struct Reader {
    api: Api,
    key: String,
    expected: u16,
    state: Arc<AtomicU8>,
}

fn read(reader: Reader) -> JoinHandle<Seen> {
    tokio::spawn(async move {
        let mut seen = Seen::default();
        loop {
            let before = reader.state.load(Ordering::SeqCst);
            if before > DOWN {
                return seen;
            }
            let begun = Instant::now();
            let status = reader.api.tried(&reader.key).await;
            let took = begun.elapsed();
            let steady = before == reader.state.load(Ordering::SeqCst);
            seen.answers += 1;
            // The database was stopped and the lease over during the whole call, so only 503 is
            // correct.
            let right = match (steady, before) {
                (true, DOWN) => status == Some(503),
                (true, UP) => status == Some(reader.expected),
                _ => status == Some(503) || status == Some(reader.expected),
            };
            seen.away += u64::from(steady && before == DOWN);
            if !(steady && before == UP) {
                seen.slowest_away = seen.slowest_away.max(took);
            }
            if !right {
                seen.wrong.push(format!(
                    "{status:?} instead of {} (Postgres {before})",
                    reader.expected
                ));
            }
            sleep(Duration::from_millis(30)).await;
        }
    })
}

async fn revoked_key(api: &Api, owner: &Owner) -> Outcome<String> {
    let made = api
        .must(
            reqwest::Method::POST,
            "/api/v1/keys",
            &owner.key,
            serde_json::json!({ "label": "dead" }),
        )
        .await?;
    let path = format!("/api/v1/keys/{}", made.number("key_id"));
    api.must(
        reqwest::Method::DELETE,
        &path,
        &owner.key,
        serde_json::Value::Null,
    )
    .await?;
    Ok(made.text("api_key"))
}
