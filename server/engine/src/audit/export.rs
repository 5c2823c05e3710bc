//! The log as a file: read page by page, so that none of it has to be in memory at once, and only as long as the caller
//! may.

use domain::command::{AuditQuery, ExportFormat};
use domain::event::{AuditAction, Event, ObjectKind};
use domain::policy::{Action, Reach, permit};
use domain::view::AuditRecord;
use domain::{ActorId, OrganizationId};

use super::{journal, view};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::audit::{self, RecordRow, Span};
use crate::store::parse_column;
use crate::{Engine, Result};

/// Events of a page.
const PAGE: i64 = 500;

/// An export under way.
pub struct Export {
    engine: Engine,
    ctx: Ctx,
    reach: Reach,
    query: AuditQuery,
    span: Span,
}

impl Engine {
    /// Begins to take the log out as a file, oldest event first, within the caller's reach. That it was taken out is an
    /// event itself, and the last one that the file can hold.
    ///
    /// # Errors
    /// `Denied`, `Unauthenticated`, `Busy`.
    pub async fn export_audit_log(&self, ctx: &Ctx, query: &AuditQuery, format: ExportFormat) -> Result<Export> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let kind = ObjectKind::AuditLog;
        let event = Event::new(AuditAction::AuditExported, kind.as_str(), reach.organization(), kind.label());
        let event = event.changed("format", None, Some(format.as_str()));
        let filters = query.filters();
        let event = filters.iter().fold(event, |event, (field, value)| event.changed(field, None, Some(value)));
        let last = journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        let query = AuditQuery { before: None, ..query.clone() };
        let span = audit::span(&mut self.db().read().await?, &reach, &query, last).await?;
        Ok(Export { engine: self.clone(), ctx: ctx.clone(), reach, query, span })
    }
}

impl Export {
    /// Whose log it is.
    pub const fn organization(&self) -> &OrganizationId {
        self.reach.organization()
    }

    /// The next events; none when all were given. Whoever was ended, removed or lowered meanwhile gets no more of them
    /// (decision D23): that is asked after reading, right before they are given.
    ///
    /// # Errors
    /// `Unauthenticated` and `Denied` when the caller may not read on, `Busy`.
    pub async fn next(&mut self) -> Result<Vec<AuditRecord>> {
        let mut connection = self.engine.db().read().await?;
        let rows = audit::read_on(&mut connection, &self.reach, &self.query, self.span, PAGE).await?;
        drop(connection);
        self.reauthorize().await?;
        self.span.after = rows.last().map_or(self.span.last, |last| last.row.n);
        rows.into_iter().map(record).collect()
    }

    /// The fence knows every way in which a caller ends. Its transaction writes nothing.
    async fn reauthorize(&self) -> Result<()> {
        let mut tx = self.engine.db().begin().await?;
        reauthorize(&self.engine, &mut tx, &self.ctx).await?;
        Ok(tx.commit().await?)
    }
}

fn record(RecordRow { row, before }: RecordRow) -> Result<AuditRecord> {
    Ok(AuditRecord {
        organization_id: parse_column(&row.organization_id, "audit_events.organization_id")?,
        at_ms: row.at,
        concerns: row.concerns.map(ActorId),
        previous_hash: hex::encode(before.unwrap_or_default()),
        hash: hex::encode(&row.hash),
        event: view(row)?,
    })
}
