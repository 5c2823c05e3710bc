//! Invitations: found by a keyed digest, and sealed like every row that grants access.

use domain::view::{InvitationView, Offer};
use domain::{Moment, OrganizationId};

use super::audit::{invitation_events, newest_of};
use super::{Connection, StoreError, Tx, execute, fetch, parse_column};
use crate::journal::{Mark, Subject};
use crate::keyring::{CanonicalEncoder, Purpose, Ring};

/// One invitation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InvitationRow {
    pub id: String,
    pub organization_id: String,
    pub seq: i64,
    pub email: String,
    pub role: String,
    pub digest: Vec<u8>,
    pub invited_by: i64,
    pub created_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    /// Number of the audit event that last changed this row; sealed, so that an older version
    /// cannot be put back.
    pub audit_n: i64,
    pub row_mac: Vec<u8>,
    /// Number of the newest audit event about this invitation, as the log says.
    pub newest_n: i64,
    pub inviter: String,
    pub inviter_email: Option<String>,
    pub organization_name: String,
}

impl InvitationRow {
    /// The row with the seal over its security fields.
    #[must_use]
    pub fn sealed(mut self, ring: &Ring) -> Self {
        self.row_mac = ring.mac(Purpose::Row, &self.canonical());
        self
    }

    /// Whether the row's seal is valid and the row is not an older version that was put back.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        self.audit_n == self.newest_n
            && ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// Whether it can be accepted.
    pub const fn is_pending(&self, now: Moment) -> bool {
        self.ended_at.is_none() && self.expires_at > now.0
    }

    /// What managers of members see of it.
    pub fn view(&self) -> Result<InvitationView, StoreError> {
        Ok(InvitationView {
            id: parse_column(&self.id, "invitations.id")?,
            email: self.email.clone(),
            role: parse_column(&self.role, "invitations.role")?,
            invited_by: self.inviter.clone(),
            created_at: Moment(self.created_at),
            expires_at: Moment(self.expires_at),
        })
    }

    /// What a person with the link sees of it.
    pub fn offer(&self) -> Result<Offer, StoreError> {
        let (name, domain) = self
            .email
            .split_once('@')
            .unwrap_or((&self.email, ""));
        let first: String = name.chars().take(1).collect();
        Ok(Offer {
            organization: parse_column(&self.organization_id, "invitations.organization_id")?,
            organization_name: self.organization_name.clone(),
            role: parse_column(&self.role, "invitations.role")?,
            invited_by: self.inviter.clone(),
            inviter_email: self.inviter_email.clone(),
            address_hint: format!("{first}…@{domain}"),
            expires_at: Moment(self.expires_at),
        })
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("invitations")
            .text(&self.id)
            .text(&self.organization_id)
            .text(&self.email)
            .text(&self.role)
            .bytes(&self.digest)
            .number(self.invited_by)
            .number(self.created_at)
            .number(self.expires_at)
            .maybe_number(self.ended_at)
            .number(self.audit_n)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.organization_id, i.seq, i.email, i.role, i.digest, i.invited_by, i.created_at, i.expires_at, \
             i.ended_at, i.audit_n, i.row_mac, a.name AS inviter, p.email AS inviter_email, o.name AS organization_name, \
             ",
            newest_of!(
                "i.organization_id",
                "'invitation'",
                "i.id",
                invitation_events!()
            ),
            " AS newest_n \
             FROM invitations i JOIN organizations o ON o.id = i.organization_id \
             JOIN actors a ON a.organization_id = i.organization_id AND a.id = i.invited_by \
             LEFT JOIN people p ON p.id = a.person_id ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &InvitationRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO invitations (id, organization_id, seq, email, role, digest, invited_by, created_at, \
         expires_at, ended_at, audit_n, row_mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.organization_id).bind(row.seq).bind(&row.email).bind(&row.role).bind(&row.digest)
        .bind(row.invited_by).bind(row.created_at).bind(row.expires_at).bind(row.ended_at).bind(row.audit_n)
        .bind(&row.row_mac).execute(conn))?;
    Ok(())
}

/// Marks an invitation as accepted or revoked. False when it was before.
pub async fn close(tx: &mut Tx, row: &InvitationRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE invitations SET ended_at = $3, audit_n = $4, row_mac = $5 \
         WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(&row.id).bind(row.ended_at).bind(row.audit_n).bind(&row.row_mac)
        .execute(conn))?;
    tx.mark(Mark::revoked(Subject::Invitation(row.id.clone())));
    Ok(changed == 1)
}

pub async fn by_digest(
    connection: &mut Connection,
    digest: &[u8],
) -> Result<Option<InvitationRow>, StoreError> {
    const SQL: &str = select!("WHERE i.digest = $1");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(digest).fetch_optional(conn))?)
}

pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<InvitationRow>, StoreError> {
    const SQL: &str = select!("WHERE i.organization_id = $1 AND i.id = $2");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(id).fetch_optional(conn))?,
    )
}

/// Pending invitations, newest first, from `before` (exclusive) on.
pub async fn pending(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    before: i64,
    limit: i64,
) -> Result<Vec<InvitationRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE i.organization_id = $1 AND i.ended_at IS NULL AND i.expires_at > $2 AND i.seq < $3 \
         ORDER BY i.seq DESC LIMIT $4"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(before).bind(limit).fetch_all(conn))?)
}

/// Invitations that were neither accepted nor revoked, for an email or by an actor. Some may have
/// expired.
pub async fn unanswered(
    connection: &mut Connection,
    organization: &OrganizationId,
    email: &str,
    actor: i64,
) -> Result<Vec<InvitationRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE i.organization_id = $1 AND i.ended_at IS NULL AND (i.email = $2 OR i.invited_by = $3) ORDER BY i.seq"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(email).bind(actor).fetch_all(conn))?)
}

/// How many invitations are pending.
pub async fn count_pending(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM invitations WHERE organization_id = $1 AND ended_at IS NULL AND expires_at > $2";
    let (count,): (i64,) = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).fetch_one(conn))?;
    Ok(count)
}

/// Invitations of an organization that were sealed with another ring key than this, from `after`
/// (exclusive) on. `ring_key` is its id in eight bytes.
pub async fn of_other_ring_keys(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: i64,
    ring_key: &[u8],
    limit: i64,
) -> Result<Vec<InvitationRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE i.organization_id = $1 AND i.seq > $2 AND substr(i.row_mac, 1, 8) <> $3 ORDER BY i.seq LIMIT $4"
    );
    fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(after).bind(ring_key).bind(limit).fetch_all(conn))
}

/// Writes the seal of an invitation, unless its row was changed since it was read as `before`. Says
/// whether it was written.
pub async fn reseal(
    tx: &mut Tx,
    row: &InvitationRow,
    before: &InvitationRow,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE invitations SET row_mac = $4 WHERE organization_id = $1 AND id = $2 AND row_mac = $3";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(&row.id).bind(&before.row_mac).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}
