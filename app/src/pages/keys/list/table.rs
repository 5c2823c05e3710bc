//! The table of keys, with its order, its pages, and the button that revokes several.

use domain::command::KeySort;
use leptos::prelude::*;

use super::row::row;
use super::{List, natural};
use crate::components::pager::{Pages, pages};
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::words;

/// The table, and the links below it.
pub fn table(list: &List) -> AnyView {
    let creators = list.sees_creators();
    let fresh = list.fresh();
    let rows = list
        .rows
        .rows
        .iter()
        .map(|line| row(list, line, fresh == Some(line.key.key_id)));
    let class = if creators {
        "table keys"
    } else {
        "table keys own"
    };
    let ways = Pages {
        mark: "after",
        next: list.rows.next,
        first: words::keys::FIRST_PAGE,
        more: words::keys::NEXT_PAGE,
    };
    view! {
        <div class="table-wrap">
            <table class=class>
                <caption class="visually-hidden">{words::keys::caption(&list.room.name)}</caption>
                <thead><tr>
                    <td class="pick"><input class="needs-script" type="checkbox" aria-label=words::keys::SELECT_ALL title=words::keys::SELECT_ALL/></td>
                    {head(list, "name", words::labels::NAME, KeySort::Name)}
                    <th scope="col" class="masked">{words::labels::KEY_PREVIEW}</th>
                    <th scope="col" class="env">{words::create_key::ENVIRONMENT}</th>
                    <th scope="col" class="perm">{words::create_key::PERMISSIONS}</th>
                    {head(list, "created", words::labels::CREATED_AT, KeySort::Newest)}
                    {creators.then(|| view! { <th scope="col" class="by">{words::labels::CREATED_BY}</th> })}
                    {head(list, "used", words::labels::LAST_USED, KeySort::LastUsed)}
                    {head(list, "expires", words::labels::EXPIRES, KeySort::Expires)}
                    <th scope="col" class="state">{words::labels::STATUS}</th>
                    <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <div class="pager">
            {bulk(list)}
            {pages(list.place(), &ways)}
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

/// The button that leads to revoking the selected keys. CSS shows it once a key is selected.
fn bulk(list: &List) -> AnyView {
    let action = Screen::RevokeKeys(list.room.organization()).path();
    view! {
        <form class="bulk" id="bulk" method="get" action=action>
            <button class="button danger">{words::revoke_keys::TITLE}<span id="bulk-count"></span></button>
        </form>
    }
    .into_any()
}
