//! The shapes of answers, for the description of the API. They mirror `domain::view`, which knows nothing of API
//! descriptions; a run of the description against the real server finds where the two differ.
#![expect(dead_code, reason = "only described, never made")]

mod audit;
mod keys;
mod sessions;

use utoipa::ToSchema;

pub use audit::{ActionWord, EventBody, FormatWord, ObjectWord};
pub use keys::{KeyBody, KeyDetailBody, KeyLineBody};
pub use sessions::SessionBody;

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
    /// Who may make keys, `members` or `admins`.
    #[schema(example = "members")]
    key_makers: String,
    /// Whether keys may make keys.
    #[schema(example = true)]
    keys_make_keys: bool,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
}

/// A member.
#[derive(ToSchema)]
pub struct MemberBody {
    /// Their actor id.
    #[schema(example = 14)]
    actor_id: i64,
    /// Their name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Their address; null where the caller may not see it.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Their role.
    role: RoleWord,
    /// When they joined; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    joined_at: String,
    /// False while nobody has signed in as them yet.
    has_signed_in: bool,
    /// How many of their keys open doors now; null where the caller may not see it.
    #[schema(example = 2)]
    active_keys: Option<i64>,
}

/// An invitation.
#[derive(ToSchema)]
pub struct InvitationBody {
    /// Its id.
    #[schema(example = "inv_a1B2c3D4e5F6g7H8")]
    id: String,
    /// Whom it is for.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What they will be.
    role: RoleWord,
    /// Who invited them.
    #[schema(example = "Olivia Owens")]
    invited_by: String,
    /// When; UTC.
    #[schema(example = "2026-04-08T19:51:19Z", format = DateTime)]
    created_at: String,
    /// When it ends by itself; UTC.
    #[schema(example = "2026-04-15T19:51:19Z", format = DateTime)]
    expires_at: String,
}

/// An organization, and what the person is in it.
#[derive(ToSchema)]
pub struct MembershipBody {
    /// Its id.
    #[schema(example = "org_a1B2c3D4e5F6g7H8")]
    organization: String,
    /// Its name.
    #[schema(example = "Acme")]
    organization_name: String,
    /// The person's actor id there.
    #[schema(example = 14)]
    actor_id: i64,
    /// Their role there.
    role: RoleWord,
}

/// A field at fault. What is accepted instead stands beside it: `max`, `known`, `latest`, or `min` and `max`.
#[derive(ToSchema)]
pub struct FaultBody {
    /// The field's name.
    #[schema(example = "label")]
    field: String,
    /// One sentence for a person.
    #[schema(example = "Use at most 100 characters.")]
    message: String,
    /// What is wrong, for a program.
    #[schema(example = "too_long")]
    fault: String,
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
