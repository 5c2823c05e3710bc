//! Server functions for members and invitations.

use std::collections::BTreeMap;

use domain::command::{
    InviteMember as Inviting, KeyDisposition, KeyQuery, KeySort, RemoveMember as Removing,
    StatusFilter,
};
use domain::view::NewInvitation;
use domain::{ActorId, Code, FieldFault, InvitationId, KeyId, Problem, Role};
use engine::Ctx;
use leptos::prelude::*;

use super::{form_token as token_of, unconfirmed};
use crate::flash::{Flash, MemberNotice, OrganizationNotice};
use crate::form_error::{FormError, form_error};
use crate::form_result::{CreatedInvitation, FormResult, RemovedMember, Successor};
use crate::request::{PageContext, open};
use crate::routes::{LinkToken, Location, Screen};
use crate::words;

/// The maximum number of keys that the page lists, and that the form names.
pub const MOST_KEYS: i64 = 100;

/// What to do with each key, by its ID: `end`, `new`, or the actor ID of a service account.
pub type Dispositions = BTreeMap<String, String>;

/// Creates an invitation, and cancels an older one for the same address.
///
/// # Errors
/// A problem that names the invalid fields; `FreshSignInRequired` for an owner; `Conflict` for a
/// member.
#[server(prefix = "/ui", endpoint = "invite_member")]
pub async fn invite_member(
    organization: String,
    email: String,
    role: String,
    #[server(default)] form_token: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let command = Inviting::read(&email, Some(&role)).map_err(|faults| context.invalid(faults))?;
    let form = token_of(&form_token);
    let NewInvitation { view, token } = match context
        .engine
        .create_invitation_once(&ctx, command, form.as_ref())
        .await
    {
        Err(engine::Error::Repeated) => {
            context
                .set_flash(Flash::People(MemberNotice::AlreadyInvited))
                .await;
            return Ok(FormResult::Redirect {
                to: Screen::Members(ctx.actor().organization.clone()).path(),
            });
        }
        invited => invited.map_err(form_error(&context))?,
    };
    let token: LinkToken = token
        .parse()
        .map_err(|()| context.problem(Code::Internal))?;
    let link = format!(
        "{}{}",
        context.site_config.public_url,
        Screen::Join(token).path()
    );
    let created = CreatedInvitation {
        link,
        email: view.email,
        role: view.role,
        expires_at: view.expires_at,
    };
    Ok(FormResult::Invited(created))
}

/// Cancels an invitation.
///
/// # Errors
/// `NotFound` for one that does not exist; `Forbidden`.
#[server(prefix = "/ui", endpoint = "cancel_invitation")]
pub async fn cancel_invitation(
    organization: String,
    invitation_id: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let id: InvitationId = invitation_id
        .parse()
        .map_err(|_| context.problem(Code::NotFound))?;
    context
        .engine
        .revoke_invitation(&ctx, &id)
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::People(MemberNotice::InvitationCanceled))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Members(ctx.actor().organization.clone()).path(),
    })
}

/// Changes the role of a member.
///
/// # Errors
/// A problem that names the invalid field; `FreshSignInRequired` where owners are concerned;
/// `Conflict` for the last owner.
#[server(prefix = "/ui", endpoint = "change_role")]
pub async fn change_role(
    organization: String,
    actor_id: String,
    role: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let member = actor(&context, &actor_id)?;
    let role: Role = role
        .parse()
        .map_err(|_| context.invalid(vec![unknown_role()]))?;
    let name = context
        .engine
        .get_member(&ctx, member)
        .await
        .map_err(form_error(&context))?
        .name;
    context
        .engine
        .change_member(&ctx, member, role)
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::People(MemberNotice::RoleChanged {
            name,
            role,
        }))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Members(ctx.actor().organization.clone()).path(),
    })
}

/// Why a member was not removed. If a choice for their keys is at fault, the page below already
/// lists the current keys.
fn removal_error(context: &PageContext, error: &engine::Error) -> FormError {
    let mut refusal = FormError::from(context.to_problem(error));
    match refusal.0.code {
        Code::ActiveKeyExists => refusal.0.details = words::remove_member::TOO_MANY_KEYS.into(),
        Code::NotFound => refusal.0.details = words::remove_member::KEYS_CHANGED.into(),
        _ => {}
    }
    refusal
}

