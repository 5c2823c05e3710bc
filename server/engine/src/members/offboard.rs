//! Removing a member, and deciding what becomes of their keys.

use domain::command::{KeyDisposition, RemoveMember};
use domain::event::AuditAction;
use domain::policy::{Action, Reach, permit};
use domain::view::NewKey;
use domain::{ActorId, ConflictReason, Fault, PersonId};

use super::member_event;
use crate::ctx::Ctx;
use crate::error::{conflict, invalid};
use crate::store::actors::ActorRow;
use crate::store::keys::KeyRow;
use crate::store::{Tx, actors, organizations, people, sessions};
use crate::{Engine, Error, Result};

/// Keys that one removal may dispose of.
const MAX_KEYS: usize = 100;

impl Engine {
    /// Removes a member. Requests with their keys are answered 403 from now on.
    ///
    /// # Errors
    /// As [`Engine::offboard_member`].
    pub async fn remove_member(&self, ctx: &Ctx, member: ActorId) -> Result<()> {
        self.offboard_member(ctx, member.into())
            .await
            .map(drop)
    }

    /// Removes a member and, in the same transaction, everything that gives them access:
    /// invitations for them and by them and, unless they are a member elsewhere, their sessions and
    /// tokens. Their keys no longer authenticate; those that the command names are revoked, or
    /// replaced by a successor that belongs to a service account. Only the response contains the
    /// successors.
    ///
    /// # Errors
    /// `Denied` for members, for admins and keys when an owner is concerned, and for a key that
    /// transfers keys where keys may create none; `MissingScope` for a key that may not write keys;
    /// `FreshSignInRequired` for an owner, for several keys, and for a successor with admin power;
    /// `NotFound` for a member, key or service account that does not exist; `Invalid` for too many
    /// keys; `Conflict` for the last owner (decision D5), for a service account that already has a
    /// key, and for transferring a key that has a successor.
    pub async fn offboard_member(&self, ctx: &Ctx, command: RemoveMember) -> Result<Vec<NewKey>> {
        self.retry_with_free_space(|| self.try_to_offboard(ctx, &command))
            .await
    }

    async fn try_to_offboard(&self, ctx: &Ctx, command: &RemoveMember) -> Result<Vec<NewKey>> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        check_may_dispose(ctx, command)?;
        // Successors are new keys, so they do not use the reserved disk space.
        let mut tx = if transfers_keys(command) {
            self.db().begin().await?
        } else {
            self.db().begin_on_reserve().await?
        };
        let person = lock_person_of(&mut tx, &reach, command.member).await?;
        let (before, calling_key) = self
            .load_manageable(&mut tx, ctx, &reach, command.member)
            .await?;
        if before.person_id.map(PersonId) != person {
            return Err(conflict(ConflictReason::FirstSignIn));
        }

        let successors = self
            .dispose_of_keys(&mut tx, ctx, &reach, command, calling_key)
            .await?;
        let event = member_event(AuditAction::MemberRemoved, &before).changed(
            "role",
            Some(&before.role),
            None,
        );
        self.mark_removed(&mut tx, ctx, &reach, &before, event)
            .await?;
        if let Some(person) = person
            && organizations::of_person(&mut tx, person)
                .await?
                .is_empty()
        {
            // Deleting a session also ends its tokens. The event of the removal covers both.
            sessions::delete_of(&mut tx, person).await?;
        }
        tx.commit().await?;
        Ok(successors)
    }

    /// Revokes or transfers the keys that the command names. Gives the successors.
    async fn dispose_of_keys(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        command: &RemoveMember,
        calling_key: Option<KeyRow>,
    ) -> Result<Vec<NewKey>> {
        if transfers_keys(command) {
            if ctx.by_key() && !self.settings_of(tx, ctx).await?.keys_make_keys {
                return Err(Error::Denied);
            }
            // A service account whose only key has just expired may get another one.
            self.expire_due_keys(tx, reach.organization())
                .await?;
        }

        // All new service accounts are created before the first key. Every transaction that takes
        // both actor numbers and key numbers takes them in this order, so that two of them cannot
        // deadlock.
        let mut successors = Vec::new();
        for (row, new_owner) in self
            .resolve_dispositions(tx, ctx, reach, command)
            .await?
        {
            match new_owner {
                Some(owner) => successors.push(
                    self.transfer_key(tx, ctx, &row, &owner, calling_key.as_ref())
                        .await?,
                ),
                None => self.revoke_left_behind(tx, ctx, &row).await?,
            }
        }
        Ok(successors)
    }

    /// The keys of the command, each with the service account that takes it over, or none if the
    /// key is revoked.
    async fn resolve_dispositions(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        command: &RemoveMember,
    ) -> Result<Vec<(KeyRow, Option<ActorRow>)>> {
        let mut resolved: Vec<(KeyRow, Option<ActorRow>)> = Vec::new();
        for (key, disposition) in &command.keys {
            if resolved.iter().any(|(row, _)| row.id == key.0) {
                return Err(Error::NotFound);
            }
            let row = self
                .lock_active_key_of(tx, reach, command.member, *key)
                .await?;
            let new_owner = match disposition {
                KeyDisposition::End => None,
                _ if row.rotated_to.is_some() => {
                    return Err(conflict(ConflictReason::HandedOverKeyIsRotated));
                }
                KeyDisposition::HandOver(account) => {
                    Some(self.lock_new_owner(tx, ctx, *account).await?)
                }
                KeyDisposition::HandOverToNew => Some(self.create_new_owner(tx, ctx, &row).await?),
            };
            resolved.push((row, new_owner));
        }
        Ok(resolved)
    }
}

/// What disposing of keys needs besides the right to remove their owner: the right to revoke and to
/// rotate keys, and a fresh sign-in for several keys.
fn check_may_dispose(ctx: &Ctx, command: &RemoveMember) -> Result<()> {
    if command.keys.len() > MAX_KEYS {
        return Err(invalid("keys", Fault::TooMany { max: MAX_KEYS }));
    }
    if command
        .keys
        .iter()
        .any(|(_, disposition)| *disposition == KeyDisposition::End)
    {
        permit(&ctx.actor, Action::RevokeKey)?;
    }
    if transfers_keys(command) {
        permit(&ctx.actor, Action::RotateKey)?;
    }
    if command.keys.len() > 1 {
        ctx.require_fresh_sign_in()
    } else {
        Ok(())
    }
}

fn transfers_keys(command: &RemoveMember) -> bool {
    command
        .keys
        .iter()
        .any(|(_, disposition)| *disposition != KeyDisposition::End)
}

/// Locks the person of a member before the chain of the organization. Every transaction locks the
/// two in this order. When a person is removed from two organizations concurrently, the later
/// removal sees that no membership is left.
async fn lock_person_of(tx: &mut Tx, reach: &Reach, member: ActorId) -> Result<Option<PersonId>> {
    let found = actors::find(tx, reach.organization(), member).await?;
    let person = found.and_then(|row| row.person_id).map(PersonId);
    if let Some(person) = person {
        people::lock(tx, person).await?;
    }
    Ok(person)
}
