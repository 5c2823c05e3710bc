//! The doors of members and invitations (decision D5).

use std::collections::BTreeMap;

use domain::command::{InviteMember as Inviting, KeyFate, RemoveMember as Removing};
use domain::view::NewInvitation;
use domain::{ActorId, Code, FieldFault, InvitationId, KeyId, Moment, Problem, Role};
use engine::attempts::Kind;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::keys::CreatedKey;
use super::{Done, Flash, Made, Move, PeopleDeed, Refusal, Visit, form_token as token_of, open, told};
use crate::routes::{LinkToken, Place, Screen};
use crate::words;

/// An invitation right after it was made. The browser shows its link once and keeps it nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedInvitation {
    /// The link.
    pub link: String,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// What taking a member out came to.
#[derive(Clone, Serialize, Deserialize)]
pub struct Removed {
    /// Where to go from here: a path of ours.
    pub to: String,
    /// The keys in whose place others came, to be shown once.
    pub successors: Vec<Successor>,
}

/// A key that was handed over.
#[derive(Clone, Serialize, Deserialize)]
pub struct Successor {
    /// The new key.
    pub key: CreatedKey,
    /// The service account it belongs to.
    pub owner: String,
}

/// For keys by their id what becomes of each: `end`, `new`, or the number of a service account.
pub type Fates = BTreeMap<String, String>;

/// Makes an invitation. An older one for the same address ends.
///
/// # Errors
/// A problem that names the fields at fault; `FreshSignInRequired` for an owner; `Conflict` for a member.
#[server(prefix = "/ui", endpoint = "invite_member")]
pub async fn invite_member(
    organization: String,
    email: String,
    role: String,
    #[server(default)] form_token: String,
) -> Result<Made<CreatedInvitation>, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let command = Inviting::read(&email, Some(&role)).map_err(|faults| visit.invalid(faults))?;
    let form = token_of(&form_token);
    let NewInvitation { view, token } = match visit.engine.invite_member_once(&ctx, command, form.as_ref()).await {
        Err(engine::Error::Repeated) => {
            visit.leave(Flash::People(PeopleDeed::InvitedBefore)).await;
            return Ok(Made::Before(Done { to: Screen::Members(ctx.actor().organization.clone()).path() }));
        }
        invited => invited.map_err(told(&visit))?,
    };
    let token: LinkToken = token.parse().map_err(|()| visit.problem(Code::Internal))?;
    let link = format!("{}{}", visit.installation.public_url, Screen::Join(token).path());
    Ok(Made::New(CreatedInvitation { link, email: view.email, role: view.role, expires_at: view.expires_at }))
}

/// Takes an invitation back.
///
/// # Errors
/// `NotFound` for one that is not there; `Forbidden`.
#[server(prefix = "/ui", endpoint = "withdraw_invitation")]
pub async fn withdraw_invitation(organization: String, invitation_id: String) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let id: InvitationId = invitation_id.parse().map_err(|_| visit.problem(Code::NotFound))?;
    visit.engine.revoke_invitation(&ctx, &id).await.map_err(told(&visit))?;
    visit.leave(Flash::People(PeopleDeed::Withdrawn)).await;
    Ok(Done { to: Screen::Members(ctx.actor().organization.clone()).path() })
}

/// Gives a member another role (decision D6).
///
/// # Errors
/// A problem that names the field at fault; `FreshSignInRequired` where owners are concerned; `Conflict` for the last
/// owner.
#[server(prefix = "/ui", endpoint = "change_role")]
pub async fn change_role(organization: String, actor_id: String, role: String) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let member = actor(&visit, &actor_id)?;
    let role: Role = role.parse().map_err(|()| visit.invalid(vec![unknown_role()]))?;
    let name = visit.engine.get_member(&ctx, member).await.map_err(told(&visit))?.name;
    visit.engine.change_role(&ctx, member, role).await.map_err(told(&visit))?;
    visit.leave(Flash::People(PeopleDeed::RoleChanged { name, role })).await;
    Ok(Done { to: Screen::Members(ctx.actor().organization.clone()).path() })
}

