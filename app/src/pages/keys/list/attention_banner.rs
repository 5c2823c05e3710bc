//! One quiet line above the list: which keys need attention. Whoever has seen it puts it away.

use leptos::prelude::*;

use super::List;
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::words;

/// The line, where there is something to say that was not put away.
pub fn attention_banner(list: &List) -> Option<AnyView> {
    let (room, attention_banner) = (&list.room, list.attention_banner.as_ref()?);
    let text = words::attention_banner::sentence(attention_banner, room.ctx.now());
    let overview = Screen::Overview(room.organization()).path();
    Some(
        view! {
            <section class="notice nudge" aria-label=words::overview::NEEDS_ATTENTION>
                {icon("clock")}
                <div>
                    <p>{text}" "<a href=overview>{words::attention_banner::REVIEW}</a></p>
                    <form method="post" action="/ui/dismiss_nudges">{room.fields(None)}<button class="link-button">{words::attention_banner::DISMISS}</button></form>
                </div>
            </section>
        }
        .into_any(),
    )
}
