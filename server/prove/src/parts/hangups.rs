//! Anonymous callers who hang up in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::Api;
use crate::dice::Dice;
use crate::forge::unknown_like;
use crate::report::Report;
use crate::stage::{On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "Twelve connections at a time send `GET /api/v1/me` with a well-formed unknown key and reset the \
connection 0 to 20 ms later, on Postgres, while good clients call at a fixed pace. Compared within the run: how long good \
clients wait with the attack and without. The limit on failed attempts is off for this, so that every request reaches the database.";

/// Attackers at a time.
const ATTACKERS: u64 = 12;
/// Good clients, and how often each calls.
const GOOD: u64 = 4;
const PACE: Duration = Duration::from_millis(20);
/// How long each of the three measurements takes.
const SPAN: u64 = 12;
/// The most that the attack may slow good clients down, as a factor on the 99th percentile.
const FACTOR: f64 = 3.0;

/// What good clients saw.
struct Waits {
    sorted: Vec<Duration>,
    failed: usize,
}

impl Waits {
    fn at(&self, percent: usize) -> Duration {
        self.sorted.get(self.sorted.len() * percent / 100).or(self.sorted.last()).copied().unwrap_or_default()
    }
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let stage = Stage::up(run, On::Postgres, &[]).await?;
    let span = Duration::from_secs(run.share_of(SPAN).max(3));
    let api = stage.api()?;
    // Connections are opened and caches are warm before anything is measured.
    good(&api, &stage.owner.key, Duration::from_secs(1)).await;
    let quiet = good(&api, &stage.owner.key, span).await;
    let attack = Attack::start(stage.program.port(), &unknown_like(&stage.owner.key), run.seed);
    sleep(Duration::from_millis(500)).await;
    let attacked = good(&api, &stage.owner.key, span).await;
    let sent = attack.end().await;
    sleep(Duration::from_millis(500)).await;
    let after = good(&api, &stage.owner.key, span).await;
    let on = "Postgres";
    for (name, waits) in [("before", &quiet), ("during", &attacked), ("after", &after)] {
        let (half, most) = (waits.at(50).as_micros(), waits.at(99).as_micros());
        let result = format!("median {half} µs, 99th percentile {most} µs, {} failed", waits.failed);
        report.row(&format!("good clients {name} the attack"), on, waits.sorted.len(), result, waits.failed == 0);
    }
    report.row("requests that hung up", on, sent, format!("{} a second", sent / span.as_secs().max(1)), sent > 0);
    let factor = attacked.at(99).as_secs_f64() / quiet.at(99).as_secs_f64().max(1e-6);
    report.row("99th percentile during the attack, over before", on, 1, format!("{factor:.1} times"), factor <= FACTOR);
    Ok(())
}

/// Calls with a good key at a fixed pace: a call that waits does not hold the next one back.
async fn good(api: &Api, key: &str, span: Duration) -> Waits {
    let mut calls = JoinSet::new();
    let begun = Instant::now();
    let total = GOOD * (span.as_millis() / PACE.as_millis()) as u64;
    let apart = PACE / GOOD as u32;
    for number in 0..total {
        sleep_until(begun + apart * number as u32).await;
        let (api, key) = (api.clone(), key.to_owned());
        calls.spawn(async move {
            let sent = Instant::now();
            let status = api.tried(&key).await;
            (sent.elapsed(), status == Some(200))
        });
    }
    let all = calls.join_all().await;
    let failed = all.iter().filter(|(_, fine)| !fine).count();
    let mut sorted: Vec<_> = all.into_iter().map(|(wait, _)| wait).collect();
    sorted.sort_unstable();
    Waits { sorted, failed }
}

struct Attack {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    callers: JoinSet<()>,
}

impl Attack {
    fn start(port: u16, key: &str, seed: u64) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut callers = JoinSet::new();
        for number in 0..ATTACKERS {
            let (stop, sent, key) = (stop.clone(), sent.clone(), key.to_owned());
            callers.spawn(async move {
                let mut dice = Dice::new(seed ^ (number << 32));
                while !stop.load(Ordering::Relaxed) {
                    if hang_up(port, &key, Duration::from_micros(dice.below(20_001))).await.is_ok() {
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Self { stop, sent, callers }
    }

    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
        self.sent.load(Ordering::Relaxed)
    }
}

/// Sends a request and resets the connection before its answer is read.
async fn hang_up(port: u16, key: &str, after: Duration) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_zero_linger()?;
    let request = format!("GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    sleep(after).await;
    Ok(())
}