/// Why a member was not taken out, where what was chosen for their keys is at fault: the list beneath is the new one.
fn unsettled(visit: &Visit, error: &engine::Error) -> Refusal {
    let mut refusal = Refusal::from(visit.tell(error));
    match refusal.0.code {
        Code::ActiveKeyExists => refusal.0.details = words::ONE_KEY_TOO_MANY.into(),
        Code::NotFound => refusal.0.details = words::KEYS_CHANGED.into(),
        _ => {}
    }
    refusal
}

/// Takes a member out. The keys that are named end, or a service account gets a successor of each.
///
/// # Errors
/// `NotFound` for a member, key or service account that is not there; `FreshSignInRequired` for an owner; `Conflict`
/// for the last owner, and for a service account that can take no further key.
#[server(prefix = "/ui", endpoint = "remove_member")]
pub async fn remove_member(
    organization: String,
    actor_id: String,
    #[server(default)] keys: Fates,
) -> Result<Removed, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let member = actor(&visit, &actor_id)?;
    let command = Removing { member, keys: read_fates(&visit, &keys)? };
    let name = visit.engine.get_member(&ctx, member).await.map_err(told(&visit))?.name;
    let made = visit.engine.remove_member_and_keys(&ctx, command).await.map_err(|error| unsettled(&visit, &error))?;
    visit.leave(Flash::People(PeopleDeed::Removed { name })).await;
    let successor = |new: domain::view::NewKey| Successor { owner: new.view.actor_name.clone(), key: new.into() };
    let to = Screen::Members(ctx.actor().organization.clone()).path();
    Ok(Removed { to, successors: made.into_iter().map(successor).collect() })
}

/// Leaves the organization.
///
/// # Errors
/// `Conflict` for the last owner.
#[server(prefix = "/ui", endpoint = "leave_organization")]
pub async fn leave_organization(organization: String) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let left = visit.engine.see_organization(&ctx).await.map_err(told(&visit))?.name;
    visit.engine.leave(&ctx).await.map_err(told(&visit))?;
    visit.leave(Flash::Moved(Move::Left { organization: left })).await;
    Ok(Done { to: Screen::Home.path() })
}

/// Joins as an invitation offers.
///
/// # Errors
/// `NotFound` for a link that opens nothing; `WrongAddress` for one that is for somebody else; `Conflict` for a member.
#[server(prefix = "/ui", endpoint = "accept_invitation")]
pub async fn accept_invitation(page: String) -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let caller = visit.person()?;
    // The token stands in the address of the page, and nowhere else in the form.
    let Some(Screen::Join(token)) = Place::parse(&page).map(|place| place.screen) else {
        return Err(visit.problem(Code::BadRequest).into());
    };
    let accept = visit.engine.accept_invitation(caller, token.as_str(), visit.origin.clone());
    let joined = visit.engine.attempt(Kind::Invitation, &visit.origin, token.as_str().as_bytes(), accept).await;
    let organization = joined.map_err(told(&visit))?;
    visit.leave(Flash::Moved(Move::Joined)).await;
    Ok(Done { to: Screen::ApiKeys(organization).path() })
}

fn actor(visit: &Visit, text: &str) -> Result<ActorId, Problem> {
    text.parse().map_err(|_| visit.problem(Code::NotFound))
}

fn read_fates(visit: &Visit, fates: &Fates) -> Result<Vec<(KeyId, KeyFate)>, Problem> {
    let read = |(key, word): (&String, &String)| {
        let key: KeyId = key.parse().map_err(|_| visit.problem(Code::NotFound))?;
        let fate = KeyFate::read(word).map_err(|fault| visit.invalid(vec![FieldFault::new("keys", fault)]))?;
        Ok((key, fate))
    };
    fates.iter().map(read).collect()
}

fn unknown_role() -> FieldFault {
    FieldFault::new("role", domain::Fault::Unknown { known: Role::ALL.map(Role::as_str).join(", ") })
}
