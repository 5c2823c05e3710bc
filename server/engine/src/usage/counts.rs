//! Calls by the hour and by the day, of an API, an owner or a key.

use std::collections::HashSet;

use domain::policy::{Action, permit};
use domain::view::{CallCount, Calls, RefusalCause};
use domain::{ActorId, KeyId, Moment, Slug};

use super::pending::HourCount;
use crate::ctx::Ctx;
use crate::store::call_counts::{self, API, CountOf, CountRow, DAY, HOUR, KEY, OWNER, VALID};
use crate::store::usage::{self, DAY_MS, HOUR_MS, UsedKey};
use crate::store::{Connection, apis, parse_column};
use crate::{Engine, Error, Result};

/// Whose calls are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Api(i64),
    Owner(ActorId),
    Key(KeyId),
}

impl Subject {
    const fn parts(self) -> (&'static str, i64) {
        match self {
            Self::Api(id) => (API, id),
            Self::Owner(id) => (OWNER, id.0),
            Self::Key(id) => (KEY, id.0),
        }
    }

    fn has(self, key: &UsedKey) -> bool {
        match self {
            Self::Api(id) => key.api_id == Some(id),
            Self::Owner(id) => key.actor_id == id.0,
            Self::Key(id) => key.id == id.0,
        }
    }
}

/// The rows that a count of a key is added to. The days of a key are in another table.
pub(super) fn counts_of(key: &UsedKey, count: HourCount) -> impl Iterator<Item = (CountOf, i64)> {
    let hour = (HOUR, count.hour);
    let day = (DAY, count.hour.div_euclid(24));
    let api = key.api_id.map(|id| (API, id));
    let owner = (OWNER, key.actor_id);
    let rows = [((KEY, key.id), hour), (owner, hour), (owner, day)];
    let rows = rows.into_iter().chain(
        api.into_iter()
            .flat_map(move |api| [(api, hour), (api, day)]),
    );
    rows.map(move |((subject, subject_id), (step, at))| {
        let of = CountOf {
            subject,
            subject_id,
            environment: key.environment.clone(),
            step,
            at,
            code: count.cause.map_or(VALID, RefusalCause::as_str),
        };
        (of, count.count)
    })
}

impl Engine {
    /// Calls with the keys of an API.
    ///
    /// # Errors
    /// `Denied` for callers who see only their own keys; `NotFound`.
    pub async fn get_api_calls(&self, ctx: &Ctx, api: &Slug) -> Result<Calls> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        if reach.owner().is_some() {
            return Err(Error::Denied);
        }
        let mut connection = self.db().read().await?;
        let found = apis::find(&mut connection, reach.organization(), api).await?;
        let subject = Subject::Api(found.ok_or(Error::NotFound)?.id);
        self.calls(&mut connection, ctx, subject).await
    }

    /// Calls with the keys of a consumer.
    ///
    /// # Errors
    /// As [`Engine::get_consumer`].
    pub async fn get_consumer_calls(&self, ctx: &Ctx, consumer: ActorId) -> Result<Calls> {
        self.get_consumer(ctx, consumer).await?;
        self.owner_calls(ctx, consumer).await
    }

    /// Calls with the keys of a service account.
    ///
    /// # Errors
    /// As [`Engine::get_service_account`].
    pub async fn get_service_account_calls(&self, ctx: &Ctx, account: ActorId) -> Result<Calls> {
        self.get_service_account(ctx, account).await?;
        self.owner_calls(ctx, account).await
    }

    async fn owner_calls(&self, ctx: &Ctx, owner: ActorId) -> Result<Calls> {
        let mut connection = self.db().read().await?;
        self.calls(&mut connection, ctx, Subject::Owner(owner))
            .await
    }

    /// Calls with one key.
    ///
    /// # Errors
    /// `NotFound` for a key out of the caller's reach.
    pub async fn get_key_calls(&self, ctx: &Ctx, key: KeyId) -> Result<Calls> {
        self.get_key(ctx, key).await?;
        let mut connection = self.db().read().await?;
        self.calls(&mut connection, ctx, Subject::Key(key))
            .await
    }

    /// What is written, and what this node has not written yet. Other nodes write what they have
    /// every minute.
    async fn calls(
        &self,
        connection: &mut Connection,
        ctx: &Ctx,
        subject: Subject,
    ) -> Result<Calls> {
        let now = ctx.now;
        let (hour, day) = (now.0.div_euclid(HOUR_MS), now.0.div_euclid(DAY_MS));
        let mut hours = Steps::ending(hour, Calls::HOURS, HOUR_MS);
        let mut days = Steps::ending(day, Calls::DAYS, DAY_MS);
        let parts = subject.parts();
        hours.add(call_counts::list(connection, parts, HOUR, hours.first).await?)?;
        days.add(match subject {
            Subject::Key(key) => call_counts::days_of_key(connection, key, days.first).await?,
            _ => call_counts::list(connection, parts, DAY, days.first).await?,
        })?;
        for count in self
            .pending_counts(connection, ctx, subject)
            .await?
        {
            hours.count(count.hour, count.cause, count.count);
            days.count(count.hour.div_euclid(24), count.cause, count.count);
        }
        Ok(Calls {
            as_of: if self.db().is_shared() {
                now.plus_seconds(-60)
            } else {
                now
            },
            hours: hours.counts,
            days: days.counts,
        })
    }

    async fn pending_counts(
        &self,
        connection: &mut Connection,
        ctx: &Ctx,
        subject: Subject,
    ) -> Result<Vec<HourCount>> {
        if let Subject::Key(key) = subject {
            return Ok(self.usage().hours_of(key));
        }
        let pending = self.usage().hours();
        let keys: Vec<_> = pending.iter().map(|(key, _)| *key).collect();
        let used = usage::find_keys(connection, &keys).await?;
        let counted: HashSet<_> = used
            .into_iter()
            .filter(|key| {
                key.organization_id == ctx.actor.organization.as_str() && subject.has(key)
            })
            .map(|key| key.id)
            .collect();
        Ok(pending
            .into_iter()
            .filter(|(key, _)| counted.contains(&key.0))
            .flat_map(|(_, hours)| hours)
            .collect())
    }
}

/// Consecutive hours or days.
struct Steps {
    first: i64,
    counts: Vec<CallCount>,
}

impl Steps {
    /// `count` steps of this length in milliseconds, the last of them number `last` since 1970.
    fn ending(last: i64, count: i64, length: i64) -> Self {
        let first = last - count + 1;
        Self {
            first,
            counts: (first..=last)
                .map(|step| CallCount::none(Moment(step * length)))
                .collect(),
        }
    }

    fn add(&mut self, rows: Vec<CountRow>) -> Result<()> {
        for row in rows {
            let cause = match row.code.as_str() {
                VALID => None,
                code => Some(parse_column(code, "call_counts.code")?),
            };
            self.count(row.at, cause, row.count);
        }
        Ok(())
    }

    /// Counts what is not too old. What a clock that was ahead wrote is in the last step.
    fn count(&mut self, step: i64, cause: Option<RefusalCause>, count: i64) {
        let Some(last) = self.counts.len().checked_sub(1) else {
            return;
        };
        if let Ok(position) = usize::try_from(step - self.first) {
            self.counts[position.min(last)].add(cause, count);
        }
    }
}
