//! The permissions of an API.

use domain::api::ApiScope;
use domain::view::ApiView;
use leptos::either::Either;
use leptos::prelude::*;

use crate::words;

/// A table of the permissions, or that there are none.
pub fn permissions(api: &ApiView) -> AnyView {
    let row = |scope: &ApiScope| {
        let includes = match scope.includes.is_empty() {
            true => Either::Left(words::NONE),
            false => Either::Right(view! { <code>{scope.includes.line()}</code> }),
        };
        view! {
            <tr>
                <th scope="row"><code>{scope.scope.to_string()}</code></th>
                <td data-label=words::apis::DESCRIPTION><bdi>{scope.description.clone()}</bdi></td>
                <td data-label=words::apis::INCLUDES>{includes}</td>
            </tr>
        }
    };
    let content = match api.scopes.iter().next() {
        None => Either::Left(view! { <p class="muted">{words::apis::NO_PERMISSIONS}</p> }),
        Some(_) => Either::Right(view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">{words::apis::permissions_caption(&api.name)}</caption>
                    <thead><tr>
                        <th scope="col">{words::apis::PERMISSION}</th>
                        <th scope="col">{words::apis::DESCRIPTION}</th>
                        <th scope="col">{words::apis::INCLUDES}</th>
                    </tr></thead>
                    <tbody>{api.scopes.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }),
    };
    view! { <h2>{words::create_key::PERMISSIONS}</h2>{content} }.into_any()
}