/// Removes a member. Each named key is revoked, or a service account gets a successor of it.
/// `confirm` has the typed names of the keys in use that are revoked, by their IDs.
///
/// # Errors
/// A problem that names the names that were not typed; `NotFound` for a member, key or service account that does not exist; `FreshSignInRequired` for
/// an owner; `Conflict` for the last owner, and for a service account that cannot have another key.
#[server(prefix = "/ui", endpoint = "remove_member")]
pub async fn remove_member(
    organization: String,
    actor_id: String,
    #[server(default)] keys: Dispositions,
    #[server(default)] confirm: BTreeMap<String, String>,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let member = actor(&context, &actor_id)?;
    let command = Removing {
        member,
        keys: read_dispositions(&context, &keys)?,
    };
    let name = context
        .engine
        .get_member(&ctx, member)
        .await
        .map_err(form_error(&context))?
        .name;
    check_confirmed(&context, &ctx, &command, &confirm).await?;
    let made = context
        .engine
        .offboard_member(&ctx, command)
        .await
        .map_err(|error| removal_error(&context, &error))?;
    context
        .set_flash(Flash::People(MemberNotice::Removed { name }))
        .await;
    let successor = |new: domain::view::NewKey| Successor {
        owner: new.view.actor_name.clone(),
        key: new.into(),
    };
    let to = Screen::Members(ctx.actor().organization.clone()).path();
    let successors: Vec<_> = made.into_iter().map(successor).collect();
    if successors.is_empty() {
        return Ok(FormResult::Redirect { to });
    }

    Ok(FormResult::MemberRemoved(RemovedMember {
        to,
        successors,
    }))
}

/// Checks that the name of each production key in use was typed that is to be revoked.
async fn check_confirmed(
    context: &PageContext,
    ctx: &Ctx,
    command: &Removing,
    confirm: &BTreeMap<String, String>,
) -> Result<(), FormError> {
    let query = KeyQuery {
        owner: Some(command.member),
        status: Some(StatusFilter::Active),
        sort: KeySort::LastUsed,
        ..KeyQuery::default()
    };
    let active = context
        .engine
        .list_keys(ctx, &query, MOST_KEYS)
        .await
        .map_err(form_error(context))?;
    let is_revoked = |key: KeyId| {
        command
            .keys
            .iter()
            .any(|(one, disposition)| *one == key && *disposition == KeyDisposition::End)
    };
    let faults: Vec<_> = active
        .rows
        .iter()
        .map(|line| &line.key)
        .filter(|key| key.will_be_missed(ctx.now()) && is_revoked(key.key_id))
        .filter_map(|key| {
            let typed = confirm
                .get(&key.key_id.to_string())
                .map_or("", |typed| typed.trim());
            (typed != key.label).then(|| FieldFault {
                field: words::remove_member::confirm_id(key.key_id),
                ..unconfirmed(typed, &key.label)
            })
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(context.invalid(faults).into())
}

/// Leaves the organization.
///
/// # Errors
/// `Conflict` for the last owner.
#[server(prefix = "/ui", endpoint = "leave_organization")]
pub async fn leave_organization(organization: String) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let left = context
        .engine
        .get_organization(&ctx)
        .await
        .map_err(form_error(&context))?
        .name;
    context
        .engine
        .leave_organization(&ctx)
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::Moved(OrganizationNotice::Left {
            organization: left,
        }))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Home.path(),
    })
}

/// Accepts an invitation.
///
/// # Errors
/// `NotFound` for an invalid link; `WrongAddress` for a link for another person; `Conflict` for a
/// member.
#[server(prefix = "/ui", endpoint = "accept_invitation")]
pub async fn accept_invitation(page: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    // The form contains the token only in the path of its page.
    let Some(Screen::Join(token)) = Location::parse(&page).map(|place| place.screen) else {
        return Err(context.problem(Code::BadRequest).into());
    };
    let keys = context
        .join(caller, &token)
        .await
        .map_err(form_error(&context))?;
    Ok(FormResult::Redirect { to: keys.path() })
}

fn actor(context: &PageContext, text: &str) -> Result<ActorId, Problem> {
    text.parse()
        .map_err(|_| context.problem(Code::NotFound))
}

fn read_dispositions(
    context: &PageContext,
    dispositions: &Dispositions,
) -> Result<Vec<(KeyId, KeyDisposition)>, Problem> {
    let read = |(key, word): (&String, &String)| {
        let key: KeyId = key
            .parse()
            .map_err(|_| context.problem(Code::NotFound))?;
        let disposition = KeyDisposition::read(word)
            .map_err(|fault| context.invalid(vec![FieldFault::new("keys", fault)]))?;
        Ok((key, disposition))
    };
    dispositions.iter().map(read).collect()
}

fn unknown_role() -> FieldFault {
    FieldFault::new(
        "role",
        domain::Fault::Unknown {
            known: Role::ALL.map(Role::as_str).join(", "),
        },
    )
}
