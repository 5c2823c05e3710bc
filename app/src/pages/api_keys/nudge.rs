//! One quiet line above the list: which keys need attention. Whoever has seen it puts it away.

use leptos::prelude::*;

use super::List;
use crate::bits::icon;
use crate::routes::Screen;
use crate::words;

/// The line, where there is something to say that was not put away.
pub fn nudge(list: &List) -> Option<AnyView> {
    let (room, nudge) = (&list.room, list.nudge.as_ref()?);
    let text = words::nudge(nudge, room.ctx.now());
    let overview = Screen::Overview(room.organization()).path();
    Some(
        view! {
            <section class="notice nudge" aria-label=words::NEEDS_ATTENTION>
                {icon("clock")}
                <div>
                    <p>{text}" "<a href=overview>{words::REVIEW}</a></p>
                    <form method="post" action="/ui/dismiss_nudges">{room.fields(None)}<button class="link-button">{words::DISMISS}</button></form>
                </div>
            </section>
        }
        .into_any(),
    )
}
