//! The lease of this node.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::LEASE;
use crate::Runtime;

/// How much earlier a node stops to use its lease than the others may assume: monotonic clocks of
/// two machines differ.
const MARGIN: Duration = Duration::from_millis(50);

/// Distinguishes a lease from the one after a lapse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseNumber(u64);

/// A lease: valid until a point on the monotonic clock.
pub(super) struct NodeLease {
    number: AtomicU64,
    /// In nanoseconds of the runtime's monotonic clock.
    valid_until: AtomicU64,
    runtime: Runtime,
}

impl NodeLease {
    /// A lease that has not begun.
    pub fn lapsed(runtime: Runtime) -> Self {
        Self {
            number: AtomicU64::new(0),
            valid_until: AtomicU64::new(0),
            runtime,
        }
    }

    /// A lease that never ends: no other process changes the database.
    pub fn endless(runtime: Runtime) -> Self {
        Self {
            valid_until: AtomicU64::new(u64::MAX),
            ..Self::lapsed(runtime)
        }
    }

    /// The lease that is valid now. The number is read before the time: if a new lease begins in
    /// between, the older number is given, which no later check accepts.
    pub fn current(&self) -> Option<LeaseNumber> {
        let number = LeaseNumber(self.number.load(Ordering::SeqCst));
        self.is_valid().then_some(number)
    }

    pub fn is_valid(&self) -> bool {
        nanos(self.runtime.elapsed()) < self.valid_until.load(Ordering::SeqCst)
    }

    /// The time from which a renewal counts. Read it before the renewal is sent.
    pub fn now(&self) -> Duration {
        self.runtime.elapsed()
    }

    /// Begins a new lease with a renewal that was sent at this time. Whatever was kept under an
    /// earlier lease has to be dropped before.
    pub fn begin(&self, sent: Duration) {
        self.lapse();
        self.number.fetch_add(1, Ordering::SeqCst);
        self.extend(sent);
    }

    /// Extends the lease with a renewal that was sent at this time.
    pub fn extend(&self, sent: Duration) {
        let until = sent + LEASE.saturating_sub(MARGIN);
        self.valid_until
            .store(nanos(until), Ordering::SeqCst);
    }

    /// Ends the lease.
    pub fn lapse(&self) {
        self.valid_until.store(0, Ordering::SeqCst);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use domain::Moment;

    use super::*;
    use crate::runtime::{FrozenClock, SeededRng};

    #[test]
    fn a_lease_lasts_less_than_a_second_from_before_its_renewal() {
        let clock = FrozenClock::at(Moment(0));
        let lease = NodeLease::lapsed(Runtime::of(clock.clone(), SeededRng::new(1)));
        assert_eq!(lease.current(), None);
        lease.begin(lease.now());
        let first = lease.current().expect("valid");
        clock.advance_seconds(1);
        assert_eq!(lease.current(), None);
        lease.extend(lease.now());
        assert_eq!(lease.current(), Some(first));
        lease.begin(lease.now());
        assert_ne!(lease.current(), Some(first));
        lease.lapse();
        assert_eq!(lease.current(), None);
    }
}
