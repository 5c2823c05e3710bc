//! A form on a sheet of its own, where a page has several.

use leptos::prelude::*;

use super::frame::OrganizationPage;

/// One form: what it calls, its title, its fields, a note at its foot, and its button.
pub struct FormCard {
    /// The server function's address.
    pub function: &'static str,
    /// The title.
    pub title: &'static str,
    /// The fields.
    pub body: AnyView,
    /// What is said beside the button.
    pub note: Option<&'static str>,
    /// The button.
    pub button: AnyView,
}

impl FormCard {
    /// The form, on a page of an organization; `about` is what the form is about besides.
    pub fn render(self, room: &OrganizationPage, about: Option<(&'static str, String)>) -> AnyView {
        view! {
            <form class="sheet" method="post" action=self.function>
                {room.fields(about)}
                <div class="sheet-head"><h2>{self.title}</h2></div>
                <div class="sheet-body">{self.body}</div>
                <div class="sheet-foot">{self.note.map(|note| view! { <p class="push">{note}</p> })}{self.button}</div>
            </form>
        }
        .into_any()
    }
}
