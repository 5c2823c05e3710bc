//! Exporting the log as a file. It is read page by page, so that it is never in memory as a whole,
//! and the caller is authorized again for each page.

use domain::command::{AuditQuery, ExportFormat};
use domain::event::{AuditAction, Event, ObjectKind};
use domain::policy::{Action, Reach, permit};
use domain::view::{AuditRecord, RemovedEvents};
use domain::{ActorId, OrganizationId};

use super::cut::Cut;
use super::walk::ChainReader;
use super::{journal, view};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::audit::{self, RecordRow, Span};
use crate::store::{StoreError, parse_column};
use crate::{Engine, Error, Result};

/// Events in a page.
const PAGE: i64 = 500;

/// An export under way.
pub struct Export {
    engine: Engine,
    ctx: Ctx,
    reach: Reach,
    query: AuditQuery,
    span: Span,
    /// What was removed from the log before.
    cut: Cut,
}

impl Engine {
    /// Begins an export of the log within the caller's reach, oldest event first. The export is an
    /// event itself, and the last one that the file can contain.
    ///
    /// # Errors
    /// `Denied`, `Unauthenticated`, `Busy`.
    pub async fn export_audit_log(
        &self,
        ctx: &Ctx,
        query: &AuditQuery,
        format: ExportFormat,
    ) -> Result<Export> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let kind = ObjectKind::AuditLog;
        let event = Event::new(
            AuditAction::AuditExported,
            kind.as_str(),
            reach.organization(),
            kind.label(),
        );
        let event = event.changed("format", None, Some(format.as_str()));
        let filters = query.filters();
        let event = filters
            .iter()
            .fold(event, |event, (field, value)| {
                event.changed(field, None, Some(value))
            });
        let last = journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        let query = AuditQuery {
            before: None,
            ..query.clone()
        };
        let mut connection = self.db().read().await?;
        let span = audit::span(&mut connection, &reach, &query, last).await?;
        let cut = ChainReader::of(self, reach.organization())
            .cut(&mut connection)
            .await?;
        Ok(Export {
            engine: self.clone(),
            ctx: ctx.clone(),
            reach,
            query,
            span,
            cut,
        })
    }
}

impl Export {
    /// Whose log it is.
    pub const fn organization(&self) -> &OrganizationId {
        self.reach.organization()
    }

    /// Which events were removed from the log because of their age before the export began.
    pub fn removed(&self) -> Option<RemovedEvents> {
        self.cut.view()
    }

    /// The next events; empty at the end. A caller that lost access meanwhile gets no more of them
    /// (decision D23). The check comes after reading, right before the events are returned.
    ///
    /// # Errors
    /// `Unauthenticated` and `Denied` when the caller may not read on, `Busy`.
    pub async fn next(&mut self) -> Result<Vec<AuditRecord>> {
        let mut connection = self.engine.db().read().await?;
        let rows = audit::read_on(
            &mut connection,
            &self.reach,
            &self.query,
            self.span,
            PAGE,
        )
        .await?;
        let cut = ChainReader::of(&self.engine, self.reach.organization())
            .cut(&mut connection)
            .await?;
        drop(connection);
        if cut.mark != self.cut.mark && self.span.after < cut.mark.n {
            let why = "events were removed because of their age while they were exported";
            return Err(Error::Busy(StoreError::Away(why.into())));
        }
        self.reauthorize().await?;
        self.span.after = rows
            .last()
            .map_or(self.span.last, |last| last.row.n);
        rows.into_iter()
            .map(|row| record(row, &cut))
            .collect()
    }

    /// Authorizes the caller again, in a transaction that writes nothing.
    async fn reauthorize(&self) -> Result<()> {
        let mut tx = self.engine.db().begin().await?;
        reauthorize(&self.engine, &mut tx, &self.ctx).await?;
        Ok(tx.commit().await?)
    }
}

fn record(RecordRow { row, before }: RecordRow, cut: &Cut) -> Result<AuditRecord> {
    // The event before the first one was removed.
    let before = before.or_else(|| (row.n == cut.mark.n + 1).then(|| cut.mark.hash.clone()));
    Ok(AuditRecord {
        organization_id: parse_column(&row.organization_id, "audit_events.organization_id")?,
        at_ms: row.at,
        concerns: row.concerns.map(ActorId),
        previous_hash: hex::encode(before.unwrap_or_default()),
        hash: hex::encode(&row.hash),
        event: view(row)?,
    })
}
