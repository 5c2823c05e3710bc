//! What has to remain of the events that a cut removes, from the events as they were verified: what
//! the database says between the verification and the cut does not count.

use std::collections::BTreeMap;

use domain::{Moment, OrganizationId};

use super::cut::Cut;
use super::marks::ChainMark;
use super::walk::{Accepted, ChainReader};
use crate::store::Tx;
use crate::store::audit::{self, FloorRow};
use crate::{Error, Result};

/// The floors of an organization after a cut.
pub(super) struct Floors {
    all: BTreeMap<(String, String), FloorRow>,
    new: Vec<(String, String)>,
}

impl Floors {
    /// Reads the floors that a cut has left, and the events after it up to the next one. None if
    /// they are not as they were verified.
    pub async fn of_next_cut(
        tx: &mut Tx,
        reader: ChainReader<'_>,
        organization: &OrganizationId,
        cut: &Cut,
        next: &ChainMark,
        gaps: &[Accepted],
    ) -> Result<Option<Self>> {
        let before = audit::all_floors(tx, organization).await?;
        let is_in_gap = |n: i64| {
            gaps.iter()
                .any(|gap| gap.broken_at <= n && n <= gap.mark.n)
        };
        if audit::hash_with(Vec::new(), &before) != cut.floors && !is_in_gap(cut.mark.n.max(1)) {
            return Ok(None);
        }
        let mut floors = Self {
            all: before
                .into_iter()
                .map(|floor| (object(&floor), floor))
                .collect(),
            new: Vec::new(),
        };
        let mut mark = cut.mark.clone();
        while mark.n < next.n {
            let rows = audit::chain(tx, organization, Some(mark.n), PAGE).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows.into_iter().filter(|row| row.n <= next.n) {
                if !is_in_gap(row.n) && !reader.follows(&row, &mark) {
                    return Ok(None);
                }
                mark = ChainMark {
                    n: row.n,
                    hash: row.hash,
                };
                if audit::is_kept(&row.object_kind, &row.action) {
                    floors.keep(FloorRow {
                        n: row.n,
                        object_kind: row.object_kind,
                        object_id: row.object_id,
                        at: row.at,
                        action: row.action,
                    });
                }
            }
        }
        Ok((mark == *next).then_some(floors))
    }

    fn keep(&mut self, floor: FloorRow) {
        let object = object(&floor);
        self.new.push(object.clone());
        self.all.insert(object, floor);
    }

    /// Writes them, without those of sessions that ended before `sessions_since`. Gives the hash over
    /// them.
    ///
    /// # Errors
    /// `Broken` if the database has others afterwards.
    pub async fn write(
        mut self,
        tx: &mut Tx,
        organization: &OrganizationId,
        sessions_since: Moment,
    ) -> Result<Vec<u8>> {
        self.all
            .retain(|_, floor| floor.object_kind != "session" || floor.at >= sessions_since.0);
        self.new.sort();
        self.new.dedup();
        let new: Vec<_> = self
            .new
            .iter()
            .filter_map(|object| self.all.get(object).cloned())
            .collect();
        audit::write_floors(tx, organization, &new, sessions_since).await?;
        let mut all: Vec<_> = self.all.into_values().collect();
        all.sort_by_key(|floor| floor.n);
        let hash = audit::hash_with(Vec::new(), &all);
        if audit::floors_hash(tx, organization).await? == hash {
            Ok(hash)
        } else {
            Err(Error::Broken(
                "what remains of removed events was altered while it was written".into(),
            ))
        }
    }
}

/// Events that are read at a time.
const PAGE: i64 = 1_000;

fn object(floor: &FloorRow) -> (String, String) {
    (floor.object_kind.clone(), floor.object_id.clone())
}
