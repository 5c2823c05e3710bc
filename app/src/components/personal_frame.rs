//! The frame around a page that belongs to a person, not to an organization.

use domain::Problem;
use engine::people::Person;
use leptos::prelude::*;

use super::frame::{account, themes};
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
}

impl Own {
    /// Loads the person who is signed in.
    ///
    /// # Errors
    /// `Unauthorized` without a sign-in; `Unavailable`.
    pub async fn load(context: &PageContext, place: Location) -> Result<Self, Problem> {
        let person = context
            .engine
            .get_person(context.person()?.person)
            .await
            .map_err(|error| context.to_problem(&error))?;
        Ok(Self {
            person,
            theme: context.theme,
            place,
        })
    }
}

/// Renders a page in its frame.
pub fn personal(
    own: &Own,
    trail: &'static str,
    problem: Option<&Problem>,
    body: AnyView,
) -> AnyView {
    view! {
        <div class="frame alone">
            <header class="top">
                <nav class="crumbs" aria-label=words::frame::BREADCRUMB>
                    <ol class="crumb-list">
                        <li><a class="home" href=Screen::Home.path()><svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>{words::PRODUCT}</a></li>
                        <li><span aria-current="page">{trail}</span></li>
                    </ol>
                </nav>
                {themes(own.theme, &own.place)}
                {account(&own.person, &own.place)}
            </header>
            <main class="main" id="main" tabindex="-1">{summary(words::NOT_DONE, problem, &own.place)}{body}</main>
        </div>
    }
    .into_any()
}
