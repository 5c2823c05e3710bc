//! What a person sees of their own sessions.

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::moment::Moment;

/// A browser in which the person is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its id, `ses_…`.
    pub id: SessionId,
    /// The address it was begun from.
    pub address: Option<String>,
    /// The user agent it was begun with.
    pub agent: Option<String>,
    /// When the person signed in.
    pub signed_in_at: Moment,
    /// When it was last used, to the minute.
    pub last_seen: Moment,
    /// When it ends at the latest.
    pub expires_at: Moment,
    /// Whether the request itself was made in it, or with a token of it.
    pub is_current: bool,
}
