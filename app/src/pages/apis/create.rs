//! Registering an API.

use domain::policy::{Action, Grant, decide};
use domain::{Code, OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::field::Field;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::summary;
use crate::islands::page_help::PageHelp;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

/// The form for a new API.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::top(Screen::NewApi(organization.clone()));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if decide(room.ctx.actor().role, Action::ManageApis) == Grant::No {
        return Err(request.context.problem(Code::Forbidden));
    }
    let typed = |name: &str| request.typed(name).unwrap_or_default().to_owned();
    let typed = Typed {
        name: typed("name"),
        slug: typed("slug"),
        key_prefix: typed("key_prefix"),
        scopes: typed("scopes"),
    };
    let problem = request.problem().cloned();
    let render = move || render(&room, typed, problem.as_ref());
    Ok(Page {
        islands: true,
        ..Page::new(words::apis::REGISTER, render)
    })
}

struct Typed {
    name: String,
    slug: String,
    key_prefix: String,
    scopes: String,
}

fn render(room: &OrganizationPage, typed: Typed, problem: Option<&Problem>) -> AnyView {
    let name = Field::new(
        "name",
        words::labels::NAME,
        words::apis::NAME_HINT,
        problem,
    );
    let slug = Field::new(
        "slug",
        words::apis::SLUG,
        words::apis::SLUG_HINT,
        problem,
    );
    let prefix = Field::new(
        "key_prefix",
        words::apis::KEY_PREFIX_OPTIONAL,
        words::apis::KEY_PREFIX_HINT,
        problem,
    );
    let scopes = Field::new(
        "scopes",
        words::apis::PERMISSIONS_OPTIONAL,
        words::apis::PERMISSIONS_HINT,
        problem,
    );
    let (names, scope_lines) = (&name, &scopes);
    let fresh = problem.is_none();
    let name_input = view! { <input class="input" id="name" name="name" required autocomplete="off" placeholder=words::apis::NAME_SAMPLE aria-describedby=names.described() aria-invalid=names.invalid() dir="auto" value=typed.name autofocus=fresh/> };
    // Leptos does not escape the text of a textarea.
    let encoded_text = html_escape::encode_text(&typed.scopes).into_owned();
    let scopes_input = view! { <textarea class="input" id="scopes" name="scopes" rows="5" autocomplete="off" spellcheck="false" placeholder=words::apis::PERMISSIONS_SAMPLE aria-describedby=scope_lines.described() aria-invalid=scope_lines.invalid()>{encoded_text}</textarea> };
    let (slug_input, prefix_input) = (
        code_input(&slug, typed.slug, words::apis::SLUG_SAMPLE, true),
        code_input(
            &prefix,
            typed.key_prefix,
            words::apis::SLUG_SAMPLE,
            false,
        ),
    );
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_api" data-once="">
            {room.fields(None)}
            <div class="sheet-head"><h1>{words::apis::REGISTER}</h1></div>
            <div class="sheet-body">
                {summary(words::apis::NOT_REGISTERED, problem, &room.place)}
                {name.render(name_input.into_any())}
                {slug.render(slug_input)}
                {prefix.render(prefix_input)}
                {scopes.render(scopes_input.into_any())}
            </div>
            <div class="sheet-foot">
                <a class="button" href=Screen::Apis(room.organization()).path()>{words::CANCEL}</a>
                <button class="button primary">{words::apis::REGISTER}</button>
            </div>
        </form>
    };
    view! { {frame(room, words::apis::REGISTER, None, body.into_any())}<PageHelp/> }.into_any()
}

/// A field for a word that machines read: nothing corrects it or starts it with a capital.
fn code_input(field: &Field, typed: String, sample: &'static str, required: bool) -> AnyView {
    view! { <input class="input" id=field.name() name=field.name() required=required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=sample aria-describedby=field.described() aria-invalid=field.invalid() value=typed/> }.into_any()
}
