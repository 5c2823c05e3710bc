//! The shape of a session.

use utoipa::ToSchema;

/// A browser that someone is signed in with.
#[derive(ToSchema)]
pub struct SessionBody {
    /// Its id.
    #[schema(example = "ses_5Zk0c3Yx9bQm2VtA")]
    id: String,
    /// The address it was begun from.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// The user agent it was begun with.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")]
    agent: Option<String>,
    /// When the person signed in; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    signed_in_at: String,
    /// When it was last used, to the minute; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    last_seen: String,
    /// When it ends at the latest; UTC.
    #[schema(example = "2026-04-09T07:51:19Z", format = DateTime)]
    expires_at: String,
    /// Whether the token of the request was given to it.
    is_current: bool,
}
