//! A form that changes one thing about a key, over the page of the key.

use domain::view::KeyLine;
use domain::{KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::summary;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::preview;
use crate::words;
use crate::words::key_sheet::KeySheetWords;

/// The key and the page that it is shown on.
pub struct KeySheet {
    pub room: OrganizationPage,
    pub line: KeyLine,
    pub problem: Option<Problem>,
}

impl KeySheet {
    /// Reads the key.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn load(
        request: &PageRequest,
        organization: &OrganizationId,
        key: KeyId,
        screen: Screen,
    ) -> Result<Self, Problem> {
        let context = &request.context;
        let room = OrganizationPage::enter(context, organization, Location::top(screen)).await?;
        let line = context
            .engine
            .get_key(&room.ctx, key)
            .await
            .map_err(|error| context.to_problem(&error))?;
        Ok(Self {
            room,
            line,
            problem: request.problem().cloned(),
        })
    }

    /// The form, which posts `field` to `action`.
    pub fn render(&self, texts: &KeySheetWords, action: &'static str, field: AnyView) -> AnyView {
        let (room, key) = (&self.room, &self.line.key);
        let back = Screen::Key(room.organization(), key.key_id).path();
        let body = view! {
            <form class="sheet" method="post" action=action>
                {room.fields(Some(("key_id", key.key_id.to_string())))}
                <div class="sheet-head"><h1>{texts.heading.0}<bdi>{key.label.clone()}</bdi>{texts.heading.1}</h1></div>
                <div class="sheet-body">
                    {summary(texts.failed, self.problem.as_ref(), &room.place)}
                    <p>{preview(&key.preview)}</p>
                    {field}
                </div>
                <div class="sheet-foot">
                    <a class="button" href=back>{words::CANCEL}</a><button class="button primary">{texts.button}</button>
                </div>
            </form>
        };
        frame(room, texts.title, None, body.into_any())
    }
}
