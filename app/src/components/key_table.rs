//! A table of the keys of an owner or of an API: the rows of the list of keys, without its order
//! and its selection.

use domain::view::KeyLine;
use leptos::prelude::*;

use super::key_row::{KeyPerson, KeyRows};
use crate::islands::key_panel::KeyPanel;
use crate::islands::live::LiveMarks;
use crate::words;

/// The table. `caption` is for screen readers.
pub fn key_table(rows: &KeyRows, keys: &[KeyLine], caption: String) -> AnyView {
    let (class, person) = match rows.person {
        KeyPerson::Nobody => ("table keys own", None),
        KeyPerson::Creator => ("table keys", Some(words::labels::CREATED_BY)),
        KeyPerson::Owner => ("table keys", Some(words::labels::OWNER)),
    };
    let head =
        |class: &'static str, text: &'static str| view! { <th scope="col" class=class>{text}</th> };
    view! {
        <div class="table-wrap">
            <table class=class>
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr>
                    {head("name", words::labels::NAME)}
                    {head("masked", words::labels::KEY_PREVIEW)}
                    {head("perm", words::create_key::PERMISSIONS)}
                    {head("created", words::labels::CREATED_AT)}
                    {person.map(|person| head("by", person))}
                    {head("used", words::labels::LAST_USED)}
                    {head("expires", words::labels::EXPIRES)}
                    <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th>
                </tr></thead>
                <tbody>{keys.iter().map(|line| rows.row(line, false)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What makes the table of a page react in the browser.
pub fn key_islands() -> AnyView {
    view! { <KeyPanel/><LiveMarks/> }.into_any()
}
