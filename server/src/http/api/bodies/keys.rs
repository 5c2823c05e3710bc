//! Keys, and how they were used.

use utoipa::ToSchema;

use super::{EnvironmentWord, RoleWord};

/// A key, as it is listed. Neither the key nor a hash of it is ever in it.
#[derive(ToSchema)]
pub struct KeyBody {
    /// Its id.
    #[schema(example = 1)]
    key_id: i64,
    /// The actor it belongs to.
    #[schema(example = 14)]
    actor_id: i64,
    /// That actor's name.
    #[schema(example = "rootsbuilder")]
    actor_name: String,
    /// Its public leading part.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    key_prefix: String,
    /// Its masked form.
    #[schema(example = "rt_sk_****************************a1b2")]
    preview: String,
    /// Its name.
    #[schema(example = "CI/CD Pipeline")]
    label: String,
    /// Where its data lives.
    environment: EnvironmentWord,
    /// What it may do; `*` means all that its role allows, nothing means nothing.
    #[schema(example = json!(["*"]))]
    scopes: Vec<String>,
    /// The most it may ever do.
    role: RoleWord,
    /// Whether it has neither ended by itself nor been revoked. The keys of a removed member and of a disabled service
    /// account are refused all the same.
    is_active: bool,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// Who made it; null when the caller may not see it.
    #[schema(example = "Olivia Owens")]
    created_by: Option<String>,
    /// When a request last passed with it, true to the minute; null before the first.
    #[schema(example = "2026-04-10T00:45:23Z", format = DateTime)]
    last_used: Option<String>,
    /// When it ends by itself; null for never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was revoked; null while it was not.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// A key with where it comes from and where it was used.
#[derive(ToSchema)]
pub struct KeyLineBody {
    #[serde(flatten)]
    key: KeyBody,
    /// Why it was revoked.
    #[schema(example = "replaced")]
    revoke_reason: Option<String>,
    /// The key it took the place of.
    rotated_from: Option<i64>,
    /// The key that took its place.
    rotated_to: Option<i64>,
    /// When it was first seen in an address, where logs keep it; replace it.
    #[schema(format = DateTime)]
    exposed_at: Option<String>,
    /// The address of the last request that passed with it.
    #[schema(example = "203.0.113.7")]
    last_used_address: Option<String>,
    /// The user agent of that request.
    #[schema(example = "curl/8.14.1")]
    last_used_agent: Option<String>,
}

/// A key in full.
#[derive(ToSchema)]
pub struct KeyDetailBody {
    #[serde(flatten)]
    line: KeyLineBody,
    /// Public half of the key pair derived from the key, in hex.
    public_key_hex: String,
    /// How it was used.
    usage: UsageBody,
}

/// How a key was used; true to the minute.
#[derive(ToSchema)]
pub struct UsageBody {
    /// The last 30 days in UTC, oldest first.
    days: Vec<DayBody>,
    /// Refused requests, newest first.
    refusals: Vec<RefusalBody>,
    /// Who called, newest first; at most ten.
    callers: Vec<CallerBody>,
}

/// A day of a key.
#[derive(ToSchema)]
pub struct DayBody {
    /// The day in UTC.
    #[schema(example = "2026-04-08", format = Date)]
    day: String,
    /// Requests that passed with the key.
    calls: i64,
    /// Requests that were refused.
    refused: i64,
    /// What the requests cost in all.
    cost: i64,
}

/// Refused requests of one cause on one day.
#[derive(ToSchema)]
pub struct RefusalBody {
    /// Why.
    #[schema(example = "missing_scope")]
    cause: String,
    /// The last of them.
    #[schema(format = DateTime)]
    at: String,
    /// Where it came from.
    address: Option<String>,
    /// How many.
    count: i64,
}

/// Someone who called with a key.
#[derive(ToSchema)]
pub struct CallerBody {
    /// Their address.
    address: String,
    /// Their user agent.
    agent: String,
    /// Their last call.
    #[schema(format = DateTime)]
    at: String,
    /// How many calls.
    calls: i64,
}
