//! Keeps a flood of refusals from flooding the log: of each kind a few lines a second are written, the others are counted
//! by reason and summed up in one line.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::Runtime;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Lines of one kind that are written in a second.
const PER_SECOND: u32 = 5;
/// Reasons of one kind that are told apart.
const MOST_REASONS: usize = 16;
/// Kinds that are told apart.
const MOST_KINDS: usize = 64;
const OTHER: &str = "other";

/// What is written of refusals. Cheap to clone.
#[derive(Clone)]
pub struct Flood {
    runtime: Runtime,
    kinds: Arc<Mutex<BTreeMap<Kind, Count>>>,
}

/// The sentence of a line, and its status.
type Kind = (&'static str, u64);

#[derive(Default)]
struct Count {
    second: u64,
    written: u32,
    /// Those that were not written, by reason.
    more: BTreeMap<String, u64>,
}

impl Flood {
    /// A filter that counts on this clock.
    pub fn new(runtime: Runtime) -> Self {
        Self { runtime, kinds: Arc::default() }
    }

    /// Writes what was not written since the last time, one line for each kind. Its reasons are those of the lines.
    pub fn sum_up(&self, seconds: u64) {
        for ((what, status), reasons) in self.take() {
            let more: u64 = reasons.values().sum();
            let mut by_reason = String::new();
            for (reason, count) in &reasons {
                let comma = if by_reason.is_empty() { "" } else { ", " };
                let _ = write!(by_reason, "{comma}{count} × {reason}");
            }
            tracing::warn!(kind = what, status, more, seconds, by_reason, "more refused than are written");
        }
    }

    fn take(&self) -> Vec<(Kind, BTreeMap<String, u64>)> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let full = kinds.iter_mut().filter(|(_, count)| !count.more.is_empty());
        full.map(|(kind, count)| (*kind, std::mem::take(&mut count.more))).collect()
    }

    /// Whether a line is written; else it is counted.
    fn lets_through(&self, kind: Kind, reason: &str, now: Duration) -> bool {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = if kinds.len() < MOST_KINDS || kinds.contains_key(&kind) { kind } else { (OTHER, 0) };
        let count = kinds.entry(kind).or_default();
        if count.second != now.as_secs() {
            (count.second, count.written) = (now.as_secs(), 0);
        }
        if count.written < PER_SECOND {
            count.written += 1;
            return true;
        }
        let known = count.more.len() < MOST_REASONS || count.more.contains_key(reason);
        *count.more.entry(if known { reason } else { OTHER }.to_owned()).or_default() += 1;
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
            Some(kind) => self.lets_through(kind, &line.reason, self.runtime.elapsed()),
            None => true,
        }
    }
}

/// What of an event says whether it is a refusal, and why.
#[derive(Default)]
struct Line {
    message: String,
    status: u64,
    reason: String,
}

impl Line {
    /// The kind of refusal that the event tells, if it tells one. Faults of ours are always written.
    fn kind(&self) -> Option<Kind> {
        let client_error = (400..500).contains(&self.status);
        match self.message.as_str() {
            "answered" if client_error => Some(("answered", self.status)),
            "refused" if client_error => Some(("refused", self.status)),
            "nobody was signed in" => Some(("nobody was signed in", 0)),
            "a sign-in was refused" => Some(("a sign-in was refused", 0)),
            "possibly suspicious activity: record not found in store" => Some(("no such session", 0)),
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
            self.0.lock().expect("page").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn lines(&self, with: &str) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().expect("page").clone()).expect("text");
            text.lines().filter(|line| line.contains(with)).map(str::to_owned).collect()
        }
    }

    fn written(act: impl FnOnce(&Flood, &FrozenClock)) -> Page {
        let (page, clock) = (Page::default(), FrozenClock::at(Moment(0)));
        let flood = Flood::new(Runtime::of(clock.clone(), SeededRng::new(1)));
        let writer = page.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(flood.clone()));
        tracing::subscriber::with_default(subscriber, || act(&flood, &clock));
        page
    }

    fn refuse(status: u16, cause: &str) {
        tracing::info!(request_id = "req_1", status, cause, "refused");
        tracing::info!(request_id = "req_1", path = "/api/v1/me", status, "answered");
    }

    #[test]
    fn a_flood_is_a_few_lines_a_second_and_a_sum() {
        let page = written(|flood, clock| {
            for _ in 0..3 {
                (0..2_000).for_each(|_| refuse(401, "no such key"));
                (0..30).for_each(|_| refuse(429, "too many failed attempts"));
                clock.advance_seconds(1);
            }
            (0..7).for_each(|_| tracing::info!(status = 200_u16, "answered"));
            refuse(401, "no credential");
            flood.sum_up(10);
            flood.sum_up(10);
        });
        assert_eq!(page.lines("cause=\"no such key\"").len(), 15);
        assert_eq!(page.lines("answered request_id").len(), 31);
        assert_eq!(page.lines("status=200").len(), 7, "what succeeded is never left out");
        assert_eq!(page.lines("no credential").len(), 1, "after the flood everything is written again");
        let sums = page.lines("more refused");
        assert_eq!(sums.len(), 4, "{sums:?}");
        let sum = |kind: &str, status: u16| {
            let found = sums
                .iter()
                .find(|line| line.contains(&format!("kind=\"{kind}\"")) && line.contains(&format!("status={status} ")));
            found.unwrap_or_else(|| panic!("{sums:?}")).clone()
        };
        assert!(sum("refused", 401).contains("more=5985 seconds=10 by_reason=\"5985 × no such key\""), "{sums:?}");
        assert!(sum("refused", 429).contains("more=75 "), "{sums:?}");
        assert!(sum("answered", 401).contains("more=5985 "), "{sums:?}");
    }

    #[test]
    fn reasons_are_counted_apart_and_bounded() {
        let page = written(|flood, _| {
            (0..5).for_each(|_| refuse(401, "first"));
            (0..40).for_each(|n| refuse(401, &format!("reason {n:02}")));
            (0..3).for_each(|_| refuse(401, "reason 00"));
            flood.sum_up(10);
        });
        let sum = page.lines("kind=\"refused\"").concat();
        assert!(sum.contains("4 × reason 00") && sum.contains("1 × reason 15"), "{sum}");
        assert!(sum.contains("24 × other") && !sum.contains("reason 16"), "{sum}");
    }

    #[test]
    fn faults_of_ours_are_all_written() {
        let page = written(|flood, _| {
            (0..100).for_each(|_| tracing::error!(status = 503_u16, cause = "busy", "refused"));
            flood.sum_up(10);
        });
        assert_eq!(page.lines("busy").len(), 100);
    }
}
