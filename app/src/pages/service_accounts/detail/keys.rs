//! The keys of a service account, and how it gets the next one.

use domain::command::{KeyQuery, StatusFilter};
use domain::view::ServiceAccount;
use domain::{KeyId, Problem};
use engine::Ctx;
use leptos::either::Either;
use leptos::prelude::*;

use super::ServiceAccountPageData;
use crate::components::key_row::{KeyPerson, KeyRows};
use crate::components::key_table::key_table;
use crate::components::pager::pager;
use crate::request::PageContext;
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::words;

/// How a service account gets its next key.
pub enum NextKey {
    /// The person creates one.
    Create,
    /// It has the one active key that it can have, which the person rotates.
    Rotate(KeyId),
    /// It is disabled, so the person must enable it first.
    EnableFirst,
}

impl NextKey {
    /// What the engine allows for the account now.
    pub async fn of(
        context: &PageContext,
        ctx: &Ctx,
        account: &ServiceAccount,
    ) -> Result<Self, Problem> {
        if account.is_disabled {
            return Ok(Self::EnableFirst);
        }
        if account.allow_overlap {
            return Ok(Self::Create);
        }
        let (owner, status) = (Some(account.actor_id), Some(StatusFilter::Active));
        // The newest: after a rotation with overlap, the old key stays active for a while.
        let query = KeyQuery {
            owner,
            status,
            ..KeyQuery::default()
        };
        let active = context
            .engine
            .list_keys(ctx, &query, 1)
            .await
            .map_err(|error| context.to_problem(&error))?;
        Ok(active
            .rows
            .first()
            .map_or(Self::Create, |line| Self::Rotate(line.key.key_id)))
    }
}

/// The heading, a note about the next key, and the table.
pub fn keys(shown: &ServiceAccountPageData) -> AnyView {
    let organization = shown.room.organization();
    let create = format!(
        "{}?for={}",
        Screen::NewKey(shown.room.organization()).path(),
        shown.account.actor_id
    );
    let create = move || {
        view! {
            <a class="button primary" href=create.clone() data-dialog="">
                {icon("plus")}
                {words::create_key::TITLE}
            </a>
        }
    };
    let empty = shown.keys.rows.is_empty() && shown.room.place.before().is_none();
    let button = matches!(shown.next, NextKey::Create).then_some(create);
    let note = match shown.next {
        NextKey::Create => None,
        NextKey::EnableFirst => Some((words::service_accounts::ENABLE_FIRST, None)),
        NextKey::Rotate(key) => Some((
            words::service_accounts::HAS_ITS_ONE_KEY,
            Some(Screen::RotateKey(organization, key).path()),
        )),
    };
    let note = note.map(|(text, rotate)| {
        let rotate = rotate.map(
            |to| view! { <div class="actions"><a class="button" href=to data-dialog="">{icon("rotate")}{words::service_accounts::ROTATE_KEY}</a></div> },
        );
        view! { <div class="notice">{icon("info")}<p>{text}</p>{rotate}</div> }
    });
    let content = match empty {
        true => Either::Left(view! {
            <div class="empty">
                {icon("key")}
                <p>{words::service_accounts::NO_KEYS}</p>
                {button.clone().map(|button| view! { <div class="actions">{button()}</div> })}
            </div>
        }),
        false => Either::Right(view! {
            {table(shown)}
            {pager(&shown.room.place, shown.keys.next, words::keys::FIRST_KEYS, words::keys::MORE_KEYS)}
        }),
    };
    let button = button.filter(|_| !empty).map(|button| button());
    view! { <div class="page-head"><h2>{words::keys::TITLE}</h2>{button}</div>{note}{content} }
        .into_any()
}

fn table(shown: &ServiceAccountPageData) -> AnyView {
    let rows = KeyRows::on(
        &shown.room,
        KeyPerson::Nobody,
        !shown.account.is_disabled,
        &shown.keys.rows,
    );
    key_table(
        &rows,
        &shown.keys.rows,
        words::service_accounts::keys_caption(&shown.account.name),
    )
}
