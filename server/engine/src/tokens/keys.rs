//! The keys that sign tokens: made when the first is needed, replaced once a month, kept until what they signed has run
//! out. Of several nodes that make one at the same time, one succeeds, and the others use its.

use domain::Moment;

use super::TOKEN_SECONDS;
use super::signing::SigningKey;
use crate::runtime::SKEW_SECONDS;
use crate::runtime::WORD;
use crate::store::Connection;
use crate::store::signing::{self, SigningRow};
use crate::{Engine, Error, Result};

/// How their ids begin.
const PREFIX: &str = "sig_";
/// How long a key signs: 30 days.
const SIGNS_SECONDS: i64 = 30 * 24 * 60 * 60;
/// How long a retired key is kept: until its last token has run out, on a node whose clock is late, too.
const KEPT_SECONDS: i64 = TOKEN_SECONDS + 10 * 60;
/// 65537, as every key of ours has it.
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
    /// Whether a key of this id could be one of ours: nothing else is looked for.
    pub fn is_ours(id: &str) -> bool {
        let tail = id.strip_prefix(PREFIX).unwrap_or_default();
        tail.len() == WORD && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }
}

/// A key that signs, in memory only.
pub(super) struct Opened {
    pub id: String,
    pub key: SigningKey,
}

impl Engine {
    /// The key of this id, while tokens of it may be good.
    ///
    /// # Errors
    /// `Busy`; an altered row is as good as none.
    pub async fn verifying_key(&self, id: &str) -> Result<Option<VerifyingKey>> {
        if !VerifyingKey::is_ours(id) {
            return Ok(None);
        }
        let row = signing::find(&mut self.db().read().await?, id).await?;
        Ok(row.filter(|row| self.counts(row)).map(public))
    }

    /// Every key that tokens may be signed with, for whoever checks them elsewhere.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn verifying_keys(&self) -> Result<Vec<VerifyingKey>> {
        let rows = signing::all(&mut self.db().read().await?).await?;
        Ok(rows.into_iter().filter(|row| self.counts(row)).map(public).collect())
    }

    /// Replaces a key that has signed for a month, and forgets those whose tokens have run out.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn renew_signing_keys(&self) -> Result<()> {
        let active = signing::active(&mut self.db().read().await?).await?;
        let now = self.runtime().now();
        // One that was made while the clock was ahead would sign for as long as the clock was ahead.
        let early = |row: &SigningRow| row.created_at > now.plus_seconds(SKEW_SECONDS).0;
        let old = |row: &SigningRow| now.seconds_since(Moment(row.created_at)) >= SIGNS_SECONDS;
        if let Some(old) = active.filter(|row| old(row) || early(row)) {
            self.make_signing_key(Some(old)).await?;
        }
        let mut tx = self.db().begin().await?;
        signing::forget(&mut tx, now.plus_seconds(-KEPT_SECONDS)).await?;
        Ok(tx.commit().await?)
    }

    /// The key that signs now; made if there is none, or none that is as it was left.
    pub(super) async fn signing_key(&self) -> Result<Opened> {
        // One that another node makes at the same time is found at the second look.
        for _ in 0..3 {
            let active = signing::active(&mut self.db().read().await?).await?;
            if let Some(opened) = active.as_ref().and_then(|row| self.open_signing_key(row)) {
                return Ok(opened);
            }
            self.make_signing_key(active).await?;
        }
        Err(Error::Broken("no signing key stays".into()))
    }

    /// A key that has signed something, if it is still there.
    pub(super) async fn signing_key_of(&self, connection: &mut Connection, id: &str) -> Result<Option<Opened>> {
        let row = signing::find(connection, id).await?;
        Ok(row.filter(|row| self.counts(row)).and_then(|row| self.open_signing_key(&row)))
    }

    /// Makes a key in the place of another, or the first.
    async fn make_signing_key(&self, old: Option<SigningRow>) -> Result<()> {
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
                let retired = SigningRow { retired_at: Some(now), ..old }.with_mac(self.ring());
                if !signing::supersede(&mut tx, &retired).await? {
                    return Ok(());
                }
            }
            Some(altered) => {
                tracing::error!(key = altered.id, "integrity failure: a signing key's row was altered");
                signing::delete(&mut tx, &altered.id).await?;
            }
            None => {}
        }
        let made = signing::insert(&mut tx, &row).await?;
        tx.commit().await?;
        if made {
            tracing::info!(key = row.id, "a new key signs the tokens of people");
        }
        Ok(())
    }

    fn open_signing_key(&self, row: &SigningRow) -> Option<Opened> {
        if !row.is_sound(self.ring()) {
            return None;
        }
        let private =
            self.ring().unseal("signing_keys", row.id.as_bytes(), &row.associated_data(), &row.sealed).ok()?;
        Some(Opened { id: row.id.clone(), key: SigningKey::read(&private).ok()? })
    }

    /// Whether tokens of the key may be good: its row is as it was left, and it was not retired too long ago.
    fn counts(&self, row: &SigningRow) -> bool {
        let kept = |at: i64| self.runtime().now().seconds_since(Moment(at)) < KEPT_SECONDS;
        row.is_sound(self.ring()) && row.retired_at.is_none_or(kept)
    }
}

fn public(row: SigningRow) -> VerifyingKey {
    VerifyingKey { id: row.id, modulus: row.public, exponent: EXPONENT.to_vec() }
}
