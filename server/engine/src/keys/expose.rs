//! Marking a key that was sent in a URL (decision D8): logs, proxies and browser histories keep
//! URLs.

use domain::event::{AuditAction, Event};
use domain::token::PlainKey;
use domain::view::RefusalCause;
use domain::{ActorId, KeyId};

use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::store::keys::{self, KeyRow};
use crate::store::{self, parse_column};
use crate::{Engine, Error, Result, key_material};

impl Engine {
    /// Marks an active key as exposed, with one audit event. Unknown, expired and revoked keys are
    /// ignored. Says whether the key is active.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn expose_key(&self, key: &PlainKey, origin: &Origin) -> Result<bool> {
        let found = match self
            .find_key(&key_material::auth_value(key))
            .await
        {
            Err(Error::Unauthenticated(_)) => return Ok(false),
            found => found?.1.key,
        };
        let id = KeyId(found.id);
        let now = self.runtime().now();
        self.usage()
            .refused(id, RefusalCause::SentInAddress, now, origin);

        let is_active = found.state(now).is_active();
        let must_be_marked = |row: &KeyRow| row.exposed_at.is_none() && row.state(now).is_active();
        // Sending the key in a URL again costs no further write.
        if !must_be_marked(&found) {
            return Ok(is_active);
        }

        let organization = parse_column(&found.organization_id, "api_keys.organization_id")?;
        let ctx = Ctx::system_in(
            &organization,
            "Someone with the key",
            now,
            origin.clone(),
        );
        let mut tx = self.db().begin().await?;
        store::audit::lock_chain_head(&mut tx, &organization).await?;
        let row = keys::lock(&mut tx, &organization, id, true)
            .await?
            .filter(must_be_marked);
        let Some(row) = row else { return Ok(is_active) };
        let row = self.require_sound_key(row)?;
        let event = Event::new(AuditAction::KeyExposed, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id));
        let audit_n = journal(self, &mut tx, &ctx, event).await?;
        self.save_key(
            &mut tx,
            &row,
            KeyRow {
                audit_n,
                exposed_at: Some(now.0),
                ..row.clone()
            },
        )
        .await?;
        tx.commit().await?;
        Ok(is_active)
    }
}
