//! Organization Settings → General: the name of the organization, and the rules for its keys.

use domain::policy::{Action, Grant, decide};
use domain::view::OrganizationView;
use domain::{OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::danger_zone::{is_only_owner, leave_zone};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{done, when};
use crate::flash::{Flash, OrganizationSettingSaved};
use crate::islands::page_help::PageHelp;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_ORGANIZATIONS, Location, Screen};
use crate::words;

mod forms;

struct OrganizationPageData {
    room: OrganizationPage,
    view: OrganizationView,
    /// The typed name, or else the current one.
    name: String,
    /// The typed rules, or else the current ones.
    rules: KeyRules,
    /// Whether the person is the only owner, who cannot leave.
    stays: bool,
    saved: Option<OrganizationSettingSaved>,
    problem: Option<Problem>,
}

/// The rules for keys, as the fields of their form have them.
struct KeyRules {
    key_makers: String,
    keys_make_keys: String,
    max_key_days: String,
    default_key_days: String,
}

impl KeyRules {
    /// The current rules.
    fn of(view: &OrganizationView) -> Self {
        let text = |days: Option<i64>| {
            days.map(|days| days.to_string())
                .unwrap_or_default()
        };
        Self {
            key_makers: view.key_makers.as_str().to_owned(),
            keys_make_keys: view.keys_make_keys.to_string(),
            max_key_days: text(view.max_key_days),
            default_key_days: text(view.default_key_days),
        }
    }
}

/// The settings of the organization. Members can only read them.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let room = OrganizationPage::enter(
        context,
        &organization,
        Location::top(Screen::Settings(organization.clone())),
    )
    .await?;
    let view = context
        .engine
        .get_organization(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let typed = |field: &str, current: String| {
        request
            .typed(field)
            .map_or(current, str::to_owned)
    };
    let saved = match context.take_flash().await {
        Some(Flash::Organization(setting)) => Some(setting),
        _ => None,
    };
    let current = KeyRules::of(&view);
    let shown = OrganizationPageData {
        name: typed("name", view.name.clone()),
        rules: KeyRules {
            key_makers: typed("key_makers", current.key_makers),
            keys_make_keys: typed("keys_make_keys", current.keys_make_keys),
            max_key_days: typed("max_key_days", current.max_key_days),
            default_key_days: typed("default_key_days", current.default_key_days),
        },
        stays: is_only_owner(context, &room).await?,
        saved,
        problem: request.problem().cloned(),
        view,
        room,
    };
    Ok(Page {
        islands: true,
        ..Page::new(words::organization::TITLE, move || render(&shown))
    })
}

fn render(shown: &OrganizationPageData) -> AnyView {
    let (room, view) = (&shown.room, &shown.view);
    let changes = decide(room.ctx.actor().role, Action::ChangeOrganization) == Grant::All;
    let settings = if changes {
        Either::Left(forms::forms(shown))
    } else {
        Either::Right(forms::read_only(shown))
    };
    // The form for the name shows it.
    let name = (!changes)
        .then(|| view! { <dt>{words::labels::NAME}</dt><dd><bdi>{view.name.clone()}</bdi></dd> });
    let notice = shown.saved.map(|setting| {
        done(match setting {
            OrganizationSettingSaved::Name => words::organization::RENAMED,
            OrganizationSettingSaved::KeyRules => words::organization::KEY_RULES_SAVED,
            OrganizationSettingSaved::Nothing => words::organization::NOTHING_CHANGED,
        })
    });
    let body = view! {
        {notice}
        <div class="page-head">
            <div>
                <h1>{words::organization::TITLE}</h1>
                <p class="lede">{words::organization::LEDE}" "<a href=DOCS_OF_ORGANIZATIONS>{words::organization::ABOUT}</a></p>
            </div>
        </div>
        <dl class="facts boxed">
            {name}
            <dt>{words::organization::ID}</dt><dd><code class="id">{view.id.to_string()}</code></dd>
            <dt>{words::labels::CREATED}</dt><dd>{when(room.ctx.now(), view.created_at)}</dd>
        </dl>
        {settings}
        {leave_zone(room, shown.stays)}
    };
    let page = frame(
        room,
        words::organization::TITLE,
        shown.problem.as_ref(),
        body.into_any(),
    );
    view! { {page}<PageHelp/> }.into_any()
}
