//! The table of keys, with its order, its pages, and the bar for the selected keys.

use domain::command::{KeySort, StatusFilter};
use leptos::prelude::*;

use super::{List, natural};
use crate::components::key_row::{KeyPerson, KeyRows, replacements};
use crate::components::pager::{links, next_link};
use crate::routes::Screen;
use crate::server_fns::keys::revoke::MOST_KEYS;
use crate::shared_view::icon;
use crate::words;

/// The parameters that say which keys the list shows.
const FILTERS: [&str; 6] = ["q", "environment", "status", "creator", "api", "owner"];

/// The table, and the line below it.
pub fn table(list: &List) -> AnyView {
    let creators = list.sees_creators();
    let fresh = list.fresh();
    let key_rows = KeyRows {
        organization: list.room.organization(),
        now: list.room.ctx.now(),
        has_picks: true,
        may_rotate: true,
        person: if creators {
            KeyPerson::Creator
        } else {
            KeyPerson::Nobody
        },
        replacements: replacements(&list.rows.rows),
    };
    let rows = list
        .rows
        .rows
        .iter()
        .map(|line| key_rows.row(line, fresh == Some(line.key.key_id)));
    let class = if creators {
        "table keys"
    } else {
        "table keys own"
    };
    view! {
        <div class="table-wrap">
            <table class=class>
                <caption class="visually-hidden">{words::keys::caption(&list.room.name)}</caption>
                <thead><tr>
                    <td class="pick">
                        <input
                            class="needs-script"
                            type="checkbox"
                            form="bulk"
                            aria-label=words::keys::SELECT_ALL
                            title=words::keys::SELECT_ALL
                        />
                    </td>
                    {head(list, "name", words::labels::NAME, KeySort::Name)}
                    <th scope="col" class="masked">{words::labels::KEY_PREVIEW}</th>
                    <th scope="col" class="perm">{words::create_key::PERMISSIONS}</th>
                    {head(list, "created", words::labels::CREATED_AT, KeySort::Newest)}
                    {creators.then(|| view! { <th scope="col" class="by">{words::labels::CREATED_BY}</th> })}
                    {head(list, "used", words::labels::LAST_USED, KeySort::LastUsed)}
                    {head(list, "expires", words::labels::EXPIRES, KeySort::Expires)}
                    <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        {pager(list)}
    }
    .into_any()
}

/// Which keys the page shows, and the links to the pages before and after it.
fn pager(list: &List) -> AnyView {
    let rows = &list.rows.rows;
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let count = list.count;
    let first = rows
        .first()
        .filter(|_| count.before > 0)
        .map(|line| line.key.key_id.0);
    let next = list
        .rows
        .next
        .filter(|_| count.has_more || count.before + shown < count.total);
    let previous = first.map(|key| {
        let previous = list
            .place()
            .with("before", Some(&key.to_string()));
        view! { <a class="button" rel="prev" href=previous.path()>{icon("chevron-left")}{words::keys::PREVIOUS}</a> }
            .into_any()
    });
    let next = next.map(|key| next_link(list.place(), "after", key, words::keys::NEXT));
    view! {
        <div class="pager">
            <p>{words::keys::range(count, shown)}</p>
            <button
                class="link-button needs-script"
                type="button"
                data-open="shortcuts"
            >{words::keys::SHORTCUTS}</button>
            {links(previous, next)}
        </div>
    }
    .into_any()
}

/// A heading that sorts the list. A second click reverses the order.
fn head(list: &List, class: &'static str, text: &'static str, sort: KeySort) -> AnyView {
    let place = list.place();
    let here = list.query.sort == sort;
    let other = |dir: &str| if dir == "asc" { "desc" } else { "asc" };
    let begin = natural(sort);
    let now = if list.query.reversed {
        other(begin)
    } else {
        begin
    };
    let next = if here { other(now) } else { begin };
    let path = place
        .with("sort", Some(sort.as_str()))
        .with("dir", Some(next))
        .path();
    let order = here.then_some(if now == "asc" {
        "ascending"
    } else {
        "descending"
    });
    let mark = here.then(|| {
        icon(if now == "asc" {
            "chevron-up"
        } else {
            "chevron"
        })
    });
    view! { <th scope="col" class=class aria-sort=order><a href=path>{text}{mark}</a></th> }
        .into_any()
}

/// The bar at the bottom with what can be done with the selected keys. CSS shows it once a key is
/// selected, and the island says how many.
pub fn bulk(list: &List) -> AnyView {
    let action = Screen::RevokeKeys(list.room.organization()).path();
    view! {
        <form class="bulk" id="bulk" method="get" action=action data-dialog="">
            <p id="bulk-count" role="status"></p>
            {every_page(list)}
            <button class="button danger">{words::revoke_keys::TITLE}</button>
            <button class="button" type="reset">{words::keys::CLEAR_SELECTION}</button>
        </form>
    }
    .into_any()
}

/// The button that selects the keys of all pages, which the island shows once all keys of this page
/// are selected. The filters say which keys these are.
fn every_page(list: &List) -> Option<AnyView> {
    let count = list.count;
    let shown = list.rows.rows.len();
    let total = usize::try_from(count.total).ok()?;
    let is_active = list.query.status == Some(StatusFilter::Active);
    if count.has_more || total <= shown || total > MOST_KEYS || !is_active {
        return None;
    }
    let filters = list
        .place()
        .pairs()
        .into_iter()
        .filter(|(name, _)| FILTERS.contains(&name.as_str()))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    Some(
        view! {
            <input type="hidden" id="bulk-all" name="all" value="true" disabled/>
            {filters.collect_view()}
            <button
                class="link-button"
                type="button"
                id="bulk-more"
                hidden
                data-total=words::format::grouped(count.total)
            >{words::keys::select_all(count.total)}</button>
        }
        .into_any(),
    )
}
