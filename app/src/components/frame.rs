//! The frame around every page of an organization.

use domain::event::ObjectKind;
use domain::policy::{Action, Grant, decide};
use domain::view::Membership;
use domain::{OrganizationId, PersonId, Problem};
use engine::Ctx;
use engine::people::Person;
use leptos::prelude::*;

use super::{form_fields, page_field, sign_out, summary};
use crate::request::PageContext;
use crate::routes::{DOCS, Location, Screen};
use crate::shared_view::icon;
use crate::theme::Theme;
use crate::words;

const ACTIVE: &str = "organization";

/// The context of a page of an organization.
pub struct OrganizationPage {
    /// The context of the acting member.
    pub ctx: Ctx,
    /// The organization's name.
    pub name: String,
    /// Every organization that the person belongs to.
    pub memberships: Vec<Membership>,
    /// The person.
    pub person: Person,
    /// The theme.
    pub theme: Theme,
    /// The page.
    pub place: Location,
    /// The name of the identity provider.
    pub provider: String,
}

impl OrganizationPage {
    /// Opens the organization, and makes it the active one.
    ///
    /// # Errors
    /// As [`PageContext::open`].
    pub async fn enter(
        context: &PageContext,
        organization: &OrganizationId,
        place: Location,
    ) -> Result<Self, Problem> {
        let ctx = context.open(organization.as_str()).await?;
        let id = context.person()?.person;
        let memberships = context
            .engine
            .list_organizations(id)
            .await
            .map_err(|error| context.to_problem(&error))?;
        let person = context
            .engine
            .get_person(id)
            .await
            .map_err(|error| context.to_problem(&error))?;
        let name = memberships
            .iter()
            .find(|one| one.organization == *organization)
            .map(|one| one.organization_name.clone());
        remember(context, id, organization).await;
        let site_config = &context.site_config;
        let provider = words::confirm::provider(
            site_config.development,
            site_config.provider.as_deref(),
        );
        Ok(Self {
            ctx,
            name: name.unwrap_or_default(),
            memberships,
            person,
            theme: context.theme,
            place,
            provider,
        })
    }

    /// The organization.
    pub fn organization(&self) -> OrganizationId {
        self.ctx.actor().organization.clone()
    }

    /// The context of the acting member on the data of the environment that this page shows.
    ///
    /// # Errors
    /// None for a person.
    pub fn data(&self, context: &PageContext) -> Result<Ctx, Problem> {
        self.ctx
            .in_environment(self.place.environment())
            .map_err(|error| context.to_problem(&error))
    }

