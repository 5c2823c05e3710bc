//! The table of a list.

use leptos::prelude::*;

/// A table of rows. `caption` is for screen readers. `columns` are the headings, and `newest_first`
/// is the one of the column that the rows are sorted by.
pub fn list_table(
    caption: impl Into<String>,
    columns: &[&'static str],
    newest_first: Option<&str>,
    rows: impl Iterator<Item: IntoView + 'static>,
) -> AnyView {
    let heading = |name: &&'static str| {
        let sorted = newest_first == Some(*name);
        view! { <th scope="col" aria-sort=sorted.then_some("descending")>{*name}</th> }
    };
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{caption.into()}</caption>
                <thead><tr>{columns.iter().map(heading).collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
