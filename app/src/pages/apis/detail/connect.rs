//! How to connect a reverse proxy or the own code to an API.

use leptos::prelude::*;

use super::ApiPageData;
use super::recipes::{Recipe, recipes};
use crate::routes::{DOCS_OF_APIS, gate_url};
use crate::shared_view::icon;
use crate::words;

/// The URL of the gate, and a recipe for each proxy with the values of this API.
pub fn connect(shown: &ApiPageData) -> AnyView {
    let gate = gate_url(&shown.public_url, &shown.api.slug);
    let recipes = recipes(&shown.api, &shown.public_url);
    view! {
        <section class="panel" aria-labelledby="connect-title">
            <h2 id="connect-title">{words::apis::CONNECT}</h2>
            <p>{words::apis::GATE_HINT}</p>
            <p><span class="copied"><code>{gate.clone()}</code><button class="icon-button small needs-script" type="button" data-copy-text=gate aria-label=words::apis::COPY_GATE>{icon("copy")}</button></span></p>
            <p>{words::apis::RECIPES_HINT}" "<a href=DOCS_OF_APIS>{words::apis::SHOW_ME_HOW}</a></p>
            {recipes.into_iter().map(recipe).collect_view()}
        </section>
    }
    .into_any()
}

fn recipe(recipe: Recipe) -> AnyView {
    let Recipe { program, files } = recipe;
    let files = files.into_iter().enumerate().map(|(n, file)| {
        let id = format!("recipe-{}-{n}", program.to_lowercase());
        view! {
            <p>{file.note}</p>
            <figure class="snippet file">
                <figcaption>
                    {program.clone()}
                    <button class="icon-button needs-script" type="button" data-copy-of=id.clone() aria-label=words::apis::copy_recipe(&program)>{icon("copy")}</button>
                </figcaption>
                <pre translate="no" tabindex="0"><code id=id>{file.text}</code></pre>
            </figure>
        }
    });
    view! { <details class="fold"><summary>{program.clone()}</summary>{files.collect_view()}</details> }
        .into_any()
}
