//! Drafts: forms that wait until their sender has signed in again. A draft is sealed and kept for
//! ten minutes, for one use by the same person in the same browser.

use zeroize::Zeroizing;

use crate::ctx::Caller;
use crate::keyring::CanonicalEncoder;
use crate::store::drafts;
use crate::{Engine, Result};

/// A draft expires after ten minutes.
pub const DRAFT_SECONDS: i64 = 10 * 60;
/// Drafts of one person. Older ones are deleted.
const MAX_DRAFTS: i64 = 5;

impl Engine {
    /// Stores a form, and gives the token to take it. `browser` is a secret of the sender's
    /// browser, so the token alone is of no use elsewhere.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn save_draft(&self, caller: &Caller, browser: &str, form: &[u8]) -> Result<String> {
        let token = self.runtime().base62_text::<43>();
        let digest = self.session_digest(token.as_bytes());
        let associated_data = associated_data(caller, browser);
        let sealed = self.ring().seal(
            self.runtime().bytes(),
            "drafts",
            &digest,
            &associated_data,
            form,
        );
        let expires = self.runtime().now().plus_seconds(DRAFT_SECONDS);
        let mut tx = self.db().begin().await?;
        drafts::insert(&mut tx, &digest, caller.person, &sealed, expires).await?;
        drafts::keep_newest(&mut tx, caller.person, MAX_DRAFTS).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Takes a form, once. None for a form that was taken, has expired, or belongs to another
    /// person or browser.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn take_draft(
        &self,
        caller: &Caller,
        browser: &str,
        token: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let mut tx = self.db().begin().await?;
        let mut taken = None;
        for digest in self.session_digests(token.as_bytes()) {
            let now = self.runtime().now();
            let sealed = drafts::take(&mut tx, &digest, caller.person, now).await?;
            taken = taken.or(sealed.map(|sealed| (digest, sealed)));
        }
        tx.commit().await?;
        let associated_data = associated_data(caller, browser);
        Ok(taken.and_then(|(digest, sealed)| {
            self.ring()
                .unseal("drafts", &digest, &associated_data, &sealed)
                .ok()
        }))
    }
}

/// The associated data: only the same person in the same browser can unseal the form.
fn associated_data(caller: &Caller, browser: &str) -> CanonicalEncoder {
    CanonicalEncoder::of("draft")
        .number(caller.person.0)
        .text(browser)
}
