//! What the person or a service account has sealed: numbers and times, never contents.

use domain::policy::{Action, Grant, decide};
use domain::view::{SealedForKey, SealedOfKind, SealedOverview};
use domain::{ActorId, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::list_table::list_table;
use crate::components::when;
use crate::pages::Page;
use crate::request::{PageContext, PageRequest};
use crate::routes::{DOCS_OF_CARRY_OVER, DOCS_OF_SEALED, Location, Screen};
use crate::shared_view::icon;
use crate::words;

struct SealedPageData {
    room: OrganizationPage,
    title: String,
    lede: String,
    overview: SealedOverview,
}

/// The page of what the person has sealed.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::top(Screen::Sealed(organization.clone()));
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let overview = context
        .engine
        .see_sealed(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    Ok(page(SealedPageData {
        room,
        title: words::sealed::TITLE.into(),
        lede: words::sealed::LEDE.into(),
        overview,
    }))
}

/// The page of what a service account has sealed.
pub async fn load_of_account(
    request: &PageRequest,
    organization: OrganizationId,
    account: ActorId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::top(Screen::SealedOfAccount(organization.clone(), account));
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let name = context
        .engine
        .get_service_account(&room.ctx, account)
        .await
        .map_err(to_problem)?
        .name;
    let overview = context
        .engine
        .see_sealed_of_account(&room.ctx, account)
        .await
        .map_err(to_problem)?;
    Ok(page(SealedPageData {
        room,
        title: words::sealed::title_of(&name),
        lede: words::sealed::lede_of(&name),
        overview,
    }))
}

/// The page of what the owner of a key has sealed, if the person may see it: their own, or that of
/// a service account.
pub async fn screen_of(
    context: &PageContext,
    room: &OrganizationPage,
    owner: ActorId,
) -> Result<Option<Screen>, Problem> {
    let organization = room.organization();
    if owner == room.ctx.actor().id {
        return Ok(Some(Screen::Sealed(organization)));
    }
    if decide(room.ctx.actor().role, Action::ListServiceAccounts) != Grant::All {
        return Ok(None);
    }
    let found = context
        .engine
        .get_service_account(&room.ctx, owner)
        .await;
    match found {
        Ok(_) => Ok(Some(Screen::SealedOfAccount(organization, owner))),
        Err(engine::Error::NotFound) => Ok(None),
        Err(error) => Err(context.to_problem(&error)),
    }
}

fn page(shown: SealedPageData) -> Page {
    let title = shown.title.clone();
    Page::new(&title, move || render(&shown))
}

fn render(shown: &SealedPageData) -> AnyView {
    let content = match shown.overview.kinds.is_empty() {
        true => Either::Left(nothing()),
        false => Either::Right(view! { {kinds(shown)}{keys(shown)} }),
    };
    let body = view! {
        <div class="page-head"><div>
            <h1>{shown.title.clone()}</h1>
            <p class="lede">{shown.lede.clone()}" "<a href=DOCS_OF_SEALED>{words::sealed::ABOUT}</a></p>
        </div></div>
        {content}
    };
    frame(
        &shown.room,
        words::sealed::TITLE,
        None,
        body.into_any(),
    )
}

fn nothing() -> AnyView {
    view! { <div class="empty">{icon("key")}<p>{words::sealed::NOTHING}</p></div> }.into_any()
}

fn kinds(shown: &SealedPageData) -> AnyView {
    let now = shown.room.ctx.now();
    let row = |of_kind: &SealedOfKind| {
        view! {
            <tr>
                <th scope="row">{of_kind.kind.label()}</th>
                <td data-label=words::sealed::ITEMS>{words::format::grouped(of_kind.count)}</td>
                <td data-label=words::sealed::NEWEST>{when(now, of_kind.newest)}</td>
                <td data-label=words::sealed::UNREADABLE>{words::format::grouped(of_kind.unreadable)}</td>
            </tr>
        }
    };
    list_table(
        words::sealed::KINDS_CAPTION,
        &[
            words::sealed::KIND,
            words::sealed::ITEMS,
            words::sealed::NEWEST,
            words::sealed::UNREADABLE,
        ],
        None,
        shown.overview.kinds.iter().map(row),
    )
}

/// The active keys with what a rotation of each would make unreadable.
fn keys(shown: &SealedPageData) -> AnyView {
    let content = match shown.overview.keys.is_empty() {
        true => Either::Left(
            view! { <div class="notice warning">{icon("info")}<p>{words::sealed::NO_KEY}</p></div> },
        ),
        false => Either::Right(key_table(shown)),
    };
    view! {
        <div class="page-head"><div>
            <h2>{words::sealed::KEYS}</h2>
            <p class="lede">{words::sealed::KEYS_LEDE}" "<a href=DOCS_OF_CARRY_OVER>{words::sealed::ABOUT_CARRY_OVER}</a></p>
        </div></div>
        {content}
    }
    .into_any()
}

fn key_table(shown: &SealedPageData) -> AnyView {
    let row = |key: &SealedForKey| {
        let path = Screen::Key(shown.room.organization(), key.key_id).path();
        view! {
            <tr>
                <th scope="row"><div><a href=path><bdi>{key.label.clone()}</bdi></a><span class="sub"><code>{key.key_prefix.clone()}</code></span></div></th>
                <td data-label=words::sealed::DECRYPTS>{words::sealed::counts(key.counts)}</td>
            </tr>
        }
    };
    list_table(
        words::sealed::KEYS,
        &[words::sealed::KEY, words::sealed::DECRYPTS],
        None,
        shown.overview.keys.iter().map(row),
    )
}
