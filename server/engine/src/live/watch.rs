//! A watch: one open page of one person.

use std::collections::HashMap;
use std::time::Duration;

use domain::command::{ActionFilter, AuditQuery};
use domain::event::{AuditAction, EventCategory};
use domain::key::KeyStatus;
use domain::policy::{Action, Reach, permit};
use domain::{KeyId, Moment, OrganizationId};
use tokio::sync::watch as hint;
use tokio::time::{sleep, timeout};

use super::WatchPermit;
use crate::ctx::{Caller, Ctx, Origin};
use crate::store::audit::{self, AuditRow, Span};
use crate::store::{Connection, keys};
use crate::usage::LastUse;
use crate::{Engine, Error, Result};

/// How long a watch waits for a notification before it reads anyway: other nodes cannot notify.
const INTERVAL: Duration = Duration::from_secs(5);
/// The shortest time between two reads, which bounds the cost of a busy key.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// How long it waits after a notification for related ones.
const DEBOUNCE: Duration = Duration::from_millis(300);
/// How far back each read goes, in seconds: other nodes write uses with a delay.
const LOOKBACK_SECONDS: i64 = 60;
/// Uses that one read returns.
const MAX_USES: usize = 100;
/// Changes that one read returns.
const MAX_CHANGES: i64 = 200;

/// The page that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The events that concern the page.
    pub category: EventCategory,
    /// The newest event that it shows.
    pub since: i64,
    /// When it was rendered; it shows earlier uses.
    pub rendered_at: Moment,
}

/// What changed since the last read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Keys that were used recently, the last use first. A use is repeated for a minute.
    pub uses: Vec<KeyUse>,
    /// Keys that were revoked or have expired, each once.
    pub ended: Vec<EndedKey>,
    /// The first other event that the page does not show, unless it was returned before.
    pub changed: Option<i64>,
}

/// A key that is no longer active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedKey {
    /// The key.
    pub key: KeyId,
    /// [`KeyStatus::Revoked`] or [`KeyStatus::Expired`].
    pub status: KeyStatus,
}

/// The last use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: KeyId,
    /// When it was used.
    pub at: Moment,
    /// From which IP address.
    pub address: Option<String>,
    /// By which user agent.
    pub agent: Option<String>,
}

/// A watch. It ends with the session and the membership of its person, and when their role changes.
pub struct Watch {
    engine: Engine,
    caller: Caller,
    ctx: Ctx,
    notifications: hint::Receiver<()>,
    view: View,
    _permit: WatchPermit,
}

impl Engine {
    /// The newest event of a category within the caller's reach. A page that is read after this is
    /// watched from there.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn newest_change(&self, ctx: &Ctx, category: EventCategory) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        // Reading a list records due expiries. Recording them first keeps them from showing as a
        // change of that list.
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "due key expiries were not recorded before a page was watched");
        }
        let newest = audit::list(
            &mut self.db().read().await?,
            &reach,
            &about(category),
            1,
        )
        .await?;
        Ok(newest.first().map_or(0, |event| event.n))
    }

    /// Begins a watch of an organization.
    ///
    /// # Errors
    /// `Unauthenticated` without a session, `Denied` for a person who is not a member, `Conflict`
    /// with `TooManyRequests` for too many watches.
    pub async fn watch(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        origin: Origin,
        view: View,
    ) -> Result<Watch> {
        let engine = self.clone();
        let caller = caller.clone();
        engine.recheck_session(&caller).await?;
        let ctx = engine
            .enter_organization(&caller, organization, origin)
            .await?;
        let permit = engine.live().permit_watch(caller.person)?;
        let notifications = engine.live().hints().subscribe(organization);
        Ok(Watch {
            engine,
            caller,
            ctx,
            notifications,
            view,
            _permit: permit,
        })
    }
}

impl Watch {
    /// When it last read.
    pub const fn now(&self) -> Moment {
        self.ctx.now
    }

    /// Waits until something may have changed. False when the process is about to exit.
    pub async fn wait_for_change(&mut self) -> bool {
        let closing = self.engine.live().closing().clone();
        let notifications = &mut self.notifications;
        let due = async {
            sleep(MIN_INTERVAL).await;
            if timeout(INTERVAL - MIN_INTERVAL, notifications.changed())
                .await
                .is_ok()
            {
                sleep(DEBOUNCE).await;
            }
        };
        tokio::select! {
            biased;
            () = closing.cancelled() => false,
            () = due => true,
        }
    }

