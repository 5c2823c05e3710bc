//! Access that a key inherits from its predecessors.

use std::collections::BTreeMap;

use domain::token::PlainKey;
use domain::{Actor, KeyId, OrganizationId, SealedCounts};
use zeroize::Zeroizing;

use crate::ctx::Ctx;
use crate::key_material::{self, Decryptor, SealContext};
use crate::store::sealed::{self, InheritedKeyRow};
use crate::store::{Connection, Tx};
use crate::{Engine, Error, Result};

impl Engine {
    /// Lets a successor open what its predecessor opened: seals the key material of the old key's
    /// pair to the successor. What the old key inherited itself stays reachable through it.
    ///
    /// # Errors
    /// `Denied` if `old` is not the key that `old_id` names.
    pub(crate) async fn grant_access(
        &self,
        tx: &mut Tx,
        owner: &Actor,
        old: &PlainKey,
        old_id: KeyId,
        successor: KeyId,
        successor_public_key: &[u8],
    ) -> Result<()> {
        let context = self.inherited_key_context(owner, old_id.0, successor.0);
        let seal_ikm = key_material::seal_ikm(old);
        let stored = sealed::public_key(tx, &owner.organization, old_id).await?;
        if stored.as_deref() != Some(&Decryptor::of(&seal_ikm).public_key()) {
            return Err(Error::Denied);
        }
        let sealed = key_material::seal_to(
            self.runtime(),
            successor_public_key,
            &context,
            seal_ikm.as_slice(),
        );
        let sealed =
            sealed.map_err(|_| Error::Broken(format!("key {successor} has no public key")))?;
        Ok(sealed::insert_inherited_key(
            tx,
            &InheritedKeyRow {
                key_id: successor.0,
                from_key_id: old_id.0,
                sealed,
            },
        )
        .await?)
    }

    /// The decryptors that a presented key gives access to: its own, and those of every key it
    /// inherited.
    pub(super) async fn decryptors(
        &self,
        connection: &mut Connection,
        ctx: &Ctx,
        key: KeyId,
        own: Decryptor,
    ) -> Result<BTreeMap<i64, Decryptor>> {
        let inherited_keys =
            sealed::inherited_keys(connection, &ctx.actor.organization, key).await?;
        let mut decryptors = BTreeMap::new();
        let mut ahead = vec![(key.0, own)];
        while let Some((id, decryptor)) = ahead.pop() {
            for row in inherited_keys
                .iter()
                .filter(|row| row.key_id == id && !decryptors.contains_key(&row.from_key_id))
            {
                let opened = decryptor.open(
                    &self.inherited_key_context(&ctx.actor, row.from_key_id, id),
                    &row.sealed,
                );
                let seal_ikm = opened
                    .ok()
                    .and_then(|bytes| bytes.as_slice().try_into().ok());
                ahead.extend(
                    seal_ikm.map(|ikm| (row.from_key_id, Decryptor::of(&Zeroizing::new(ikm)))),
                );
            }
            decryptors.insert(id, decryptor);
        }
        Ok(decryptors)
    }

    fn inherited_key_context(&self, owner: &Actor, from: i64, successor: i64) -> SealContext {
        SealContext::inherited_key(
            self.ring().deployment(),
            owner.organization.as_str(),
            owner.id.0,
            from,
            successor,
        )
    }
}

/// How many items of each kind a key can open, with the keys it inherited.
pub(crate) async fn count_sealed(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
) -> Result<SealedCounts> {
    Ok(sealed::count_of_line(connection, organization, key).await?)
}

/// Messages to the owner are sealed to the successor from now on.
pub(crate) async fn reassign_inbox(
    tx: &mut Tx,
    organization: &OrganizationId,
    from: KeyId,
    to: KeyId,
) -> Result<()> {
    Ok(sealed::reassign_inbox(tx, organization, from, to).await?)
}
