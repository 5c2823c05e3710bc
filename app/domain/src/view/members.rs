//! What is shown of members and invitations.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::id::{ActorId, InvitationId, OrganizationId};
use crate::moment::Moment;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MemberBody))]
pub struct MemberView {
    /// Their actor id.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// Their name.
    #[cfg_attr(feature = "schema", schema(example = "Ada Lovelace"))]
    pub name: String,
    /// Their address; null where the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = "ada@example.com"))]
    pub email: Option<String>,
    /// Their role.
    pub role: Role,
    /// When they joined; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub joined_at: Moment,
    /// False while nobody has signed in as them yet.
    pub has_signed_in: bool,
    /// How many of their keys open doors now; null where the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = 2))]
    pub active_keys: Option<i64>,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = InvitationBody))]
pub struct InvitationView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "inv_a1B2c3D4e5F6g7H8", value_type = String))]
    pub id: InvitationId,
    /// Whom it is for.
    #[cfg_attr(feature = "schema", schema(example = "ada@example.com"))]
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Who invited them.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub invited_by: String,
    /// When; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// When it ends by itself; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-15T19:51:19Z", format = DateTime, value_type = String))]
    pub expires_at: Moment,
}

/// An invitation immediately after its creation; the only view that contains its token.
pub struct NewInvitation {
    /// What later requests see of it.
    pub view: InvitationView,
    /// The last part of its link, which is shown once.
    pub token: String,
}

/// What an invitation link means for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is for them.
    Invited(Offer),
    /// It is for another email than the one they signed in with.
    WrongAddress(Offer),
    /// They are a member of that organization already.
    Member(OrganizationId),
}

/// An invitation as a visitor with its link sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// What they will be.
    pub role: Role,
    /// Who invited them.
    pub invited_by: String,
    /// That person's verified email.
    pub inviter_email: Option<String>,
    /// The email it is for, with all but its first letter and its domain hidden.
    pub address_hint: String,
    /// When it ends by itself.
    pub expires_at: Moment,
}
