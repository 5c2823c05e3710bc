//! A long run with flat memory.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::program::free_port;
use crate::report::Report;
use crate::stage::{BOTH, On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "Eight clients create keys, let each be verified, and revoke it, while two others call with it, on both databases \
at the same time. The order of all calls is compared with the life of a key: no success begins after the revocation is \
answered, and no refusal ends before it began. The resident memory and the open files are read from the metrics. After the \
first third, they must not grow, but for 100 bytes of memory for each key that has ended, which the revocation journal keeps.";

/// How long the clients work, in seconds.
const SPAN: u64 = 1_800;
const CLIENTS: usize = 8;
/// How often a key is verified before it is revoked.
const VERIFICATIONS: usize = 5;
/// How many others call with a key, also while it is revoked.
const CALLERS: usize = 2;
/// The pause after each call, so that two cores are not busy with load alone.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a caller goes on with a key after its revocation was answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many calls have to be compared with the life of their key.
const COMPARED: u64 = 1_000_000;
/// How often memory is read.
const SAMPLE: Duration = Duration::from_secs(5);
/// How much more the last third may need than the second, in percent and in bytes.
const GROWTH_PERCENT: u64 = 5;
const GROWTH_BYTES: u64 = 2_000_000;
/// What a node keeps in memory for good of each key that has ended, at most: its number in the
/// revocation journal, in a table that doubles when it is full.
const ENDED_KEY_BYTES: u64 = 100;
/// How many more files may be open.
const GROWTH_FILES: u64 = 4;

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let span = Duration::from_secs(run.share_of(SPAN).max(30));
    let mut both = JoinSet::new();
    for on in BOTH {
        let run = run.clone();
        both.spawn(async move { soak(&run, on, span).await });
    }
    while let Some(done) = both.join_next().await {
        report.append(done??);
    }
    Ok(())
}

/// What the metrics said at a time.
#[derive(Clone, Copy)]
struct Sample {
    memory: u64,
    files: u64,
}

/// What a client has done.
#[derive(Default)]
struct Work {
    calls: u64,
    /// Calls with a key, whose order was compared with its life.
    compared: u64,
    keys: u64,
    faults: Vec<String>,
}

async fn soak(run: &Run, on: On, span: Duration) -> Outcome<Report> {
    let port = free_port()?;
    let metrics_addr = format!("127.0.0.1:{port}");
    let settings = [("ROUNDTABLE_METRICS_ADDR", metrics_addr.as_str())];
    let stage = Stage::up(run, on, &settings).await?;
    let end = Instant::now() + span;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (api, owner) = (stage.api()?, stage.owner.key.clone());
        clients.spawn(async move { work(&api, &owner, number, end).await });
    }
    let mut samples = Vec::new();
    while Instant::now() < end {
        samples.push(sample(&stage.api()?, &metrics_addr).await?);
        sleep(SAMPLE.min(span / 12)).await;
    }
    let mut whole = Work::default();
    for client in clients.join_all().await {
        whole.calls += client.calls;
        whole.compared += client.compared;
        whole.keys += client.keys;
        whole.faults.extend(client.faults);
    }

    let mut report = Report::default();
    let count = format!(
        "{} s, {} keys, {} calls",
        span.as_secs(),
        whole.keys,
        whole.calls
    );
    report.faults(
        "every call has the expected answer",
        on.name(),
        count,
        &whole.faults,
    );
    report.row(
        "calls whose order was compared with the life of the key: absent, active, ended for good",
        on.name(),
        whole.compared,
        format!("at least {} expected", run.share_of(COMPARED)),
        whole.compared >= run.share_of(COMPARED),
    );
    report_growth(&samples, whole.keys / 3, on, &mut report);
    Ok(report)
}

/// Compares the second third of the samples with the last one. Between them, so many keys have ended.
fn report_growth(samples: &[Sample], ended: u64, on: On, report: &mut Report) {
    let third = samples.len() / 3;
    let (second, last) = (&samples[third..2 * third], &samples[2 * third..]);
    let of = |part: &[Sample], value: fn(&Sample) -> u64| {
        let mut values: Vec<_> = part.iter().map(value).collect();
        values.sort_unstable();
        values
            .get(values.len() / 2)
            .copied()
            .unwrap_or_default()
    };
    let (before, after) = (of(second, |s| s.memory), of(last, |s| s.memory));
    let flat = before + before * GROWTH_PERCENT / 100 + GROWTH_BYTES;
    let limit = flat + ended * ENDED_KEY_BYTES;
    let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    report.row(
        "median memory of the second and of the last third",
        on.name(),
        samples.len(),
        format!(
            "{}, {}, {ended} keys have ended between them",
            mb(before),
            mb(after)
        ),
        after <= limit,
    );
    let (before, after) = (of(second, |s| s.files), of(last, |s| s.files));
    report.row(
        "median open files of the second and of the last third",
        on.name(),
        samples.len(),
        format!("{before}, {after}"),
        after <= before + GROWTH_FILES,
    );
}

