//! Form tokens: a form succeeds once. A browser may send a form again (reload, back, a second tab);
//! what the first submission created, and showed, is not created again.

use domain::Moment;

use crate::keyring::{CanonicalEncoder, hash};
use crate::keys::IdempotencyKey;
use crate::store::{self, Tx};
use crate::{Error, Result};

/// The length of a token.
const LENGTH: usize = 43;

/// Identifies one rendering of a form. The server generates it, and the browser sends it back with
/// the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The token of a form that is being rendered.
    pub fn generate(runtime: &crate::Runtime) -> Self {
        Self(runtime.base62_text::<LENGTH>())
    }

    /// The token of a form that was sent; none for a text that no form of ours contains.
    pub fn read(text: &str) -> Option<Self> {
        let is_token = text.len() == LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric());
        if is_token {
            Some(Self(text.to_owned()))
        } else {
            None
        }
    }

    /// The token, as the form contains it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The idempotency key of an operation that creates an API key. It ignores the content of the
    /// form: a second submission creates no second key even if fields were edited.
    pub fn idempotency_key(&self, operation: &str) -> IdempotencyKey {
        IdempotencyKey::of(operation, &self.0, "")
    }

    fn digest(&self, operation: &str, sender: i64) -> Vec<u8> {
        hash(
            &CanonicalEncoder::of("form")
                .text(operation)
                .number(sender)
                .text(&self.0),
        )
    }
}

/// Spends a form, in the transaction that executes it. Of two concurrent submissions one waits for
/// the other. `sender` is the number of the actor, or of the person where no organization is
/// concerned.
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
    let is_first = store::drafts::spend(tx, &form.digest(operation, sender), at).await?;
    if is_first {
        Ok(())
    } else {
        Err(Error::Repeated)
    }
}
