//! The table of events, and the link to older ones.

use leptos::prelude::*;

use super::Log;
use super::row::row;
use crate::components::pager::{Pages, pages};
use crate::words;

/// The table and its pages.
pub fn table(log: &Log) -> AnyView {
    let rows = &log.rows.rows;
    let numbers = rows
        .first()
        .zip(rows.last())
        .map(|(first, last)| words::audit_log::events_from_to(first.n, last.n));
    let ways = Pages {
        mark: "before",
        next: log.rows.next,
        first: words::audit_log::NEWEST,
        more: words::audit_log::OLDER,
    };
    let ways = pages(log.place(), &ways);
    view! {
        <div class="table-wrap">
            <table class="table audit">
                <caption class="visually-hidden">{words::audit_log::caption(&log.room.name)}</caption>
                <thead><tr>
                    <th scope="col">{words::audit_log::TIME_UTC}</th>
                    <th scope="col">{words::audit_log::ACTOR}</th>
                    <th scope="col">{words::audit_log::ACTION}</th>
                    <th scope="col">{words::audit_log::OBJECT}</th><th scope="col">{words::labels::IP_ADDRESS}</th>
                </tr></thead>
                <tbody>{rows.iter().map(|event| row(log, event)).collect_view()}</tbody>
            </table>
        </div>
        {ways.map(|ways| view! { <div class="pager"><p class="number">{numbers}</p>{ways}</div> })}
    }
    .into_any()
}
