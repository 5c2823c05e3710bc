//! The parts around the table of keys.

use leptos::prelude::*;

use super::List;
use crate::components::key_notice::key_notice;
use crate::components::organization_notice::moved;
use crate::flash::Flash;
use crate::routes::{EVERY_STATE, Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The result of the previous page, shown once.
pub fn notice(list: &List) -> Option<AnyView> {
    match list.flash.as_ref()? {
        Flash::Moved(how) => Some(moved(&list.room, how)),
        flash => key_notice(flash, &list.room.organization()),
    }
}

/// The notice that the person cannot create keys.
pub fn closed(list: &List) -> Option<AnyView> {
    (!list.form.may_create)
        .then(|| view! { <div class="notice">{icon("info")}<p>{words::create_key::NOT_ALLOWED}</p></div> }.into_any())
}

/// The button **Create API Key**: a link to a page, which the island opens as a dialog. After the
/// dialog, it takes the focus again. `None` if the person cannot create keys.
pub fn create_link(list: &List, back: bool) -> Option<AnyView> {
    if !list.form.may_create {
        return None;
    }
    let list_path = Screen::ApiKeys(list.room.organization()).path();
    Some(
        view! {
            <a
                class="button primary"
                autofocus=back
                href=Screen::NewKey(list.room.organization()).path()
                data-create=list_path
                data-url=list.url.clone()
            >{icon("plus")}{words::create_key::TITLE}</a>
        }
        .into_any(),
    )
}

/// The text if no key was ever created.
pub fn empty(list: &List) -> AnyView {
    view! {
        <div class="empty">
            {icon("key")}
            <h2>{words::keys::NO_KEYS}</h2>
            <p>{words::keys::WHAT_FOR}</p>
            <div class="actions">
                {create_link(list, false)}
                <a class="button" href="/docs/api-keys">{icon("book")}{words::keys::ABOUT}</a>
            </div>
        </div>
    }
    .into_any()
}

/// The text if no key matches the filters, or every key is inactive.
pub fn nothing(list: &List) -> AnyView {
    let (title, hint) = match list.is_filtered() || list.place().get("status").is_some() {
        true => (words::keys::NO_MATCH, words::keys::NO_MATCH_HINT),
        false => (words::keys::NO_ACTIVE, words::keys::NO_ACTIVE_HINT),
    };
    let clear = Location::top(list.place().screen.clone());
    let clear = (clear.path() != list.place().path())
        .then(|| view! { <a class="button" href=clear.path()>{words::keys::CLEAR_FILTERS}</a> });
    let inactive = (list.place().get("status").is_none() && list.inactive > 0).then(|| {
        let all = list.place().with("status", Some(EVERY_STATE));
        view! { <a class="button" href=all.path()>{words::keys::show_inactive(list.inactive)}</a> }
    });
    view! {
        <div class="empty">{icon("search")}<h2>{title}</h2><p>{hint}</p><div class="actions">{clear}{inactive}</div></div>
    }
    .into_any()
}

/// Advice on keeping keys safe, with links to the documentation.
pub fn tips() -> AnyView {
    view! {
        <div class="notice tip">
            {icon("info")}
            <h2>{words::keys::TIPS}</h2>
            <ul>{words::keys::TIP_LIST.into_iter().map(|tip| view! { <li>{tip}</li> }).collect_view()}</ul>
            <p class="links">
                <a href="/docs/api-keys#regular-rotation">{words::keys::ABOUT_ROTATION}</a>
                <a href="/docs/api-keys">{words::keys::ABOUT}</a>
                <a href="/docs/api">{words::keys::API_REFERENCE}</a>
                <button class="link-button needs-script" type="button" data-open="shortcuts">{words::keys::SHORTCUTS}</button>
            </p>
        </div>
    }
    .into_any()
}

/// The dialog that `?` opens.
pub fn shortcuts() -> AnyView {
    let line = |(key, what): (&'static str, &'static str)| view! { <dt><kbd>{key}</kbd></dt><dd>{what}</dd> };
    view! {
        <dialog class="dialog small" id="shortcuts" data-veil="" aria-labelledby="shortcuts-title">
            <div class="sheet">
                <div class="sheet-head"><h2 id="shortcuts-title">{words::keys::SHORTCUTS}</h2></div>
                <div class="sheet-body">
                    <dl class="facts">{words::keys::SHORTCUT_LIST.map(line).collect_view()}</dl>
                    <label class="choice"><input type="checkbox" data-keys=""/>{words::keys::USE_SHORTCUTS}</label>
                </div>
                <div class="sheet-foot"><button class="button" type="button" data-close="shortcuts">{words::CLOSE}</button></div>
            </div>
        </dialog>
    }
    .into_any()
}
