//! What a key inherits from the keys it took the place of.

use std::collections::BTreeMap;

use domain::token::PlainKey;
use domain::{Actor, KeyId, OrganizationId};
use zeroize::Zeroizing;

use crate::ctx::Ctx;
use crate::mint::{self, Opener, Place};
use crate::store::sealed::{self, HeirRow};
use crate::store::{Link, Tx};
use crate::{Engine, Error, Result};

impl Engine {
    /// Lets a key open what its predecessor opened: seals what the old key's pair is made of to the heir. What the old
    /// key inherited itself is reached through it. Another key than the one that `old_id` names is no heirloom.
    pub(crate) async fn bequeath(
        &self,
        tx: &mut Tx,
        owner: &Actor,
        old: &PlainKey,
        old_id: KeyId,
        heir: KeyId,
        heir_public: &[u8],
    ) -> Result<()> {
        let (place, seal_ikm) = (self.heir_place(owner, old_id.0, heir.0), mint::seal_ikm(old));
        let stored = sealed::public_key(tx, &owner.organization, old_id).await?;
        if stored.as_deref() != Some(&Opener::of(&seal_ikm).public_key()) {
            return Err(Error::Denied);
        }
        let sealed = mint::seal_to(self.outside(), heir_public, &place, seal_ikm.as_slice());
        let sealed = sealed.map_err(|_| Error::Broken(format!("key {heir} has no public key")))?;
        Ok(sealed::insert_heir(tx, &HeirRow { key_id: heir.0, from_key_id: old_id.0, sealed }).await?)
    }

    /// The private halves that a presented key leads to: its own, and of every key it is an heir of.
    pub(super) async fn openers(
        &self,
        link: &mut Link,
        ctx: &Ctx,
        key: KeyId,
        own: Opener,
    ) -> Result<BTreeMap<i64, Opener>> {
        let heirlooms = sealed::heirlooms(link, &ctx.actor.organization, key).await?;
        let (mut openers, mut ahead) = (BTreeMap::new(), vec![(key.0, own)]);
        while let Some((id, opener)) = ahead.pop() {
            for row in heirlooms.iter().filter(|row| row.key_id == id && !openers.contains_key(&row.from_key_id)) {
                let opened = opener.open(&self.heir_place(&ctx.actor, row.from_key_id, id), &row.sealed);
                let seal_ikm = opened.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
                ahead.extend(seal_ikm.map(|ikm| (row.from_key_id, Opener::of(&Zeroizing::new(ikm)))));
            }
            openers.insert(id, opener);
        }
        Ok(openers)
    }

    fn heir_place(&self, owner: &Actor, from: i64, heir: i64) -> Place {
        Place::heir(self.ring().deployment(), owner.organization.as_str(), owner.id.0, from, heir)
    }
}

/// How many messages and notes a key opens now, with what it inherited.
pub(crate) async fn count_sealed(link: &mut Link, organization: &OrganizationId, key: KeyId) -> Result<i64> {
    Ok(sealed::count_of_line(link, organization, key).await?)
}

/// Messages that went to one key go to its successor from now on.
pub(crate) async fn pass_inbox(tx: &mut Tx, organization: &OrganizationId, from: KeyId, to: KeyId) -> Result<()> {
    Ok(sealed::pass_inbox(tx, organization, from, to).await?)
}