    /// The hidden fields of a form on this page.
    pub fn fields(&self, about: Option<(&'static str, String)>) -> impl IntoView + use<> {
        form_fields(&self.place, &self.organization(), about)
    }
}

/// The active organization: that of the last page in this session, or else in the previous session.
pub async fn active(context: &PageContext) -> Option<OrganizationId> {
    if let Some(here) = in_session(context).await {
        return Some(here);
    }
    let person = context.caller.as_ref()?.person;
    context
        .engine
        .active_organization(person)
        .await
        .ok()
        .flatten()
}

async fn in_session(context: &PageContext) -> Option<OrganizationId> {
    context
        .session
        .get::<OrganizationId>(ACTIVE)
        .await
        .ok()
        .flatten()
}

/// Stores the active organization in the session, and with the person for their next session. A
/// failure does not fail the page.
async fn remember(context: &PageContext, person: PersonId, organization: &OrganizationId) {
    if in_session(context).await.as_ref() == Some(organization) {
        return;
    }
    let request_id = &context.origin.request_id;
    if let Err(error) = context.session.insert(ACTIVE, organization).await {
        tracing::warn!(request_id, %error, "the active organization was not stored");
    }
    if let Err(error) = context
        .engine
        .set_active_organization(person, organization)
        .await
    {
        tracing::warn!(request_id, %error, "the active organization was not stored");
    }
}

/// Renders a page in its frame. `trail` is the last step of the breadcrumb.
pub fn frame(
    room: &OrganizationPage,
    trail: &str,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    let settings = Screen::Settings(room.organization()).path();
    let above = above(&room.place.screen, &room.organization()).map(|(screen, name)| {
        let list = Location::in_environment(screen, room.place.environment());
        view! { <li><a href=list.path()>{name}</a></li> }
    });
    let trail = trail.to_owned();
    view! {
        <div class="frame">
            {side(room)}
            <header class="top">
                <nav class="crumbs" aria-label=words::frame::BREADCRUMB>
                    <ol class="crumb-list">
                        <li><a href=settings>{words::ORGANIZATION_SETTINGS}</a></li>
                        {above}
                        <li><span aria-current="page"><bdi>{trail}</bdi></span></li>
                    </ol>
                </nav>
                {themes(room.theme, &room.place)}
                {account(&room.person, &room.place)}
            </header>
            <main class="main" id="main" tabindex="-1">{summary(words::NOT_DONE, problem, &room.place)}{body}</main>
        </div>
    }
    .into_any()
}

/// The list that a page belongs to.
fn above(screen: &Screen, organization: &OrganizationId) -> Option<(Screen, &'static str)> {
    match screen {
        Screen::NewServiceAccount(_) | Screen::ServiceAccount(..) => Some((
            Screen::ServiceAccounts(organization.clone()),
            words::service_accounts::TITLE,
        )),
        Screen::SealedOfAccount(organization, account) => Some((
            Screen::ServiceAccount(organization.clone(), *account),
            ObjectKind::ServiceAccount.label(),
        )),
        Screen::NewApi(_) | Screen::Api(..) => {
            Some((Screen::Apis(organization.clone()), words::apis::TITLE))
        }
        Screen::NewApiKey(organization, slug) => Some((
            Screen::Api(organization.clone(), slug.clone()),
            words::labels::API,
        )),
        Screen::NewConsumer(_) | Screen::Consumer(..) => Some((
            Screen::Consumers(organization.clone()),
            words::consumers::TITLE,
        )),
        Screen::NewWorkspace(_) | Screen::Workspace(..) => Some((
            Screen::Workspaces(organization.clone()),
            words::workspaces::TITLE,
        )),
        Screen::Run(..) => Some((Screen::Runs(organization.clone()), words::runs::TITLE)),
        screen if screen.is_about_members() && !matches!(screen, Screen::Members(_)) => Some((
            Screen::Members(organization.clone()),
            words::members::TITLE,
        )),
        screen if screen.is_about_keys() && !matches!(screen, Screen::ApiKeys(_)) => Some((
            Screen::ApiKeys(organization.clone()),
            words::keys::TITLE,
        )),
        _ => None,
    }
}

fn side(room: &OrganizationPage) -> AnyView {
    let here = &room.place.screen;
    let organization = room.organization();
    let entry = |screen: Screen, name: &'static str, glyph: &'static str, inside: bool| {
        let current = inside.then_some(if screen == *here { "page" } else { "true" });
        view! { <li><a href=screen.path() aria-current=current>{icon(glyph)}{name}</a></li> }
    };
    let in_overview = matches!(here, Screen::Overview(_));
    let in_keys = here.is_about_keys();
    let in_accounts = here.is_about_service_accounts();
    let in_apis = here.is_about_apis();
    let in_consumers = here.is_about_consumers();
    let in_workspaces = here.is_about_workspaces();
    let in_runs = here.is_about_runs();
    let in_members = here.is_about_members();
    let in_log = matches!(here, Screen::AuditLog(_));
    let in_organization = matches!(here, Screen::Settings(_));
    let accounts =
        (decide(room.ctx.actor().role, Action::ListServiceAccounts) == Grant::All).then(|| {
            entry(
                Screen::ServiceAccounts(organization.clone()),
                words::service_accounts::TITLE,
                "robot",
                in_accounts,
            )
        });
    let consumers =
        (decide(room.ctx.actor().role, Action::ListConsumers) == Grant::All).then(|| {
            entry(
                Screen::Consumers(organization.clone()),
                words::consumers::TITLE,
                "consumer",
                in_consumers,
            )
        });
    view! {
        <aside class="side" aria-label=words::frame::SIDEBAR>
            <div class="side-inner">
                <button class="icon-button nav-open" type="button" popovertarget="nav" aria-label=words::frame::SETTINGS_MENU>{icon("menu")}</button>
                {switcher(room)}
                <nav class="nav" id="nav" popover aria-labelledby="nav-title">
                    <h2 id="nav-title">{words::frame::SETTINGS}</h2>
                    <ul class="nav-list">
                        {entry(Screen::Overview(organization.clone()), words::overview::TITLE, "overview", in_overview)}
                        {entry(Screen::ApiKeys(organization.clone()), words::keys::TITLE, "key", in_keys)}
                        {accounts}
                        {entry(Screen::Apis(organization.clone()), words::apis::TITLE, "api", in_apis)}
                        {consumers}
                        {entry(Screen::Workspaces(organization.clone()), words::workspaces::TITLE, "workspace", in_workspaces)}
                        {entry(Screen::Runs(organization.clone()), words::runs::TITLE, "run", in_runs)}
                        {entry(Screen::Members(organization.clone()), words::members::TITLE, "members", in_members)}
                        {entry(Screen::AuditLog(organization.clone()), words::audit_log::TITLE, "audit", in_log)}
                        {entry(Screen::Settings(organization), words::organization::TITLE, "organization", in_organization)}
                    </ul>
                    <ul class="nav-list apart"><li><a href=DOCS>{icon("book")}{words::docs::TITLE}</a></li></ul>
                </nav>
            </div>
        </aside>
    }
    .into_any()
}

fn switcher(room: &OrganizationPage) -> AnyView {
    let own = room.organization();
    let link = |one: &Membership| {
        let here = one.organization == own;
        let glyph = if here { "check" } else { "organization" };
        let path = Screen::ApiKeys(one.organization.clone()).path();
        view! {
            <li>
                <a href=path aria-current=here.then_some("true")>
                    {icon(glyph)}<span class="org-name"><bdi>{one.organization_name.clone()}</bdi></span><span class="muted">{one.role.label()}</span>
                </a>
            </li>
        }
    };
    view! {
        <details class="menu switcher" name="menu">
            <summary>
                <svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>
                <span class="visually-hidden">{words::frame::ORGANIZATION}</span>
                <span class="org-name"><bdi>{room.name.clone()}</bdi></span>
                {icon("switch")}
            </summary>
            <ul class="menu-list">
                {room.memberships.iter().map(link).collect_view()}
                <li class="apart"><a href=Screen::NewOrganization.path()>{icon("plus")}{words::create_organization::TITLE}</a></li>
            </ul>
        </details>
    }
    .into_any()
}

/// The name of a theme.
pub const fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => words::frame::THEMES[0],
        Theme::Light => words::frame::THEMES[1],
        Theme::Dark => words::frame::THEMES[2],
    }
}

