//! Moving rows to the active keys of the ring, in batches, beside running servers.
//!
//! A row is moved only if its seal is valid, and only if it was not changed since it was read. A
//! move does not change what the row says, so it writes no event, and servers may keep what they
//! have in memory. Where it was interrupted, the next run continues: rows that were moved are not
//! found again.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::OrganizationId;
use tokio::time::sleep;

use super::{ActiveKeys, Purpose, Ring, RingFault};
use crate::runtime::Runtime;
use crate::store::actors::{self, ActorRow};
use crate::store::apis::{self, ApiRow};
use crate::store::invitations::{self, InvitationRow};
use crate::store::keys::{self, KeyRow};
use crate::store::sessions::{self, SessionRow};
use crate::store::signing::{self, SigningRow};
use crate::store::{Connection, Db, StoreError, Tx, audit, organizations};

/// How many rows are moved in one transaction, so that servers need not wait for long.
pub const RESEAL_BATCH: i64 = 500;
/// How long to wait after a batch, so that the servers can write.
const PAUSE: Duration = Duration::from_millis(5);

/// What was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// The number of moved rows, by table.
    pub moved: BTreeMap<&'static str, u64>,
    /// Rows whose seal is not valid, as "key 7": they stay as they are.
    pub altered: Vec<String>,
}

/// Moves every row that names another key of the ring than the active one, so many in one
/// transaction. Can be interrupted and repeated at any time.
///
/// # Errors
/// When the ring cannot be read, or the database does not answer.
pub async fn reseal(
    db: &Db,
    ring: &Ring,
    runtime: &Runtime,
    batch: i64,
) -> Result<Resealed, RingFault> {
    let mut reseal = Reseal {
        db,
        ring,
        runtime,
        batch,
        done: Resealed::default(),
    };
    for organization in organizations::all(&mut db.read().await?).await? {
        reseal.table::<KeyRow>(&organization).await?;
        reseal.table::<ActorRow>(&organization).await?;
        reseal.table::<ApiRow>(&organization).await?;
        reseal
            .table::<InvitationRow>(&organization)
            .await?;
    }
    reseal.signing_keys().await?;
    reseal.sessions().await?;
    Ok(reseal.done)
}

/// A row of an organization that is sealed.
trait Stored: Sized + Send + Sync {
    const TABLE: &str;

    /// Its place in the order of the pages.
    fn place(&self) -> i64;

    /// What it is called in the report.
    fn name(&self) -> String;

    /// The same row under the active keys. None if its seal is not valid.
    fn resealed(&self, ring: &Ring, runtime: &Runtime) -> Option<Self>;

    /// The rows under other keys than these, after a place.
    async fn page(
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
        active: &ActiveKeys,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError>;

    /// Writes it, unless the row was changed since it was read as `before`.
    async fn save(&self, tx: &mut Tx, before: &Self) -> Result<bool, StoreError>;
}

struct Reseal<'a> {
    db: &'a Db,
    ring: &'a Ring,
    runtime: &'a Runtime,
    batch: i64,
    done: Resealed,
}

