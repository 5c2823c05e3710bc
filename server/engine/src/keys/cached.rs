//! Keys in memory: what a check needs of a key and of its owner.

use std::sync::Arc;
use std::time::Duration;

use domain::view::VerifiedApi;
use domain::{Actor, Moment};

use super::ip_lists::IpLists;
use crate::key_table::{CachedEntry, KeyTable};

/// How many keys are kept in memory unless a setting says otherwise.
pub const DEFAULT_KEY_CACHE: usize = 100_000;
/// After this long a key is read from the database again. So an alteration of its row that no
/// operation made, which makes the row invalid, is found within two minutes.
const MAX_AGE: Duration = Duration::from_secs(90);
/// By how much the age of a key may differ from [`MAX_AGE`], so that keys that were read together
/// are not read again together.
const SPREAD: u64 = 30;

/// The keys in memory, by keyed digest.
pub(crate) type Keys = KeyTable<CachedKey>;

/// What a check needs.
pub(crate) struct CachedKey {
    /// The owner with the effective power of the key.
    pub actor: Arc<Actor>,
    /// The public prefix of the key.
    pub prefix: Arc<str>,
    /// Its name.
    pub name: String,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<Arc<VerifiedApi>>,
    /// Where it may be used from.
    pub ips: IpLists,
}

/// Whether a key has to be read again.
pub(super) fn is_old(entry: &CachedEntry<CachedKey>, now: Duration) -> bool {
    let spread = Duration::from_secs(entry.of.key.0.unsigned_abs() % SPREAD);
    now.saturating_sub(entry.read_at) > MAX_AGE + spread
}
