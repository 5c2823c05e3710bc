//! A long run with flat memory.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::program::free_port;
use crate::report::Report;
use crate::stage::{BOTH, On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "Eight clients create keys, call with each of them, let it be verified, and revoke it, on both databases at \
the same time. The resident memory and the open files are read from the metrics. After the first third, they must not grow.";

/// How long the clients work, in seconds.
const SPAN: u64 = 1_800;
const CLIENTS: usize = 8;
/// Calls with each key before it is revoked.
const CALLS: usize = 10;
/// The pause after each call, so that two cores are not busy with load alone.
const PAUSE: Duration = Duration::from_millis(5);
/// How often memory is read.
const SAMPLE: Duration = Duration::from_secs(5);
/// How much more the last third may need than the second, in percent and in bytes.
const GROWTH_PERCENT: u64 = 5;
const GROWTH_BYTES: u64 = 2_000_000;
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
    report_growth(&samples, on, &mut report);
    Ok(report)
}

/// Compares the second third of the samples with the last one.
fn report_growth(samples: &[Sample], on: On, report: &mut Report) {
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
    let limit = before + before * GROWTH_PERCENT / 100 + GROWTH_BYTES;
    let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    report.row(
        "median memory of the second and of the last third",
        on.name(),
        samples.len(),
        format!("{}, {}", mb(before), mb(after)),
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

/// The life of a key.
async fn one_key(api: &Api, owner: &str, number: usize, work: &mut Work) -> Result<(), String> {
    let label = format!("client {number}, key {}", work.keys);
    work.keys += 1;
    let created = api
        .call(
            Method::POST,
            "/api/v1/keys",
            owner,
            json!({ "label": label }),
        )
        .await;
    work.calls += 1;
    if !created.is_success() {
        return Err(format!("{label}: created with {:?}", created.status));
    }
    let (id, key) = (created.number("key_id"), created.text("api_key"));
    for _ in 0..CALLS {
        let status = api.tried(&key).await;
        let verdict = api
            .call(
                Method::POST,
                "/api/v1/keys/verify",
                owner,
                json!({ "key": key }),
            )
            .await;
        work.calls += 2;
        if status != Some(200) || verdict.body["valid"] != json!(true) {
            return Err(format!("{label}: {status:?}, {}", verdict.body));
        }
        sleep(PAUSE).await;
    }
    let path = format!("/api/v1/keys/{id}");
    let revoked = api
        .call(Method::DELETE, &path, owner, json!(null))
        .await;
    let status = api.tried(&key).await;
    work.calls += 2;
    if revoked.is_success() && status == Some(401) {
        Ok(())
    } else {
        Err(format!(
            "{label}: revoked with {:?}, then {status:?}",
            revoked.status
        ))
    }
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
