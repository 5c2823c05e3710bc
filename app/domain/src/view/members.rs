//! Views of members and invitations.

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
    /// Their email; null if the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = "ada@example.com"))]
    pub email: Option<String>,
    /// Their role.
    pub role: Role,
    /// When they joined; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub joined_at: Moment,
    /// Whether the member has ever signed in.
    pub has_signed_in: bool,
    /// How many active keys they have; null if the caller may not see it.
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
    /// The invited email.
    #[cfg_attr(feature = "schema", schema(example = "ada@example.com"))]
    pub email: String,
    /// The role that the invited person gets.
    pub role: Role,
    /// Who sent it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub invited_by: String,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// When it expires; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-15T19:51:19Z", format = DateTime, value_type = String))]
    pub expires_at: Moment,
}

/// An invitation after its creation. This is the only view that contains its token.
pub struct NewInvitation {
    /// The view that later requests return.
    pub view: InvitationView,
    /// The last part of its link, which is shown only once.
    pub token: String,
}

/// The relation of a signed-in person to an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The invitation is for them.
    Invited(Offer),
    /// The invitation is for another email than the one they signed in with.
    WrongAddress(Offer),
    /// They are already a member of the organization.
    Member(OrganizationId),
}

/// An invitation as a visitor with the link sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// The role that the invited person gets.
    pub role: Role,
    /// Who sent it.
    pub invited_by: String,
    /// The sender's verified email.
    pub inviter_email: Option<String>,
    /// The invited email, of which only the first letter and the domain are visible.
    pub address_hint: String,
    /// When it expires.
    pub expires_at: Moment,
}
