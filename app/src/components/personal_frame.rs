//! The frame around a page that belongs to a person, not to an organization.

use domain::{PersonId, Problem};
use engine::people::Person;
use leptos::prelude::*;

use super::frame::account::account;
use super::frame::{OrganizationPage, frame_of_last};
use super::summary;
use crate::request::PageContext;
use crate::routes::{Location, Screen};
use crate::theme::Theme;
use crate::words;

/// The context of a personal page.
pub struct Own {
    /// The person.
    pub person: Person,
    /// The theme.
    pub theme: Theme,
    /// The page.
    pub place: Location,
    /// The last active organization, whose navigation stays beside the page.
    pub room: Option<OrganizationPage>,
    id: PersonId,
}

impl Own {
    /// Loads the person who is signed in.
    ///
    /// # Errors
    /// `Unauthorized` without a sign-in; `Unavailable`.
    pub async fn load(context: &PageContext, place: Location) -> Result<Self, Problem> {
        let person = signed_in(context).await?;
        let id = context.person()?.person;
        let room = OrganizationPage::last(context, place.clone()).await;
        Ok(Self {
            person,
            theme: context.theme,
            place,
            room,
            id,
        })
    }
}

/// The person who is signed in.
///
/// # Errors
/// `Unauthorized` without a sign-in; `Unavailable`.
pub async fn signed_in(context: &PageContext) -> Result<Person, Problem> {
    context
        .engine
        .get_person(context.person()?.person)
        .await
        .map_err(|error| context.to_problem(&error))
}

/// Renders a page in the frame of the last active organization, or without navigation for a person
/// who has none.
pub fn personal(
    own: &Own,
    trail: &'static str,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    if let Some(room) = &own.room {
        return frame_of_last(room, trail, problem, body);
    }
    view! {
        <div class="frame alone">
            <header class="top">
                <nav class="crumbs" aria-label=words::frame::BREADCRUMB>
                    <ol class="crumb-list">
                        <li><a class="home" href=Screen::Home.path()><svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>{words::PRODUCT}</a></li>
                        <li><span aria-current="page">{trail}</span></li>
                    </ol>
                </nav>
                {account(own.id.0, &own.person, own.theme, &own.place)}
            </header>
            <main class="main" id="main" tabindex="-1">{summary(words::NOT_DONE, problem, &own.place)}{body}</main>
        </div>
    }
    .into_any()
}
