//! The view of a person's own sessions.

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::moment::Moment;
use crate::session::SessionKind;

/// A session in a browser or on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SessionBody))]
pub struct SessionView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "ses_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: SessionId,
    /// Where it was started: in a browser, or on a device that has no browser session of its own,
    /// such as a command line.
    pub kind: SessionKind,
    /// The IP address of the sign-in.
    #[cfg_attr(feature = "schema", schema(example = "203.0.113.7"))]
    pub address: Option<String>,
    /// The user agent of the sign-in.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    )]
    pub agent: Option<String>,
    /// When the person signed in; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub signed_in_at: Moment,
    /// When it was last used, to the minute; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub last_seen: Moment,
    /// When it expires at the latest; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-09T07:51:19Z", format = DateTime, value_type = String))]
    pub expires_at: Moment,
    /// Whether it is the session of the request's token.
    pub is_current: bool,
}
