//! The usage of several keys as rows of the database.

use std::collections::BTreeMap;

use domain::KeyId;

use super::counts::counts_of;
use super::pending::PendingUsage;
use super::{LastUse, MAX_CALLERS};
use crate::store::call_counts::{self, CountOf};
use crate::store::usage::{self, CallerRow, DayRow, OwnerDay, RefusalRow, UsedKey};
use crate::store::{StoreError, Tx};

/// Usage that one transaction writes.
#[derive(Default)]
pub(super) struct Batch {
    pub keys: Vec<KeyId>,
    last: Vec<(KeyId, LastUse)>,
    days: Vec<(KeyId, DayRow)>,
    callers: Vec<(KeyId, CallerRow)>,
    refusals: Vec<(KeyId, i64, RefusalRow)>,
    owner_days: BTreeMap<OwnerDay, DayRow>,
    counts: BTreeMap<CountOf, i64>,
}

impl Batch {
    /// Adds the usage of one key.
    pub fn add(&mut self, key: UsedKey, pending_usage: &PendingUsage) {
        let id = KeyId(key.id);
        self.keys.push(id);
        self.last
            .extend(pending_usage.last().map(|last| (id, last)));
        for row in pending_usage.days() {
            self.days.push((id, *row));
            let owner_day = OwnerDay {
                organization_id: key.organization_id.clone(),
                actor_id: key.actor_id,
                environment: key.environment.clone(),
                day: row.day,
            };
            self.owner_days
                .entry(owner_day)
                .or_insert(DayRow {
                    day: row.day,
                    ..DayRow::default()
                })
                .add(*row);
        }
        for count in pending_usage.hours() {
            for (of, count) in counts_of(&key, *count) {
                *self.counts.entry(of).or_default() += count;
            }
        }
        let callers = pending_usage.called().into_iter();
        self.callers.extend(callers.map(|caller| {
            let row = CallerRow {
                address: caller.address,
                agent: caller.agent,
                at: caller.at.0,
                calls: caller.calls,
            };
            (id, row)
        }));
        let refusals = pending_usage.refusal_rows();
        self.refusals
            .extend(refusals.map(|(day, row)| (id, day, row)));
    }

    /// Writes it all. The keys are locked.
    pub async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        usage::touch(tx, &self.last).await?;
        usage::add_days(tx, &self.days).await?;
        usage::add_callers(tx, &self.callers).await?;
        usage::keep_callers(tx, &self.keys, MAX_CALLERS).await?;
        usage::add_refusals(tx, &self.refusals).await?;
        // Last: other transactions wait for these rows, of which several keys have the same.
        usage::add_owner_days(tx, &self.owner_days).await?;
        call_counts::add(tx, &self.counts).await
    }
}
