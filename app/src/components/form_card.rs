//! One form of a page that has several.

use leptos::prelude::*;

use super::frame::OrganizationPage;

/// A form on a card.
pub struct FormCard {
    /// The path of the server function.
    pub function: &'static str,
    /// The title.
    pub title: &'static str,
    /// The fields.
    pub body: AnyView,
    /// The note beside the button.
    pub note: Option<&'static str>,
    /// The button.
    pub button: AnyView,
}

impl FormCard {
    /// Renders the form on a page of an organization. `about` is the hidden field of the object
    /// that it changes.
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
