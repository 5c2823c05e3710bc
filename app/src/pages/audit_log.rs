//! The audit log.

use domain::policy::{Action, Grant, decide};
use domain::view::{AuditView, ChainView, Page as Rows, RemovedEvents};
use domain::{OrganizationId, Problem};
use engine::audit::AuditActor;
use leptos::prelude::*;

use super::{Page, PageResponse};
use crate::components::frame::{OrganizationPage, frame};
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_LOG, Location, Screen};
use crate::words;

mod filters;
mod header;
mod row;
mod table;

const ROWS: i64 = 50;

/// The data of the page.
struct Log {
    room: OrganizationPage,
    rows: Rows<AuditView>,
    actors: Vec<AuditActor>,
    chain: ChainView,
    removed: Option<RemovedEvents>,
    problem: Option<Problem>,
}

/// The events that the person can see: admins and owners see all, members see their own and those
/// of their keys.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::AuditLog(organization.clone()), &request.query);
    if place.pairs() != request.query {
        // The form also sends blank fields. The redirect removes them, and everything unknown.
        return Ok(PageResponse::Go(place.path()));
    }
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let to_problem = |error| context.to_problem(&error);
    let query = room.place.audit_query(room.ctx.now());
    let rows = context
        .engine
        .read_audit_log(&room.ctx, &query, ROWS)
        .await
        .map_err(to_problem)?;
    let actors = context
        .engine
        .list_audit_actors(&room.ctx)
        .await
        .map_err(to_problem)?;
    let chain = context
        .engine
        .check_chain(&room.ctx)
        .await
        .map_err(to_problem)?;
    let removed = context
        .engine
        .removed_events(&room.ctx)
        .await
        .map_err(to_problem)?;
    let log = Log {
        room,
        rows,
        actors,
        chain,
        removed,
        problem: request.problem().cloned(),
    };
    Ok(PageResponse::Page(Page::new(
        words::audit_log::TITLE,
        move || render(&log),
    )))
}

impl Log {
    const fn place(&self) -> &Location {
        &self.room.place
    }

    /// Whether the person sees all events.
    fn sees_all(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::ReadAudit) == Grant::All
    }
}

fn render(log: &Log) -> AnyView {
    let room = &log.room;
    let content = match log.rows.rows.is_empty() {
        true => header::nothing(log),
        false => table::table(log),
    };
    let body = view! {
        {header::broken(&log.chain)}
        <div class="page-head">
            <div>
                <h1>{words::audit_log::TITLE}</h1>
                <p class="lede">
                    {words::audit_log::lede(log.sees_all(), &room.name)}
                    " "
                    <a class="nowrap" href=DOCS_OF_LOG>{words::audit_log::ABOUT}</a>
                </p>
                {log.removed.as_ref().map(header::removed)}
                {header::chain(&log.chain)}
            </div>
            {header::export(log)}
        </div>
        {filters::filters(log)}
        {content}
    };
    frame(
        room,
        words::audit_log::TITLE,
        log.problem.as_ref(),
        body.into_any(),
    )
}