    /// Authorizes the person again, then reads what changed. This does not count as a use of their
    /// session.
    ///
    /// # Errors
    /// `Unauthenticated` or `Denied` when they lost access or their role changed; `Busy`.
    pub async fn look(&mut self) -> Result<News> {
        self.engine.recheck_session(&self.caller).await?;
        let (organization, origin) = (&self.ctx.actor.organization, self.ctx.origin.clone());
        let ctx = self
            .engine
            .enter_organization(&self.caller, organization, origin)
            .await?;
        if ctx.actor.role != self.ctx.actor.role {
            return Err(Error::Denied);
        }
        self.ctx = ctx;
        let mut connection = self.engine.db().read().await?;
        let uses = self.uses(&mut connection).await?;
        let (ended, changed) = self.changes(&mut connection).await?;
        Ok(News {
            uses,
            ended,
            changed,
        })
    }

    async fn uses(&mut self, connection: &mut Connection) -> Result<Vec<KeyUse>> {
        let (reach, now) = (
            permit(&self.ctx.actor, Action::ListKeys)?,
            self.ctx.now,
        );
        let since = self
            .view
            .rendered_at
            .min(now)
            .plus_seconds(-LOOKBACK_SECONDS);
        let mut last: HashMap<KeyId, LastUse> = HashMap::new();
        for row in keys::used_since(connection, &reach, since, MAX_USES).await? {
            last.insert(
                KeyId(row.id),
                (
                    Moment(row.last_used_at),
                    row.last_used_address,
                    row.last_used_agent,
                ),
            );
        }
        for (key, fresh) in self.unwritten(connection, &reach, since).await? {
            let known = last.entry(key).or_insert_with(|| fresh.clone());
            if *known < fresh {
                *known = fresh;
            }
        }
        self.view.rendered_at = now;
        let mut uses: Vec<_> = last
            .into_iter()
            .map(|(key, (at, address, agent))| KeyUse {
                key,
                at,
                address,
                agent,
            })
            .collect();
        uses.sort_by_key(|one| (std::cmp::Reverse(one.at), one.key));
        uses.truncate(MAX_USES);
        Ok(uses)
    }

    /// Uses of keys within reach that are not in the database yet.
    async fn unwritten(
        &self,
        connection: &mut Connection,
        reach: &Reach,
        since: Moment,
    ) -> Result<Vec<(KeyId, LastUse)>> {
        let mut recent_use = self
            .engine
            .usage()
            .recent_use(reach.organization(), since);
        recent_use.sort_by_key(|(_, (at, ..))| std::cmp::Reverse(*at));
        recent_use.truncate(MAX_USES);
        let ids: Vec<_> = recent_use.iter().map(|(key, _)| *key).collect();
        let near = keys::among(connection, reach, &ids).await?;
        recent_use.retain(|(key, _)| near.contains(key));
        Ok(recent_use)
    }

    /// The keys that ended, and the first other change.
    async fn changes(
        &mut self,
        connection: &mut Connection,
    ) -> Result<(Vec<EndedKey>, Option<i64>)> {
        let reach = permit(&self.ctx.actor, Action::ReadAudit)?;
        let (newest, _) = audit::head(connection, reach.organization()).await?;
        if newest <= self.view.since {
            return Ok((Vec::new(), None));
        }
        let span = Span {
            after: self.view.since,
            last: newest,
        };
        let found = audit::read_on(
            connection,
            &reach,
            &about(self.view.category),
            span,
            MAX_CHANGES,
        )
        .await?;
        self.view.since = newest;
        let mut ended = Vec::new();
        let mut changed = None;
        for event in &found {
            match ended_key(&event.row) {
                Some(key) => ended.push(key),
                None => changed = changed.or(Some(event.row.n)),
            }
        }
        // More may have happened than was read.
        if i64::try_from(found.len()) == Ok(MAX_CHANGES) {
            changed = changed.or(Some(newest));
        }
        Ok((ended, changed))
    }
}

/// The key that ended with an event, if one did.
fn ended_key(row: &AuditRow) -> Option<EndedKey> {
    let status = match row.action.parse().ok()? {
        AuditAction::KeyRevoked => KeyStatus::Revoked,
        AuditAction::KeyExpired => KeyStatus::Expired,
        _ => return None,
    };
    Some(EndedKey {
        key: row.object_id.parse().ok()?,
        status,
    })
}

fn about(category: EventCategory) -> AuditQuery {
    AuditQuery {
        action: Some(ActionFilter::Any(category)),
        ..AuditQuery::default()
    }
}