impl Reseal<'_> {
    async fn table<R: Stored>(&mut self, organization: &OrganizationId) -> Result<(), RingFault> {
        let mut after = 0;
        while let Some(last) = self.batch::<R>(organization, after).await? {
            after = last;
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Moves some rows after a place. Gives the place of the last one.
    async fn batch<R: Stored>(
        &mut self,
        organization: &OrganizationId,
        after: i64,
    ) -> Result<Option<i64>, RingFault> {
        // A key that was added meanwhile may have made some of the rows.
        self.ring.reload(self.db).await?;
        let active = self.ring.active_keys();
        let mut connection = self.db.read().await?;
        if R::page(&mut connection, organization, after, &active, 1)
            .await?
            .is_empty()
        {
            return Ok(None);
        }
        drop(connection);

        let mut tx = self.db.begin().await?;
        // As every operation that changes the organization: so none has read a row that this
        // changes, and none waits for a row while this waits for one of its rows.
        audit::lock_chain_head(&mut tx, organization).await?;
        let rows = R::page(&mut tx, organization, after, &active, self.batch).await?;
        let last = rows.last().map(R::place);
        let mut moved = 0;
        for row in &rows {
            match row.resealed(self.ring, self.runtime) {
                Some(new) => moved += u64::from(new.save(&mut tx, row).await?),
                None => self.done.altered.push(row.name()),
            }
        }
        tx.commit().await?;
        self.count(R::TABLE, moved);
        Ok(last)
    }

    async fn signing_keys(&mut self) -> Result<(), RingFault> {
        self.ring.reload(self.db).await?;
        let active = self.ring.active_keys();
        for row in signing::all(&mut self.db.read().await?).await? {
            if names(&row.sealed, 1, &active.data) && names(&row.row_mac, 0, &active.row) {
                continue;
            }
            let Some(new) = self.resealed_signing_key(&row) else {
                self.done
                    .altered
                    .push(format!("signing key {}", row.id));
                continue;
            };
            let mut tx = self.db.begin().await?;
            let is_moved = signing::reseal(&mut tx, &new, &row).await?;
            tx.commit().await?;
            self.count("signing_keys", u64::from(is_moved));
        }
        Ok(())
    }

    fn resealed_signing_key(&self, row: &SigningRow) -> Option<SigningRow> {
        if !row.is_sound(self.ring) {
            return None;
        }
        let sealed = self.sealed_again(
            ("signing_keys", row.id.as_bytes()),
            &row.associated_data(),
            &row.sealed,
        )?;
        Some(
            SigningRow {
                sealed,
                ..row.clone()
            }
            .with_mac(self.ring),
        )
    }

    /// The values of sessions. What only lasts for ten minutes is not moved.
    async fn sessions(&mut self) -> Result<(), RingFault> {
        let mut after = Vec::new();
        loop {
            self.ring.reload(self.db).await?;
            let active = self.ring.active_keys();
            let mut connection = self.db.read().await?;
            let rows =
                sessions::of_other_ring_keys(&mut connection, &after, &active.data, self.batch)
                    .await?;
            drop(connection);
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after.clone_from(&last.digest);
            for row in &rows {
                self.session(row).await?;
            }
        }
    }

    /// In a transaction of its own, because operations lock sessions in any order.
    async fn session(&mut self, row: &SessionRow) -> Result<(), RingFault> {
        let sealed = self.sealed_again(
            ("sessions", &row.digest),
            &row.associated_data(),
            &row.sealed,
        );
        let Some(sealed) = sealed else {
            self.done
                .altered
                .push(format!("session {}", row.id));
            return Ok(());
        };
        let new = SessionRow {
            sealed,
            ..row.clone()
        };
        let mut tx = self.db.begin().await?;
        let is_moved = sessions::reseal(&mut tx, &new, row).await?;
        tx.commit().await?;
        self.count("sessions", u64::from(is_moved));
        Ok(())
    }

    fn sealed_again(
        &self,
        (table, id): (&str, &[u8]),
        associated_data: &super::CanonicalEncoder,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let value = self
            .ring
            .unseal(table, id, associated_data, sealed)
            .ok()?;
        let nonce = self.runtime.bytes();
        Some(
            self.ring
                .seal(nonce, table, id, associated_data, &value),
        )
    }

    fn count(&mut self, table: &'static str, moved: u64) {
        if moved > 0 {
            *self.done.moved.entry(table).or_default() += moved;
        }
    }
}

/// Whether a stored value names this ring key, from this byte on.
fn names(value: &[u8], from: usize, ring_key: &[u8]) -> bool {
    value.get(from..from + 8) == Some(ring_key)
}

impl Stored for KeyRow {
    const TABLE: &str = "api_keys";

    fn place(&self) -> i64 {
        self.id
    }

    fn name(&self) -> String {
        format!("key {}", self.id)
    }

    fn resealed(&self, ring: &Ring, runtime: &Runtime) -> Option<Self> {
        if !self.is_sound(ring) {
            return None;
        }
        let id = self.id.to_be_bytes();
        let verifier = ring
            .unseal(
                Self::TABLE,
                &id,
                &self.associated_data(),
                &self.sealed,
            )
            .ok()?;
        let (lookup_key_id, lookup) = ring.lookup(Purpose::Lookup, &verifier);
        // The sealed verifier is bound to the lookup key, so both are replaced together.
        let mut row = Self {
            lookup_key_id,
            lookup,
            ..self.clone()
        };
        row.sealed = ring.seal(
            runtime.bytes(),
            Self::TABLE,
            &id,
            &row.associated_data(),
            &verifier,
        );
        Some(row.with_mac(ring))
    }

    async fn page(
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
        active: &ActiveKeys,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError> {
        keys::of_other_ring_keys(connection, organization, after, active, limit).await
    }

    async fn save(&self, tx: &mut Tx, before: &Self) -> Result<bool, StoreError> {
        keys::reseal(tx, self, before).await
    }
}

impl Stored for ActorRow {
    const TABLE: &str = "actors";

    fn place(&self) -> i64 {
        self.id
    }

    fn name(&self) -> String {
        format!("actor {}", self.id)
    }

    fn resealed(&self, ring: &Ring, _: &Runtime) -> Option<Self> {
        self.is_sound(ring)
            .then(|| self.clone().sealed(ring))
    }

    async fn page(
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
        active: &ActiveKeys,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError> {
        actors::of_other_ring_keys(connection, organization, after, &active.row, limit).await
    }

    async fn save(&self, tx: &mut Tx, before: &Self) -> Result<bool, StoreError> {
        actors::reseal(tx, self, before).await
    }
}

impl Stored for ApiRow {
    const TABLE: &str = "apis";

    fn place(&self) -> i64 {
        self.id
    }

    fn name(&self) -> String {
        format!("API {}", self.slug)
    }

    fn resealed(&self, ring: &Ring, _: &Runtime) -> Option<Self> {
        self.has_valid_seal(ring)
            .then(|| self.clone().sealed(ring))
    }

    async fn page(
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
        active: &ActiveKeys,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError> {
        apis::of_other_ring_keys(connection, organization, after, &active.row, limit).await
    }

    async fn save(&self, tx: &mut Tx, before: &Self) -> Result<bool, StoreError> {
        apis::reseal(tx, self, before).await
    }
}

impl Stored for InvitationRow {
    const TABLE: &str = "invitations";

    fn place(&self) -> i64 {
        self.seq
    }

    fn name(&self) -> String {
        format!("invitation {}", self.id)
    }

    fn resealed(&self, ring: &Ring, _: &Runtime) -> Option<Self> {
        self.is_sound(ring)
            .then(|| self.clone().sealed(ring))
    }

    async fn page(
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
        active: &ActiveKeys,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError> {
        invitations::of_other_ring_keys(connection, organization, after, &active.row, limit).await
    }

    async fn save(&self, tx: &mut Tx, before: &Self) -> Result<bool, StoreError> {
        invitations::reseal(tx, self, before).await
    }
}
