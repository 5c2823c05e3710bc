//! The runtime: clock and random generator. Tests freeze the clock and seed the generator.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::Moment;
use domain::token::BASE62;
use sha2::{Digest, Sha256};

/// Characters of the random part of an id: ASCII letters and digits.
pub const ID_LENGTH: usize = 16;
/// How many random bytes that are no secret a thread keeps.
const PUBLIC_BUFFER: usize = 4096;

/// A source of time.
pub trait Clock: Send + Sync {
    /// The moment now.
    fn now(&self) -> Moment;

    /// Monotonic time since an arbitrary point.
    fn elapsed(&self) -> Duration;
}

/// A source of random bytes.
pub trait Rng: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);

    /// Fills the whole slice for what is no secret, which may be cheaper.
    fn fill_public(&self, bytes: &mut [u8]) {
        self.fill(bytes);
    }
}

/// How far the clocks of nodes may differ. A time further ahead was written while a clock was
/// wrong.
pub(crate) const SKEW_SECONDS: i64 = 60;
/// 2025-01-01T00:00:00Z. A clock that shows an earlier time is not set yet.
const EARLIEST: Moment = Moment(1_735_689_600_000);

/// Clock and random generator. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    /// The latest time that the clock has shown; the maximum while it is unknown what it showed
    /// before the start.
    latest: Arc<AtomicI64>,
}

impl Runtime {
    /// The operating system's clock and random source.
    pub fn system() -> Self {
        Self::of(Arc::new(SystemClock), Arc::new(SystemRng))
    }

    /// The given clock and generator.
    pub fn of(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self {
            clock,
            rng,
            latest: Arc::new(AtomicI64::new(i64::MAX)),
        }
    }

    /// The moment now.
    pub fn now(&self) -> Moment {
        let now = self.clock.now();
        self.latest.fetch_max(now.0, Ordering::Relaxed);
        now
    }

    /// Whether the clock is set, and was or may have been ahead of what it shows now.
    pub(crate) fn was_ahead(&self) -> bool {
        let now = self.now();
        now >= EARLIEST && self.latest.load(Ordering::Relaxed) > now.plus_seconds(SKEW_SECONDS).0
    }

    /// Takes what the clock shows now as correct.
    pub(crate) fn trust_clock(&self) {
        self.latest
            .store(self.clock.now().0, Ordering::Relaxed);
    }

    /// Monotonic time since an arbitrary point.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Fills the whole slice with randomness.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.rng.fill(bytes);
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// `N` characters, each of the 62 equally likely: bytes of 248 and more are rejected, to avoid
    /// modulo bias.
    pub fn base62<const N: usize>(&self) -> [u8; N] {
        let mut characters = [0; N];
        let mut filled = 0;
        while filled < N {
            for byte in self.bytes::<64>() {
                if filled < N && byte < 248 {
                    characters[filled] = BASE62[usize::from(byte % 62)];
                    filled += 1;
                }
            }
        }
        characters
    }

    /// As [`Runtime::base62`], as text.
    pub fn base62_text<const N: usize>(&self) -> String {
        self.base62::<N>()
            .map(char::from)
            .iter()
            .collect()
    }

    /// The id of a request: `req_` and [`ID_LENGTH`] random characters. It is no secret, and every
    /// request needs one.
    pub fn request_id(&self) -> String {
        let mut id = String::with_capacity(4 + ID_LENGTH);
        id.push_str("req_");
        while id.len() < 4 + ID_LENGTH {
            let mut bytes = [0; ID_LENGTH + 4];
            self.rng.fill_public(&mut bytes);
            let missing = 4 + ID_LENGTH - id.len();
            let characters = bytes
                .into_iter()
                .filter(|byte| *byte < 248)
                .map(|byte| char::from(BASE62[usize::from(byte % 62)]));
            id.extend(characters.take(missing));
        }
        id
    }

    /// An id: the prefix and [`ID_LENGTH`] random characters.
    pub fn random_id(&self, prefix: &str) -> String {
        let tail = self.base62::<ID_LENGTH>();
        prefix
            .chars()
            .chain(tail.iter().map(|&byte| char::from(byte)))
            .collect()
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the system clock"
    )]
    fn now(&self) -> Moment {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Moment(since.map_or(0, |d| {
            i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// Counts the time in which the machine was suspended: a lease must not survive it.
    #[cfg(target_os = "linux")]
    fn elapsed(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            u64::try_from(now.tv_sec).unwrap_or_default(),
            u32::try_from(now.tv_nsec).unwrap_or_default(),
        )
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the system clock"
    )]
    fn elapsed(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START
            .get_or_init(std::time::Instant::now)
            .elapsed()
    }
}

struct SystemRng;

impl Rng for SystemRng {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "nothing is secure without randomness"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system provides randomness");
    }

    /// From a buffer of this thread, because asking the operating system costs more than the rest.
    fn fill_public(&self, bytes: &mut [u8]) {
        thread_local! {
            static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        BUFFER.with_borrow_mut(|buffer| {
            if buffer.len() < bytes.len() {
                buffer.resize(bytes.len().max(PUBLIC_BUFFER), 0);
                self.fill(buffer);
            }
            let rest = buffer.len() - bytes.len();
            bytes.copy_from_slice(&buffer[rest..]);
            buffer.truncate(rest);
        });
    }
}

/// A clock that stands still until a test moves it.
pub struct FrozenClock {
    now: AtomicI64,
    /// Milliseconds of monotonic time; moving the clock back does not change them.
    elapsed: AtomicU64,
}

impl FrozenClock {
    /// A clock at this moment.
    pub fn at(moment: Moment) -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(moment.0),
            elapsed: AtomicU64::new(0),
        })
    }

    /// Moves the clock, forwards or backwards.
    pub fn advance_seconds(&self, seconds: i64) {
        self.now
            .fetch_add(seconds * 1000, Ordering::SeqCst);
        self.elapsed.fetch_add(
            u64::try_from(seconds * 1000).unwrap_or(0),
            Ordering::SeqCst,
        );
    }
}

impl Clock for FrozenClock {
    fn now(&self) -> Moment {
        Moment(self.now.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed.load(Ordering::SeqCst))
    }
}

/// A generator that gives the same bytes for the same seed. For tests only: the seed determines
/// every key.
pub struct SeededRng {
    seed: u64,
    blocks: AtomicI64,
}

impl SeededRng {
    /// A generator for this seed.
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            blocks: AtomicI64::new(0),
        })
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let turn = self.blocks.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(turn.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_equally_likely() {
        let rng = Runtime::of(FrozenClock::at(Moment(0)), SeededRng::new(7));
        let mut seen = [0_u32; 256];
        for _ in 0..4_000 {
            rng.base62::<31>()
                .iter()
                .for_each(|&c| seen[usize::from(c)] += 1);
        }
        let expected = 4_000.0 * 31.0 / 62.0;
        let chi: f64 = BASE62
            .iter()
            .map(|&c| (f64::from(seen[usize::from(c)]) - expected).powi(2) / expected)
            .sum();
        assert!(
            chi < 110.0,
            "chi-square {chi} over 61 degrees of freedom"
        );
        assert_eq!(seen.iter().filter(|&&n| n > 0).count(), 62);
    }
}
