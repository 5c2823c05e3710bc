//! Forms that wait until their sender has signed in again: sealed, for ten minutes, for one use by the same person in
//! the same browser.

use zeroize::Zeroizing;

use crate::ctx::Caller;
use crate::keyring::CanonicalEncoder;
use crate::store::drafts;
use crate::{Engine, Result};

/// A draft is kept for ten minutes.
pub const DRAFT_SECONDS: i64 = 10 * 60;
/// The most drafts that are kept of one person; an older one gives way.
const MAX_DRAFTS: i64 = 5;

impl Engine {
    /// Keeps a form, and gives the token that takes it back. `browser` is a secret that only the sender's browser has:
    /// a link with the token opens nothing anywhere else.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn save_draft(&self, caller: &Caller, browser: &str, form: &[u8]) -> Result<String> {
        let token = String::from_utf8_lossy(&self.runtime().base62::<43>()).into_owned();
        let digest = self.session_digest(token.as_bytes());
        let associated_data = associated_data(caller, browser);
        let sealed = self.ring().seal(self.runtime().bytes(), "drafts", &digest, &associated_data, form);
        let expires = self.runtime().now().plus_seconds(DRAFT_SECONDS);
        let mut tx = self.db().begin().await?;
        drafts::insert(&mut tx, &digest, caller.person, &sealed, expires).await?;
        drafts::keep_newest(&mut tx, caller.person, MAX_DRAFTS).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Takes a form back, once. Nothing for one that is used or too old, or that another person or browser sent.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn take_draft(&self, caller: &Caller, browser: &str, token: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let digest = self.session_digest(token.as_bytes());
        let mut tx = self.db().begin().await?;
        let sealed = drafts::take(&mut tx, &digest, caller.person, self.runtime().now()).await?;
        tx.commit().await?;
        let associated_data = associated_data(caller, browser);
        Ok(sealed.and_then(|sealed| self.ring().unseal("drafts", &digest, &associated_data, &sealed).ok()))
    }
}

/// Whose form it is, and which browser sent it: nothing else unseals it.
fn associated_data(caller: &Caller, browser: &str) -> CanonicalEncoder {
    CanonicalEncoder::of("draft").number(caller.person.0).text(browser)
}
