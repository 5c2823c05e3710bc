//! Leaving an organization.

use domain::{OrganizationId, Problem, Role};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::danger_zone::is_only_owner;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::summary;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The effects of leaving, and the button. The only owner sees why they cannot leave: an
/// organization needs an owner.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let room = OrganizationPage::enter(
        context,
        &organization,
        Location::top(Screen::Leave(organization.clone())),
    )
    .await?;
    let stays = is_only_owner(context, &room).await?;
    let problem = request.problem().cloned();
    Ok(Page::new(
        words::leave_organization::TITLE,
        move || render(&room, stays, problem.as_ref()),
    ))
}

fn render(room: &OrganizationPage, stays: bool, problem: Option<&Problem>) -> AnyView {
    let back = Screen::Members(room.organization()).path();
    let heading = view! { <div class="sheet-head"><h1>{words::leave_organization::heading(&room.name)}</h1></div> };
    let [access, keys, resources] = words::leave_organization::EFFECTS;
    let confirm = Confirm::of(room);
    let button = ButtonWords {
        id: None,
        label: words::leave_organization::TITLE.into(),
        confirm: words::leave_organization::CONFIRM,
        waiting: words::leave_organization::WAITING,
    };
    let body = match stays {
        true => Either::Left(view! {
            <div class="sheet">
                {heading}
                <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::leave_organization::LAST_OWNER}</p></div></div>
                <div class="sheet-foot"><a class="button" href=back>{words::DONE}</a></div>
            </div>
        }),
        false => Either::Right(view! {
            <form
                class="sheet" method="post" action="/ui/leave_organization" data-once=""
                data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(room.ctx.actor().role == Role::Owner)
            >
                {room.fields(None)}
                {heading}
                <div class="sheet-body">
                    {summary(words::leave_organization::FAILED, problem, &room.place)}
                    <ul class="plain-list">
                        <li>{icon("logout")}{access}</li><li>{icon("danger")}{keys}</li><li>{icon("audit")}{resources}</li>
                    </ul>
                </div>
                <div class="sheet-foot">
                    <p class="push">{confirm.note()}</p>
                    <a class="button" href=back>{words::CANCEL}</a>
                    {confirm.button("button danger", button)}
                </div>
            </form>
        }),
    };
    frame(
        room,
        words::leave_organization::TITLE,
        None,
        body.into_any(),
    )
}
