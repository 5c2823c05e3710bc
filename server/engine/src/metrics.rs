//! What the operations count, for Prometheus. Names follow its rules: base units, `_total` for
//! counters. No label contains a key, an owner, an organization or an address, so the number of
//! series does not grow with the installation.

use domain::view::RefusalCause;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::{Engine, Result, store};

/// The upper limits of the buckets of revocations, in seconds. A node that has stopped ends the wait
/// after its lease of one second.
const REVOCATION_BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 2.5];

/// Checks of keys by their verdict.
pub(crate) struct Checks {
    by_verdict: Family<VerdictLabel, Counter>,
    /// One of the family, without a search for each check.
    valid: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabel {
    verdict: &'static str,
}

impl Default for Checks {
    /// Every verdict starts at zero, so that a rate exists before the first refusal.
    fn default() -> Self {
        let by_verdict = Family::<VerdictLabel, Counter>::default();
        let counter = |verdict| by_verdict.get_or_create_owned(&VerdictLabel { verdict });
        let valid = counter(VALID);
        counter(UNKNOWN);
        for cause in RefusalCause::ALL {
            counter(cause.as_str());
        }
        Self { by_verdict, valid }
    }
}

const VALID: &str = "valid";
const UNKNOWN: &str = "unknown";

impl Checks {
    /// Counts a key that passed.
    pub fn valid(&self) {
        self.valid.inc();
    }

    /// Counts a key that was refused.
    pub fn refused(&self, cause: RefusalCause) {
        self.count(cause.as_str());
    }

    /// Counts a key that does not exist.
    pub fn unknown(&self) {
        self.count(UNKNOWN);
    }

    fn count(&self, verdict: &'static str) {
        self.by_verdict
            .get_or_create(&VerdictLabel { verdict })
            .inc();
    }
}

/// How keys are found: in memory, or in the database.
#[derive(Default)]
pub(crate) struct KeyReads {
    /// Keys that were in memory.
    pub from_memory: Counter,
    /// Keys that were read from the database.
    pub from_database: Counter,
}

/// The time from the commit of a change that takes access away until no node admits the earlier
/// state.
pub(crate) fn revocation_durations() -> Histogram {
    Histogram::new(REVOCATION_BUCKETS)
}

/// What has a value at a moment, and is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauges {
    /// Whether the database and the revocation journal can be written, and no audit log was altered.
    pub is_ready: bool,
    /// Requests in flight that an API key authenticated.
    pub requests_in_flight: usize,
    /// Keys in memory.
    pub cached_keys: usize,
    /// Sessions that have not expired. None if the database does not answer.
    pub sessions: Option<i64>,
    /// Connections to the database.
    pub connections: store::OpenConnections,
    /// The size of the write-ahead log in bytes. None on Postgres.
    pub wal_bytes: Option<u64>,
    /// Organizations whose audit log was altered.
    pub altered_audit_logs: usize,
    /// Whether the revocation journal has every entry.
    pub is_journal_complete: bool,
}

impl Engine {
    /// Registers the counters of this engine.
    pub fn register_metrics(&self, registry: &mut Registry) {
        let reads = &self.inner.key_reads;
        registry.register(
            "key_checks",
            "Checks of API keys that count as a use, by verdict",
            self.usage().checks().by_verdict.clone(),
        );
        registry.register(
            "key_cache_hits",
            "Checks of API keys that were in memory",
            reads.from_memory.clone(),
        );
        registry.register(
            "key_cache_misses",
            "Checks of API keys that were read from the database",
            reads.from_database.clone(),
        );
        registry.register_with_unit(
            "revocation_duration",
            "Time from the commit of a change that takes access away until no node admits the earlier state",
            Unit::Seconds,
            self.db().revocation_durations().clone(),
        );
    }

    /// The values of this moment.
    pub async fn gauges(&self) -> Gauges {
        Gauges {
            is_ready: self.ready().await.is_ok(),
            requests_in_flight: self.in_flight().total(),
            cached_keys: self.cached_keys(),
            sessions: self.count_sessions().await.ok(),
            connections: self.db().open_connections(),
            wal_bytes: self.db().wal_bytes(),
            altered_audit_logs: self.chains().broken(),
            is_journal_complete: self.journal().is_complete(),
        }
    }

    async fn count_sessions(&self) -> Result<i64> {
        let mut connection = self.db().read().await?;
        Ok(store::sessions::count(&mut connection, self.runtime().now()).await?)
    }
}