/// The theme switch.
pub fn themes(current: Theme, place: &Location) -> AnyView {
    theme_form(current, page_field(place).into_any())
}

/// The theme switch of a page of the documentation with this path and query.
pub fn themes_of_docs(current: Theme, page: String) -> AnyView {
    let home = page_field(&Location::top(Screen::Home));
    theme_form(
        current,
        view! { {home}<input type="hidden" name="docs" value=page/> }.into_any(),
    )
}

fn theme_form(current: Theme, fields: AnyView) -> AnyView {
    let button = |theme: Theme| {
        let (glyph, name) = match theme {
            Theme::System => ("system", words::frame::THEME_BUTTONS[0]),
            Theme::Light => ("sun", words::frame::THEME_BUTTONS[1]),
            Theme::Dark => ("moon", words::frame::THEME_BUTTONS[2]),
        };
        let pressed = if theme == current { "true" } else { "false" };
        view! {
            <button name="theme" value=theme.as_str() aria-pressed=pressed title=theme_name(theme)>
                {icon(glyph)}<span class="visually-hidden">{name}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/ui/set_theme">
            {fields}
            <div class="theme" role="group" aria-label=words::account::THEME>{Theme::ALL.into_iter().map(button).collect_view()}</div>
        </form>
    }
    .into_any()
}

/// The account menu.
pub fn account(person: &Person, place: &Location) -> AnyView {
    let name = person.name.clone();
    view! {
        <details class="menu account" name="menu">
            <summary>
                <span class="avatar" aria-hidden="true">{words::initials(&name)}</span>
                <span class="visually-hidden">{words::frame::ACCOUNT_MENU_OF}<bdi>{name.clone()}</bdi></span>
            </summary>
            <div class="menu-list">
                <p class="menu-head"><strong><bdi>{name}</bdi></strong>{person.email.clone()}</p>
                <a href=Screen::Account.path()>{icon("person")}{words::account::TITLE}</a>
                {sign_out(place, "apart")}
            </div>
        </details>
    }
    .into_any()
}
