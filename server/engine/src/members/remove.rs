//! Taking a member out, and what becomes of their keys.

use domain::command::{KeyDisposition, RemoveMember};
use domain::event::AuditAction;
use domain::policy::{Action, Reach, permit};
use domain::view::NewKey;
use domain::{ActorId, Fault, KeyId, Moment, PersonId};

use super::change_event;
use crate::ctx::Ctx;
use crate::reauthorize::{conflict, invalid};
use crate::sessions::end_sessions_of;
use crate::store::actors::ActorRow;
use crate::store::keys::KeyRow;
use crate::store::{Tx, actors, keys, organizations, people};
use crate::{Engine, Error, Result};

/// The most keys that are settled with one removal.
const MOST_KEYS: usize = 100;

impl Engine {
    /// Takes a member out: their keys answer 403 from now on (RA-31).
    ///
    /// # Errors
    /// As [`Engine::offboard_member`].
    pub async fn remove_member(&self, ctx: &Ctx, member: ActorId) -> Result<()> {
        self.offboard_member(ctx, member.into()).await.map(drop)
    }

    /// Takes a member out, and in the same transaction what they were let in with: the invitations that wait for them
    /// and those they sent, and, unless they are a member elsewhere, their sessions and with them their tokens; where
    /// they are, those reach nothing here any more. Their keys open no door; those named end, or get a successor that
    /// belongs to a service account. The successors are in the answer and nowhere else.
    ///
    /// # Errors
    /// `Denied` for members, for admins where owners are concerned, for a key that hands keys over where keys may make
    /// none, and for any key where owners are concerned; `MissingScope` for one that may not write keys;
    /// `FreshSignInRequired` for an owner, for several keys, and for a successor with admin power; `NotFound` for a
    /// member, key or service account that is not there; `Invalid` for too many keys; `Conflict` for the last owner
    /// (decision D5), for a service account that has a key already, and for handing over a key that has a successor.
    pub async fn offboard_member(&self, ctx: &Ctx, command: RemoveMember) -> Result<Vec<NewKey>> {
        self.making_room(|| self.try_to_remove(ctx, &command)).await
    }

    async fn try_to_remove(&self, ctx: &Ctx, command: &RemoveMember) -> Result<Vec<NewKey>> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        may_settle(ctx, command)?;
        // Successors are new keys, and wait for space like any other.
        let mut tx = if hands_over(command) { self.db().begin().await? } else { self.db().begin_on_reserve().await? };
        let person = lock_person_of(&mut tx, &reach, command.member).await?;
        let (before, presented) = self.manageable(&mut tx, ctx, &reach, command.member).await?;
        if before.person_id.map(PersonId) != person {
            return Err(conflict("This member signed in for the first time just now. Try again"));
        }
        let (successors, expired) = self.settle_keys(&mut tx, ctx, &reach, command, presented).await?;
        let event = change_event(AuditAction::MemberRemoved, &before).changed("role", Some(&before.role), None);
        self.take_out(&mut tx, ctx, &reach, &before, event).await?;
        if let Some(person) = person
            && organizations::of_person(&mut tx, person).await?.is_empty()
        {
            end_sessions_of(&mut tx, person).await?;
        }
        let running = keys::live_of(&mut tx, reach.organization(), command.member).await?;
        let settled = command.keys.iter().map(|(key, _)| *key);
        let ended = running.into_iter().chain(settled).chain(expired).collect();
        self.commit_and_cancel(tx, ended, ctx.in_flight()).await?;
        Ok(successors)
    }

    /// Ends the keys that a member leaves behind, or gives them successors. Gives these, and the keys whose end by the
    /// clock was written down on the way.
    async fn settle_keys(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        command: &RemoveMember,
        presented: Option<KeyRow>,
    ) -> Result<(Vec<NewKey>, Vec<KeyId>)> {
        let mut expired = Vec::new();
        if hands_over(command) {
            if ctx.by_key() && !self.rules_of(tx, ctx).await?.keys_make_keys {
                return Err(Error::Denied);
            }
            // A service account whose only key has ended just now is free to get another.
            expired = self.expire_due_keys(tx, reach.organization()).await?;
        }
        let own_end = presented.and_then(|row| row.expires_at).map(Moment);
        // Every service account is there before the first key is made, so that all who take numbers of both kinds take
        // them in this order, in whatever organization.
        let mut successors = Vec::new();
        for (row, successor) in self.access_grants(tx, ctx, reach, command).await? {
            match successor {
                Some(successor) => successors.push(self.hand_over(tx, ctx, &row, &successor, own_end).await?),
                None => self.end_left_behind(tx, ctx, &row).await?,
            }
        }
        Ok((successors, expired))
    }

    /// The keys that are settled, each with the service account that takes it over, or with none if it ends.
    async fn access_grants(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        command: &RemoveMember,
    ) -> Result<Vec<(KeyRow, Option<ActorRow>)>> {
        let mut all: Vec<(KeyRow, Option<ActorRow>)> = Vec::new();
        for (key, disposition) in &command.keys {
            if all.iter().any(|(row, _)| row.id == key.0) {
                return Err(Error::NotFound);
            }
            let row = self.live_key_of(tx, reach, command.member, *key).await?;
            let successor = match disposition {
                KeyDisposition::End => None,
                _ if row.rotated_to.is_some() => {
                    return Err(conflict("A key that is handed over has a successor already. Have it end instead"));
                }
                KeyDisposition::HandOver(account) => Some(self.successor(tx, ctx, *account).await?),
                KeyDisposition::HandOverToNew => Some(self.new_successor(tx, ctx, &row).await?),
            };
            all.push((row, successor));
        }
        Ok(all)
    }
}

/// What settling keys asks besides removing their owner: the right to end them and to put others in their place, and for
/// several at once a fresh sign-in (B22).
fn may_settle(ctx: &Ctx, command: &RemoveMember) -> Result<()> {
    if command.keys.len() > MOST_KEYS {
        return Err(invalid("keys", Fault::TooMany { max: MOST_KEYS }));
    }
    if command.keys.iter().any(|(_, disposition)| *disposition == KeyDisposition::End) {
        permit(&ctx.actor, Action::RevokeKey)?;
    }
    if hands_over(command) {
        permit(&ctx.actor, Action::RotateKey)?;
    }
    if command.keys.len() > 1 { ctx.fresh() } else { Ok(()) }
}

fn hands_over(command: &RemoveMember) -> bool {
    command.keys.iter().any(|(_, disposition)| *disposition != KeyDisposition::End)
}

/// Takes the person of a member before the chain of the organization, as whoever takes both does: of two removals from
/// two organizations the later one sees that the person is nowhere any more.
async fn lock_person_of(tx: &mut Tx, reach: &Reach, member: ActorId) -> Result<Option<PersonId>> {
    let found = actors::find(tx, reach.organization(), member).await?;
    let person = found.and_then(|row| row.person_id).map(PersonId);
    if let Some(person) = person {
        people::lock(tx, person).await?;
    }
    Ok(person)
}
