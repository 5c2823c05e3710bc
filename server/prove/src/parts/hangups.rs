//! Anonymous clients that disconnect during a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::Api;
use crate::forge::unknown_like;
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "Twelve connections at a time send `GET /api/v1/me` with a well-formed unknown key and reset the \
connection 0 to 20 ms later, on Postgres, while legitimate clients call at a fixed rate. The run compares the response times \
of these clients with and without the attack. The limit on failed attempts is off, so that every request reaches the database.";

/// The number of concurrent attackers.
const ATTACKERS: u64 = 12;
/// The number of legitimate clients, and the rate of each.
const GOOD: u64 = 4;
const PACE: Duration = Duration::from_millis(20);
/// The duration of each of the four measurements.
const SPAN: u64 = 12;
/// The maximum slowdown of legitimate clients, as a factor of the 99th percentile.
const FACTOR: f64 = 3.0;

/// The measurements of legitimate clients.
struct Waits {
    sorted: Vec<Duration>,
    failed: usize,
}

impl Waits {
    fn at(&self, percent: usize) -> Duration {
        self.sorted
            .get(self.sorted.len() * percent / 100)
            .or(self.sorted.last())
            .copied()
            .unwrap_or_default()
    }
}

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let stage = Stage::up(run, On::Postgres, &[]).await?;
    let span = Duration::from_secs(run.share_of(SPAN).max(3));
    let measured = Measured::take(&stage, run.seed, span).await?;
    measured.report_waits(report);
    measured.report_paces(span, report);
    measured.report_slowdowns(report);
    Ok(())
}

/// The four measurements.
struct Measured {
    /// Before the attack.
    quiet: Waits,
    /// Beside as many clients who wait for their answers.
    beside: Waits,
    /// During the attack.
    attacked: Waits,
    /// After the attack.
    after: Waits,
    /// The requests of the clients who waited.
    answered: u64,
    /// The requests of the attackers.
    sent: u64,
}

impl Measured {
    /// Measures the legitimate clients before, during and after the attack.
    async fn take(stage: &Stage, seed: u64, span: Duration) -> Outcome<Self> {
        let (api, key) = (stage.api()?, &stage.owner.key);
        // Open connections and warm caches before the measurement.
        good(&api, key, Duration::from_secs(1)).await;
        let quiet = good(&api, key, span).await;
        let unknown = unknown_like(key);
        let polite = Crowd::start(stage.program.port(), &unknown, seed, false);
        let (beside, answered) = good_beside(polite, &api, key, span).await;
        let attack = Crowd::start(stage.program.port(), &unknown, seed, true);
        let (attacked, sent) = good_beside(attack, &api, key, span).await;
        sleep(Duration::from_millis(500)).await;
        let after = good(&api, key, span).await;
        Ok(Self {
            quiet,
            beside,
            attacked,
            after,
            answered,
            sent,
        })
    }

    /// Reports the response times of the legitimate clients.
    fn report_waits(&self, report: &mut Report) {
        for (name, waits) in [
            ("before the attack", &self.quiet),
            (
                "beside as many who wait for their answers",
                &self.beside,
            ),
            ("during the attack", &self.attacked),
            ("after the attack", &self.after),
        ] {
            let (half, most) = (waits.at(50).as_micros(), waits.at(99).as_micros());
            let result = format!(
                "median {half} µs, 99th percentile {most} µs, {} failed",
                waits.failed
            );
            report.row(
                &format!("good clients {name}"),
                On::Postgres.name(),
                waits.sorted.len(),
                result,
                waits.failed == 0,
            );
        }
    }

    /// Reports how many requests the others sent.
    fn report_paces(&self, span: Duration, report: &mut Report) {
        for (what, sent) in [
            (
                "requests that waited for their answers",
                self.answered,
            ),
            ("requests that hung up", self.sent),
        ] {
            let pace = format!("{} a second", sent / span.as_secs().max(1));
            report.row(what, On::Postgres.name(), sent, pace, sent > 0);
        }
    }

    /// Reports how much slower the legitimate clients were during the attack.
    fn report_slowdowns(&self, report: &mut Report) {
        let on = On::Postgres.name();
        let attacked = self.attacked.at(99).as_secs_f64();
        let fair = attacked / self.beside.at(99).as_secs_f64().max(1e-6);
        let what = "99th percentile during the attack, over beside as many who wait (no promise)";
        report.row(what, on, 1, format!("{fair:.1} times"), true);
        let factor = attacked / self.quiet.at(99).as_secs_f64().max(1e-6);
        report.row(
            "99th percentile during the attack, over before",
            on,
            1,
            format!("{factor:.1} times"),
            factor <= FACTOR,
        );
    }
}

/// Calls with a valid key while a crowd calls. Also returns the number of requests of the crowd.
async fn good_beside(crowd: Crowd, api: &Api, key: &str, span: Duration) -> (Waits, u64) {
    sleep(Duration::from_millis(500)).await;
    let waits = good(api, key, span).await;
    (waits, crowd.end().await)
}

/// Calls with a valid key at a fixed rate. A slow call does not delay the next one.
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

/// Clients with an unknown key.
struct Crowd {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    callers: JoinSet<()>,
}

impl Crowd {
    fn start(port: u16, key: &str, seed: u64, hang_up: bool) -> Self {
        let (stop, sent) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let mut callers = JoinSet::new();
        for number in 0..ATTACKERS {
            let (stop, sent, key) = (stop.clone(), sent.clone(), key.to_owned());
            callers.spawn(async move {
                let mut rng = Rng::new(seed ^ (number << 32));
                while !stop.load(Ordering::Relaxed) {
                    let pause = Duration::from_micros(rng.below(20_001));
                    if call(port, &key, pause, hang_up).await.is_ok() {
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Self {
            stop,
            sent,
            callers,
        }
    }

    async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
        self.sent.load(Ordering::Relaxed)
    }
}

/// Sends a request on its own connection, and resets the connection before or after reading the
/// response.
async fn call(port: u16, key: &str, pause: Duration, hang_up: bool) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_zero_linger()?;
    let request = format!(
        "GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    if !hang_up {
        let mut answer = [0; 64];
        stream.read_exact(&mut answer).await?;
    }
    sleep(pause).await;
    Ok(())
}