async fn work(api: &Api, owner: &str, number: usize, end: Instant) -> Work {
    let mut work = Work::default();
    while Instant::now() < end {
        if let Err(fault) = one_key(api, owner, number, &mut work).await {
            work.faults.push(fault);
        }
    }
    work
}

/// A call with a key.
struct Called {
    begun: Instant,
    ended: Instant,
    status: Option<u16>,
}

/// The life of a key, from its creation to the first refusal that each caller gets.
async fn one_key(api: &Api, owner: &str, number: usize, work: &mut Work) -> Result<(), String> {
    let label = format!("client {number}, key {}", work.keys);
    work.keys += 1;
    work.calls += 1;
    let created = api
        .call(
            Method::POST,
            "/api/v1/keys",
            owner,
            json!({ "label": label }),
        )
        .await;
    if !created.is_success() {
        return Err(format!("{label}: created with {:?}", created.status));
    }
    let (id, key) = (created.number("key_id"), created.text("api_key"));
    let mut callers = JoinSet::new();
    let (ended, end) = watch::channel(None);
    for _ in 0..CALLERS {
        callers.spawn(call_until_refused(
            api.clone(),
            key.clone(),
            end.clone(),
        ));
    }
    let verified = verify(api, owner, &key, work).await;
    let path = format!("/api/v1/keys/{id}");
    let begun = Instant::now();
    let revoked = api
        .call(Method::DELETE, &path, owner, json!(null))
        .await;
    let answered = Instant::now();
    work.calls += 1;
    let patience = if revoked.is_success() {
        PATIENCE
    } else {
        Duration::ZERO
    };
    ended.send_replace(Some(answered + patience));
    let called: Vec<_> = callers
        .join_all()
        .await
        .into_iter()
        .flatten()
        .collect();
    work.calls += called.len() as u64;
    work.compared += called.len() as u64;
    verified.map_err(|fault| format!("{label}: {fault}"))?;
    if !revoked.is_success() {
        return Err(format!("{label}: revoked with {:?}", revoked.status));
    }
    let wrong = called.iter().find(|call| match call.status {
        Some(200) => call.begun > answered,
        Some(401) => call.ended < begun,
        _ => true,
    });
    match wrong {
        None => Ok(()),
        Some(call) => Err(format!(
            "{label}: {:?}, begun {:?} after the revocation was sent and {:?} after its answer",
            call.status,
            call.begun.saturating_duration_since(begun),
            call.begun.saturating_duration_since(answered)
        )),
    }
}

/// Calls with a key until it is refused, or something else is wrong, or the end.
async fn call_until_refused(
    api: Api,
    key: String,
    end: watch::Receiver<Option<Instant>>,
) -> Vec<Called> {
    let mut called = Vec::new();
    loop {
        let begun = Instant::now();
        let status = api.tried(&key).await;
        called.push(Called {
            begun,
            ended: Instant::now(),
            status,
        });
        let is_over = end
            .borrow()
            .is_some_and(|end| Instant::now() >= end);
        if status != Some(200) || is_over {
            return called;
        }
        sleep(PAUSE).await;
    }
}

async fn verify(api: &Api, owner: &str, key: &str, work: &mut Work) -> Result<(), String> {
    for _ in 0..VERIFICATIONS {
        let body = json!({ "key": key });
        let verdict = api
            .call(Method::POST, "/api/v1/keys/verify", owner, body)
            .await;
        work.calls += 1;
        if verdict.body["valid"] != json!(true) {
            return Err(format!("verified as {}", verdict.body));
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn sample(api: &Api, metrics_addr: &str) -> Outcome<Sample> {
    let url = format!("http://{metrics_addr}/metrics");
    let text = api.http().get(url).send().await?.text().await?;
    let value = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok())
            .ok_or_else(|| format!("the metrics lack {name}"))
    };
    Ok(Sample {
        memory: value("process_resident_memory_bytes")?,
        files: value("process_open_fds")?,
    })
}
