//! The table to select scopes: none, read or write for each group.

use domain::scope::{Access, Group};
use domain::{Scope, ScopeSet};
use leptos::prelude::*;

use super::confirm::power;
use crate::words;

/// The table. `offered` are the scopes to choose from, `chosen` is the selected access of a group,
/// and `powerful` says which scopes require a fresh sign-in.
pub fn scope_picker(
    offered: ScopeSet,
    chosen: impl Fn(Group) -> String,
    powerful: impl Fn(Scope) -> bool,
) -> AnyView {
    let rows = Group::ALL.map(|group| row(offered, group, &chosen(group), &powerful));
    view! {
        <table class="picks">
            <thead><tr>
                <th scope="col">{words::labels::GROUP}</th>
                <th scope="col">{words::NONE}</th>
                <th scope="col">{words::labels::READ}</th>
                <th scope="col">{words::labels::WRITE}</th>
            </tr></thead>
            <tbody>{rows.into_iter().flatten().collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(
    offered: ScopeSet,
    group: Group,
    chosen: &str,
    powerful: &dyn Fn(Scope) -> bool,
) -> Option<AnyView> {
    let scope = |access| {
        group
            .scope(access)
            .filter(|scope| offered.allows(*scope))
    };
    let (read, write) = (scope(Access::Read), scope(Access::Write));
    let any = read.or(write)?;
    let name = format!("access[{}]", group.as_str());
    let pick = |word: &'static str, label: &'static str, scope: Option<Scope>| {
        let (title, power) = (
            scope.map(Scope::sentence),
            power(scope.is_some_and(powerful)),
        );
        view! {
            <td><label>
                <input type="radio" name=name.clone() value=word checked=chosen == word title=title data-pick-power=power/>
                <span class="visually-hidden">{words::create_key::permission_of(group, label)}</span>
            </label></td>
        }
    };
    let cell = |word, label, scope: Option<Scope>| match scope {
        Some(scope) => pick(word, label, Some(scope)).into_any(),
        None => view! { <td></td> }.into_any(),
    };
    let what = [read, write]
        .into_iter()
        .flatten()
        .map(|scope| scope.sentence())
        .collect::<Vec<_>>()
        .join(". ");
    Some(
        view! {
            <tr class=(!any.in_sandbox()).then_some("only-production") data-group=group.as_str()>
                <th scope="row">{group.label()}<span class="sub">{what}</span></th>
                {pick("none", words::NONE, None)}
                {cell("read", words::labels::READ, read)}
                {cell("write", words::labels::WRITE, write)}
            </tr>
        }
        .into_any(),
    )
}
