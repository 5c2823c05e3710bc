//! Renaming a key.

use domain::{KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use super::sheet::KeySheet;
use crate::components::fault_line;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::Screen;
use crate::shared_view::name_hint;
use crate::words;

/// The form with the current name.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let screen = Screen::RenameKey(organization.clone(), key);
    let sheet = KeySheet::load(request, &organization, key, screen).await?;
    let typed = request
        .typed("name")
        .unwrap_or(&sheet.line.key.label)
        .to_owned();
    Ok(Page::new(words::rename_key::SHEET.title, move || {
        sheet.render(
            &words::rename_key::SHEET,
            "/ui/rename_key",
            field(&sheet, typed),
        )
    }))
}

fn field(sheet: &KeySheet, typed: String) -> AnyView {
    let problem = sheet.problem.as_ref();
    let fault = problem
        .and_then(|problem| problem.field("name"))
        .map(str::to_owned);
    view! {
        <div class="field">
            <label for="name">{words::labels::NAME}</label>
            <input
                class="input" id="name" name="name" required autocomplete="off" dir="auto" value=typed autofocus=problem.is_none()
                aria-describedby="name-error name-hint rename-hint" aria-invalid=fault.is_some().then_some("true")
            />
            {fault_line("name", fault)}
            {name_hint()}
            <p class="hint" id="rename-hint">{words::rename_key::HINT}</p>
        </div>
    }
    .into_any()
}
