//! Forms that are good for one success. A browser may send a form again (reload, back, a second tab); what was made, and
//! shown, the first time is not made a second time.

use domain::Moment;

use crate::keyring::{CanonicalEncoder, hash};
use crate::keys::IdempotencyKey;
use crate::store::{self, Tx};
use crate::{Error, Result};

/// The length of a token.
const LENGTH: usize = 43;

/// What tells one rendering of a form from every other: drawn by the server, and sent back with the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The token of a form that is being drawn.
    pub fn draw(runtime: &crate::Runtime) -> Self {
        Self(String::from_utf8_lossy(&runtime.base62::<LENGTH>()).into_owned())
    }

    /// The token of a form that was sent; nothing for what none of our forms bears.
    pub fn read(text: &str) -> Option<Self> {
        let fits = text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// The token, as it stands in the form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for an operation that makes a key. Whatever the form says the second time, it makes no second key.
    pub fn once(&self, operation: &str) -> IdempotencyKey {
        IdempotencyKey::of(operation, &self.0, "")
    }

    fn digest(&self, operation: &str, sender: i64) -> Vec<u8> {
        hash(&CanonicalEncoder::of("form").text(operation).number(sender).text(&self.0))
    }
}

/// Spends a form, in the transaction that makes what it asks for. Of two that run at the same time one waits for the
/// other. `sender` is the number of the actor, or of the person where no organization is concerned.
///
/// # Errors
/// `Repeated` for a form that was spent before.
pub(crate) async fn spend(
    tx: &mut Tx,
    form: Option<&FormToken>,
    operation: &str,
    sender: i64,
    at: Moment,
) -> Result<()> {
    let Some(form) = form else { return Ok(()) };
    let first = store::drafts::spend(tx, &form.digest(operation, sender), at).await?;
    if first { Ok(()) } else { Err(Error::Repeated) }
}
