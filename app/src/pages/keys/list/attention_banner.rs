//! The banner above the list that says which keys need attention. The person can dismiss it.

use leptos::prelude::*;

use super::List;
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::words;

/// The banner. `None` if no key needs attention, or the person dismissed it.
pub fn attention_banner(list: &List) -> Option<AnyView> {
    let (room, attention_banner) = (&list.room, list.attention_banner.as_ref()?);
    let text = words::attention_banner::sentence(attention_banner, room.ctx.now());
    let overview = Screen::Overview(room.organization()).path();
    Some(
        view! {
            <section class="notice nudge" aria-label=words::keys::NEEDS_ATTENTION>
                {icon("clock")}
                <div>
                    <p>{text}" "<a href=overview>{words::attention_banner::REVIEW}</a></p>
                    <form method="post" action="/ui/dismiss_nudges">
                        {room.fields(None)}
                        <button class="link-button">{words::attention_banner::DISMISS}</button>
                    </form>
                </div>
            </section>
        }
        .into_any(),
    )
}
