//! Who did what (RK-26).

use domain::policy::{Action, Grant, decide};
use domain::view::{AuditView, ChainView, Page as Rows};
use domain::{OrganizationId, Problem};
use engine::audit::Doer;
use leptos::prelude::*;

use super::{Answer, Asked, Page};
use crate::parts::frame::{Room, frame};
use crate::routes::{DOCS_OF_LOG, Place, Screen};
use crate::words;

mod around;
mod filters;
mod row;
mod table;

const ROWS: i64 = 50;

/// Everything the page shows.
struct Log {
    room: Room,
    rows: Rows<AuditView>,
    doers: Vec<Doer>,
    chain: ChainView,
    problem: Option<Problem>,
}

/// The events within the person's reach (decision D26).
pub async fn show(asked: &Asked, organization: OrganizationId) -> Result<Answer, Problem> {
    let visit = &asked.visit;
    let place = Place::of(Screen::AuditLog(organization.clone()), &asked.query);
    if place.pairs() != asked.query {
        // A form sends what was left blank, too; and nothing that is not understood stays in the address.
        return Ok(Answer::Go(place.path()));
    }
    let room = Room::enter(visit, &organization, place).await?;
    let told = |error| visit.tell(&error);
    let query = room.place.audit_query(room.ctx.now());
    let rows = visit.engine.read_audit(&room.ctx, &query, ROWS).await.map_err(told)?;
    let doers = visit.engine.list_doers(&room.ctx).await.map_err(told)?;
    let chain = visit.engine.check_chain(&room.ctx).await.map_err(told)?;
    let log = Log { room, rows, doers, chain, problem: asked.problem().cloned() };
    Ok(Answer::Page(Page::new(words::AUDIT_LOG, move || draw(&log))))
}

impl Log {
    const fn place(&self) -> &Place {
        &self.room.place
    }

    /// Whether the person sees everything that happened.
    fn sees_all(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::ReadAudit) == Grant::All
    }
}

fn draw(log: &Log) -> AnyView {
    let room = &log.room;
    let content = match log.rows.rows.is_empty() {
        true => around::nothing(log),
        false => table::table(log),
    };
    let body = view! {
        {around::broken(&log.chain)}
        <div class="page-head">
            <div>
                <h1>{words::AUDIT_LOG}</h1>
                <p class="lede">{words::audit_lede(log.sees_all(), &room.name)}" "<a class="nowrap" href=DOCS_OF_LOG>{words::ABOUT_LOG}</a></p>
                {around::chain(&log.chain)}
            </div>
            {around::export(log)}
        </div>
        {filters::filters(log)}
        {content}
    };
    frame(room, words::AUDIT_LOG, log.problem.as_ref(), body.into_any())
}
