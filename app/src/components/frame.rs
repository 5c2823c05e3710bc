//! The frame around every page of an organization.

use domain::event::ObjectKind;
use domain::view::Membership;
use domain::{OrganizationId, PersonId, Problem};
use engine::Ctx;
use engine::people::Person;
use leptos::prelude::*;

use self::account::account;
use self::side::side;
use super::{form_fields, summary};
use crate::islands::page_dialog::PageDialog;
use crate::islands::page_help::PageHelp;
use crate::request::PageContext;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::shell::{DocumentTitle, Islands};
use crate::theme::Theme;
use crate::words;

pub mod account;
mod side;

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
        let room = Self::open(context, organization, place).await?;
        remember(context, context.person()?.person, organization).await;
        Ok(room)
    }

    /// The last active organization of the person, or else their first one, as the frame of a page
    /// that belongs to no organization. `None` for a person without an organization, and if it
    /// cannot be loaded: such a page does not need it.
    pub async fn last(context: &PageContext, place: Location) -> Option<Self> {
        let person = context.caller.as_ref()?.person;
        let memberships = context
            .engine
            .list_organizations(person)
            .await
            .ok()?;
        let organization = choose(&memberships, active(context).await)?;
        Self::open(context, &organization, place)
            .await
            .ok()
    }

    async fn open(
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

/// The active organization if the person is still a member of it, or else their first one.
pub fn choose(
    memberships: &[Membership],
    active: Option<OrganizationId>,
) -> Option<OrganizationId> {
    let mine = |id: &OrganizationId| {
        memberships
            .iter()
            .any(|one| one.organization == *id)
    };
    active.filter(mine).or_else(|| {
        memberships
            .first()
            .map(|one| one.organization.clone())
    })
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
    let (request_id, trace_id) = (
        &context.origin.request_id,
        context.origin.trace_field(),
    );
    if let Err(error) = context.session.insert(ACTIVE, organization).await {
        tracing::warn!(request_id, trace_id, %error, "the active organization was not stored");
    }
    if let Err(error) = context
        .engine
        .set_active_organization(person, organization)
        .await
    {
        tracing::warn!(request_id, trace_id, %error, "the active organization was not stored");
    }
}

/// Renders a page of an organization in its frame. `trail` is the last step of the breadcrumb, and
/// the first part of the title of the document.
pub fn frame(
    room: &OrganizationPage,
    trail: &str,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    provide_context(DocumentTitle::in_organization(trail, &room.name));
    let top = Screen::Overview(room.organization()).path();
    let above = above(&room.place.screen, &room.organization()).map(|(screen, name)| {
        let list = Location::in_environment(screen, room.place.environment());
        view! { <li><a href=list.path()>{name}</a></li> }
    });
    let crumbs = view! {
        <li><a href=top><bdi>{room.name.clone()}</bdi></a></li>
        {above}
        {here(trail)}
    };
    framed(room, crumbs.into_any(), problem, body)
}

/// Renders a page that belongs to no organization in the frame of the last active one, so that the
/// navigation stays.
pub fn frame_of_last(
    room: &OrganizationPage,
    trail: &str,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    framed(room, here(trail), problem, body)
}

/// The last step of the breadcrumb.
fn here(trail: &str) -> AnyView {
    view! { <li><span aria-current="page"><bdi>{trail.to_owned()}</bdi></span></li> }.into_any()
}

fn framed(
    room: &OrganizationPage,
    crumbs: AnyView,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    provide_context(Islands);
    let search = Screen::Search(room.organization()).path();
    // The dialog stands first, so that the labels in it find their own fields, not those of the same
    // names in the page.
    view! {
        <PageDialog/>
        <PageHelp/>
        <div class="frame">
            {side(room)}
            <header class="top">
                <nav class="crumbs" aria-label=words::frame::BREADCRUMB>
                    <ol class="crumb-list">{crumbs}</ol>
                </nav>
                <a class="button find" href=search data-dialog="" data-find-all="" aria-keyshortcuts="Control+K Meta+K">
                    {icon("search")}
                    {words::SEARCH}
                    <kbd class="needs-script" aria-hidden="true">{words::search::SHORTCUT}</kbd>
                </a>
                {account(room.ctx.actor().id.0, &room.person, room.theme, &room.place)}
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
