//! The keys that sign ID tokens. The first is created on demand; a key is replaced once a month,
//! and kept until the tokens it signed have expired. When several nodes create one concurrently,
//! one succeeds and the others use its key.

use domain::Moment;

use super::TOKEN_SECONDS;
use super::signing::SigningKey;
use crate::runtime::{ID_LENGTH, SKEW_SECONDS};
use crate::store::Connection;
use crate::store::signing::{self, SigningRow};
use crate::{Engine, Error, Result};

/// The prefix of their ids.
const PREFIX: &str = "sig_";
/// How long a key signs: 30 days.
const SIGNS_SECONDS: i64 = 30 * 24 * 60 * 60;
/// How long a retired key is kept: until its last token has expired, also on a node whose clock is
/// late.
const KEPT_SECONDS: i64 = TOKEN_SECONDS + 10 * 60;
/// 65537, the exponent of every key.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    /// Its id, `sig_…`.
    pub id: String,
    /// The modulus, big-endian.
    pub modulus: Vec<u8>,
    /// The exponent, big-endian.
    pub exponent: Vec<u8>,
}

impl VerifyingKey {
    /// Whether the id has the form of ours. Other ids are not looked up.
    pub fn is_ours(id: &str) -> bool {
        let tail = id.strip_prefix(PREFIX).unwrap_or_default();
        tail.len() == ID_LENGTH
            && tail
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
    }
}

/// An unsealed signing key, in memory only.
pub(super) struct Opened {
    pub id: String,
    pub key: SigningKey,
}

impl Engine {
    /// The key of this id, while tokens that it signed may be valid. An altered row is treated as
    /// missing.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verifying_key(&self, id: &str) -> Result<Option<VerifyingKey>> {
        if !VerifyingKey::is_ours(id) {
            return Ok(None);
        }
        let row = signing::find(&mut self.db().read().await?, id).await?;
        Ok(row.filter(|row| self.may_verify(row)).map(public))
    }

    /// Every key that may have signed a valid token: the JWK set.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verifying_keys(&self) -> Result<Vec<VerifyingKey>> {
        let rows = signing::all(&mut self.db().read().await?).await?;
        Ok(rows
            .into_iter()
            .filter(|row| self.may_verify(row))
            .map(public)
            .collect())
    }

    /// Replaces a key that has signed for a month, and deletes those whose tokens have expired.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn renew_signing_keys(&self) -> Result<()> {
        let active = signing::active(&mut self.db().read().await?).await?;
        let now = self.runtime().now();
        // A key from the future was created while the clock was ahead, and would sign for too long.
        let is_from_future = |row: &SigningRow| row.created_at > now.plus_seconds(SKEW_SECONDS).0;
        let is_old = |row: &SigningRow| now.seconds_since(Moment(row.created_at)) >= SIGNS_SECONDS;
        if let Some(old) = active.filter(|row| is_old(row) || is_from_future(row)) {
            self.create_signing_key(Some(old)).await?;
        }
        let mut tx = self.db().begin().await?;
        signing::delete_retired_before(&mut tx, now.plus_seconds(-KEPT_SECONDS)).await?;
        Ok(tx.commit().await?)
    }

    /// The active key. Creates one if there is none, or if its row was altered.
    pub(super) async fn signing_key(&self) -> Result<Opened> {
        // A key that another node creates concurrently is found in the second round.
        for _ in 0..3 {
            let active = signing::active(&mut self.db().read().await?).await?;
            if let Some(opened) = active
                .as_ref()
                .and_then(|row| self.open_signing_key(row))
            {
                return Ok(opened);
            }
            self.create_signing_key(active).await?;
        }
        Err(Error::Broken(
            "no signing key could be created".into(),
        ))
    }

    /// The key of this id, if it is still valid.
    pub(super) async fn signing_key_of(
        &self,
        connection: &mut Connection,
        id: &str,
    ) -> Result<Option<Opened>> {
        let row = signing::find(connection, id).await?;
        Ok(row
            .filter(|row| self.may_verify(row))
            .and_then(|row| self.open_signing_key(&row)))
    }

    /// Creates a key that replaces another, or the first key.
    async fn create_signing_key(&self, old: Option<SigningRow>) -> Result<()> {
        let drawn = tokio::task::spawn_blocking(SigningKey::generate).await;
        let key = drawn.map_err(|error| Error::Broken(error.to_string()))??;
        let now = self.runtime().now().0;
        let row = SigningRow {
            id: self.runtime().random_id(PREFIX),
            public: key.public(),
            sealed: Vec::new(),
            created_at: now,
            retired_at: None,
            row_mac: Vec::new(),
        };
        let sealed = self.ring().seal(
            self.runtime().bytes(),
            "signing_keys",
            row.id.as_bytes(),
            &row.associated_data(),
            &key.private()?,
        );
        let row = SigningRow { sealed, ..row }.with_mac(self.ring());
        let mut tx = self.db().begin().await?;
        match old {
            Some(old) if old.is_sound(self.ring()) => {
                let retired = SigningRow {
                    retired_at: Some(now),
                    ..old
                }
                .with_mac(self.ring());
                if !signing::supersede(&mut tx, &retired).await? {
                    return Ok(());
                }
            }
            Some(altered) => {
                tracing::error!(
                    key = altered.id,
                    "integrity failure: a signing key's row was altered"
                );
                signing::delete(&mut tx, &altered.id).await?;
            }
            None => {}
        }
        let is_added = signing::insert(&mut tx, &row).await?;
        tx.commit().await?;
        if is_added {
            tracing::info!(key = row.id, "a new key signs ID tokens");
        }
        Ok(())
    }

    fn open_signing_key(&self, row: &SigningRow) -> Option<Opened> {
        if !row.is_sound(self.ring()) {
            return None;
        }
        let private = self
            .ring()
            .unseal(
                "signing_keys",
                row.id.as_bytes(),
                &row.associated_data(),
                &row.sealed,
            )
            .ok()?;
        Some(Opened {
            id: row.id.clone(),
            key: SigningKey::read(&private).ok()?,
        })
    }

    /// Whether tokens of the key may be valid: its row is unaltered, and it was not retired too
    /// long ago.
    fn may_verify(&self, row: &SigningRow) -> bool {
        let kept = |at: i64| self.runtime().now().seconds_since(Moment(at)) < KEPT_SECONDS;
        row.is_sound(self.ring()) && row.retired_at.is_none_or(kept)
    }
}

fn public(row: SigningRow) -> VerifyingKey {
    VerifyingKey {
        id: row.id,
        modulus: row.public,
        exponent: EXPONENT.to_vec(),
    }
}
