//! The operations of Roundtable. Each is written once, in this order: authorize, load within reach,
//! apply the rule, write, audit event, commit, notify others.
//!
//! This crate contains the operations, the storage, the key ring, and the clock and randomness they
//! use. It knows no HTTP, no pages and no cookies. To add an operation, write its command and
//! policy line in `domain`, its rows in `store`, then the operation here, and call it from the REST
//! API and from the server functions.

pub mod apis;
pub mod attempts;
pub mod audit;
pub mod backup;
mod change;
pub mod consumers;
pub mod ctx;
pub mod devices;
pub mod drafts;
pub mod error;
pub mod form_token;
mod future_times;
mod hints;
pub mod in_flight;
pub mod invitations;
pub mod journal;
pub mod key_material;
mod key_table;
pub mod keyring;
pub mod keys;
pub mod live;
pub mod me;
pub mod members;
mod metrics;
mod nodes;
pub mod organizations;
mod overview;
pub mod people;
mod reauthorize;
mod recheck;
mod reserve;
pub mod runs;
pub mod runtime;
pub mod sealed;
mod served;
pub mod service_accounts;
pub mod sessions;
pub mod settings;
mod sharded;
mod store;
mod sync;
pub mod tokens;
mod upgrade;
pub mod usage;
pub mod workspaces;

// Not inside of these modules, because `server/prove` compiles them with other locks.
#[cfg(test)]
#[path = "in_flight/tests.rs"]
mod in_flight_tests;
#[cfg(test)]
#[path = "key_table/tests.rs"]
mod key_table_tests;

use std::sync::Arc;

use domain::token::Brand;

pub use ctx::{Caller, Credential, Ctx};
pub use error::{Error, Result};
pub use metrics::Gauges;
pub use nodes::NodeTasks;
pub use runtime::Runtime;
#[cfg(debug_assertions)]
pub use store::faults;
pub use store::{
    BALLAST, DEFAULT_CONNECTIONS, Db, OpenConnections, Schema, StoreError, Support, own_support,
    schema,
};
pub use upgrade::migrate;

/// All operations, with the state they share. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    db: served::ServedDb,
    ring: keyring::Ring,
    runtime: Runtime,
    brand: Brand,
    keys: Arc<keys::Keys>,
    nodes: nodes::Nodes,
    usage: usage::Usage,
    key_reads: metrics::KeyReads,
    live: live::Live,
    queued_runs: hints::Hints,
    chains: audit::Chains,
    refused_keys: keys::RefusedKeys,
    refused_sessions: sessions::RefusedSessions,
    attempts: Arc<attempts::Attempts>,
    assertions: tokens::Assertions,
}

impl Engine {
    /// The operations over an open database and its ring.
    pub fn new(db: Db, ring: keyring::Ring, runtime: Runtime, brand: Brand) -> Self {
        Self::with_journal(
            db,
            ring,
            runtime,
            brand,
            journal::Journal::in_memory(),
        )
    }

    /// The same, with a revocation journal that outlives the process.
    pub fn with_journal(
        db: Db,
        ring: keyring::Ring,
        runtime: Runtime,
        brand: Brand,
        journal: journal::Journal,
    ) -> Self {
        let keys = Arc::new(keys::Keys::new(keys::DEFAULT_KEY_CACHE));
        let nodes = nodes::Nodes::new(&runtime, db.is_shared());
        let db = served::ServedDb::new(db, journal, keys.clone(), nodes.clone());
        let attempts = attempts::Attempts::new(runtime.clone());
        let inner = Inner {
            db,
            ring,
            runtime,
            brand,
            keys,
            nodes,
            usage: usage::Usage::default(),
            key_reads: metrics::KeyReads::default(),
            live: live::Live::default(),
            queued_runs: hints::Hints::default(),
            chains: audit::Chains::default(),
            refused_keys: keys::RefusedKeys::default(),
            refused_sessions: sessions::RefusedSessions::default(),
            attempts,
            assertions: tokens::Assertions::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The clock and the random generator.
    pub fn runtime(&self) -> &Runtime {
        &self.inner.runtime
    }

    /// Whether other nodes may share the database.
    pub fn is_shared(&self) -> bool {
        self.db().is_shared()
    }

    /// The requests in flight that an API key authenticated.
    pub fn in_flight(&self) -> &in_flight::InFlightRequests {
        self.inner.keys.in_flight()
    }

    /// How many keys are in memory.
    pub fn cached_keys(&self) -> usize {
        self.inner.keys.len()
    }

    /// Sets how many keys are kept in memory; 0 for none.
    pub fn set_key_cache(&self, keys: usize) {
        self.inner.keys.set_limit(keys);
    }

    /// Whether the database can be read and written, and the revocation journal too.
    ///
    /// # Errors
    /// `Busy` when it cannot, `OnHold` when an audit log was altered.
    pub async fn ready(&self) -> Result<()> {
        if self.chains().is_any_broken() {
            return Err(Error::OnHold);
        }
        if !self.journal().is_complete() {
            return Err(
                StoreError::File("the last write to the revocation journal failed".into()).into(),
            );
        }
        store::meta::ping(&mut self.db().read().await?).await?;
        self.db()
            .check_writing()
            .await
            .map_err(Error::from)
    }

    pub(crate) fn journal(&self) -> &journal::Journal {
        self.inner.db.journal()
    }

    pub(crate) fn keys(&self) -> &keys::Keys {
        &self.inner.keys
    }

    pub(crate) fn nodes(&self) -> &nodes::Nodes {
        &self.inner.nodes
    }

    pub(crate) fn db(&self) -> &served::ServedDb {
        &self.inner.db
    }

    pub(crate) fn usage(&self) -> &usage::Usage {
        &self.inner.usage
    }

    pub(crate) fn live(&self) -> &live::Live {
        &self.inner.live
    }

    /// Notified when a run may wait for a worker.
    pub(crate) fn queued_runs(&self) -> &hints::Hints {
        &self.inner.queued_runs
    }

    pub(crate) fn chains(&self) -> &audit::Chains {
        &self.inner.chains
    }

    pub(crate) fn refused_keys(&self) -> &keys::RefusedKeys {
        &self.inner.refused_keys
    }

    pub(crate) fn refused_sessions(&self) -> &sessions::RefusedSessions {
        &self.inner.refused_sessions
    }

    pub(crate) fn assertions(&self) -> &tokens::Assertions {
        &self.inner.assertions
    }

    pub(crate) fn ring(&self) -> &keyring::Ring {
        &self.inner.ring
    }
}
