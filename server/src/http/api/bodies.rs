//! The shapes of answers, for the description of the API. They mirror `domain::view`, which knows nothing of API
//! descriptions; a run of the description against the real server finds where the two differ.
#![expect(dead_code, reason = "only described, never made")]

use utoipa::ToSchema;

/// Where data lives.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum EnvironmentWord {
    /// Real data.
    Production,
    /// Sandbox data.
    Test,
}

/// What an actor may do in its organization.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum RoleWord {
    /// Makes, sees and revokes own keys.
    Member,
    /// Sees and revokes every key, manages people.
    Admin,
    /// As an admin, and makes and unmakes owners.
    Owner,
}

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
    /// Whether it opens doors now.
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

/// A workspace.
#[derive(ToSchema)]
pub struct WorkspaceBody {
    /// Its id.
    #[schema(example = "ws_abc123")]
    id: String,
    /// Its name.
    #[schema(example = "Engineering")]
    name: String,
    /// Who runs its model.
    #[schema(example = "anthropic")]
    provider: String,
    /// Its model.
    #[schema(example = "claude-sonnet-4-20250514")]
    model: String,
    /// `running`.
    #[schema(example = "running")]
    status: String,
    /// Where its data lives.
    environment: EnvironmentWord,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// Who made it.
    #[schema(example = "Olivia Owens")]
    created_by: String,
}

/// A run of a workspace.
#[derive(ToSchema)]
pub struct RunBody {
    /// Its id.
    #[schema(example = "run_5Zk0c3Yx9bQm2VtA")]
    id: String,
    /// Its workspace.
    #[schema(example = "ws_abc123")]
    workspace_id: String,
    /// `queued`.
    #[schema(example = "queued")]
    status: String,
    /// Where its data lives.
    environment: EnvironmentWord,
    /// `api`, or `hook` for the webhook-style address.
    #[schema(example = "api")]
    trigger: String,
    /// What was given to it.
    input: Option<String>,
    /// When it was started; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// Who started it.
    #[schema(example = "Olivia Owens")]
    created_by: String,
}

/// A service account.
#[derive(ToSchema)]
pub struct ServiceAccountBody {
    /// Its id.
    #[schema(example = 15)]
    actor_id: i64,
    /// Its name.
    #[schema(example = "Deploy bot")]
    name: String,
    /// The most its keys may do.
    role: RoleWord,
    /// Whether its keys are refused for now.
    is_disabled: bool,
    /// Whether it may have several active keys.
    allow_overlap: bool,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// Who made it.
    #[schema(example = "Olivia Owens")]
    created_by: Option<String>,
    /// How many of its keys open doors now.
    active_keys: i64,
}

/// A message or note that was sealed just now.
#[derive(ToSchema)]
pub struct SealedBody {
    /// Its id.
    #[schema(example = "item_5Zk0c3Yx9bQm2VtA")]
    id: String,
    /// Whose it is.
    #[schema(example = 14)]
    actor_id: i64,
    /// The key it is sealed to.
    #[schema(example = 3)]
    key_id: i64,
    /// When; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
}

/// A message or note, opened with the key of the request.
#[derive(ToSchema)]
pub struct OpenedBody {
    /// Its id.
    #[schema(example = "item_5Zk0c3Yx9bQm2VtA")]
    id: String,
    /// Who wrote it.
    #[schema(example = 14)]
    from_actor_id: i64,
    /// Their name.
    #[schema(example = "Olivia Owens")]
    from: String,
    /// The text.
    text: String,
    /// When; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// The key it was sealed to.
    #[schema(example = 3)]
    key_id: i64,
}

/// An organization's settings.
#[derive(ToSchema)]
pub struct OrganizationBody {
    /// Its id.
    #[schema(example = "org_a1B2c3D4e5F6g7H8")]
    id: String,
    /// Its name.
    #[schema(example = "Acme")]
    name: String,
    /// The longest lifetime of a new key in days; null for no limit.
    #[schema(example = 365)]
    max_key_days: Option<i64>,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
}

/// Who the caller is.
#[derive(ToSchema)]
pub struct MeBody {
    /// The caller's actor.
    #[schema(example = 14)]
    actor_id: i64,
    /// Its name.
    #[schema(example = "Olivia Owens")]
    name: String,
    /// `member` or `service`.
    #[schema(example = "member")]
    kind: String,
    /// The role that counts in this request.
    role: RoleWord,
    /// The organization.
    #[schema(example = "org_a1B2c3D4e5F6g7H8")]
    organization: String,
    /// `api_key` or `id_token`.
    #[schema(example = "api_key")]
    credential: String,
    /// The key the request was made with; null with an ID token.
    #[schema(example = 1)]
    key_id: Option<i64>,
}
