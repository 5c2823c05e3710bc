//! Rate limit for log lines about refused requests. A few lines of each kind are written per
//! second. The others are counted by reason and summarized in one line.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::Runtime;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Lines of one kind that are written per second.
const PER_SECOND: u32 = 5;
/// Reasons that are counted separately for each kind.
const MAX_REASONS: usize = 16;
/// Kinds that are counted separately.
const MAX_KINDS: usize = 64;
const OTHER: &str = "other";

/// The rate limit. Cheap to clone.
#[derive(Clone)]
pub struct Flood {
    runtime: Runtime,
    kinds: Arc<Mutex<BTreeMap<Kind, Count>>>,
}

/// The message and the status of a line.
type Kind = (&'static str, u64);

#[derive(Default)]
struct Count {
    second: u64,
    written: u32,
    /// Lines that were not written, by reason.
    suppressed: BTreeMap<String, u64>,
}

impl Flood {
    /// Creates a filter that uses the clock of this runtime.
    pub fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            kinds: Arc::default(),
        }
    }

    /// Logs one line for each kind of which lines were suppressed since the last call.
    pub fn summarize(&self, seconds: u64) {
        for ((what, status), reasons) in self.take() {
            let suppressed: u64 = reasons.values().sum();
            let mut by_reason = String::new();
            for (reason, count) in &reasons {
                let comma = if by_reason.is_empty() { "" } else { ", " };
                let _ = write!(by_reason, "{comma}{count} × {reason}");
            }
            tracing::warn!(
                kind = what,
                status,
                suppressed,
                seconds,
                by_reason,
                "log lines suppressed"
            );
        }
    }

    fn take(&self) -> Vec<(Kind, BTreeMap<String, u64>)> {
        let mut kinds = self
            .kinds
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let full = kinds
            .iter_mut()
            .filter(|(_, count)| !count.suppressed.is_empty());
        full.map(|(kind, count)| (*kind, std::mem::take(&mut count.suppressed)))
            .collect()
    }

    /// Whether to write a line. A line that is not written is counted.
    fn allows(&self, kind: Kind, reason: &str, now: Duration) -> bool {
        let mut kinds = self
            .kinds
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kind = if kinds.len() < MAX_KINDS || kinds.contains_key(&kind) {
            kind
        } else {
            (OTHER, 0)
        };
        let count = kinds.entry(kind).or_default();
        if count.second != now.as_secs() {
            count.second = now.as_secs();
            count.written = 0;
        }
        if count.written < PER_SECOND {
            count.written += 1;
            return true;
        }
        let known = count.suppressed.len() < MAX_REASONS || count.suppressed.contains_key(reason);
        *count
            .suppressed
            .entry(if known { reason } else { OTHER }.to_owned())
            .or_default() += 1;
        false
    }
}

impl<S: Subscriber> Filter<S> for Flood {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let mut line = Line::default();
        event.record(&mut line);
        match line.kind() {
            Some(kind) => self.allows(kind, &line.reason, self.runtime.elapsed()),
            None => true,
        }
    }
}

/// The fields of a log event that decide whether it is limited.
#[derive(Default)]
struct Line {
    message: String,
    status: u64,
    reason: String,
}

impl Line {
    /// The kind of the event if it is limited. Internal errors are never limited.
    fn kind(&self) -> Option<Kind> {
        let client_error = (400..500).contains(&self.status);
        match self.message.as_str() {
            "request completed" if client_error => Some(("request completed", self.status)),
            "request failed" if client_error => Some(("request failed", self.status)),
            "sign-in failed" => Some(("sign-in failed", 0)),
            "sign-in rejected" => Some(("sign-in rejected", 0)),
            "possibly suspicious activity: record not found in store" => {
                Some(("session not found", 0))
            }
            _ => None,
        }
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "cause" | "problem" | "reason" => value.clone_into(&mut self.reason),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "cause" | "problem" | "reason" => self.reason = format!("{value:?}"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use domain::Moment;
    use engine::runtime::{FrozenClock, SeededRng};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("page")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn lines(&self, with: &str) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().expect("page").clone()).expect("text");
            text.lines()
                .filter(|line| line.contains(with))
                .map(str::to_owned)
                .collect()
        }
    }

    fn written(act: impl FnOnce(&Flood, &FrozenClock)) -> Page {
        let (page, clock) = (Page::default(), FrozenClock::at(Moment(0)));
        let flood = Flood::new(Runtime::of(clock.clone(), SeededRng::new(1)));
        let writer = page.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(flood.clone()));
        tracing::subscriber::with_default(subscriber, || act(&flood, &clock));
        page
    }

    fn refuse(status: u16, cause: &str) {
        tracing::info!(request_id = "req_1", status, cause, "request failed");
        tracing::info!(
            request_id = "req_1",
            path = "/api/v1/me",
            status,
            "request completed"
        );
    }

    #[test]
    fn many_refused_requests_are_limited_and_summarized() {
        let page = written(|flood, clock| {
            for _ in 0..3 {
                (0..2_000).for_each(|_| refuse(401, "no such key"));
                (0..30).for_each(|_| refuse(429, "too many failed attempts"));
                clock.advance_seconds(1);
            }
            (0..7).for_each(|_| tracing::info!(status = 200_u16, "request completed"));
            refuse(401, "no credential");
            flood.summarize(10);
            flood.summarize(10);
        });
        assert_eq!(page.lines("cause=\"no such key\"").len(), 15);
        assert_eq!(page.lines("request completed request_id").len(), 31);
        assert_eq!(
            page.lines("status=200").len(),
            7,
            "successful requests are never suppressed"
        );
        assert_eq!(
            page.lines("no credential").len(),
            1,
            "the limit applies per second"
        );
        let sums = page.lines("log lines suppressed");
        assert_eq!(sums.len(), 4, "{sums:?}");
        let sum = |kind: &str, status: u16| {
            let found = sums.iter().find(|line| {
                line.contains(&format!("kind=\"{kind}\""))
                    && line.contains(&format!("status={status} "))
            });
            found
                .unwrap_or_else(|| panic!("{sums:?}"))
                .clone()
        };
        assert!(
            sum("request failed", 401)
                .contains("suppressed=5985 seconds=10 by_reason=\"5985 × no such key\""),
            "{sums:?}"
        );
        assert!(
            sum("request failed", 429).contains("suppressed=75 "),
            "{sums:?}"
        );
        assert!(
            sum("request completed", 401).contains("suppressed=5985 "),
            "{sums:?}"
        );
    }

    #[test]
    fn reasons_are_counted_separately_up_to_a_limit() {
        let page = written(|flood, _| {
            (0..5).for_each(|_| refuse(401, "first"));
            (0..40).for_each(|n| refuse(401, &format!("reason {n:02}")));
            (0..3).for_each(|_| refuse(401, "reason 00"));
            flood.summarize(10);
        });
        let sum = page.lines("kind=\"request failed\"").concat();
        assert!(
            sum.contains("4 × reason 00") && sum.contains("1 × reason 15"),
            "{sum}"
        );
        assert!(
            sum.contains("24 × other") && !sum.contains("reason 16"),
            "{sum}"
        );
    }

    #[test]
    fn internal_errors_are_never_suppressed() {
        let page = written(|flood, _| {
            (0..100)
                .for_each(|_| tracing::error!(status = 503_u16, cause = "busy", "request failed"));
            flood.summarize(10);
        });
        assert_eq!(page.lines("busy").len(), 100);
    }
}
