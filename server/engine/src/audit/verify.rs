//! Verifying the audit logs of a database without an engine: next to a running server, or of a copy.

use std::io::BufRead;

use domain::OrganizationId;

use super::heads::SignedHead;
use super::marks::ChainMark;
use super::walk::{Accepted, ChainReader};
use crate::keyring::Ring;
use crate::store::audit;
use crate::store::{Connection, Db, StoreError, organizations};

/// Faults that a report lists. More are only counted.
const LISTED: usize = 20;

/// A break of a chain that the operator has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedBreak {
    /// The first event that is not verified.
    pub from: i64,
    /// The event of the acceptance. Verification continues here.
    pub accepted_at: i64,
}

/// The result of verifying the chain of one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// The organization.
    pub organization: OrganizationId,
    /// The last event that was removed because of its age. Verification begins after it. 0 if none
    /// was removed.
    pub removed: i64,
    /// The newest event that was verified.
    pub verified: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The first event that was altered, removed or added.
    pub broken_at: Option<i64>,
    /// The breaks that were accepted.
    pub accepted: Vec<AcceptedBreak>,
}

/// Why a head of a file is not on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadFault {
    /// The line of the file.
    pub line: u64,
    /// One sentence.
    pub why: String,
}

/// The result of comparing a file of heads with the chains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadsReport {
    /// The heads that are on their chain.
    pub on_chain: u64,
    /// The heads whose events were removed because of their age.
    pub removed: u64,
    /// The heads whose events were lost, and that loss was accepted by the operator.
    pub accepted: u64,
    /// The number of heads that are not on their chain, and of lines that are no heads.
    pub faults: u64,
    /// The first of them.
    pub first_faults: Vec<HeadFault>,
}

impl ChainReport {
    /// Whether every event is unaltered, or was accepted.
    pub const fn is_sound(&self) -> bool {
        self.broken_at.is_none()
    }
}

/// The organizations of a database, by ID.
///
/// # Errors
/// When the database does not answer.
pub async fn organizations(db: &Db) -> Result<Vec<OrganizationId>, StoreError> {
    organizations::all(&mut db.read().await?).await
}

/// Verifies the chain of an organization from its first event that was kept to its newest. Reads the events in
/// pages. Without the ring, only the hashes are verified.
///
/// # Errors
/// When the database does not answer.
pub async fn verify_chain(
    db: &Db,
    ring: Option<&Ring>,
    organization: &OrganizationId,
) -> Result<ChainReport, StoreError> {
    let mut connection = db.read().await?;
    let reader = ChainReader::new(ring, organization);
    let walk = reader
        .walk(&mut connection, ChainMark::default(), i64::MAX)
        .await?;
    let cut = reader.cut(&mut connection).await?;
    let accepted = walk
        .accepted
        .iter()
        .map(|accepted| AcceptedBreak {
            from: accepted.broken_at,
            accepted_at: accepted.mark.n,
        });
    Ok(ChainReport {
        organization: organization.clone(),
        removed: cut.mark.n,
        verified: walk.mark.n,
        hash: walk.mark.hash,
        broken_at: walk.broken,
        accepted: accepted.collect(),
    })
}

/// Compares the heads of a file with the events of the database, line by line. Whether the chain up
/// to these events is sound, [`verify_chain`] tells.
///
/// # Errors
/// When the database does not answer, or the file cannot be read.
pub async fn verify_heads(
    db: &Db,
    ring: &Ring,
    only: Option<&OrganizationId>,
    lines: impl BufRead,
) -> Result<HeadsReport, StoreError> {
    let mut connection = db.read().await?;
    let known = organizations::all(&mut connection).await?;
    let mut report = HeadsReport::default();
    for (line, number) in lines.lines().zip(1_u64..) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let head = serde_json::from_str::<SignedHead>(&line)
            .ok()
            .filter(|head| head.is_signed_by(ring));
        let Some(head) = head else {
            report.fault(
                number,
                "is not a head that this installation has signed".into(),
            );
            continue;
        };
        if only.is_some_and(|only| only.as_str() != head.organization_id) {
            continue;
        }
        let organization = known
            .iter()
            .find(|known| known.as_str() == head.organization_id);
        match organization {
            Some(organization) => {
                compare(
                    &mut connection,
                    ring,
                    organization,
                    &head,
                    number,
                    &mut report,
                )
                .await?;
            }
            None => report.fault(
                number,
                format!("names {}, which does not exist", head.organization_id),
            ),
        }
    }
    Ok(report)
}

async fn compare(
    connection: &mut Connection,
    ring: &Ring,
    organization: &OrganizationId,
    head: &SignedHead,
    line: u64,
    report: &mut HeadsReport,
) -> Result<(), StoreError> {
    let hash = audit::hash_of(connection, organization, head.n).await?;
    if hash
        .as_ref()
        .is_some_and(|hash| hex::encode(hash) == head.hash)
    {
        report.on_chain += 1;
        return Ok(());
    }
    let reader = ChainReader::new(Some(ring), organization);
    let cut = reader.cut(connection).await?.mark;
    if head.n < cut.n || head.n == cut.n && head.hash == hex::encode(&cut.hash) {
        report.removed += 1;
        return Ok(());
    }
    let covers = |accepted: &Accepted| accepted.broken_at <= head.n && head.n < accepted.mark.n;
    let accepted = reader.accepted(connection, covers).await?;
    if accepted.is_some() {
        report.accepted += 1;
        return Ok(());
    }
    let n = head.n;
    let why = if hash.is_some() {
        format!(
            "event {n} of {organization} is another one than at {}",
            head.at
        )
    } else {
        format!(
            "event {n} of {organization}, which was there at {}, is missing",
            head.at
        )
    };
    report.fault(line, why);
    Ok(())
}

impl HeadsReport {
    fn fault(&mut self, line: u64, why: String) {
        self.faults += 1;
        if self.first_faults.len() < LISTED {
            self.first_faults.push(HeadFault { line, why });
        }
    }
}
