//! Shared by the benchmarks: a stopwatch.
#![expect(unreachable_pub, reason = "a module of several programs")]

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
/// The average duration of a call, measured over this many calls.
pub async fn per_call_of<T>(calls: u32, mut call: impl AsyncFnMut(u32) -> T) -> Duration {
    let begun = Instant::now();
    for n in 0..calls {
        call(n).await;
    }
    begun.elapsed() / calls
}

/// Microseconds.
pub fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}
