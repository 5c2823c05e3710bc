//! One person's watch over an organization.

use std::collections::HashMap;
use std::time::Duration;

use domain::command::{ActionFilter, AuditQuery};
use domain::event::EventCategory;
use domain::policy::{Action, Reach, permit};
use domain::{KeyId, Moment, OrganizationId};
use tokio::sync::watch as hint;
use tokio::time::{sleep, timeout};

use super::WatchPermit;
use crate::ctx::{Caller, Ctx, Origin};
use crate::store::audit::{self, Span};
use crate::store::{Connection, keys};
use crate::usage::LastUse;
use crate::{Engine, Error, Result};

/// How long a watch waits for a hint before it looks all the same: what other nodes did gives none.
const PACE: Duration = Duration::from_secs(5);
/// How long it rests between two looks at the least, so that a busy key costs a look now and then.
const REST: Duration = Duration::from_secs(1);
/// How long it waits after a hint for others that belong to it.
const CALM: Duration = Duration::from_millis(300);
/// How far back each look goes, in seconds: other nodes write uses down later than they happen.
const BACK: i64 = 60;
/// Uses that one look tells at the most.
const MAX_USES: usize = 100;

/// What a page shows that is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What the page is about.
    pub category: EventCategory,
    /// The newest change that it shows.
    pub since: i64,
    /// When it was drawn; earlier uses are on it.
    pub drawn: Moment,
}

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Keys that were used lately, the last one first. A use is told by every look of the minute after it.
    pub uses: Vec<KeyUse>,
    /// The first change that the page does not show, if there is one that was not told before.
    pub changed: Option<i64>,
}

/// The last use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Which key.
    pub key: KeyId,
    /// When.
    pub at: Moment,
    /// From which address.
    pub address: Option<String>,
    /// By which agent.
    pub agent: Option<String>,
}

/// A watch. It lasts as long as the session and the membership of its person, and their role stays what it is.
pub struct Watch {
    engine: Engine,
    caller: Caller,
    ctx: Ctx,
    hints: hint::Receiver<()>,
    view: View,
    _seat: WatchPermit,
}

impl Engine {
    /// The newest change of a chapter within the caller's reach, for what is read after this to be watched from there.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn newest_change(&self, ctx: &Ctx, category: EventCategory) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        // A list writes down what has run out; that is no news to whoever asked for it.
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "ends of keys could not be written before a list");
        }
        let newest = audit::list(&mut self.db().read().await?, &reach, &about(category), 1).await?;
        Ok(newest.first().map_or(0, |event| event.n))
    }

    /// Begins to watch an organization.
    ///
    /// # Errors
    /// `Unauthenticated` without a session, `Denied` for who is no member, `Conflict` with `TooManyRequests` for who has
    /// too many watches.
    pub async fn watch(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        origin: Origin,
        view: View,
    ) -> Result<Watch> {
        let (engine, caller) = (self.clone(), caller.clone());
        engine.recheck_session(&caller).await?;
        let ctx = engine.enter_organization(&caller, organization, origin).await?;
        let (seat, hints) = (engine.live().permit_watch(caller.person)?, engine.live().enter(organization));
        Ok(Watch { engine, caller, ctx, hints, view, _seat: seat })
    }
}

impl Watch {
    /// When it last looked.
    pub const fn now(&self) -> Moment {
        self.ctx.now
    }

    /// Waits until there may be news; false once the program is to end.
    pub async fn wait_for_change(&mut self) -> bool {
        let closing = self.engine.live().inner.closing.clone();
        let hints = &mut self.hints;
        let due = async {
            sleep(REST).await;
            if timeout(PACE - REST, hints.changed()).await.is_ok() {
                sleep(CALM).await;
            }
        };
        tokio::select! {
            biased;
            () = closing.cancelled() => false,
            () = due => true,
        }
    }

    /// Looks whether the person may still watch, and then what there is to tell. This is no use of their session.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` when they may not, or not as before; `Busy`.
    pub async fn look(&mut self) -> Result<News> {
        self.engine.recheck_session(&self.caller).await?;
        let (organization, origin) = (&self.ctx.actor.organization, self.ctx.origin.clone());
        let ctx = self.engine.enter_organization(&self.caller, organization, origin).await?;
        if ctx.actor.role != self.ctx.actor.role {
            return Err(Error::Denied);
        }
        self.ctx = ctx;
        let mut connection = self.engine.db().read().await?;
        Ok(News { uses: self.uses(&mut connection).await?, changed: self.changed(&mut connection).await? })
    }

    async fn uses(&mut self, connection: &mut Connection) -> Result<Vec<KeyUse>> {
        let (reach, now) = (permit(&self.ctx.actor, Action::ListKeys)?, self.ctx.now);
        let since = self.view.drawn.min(now).plus_seconds(-BACK);
        let mut last: HashMap<KeyId, LastUse> = HashMap::new();
        for row in keys::used_since(connection, &reach, since, MAX_USES).await? {
            last.insert(KeyId(row.id), (Moment(row.last_used_at), row.last_used_address, row.last_used_agent));
        }
        for (key, fresh) in self.unwritten(connection, &reach, since).await? {
            let known = last.entry(key).or_insert_with(|| fresh.clone());
            if *known < fresh {
                *known = fresh;
            }
        }
        self.view.drawn = now;
        let mut uses: Vec<_> =
            last.into_iter().map(|(key, (at, address, agent))| KeyUse { key, at, address, agent }).collect();
        uses.sort_by_key(|one| (std::cmp::Reverse(one.at), one.key));
        uses.truncate(MAX_USES);
        Ok(uses)
    }

    /// Uses that no database knows yet, of the keys among them that are within reach.
    async fn unwritten(
        &self,
        connection: &mut Connection,
        reach: &Reach,
        since: Moment,
    ) -> Result<Vec<(KeyId, LastUse)>> {
        let mut recent_use = self.engine.usage().recent_use(reach.organization(), since);
        recent_use.sort_by_key(|(_, (at, ..))| std::cmp::Reverse(*at));
        recent_use.truncate(MAX_USES);
        let ids: Vec<_> = recent_use.iter().map(|(key, _)| *key).collect();
        let near = keys::among(connection, reach, &ids).await?;
        recent_use.retain(|(key, _)| near.contains(key));
        Ok(recent_use)
    }

    async fn changed(&mut self, connection: &mut Connection) -> Result<Option<i64>> {
        let reach = permit(&self.ctx.actor, Action::ReadAudit)?;
        let (newest, _) = audit::head(connection, reach.organization()).await?;
        if newest <= self.view.since {
            return Ok(None);
        }
        let span = Span { after: self.view.since, last: newest };
        let found = audit::read_on(connection, &reach, &about(self.view.category), span, 1).await?;
        self.view.since = newest;
        Ok(found.first().map(|event| event.row.n))
    }
}

fn about(category: EventCategory) -> AuditQuery {
    AuditQuery { action: Some(ActionFilter::Any(category)), ..AuditQuery::default() }
}
