//! A rotation under way: the old key and the new one, and whether the old one is still needed.

use domain::Moment;
use domain::view::{KeyLine, KeyView};
use leptos::prelude::*;

use super::KeyPageData;
use crate::components::{moving, when_due};
use crate::routes::Screen;
use crate::shared_view::preview;
use crate::words;

/// The pair of keys, as long as both are active.
pub fn rotation(shown: &KeyPageData) -> Option<AnyView> {
    let here = &shown.key.line;
    let (old, new) = match (&shown.before, &shown.after) {
        (_, Some(after)) => (here, after),
        (Some(before), None) => (before, here),
        (None, None) => return None,
    };
    if !old.key.is_active || !new.key.is_active {
        return None;
    }
    let room = &shown.room;
    let now = room.ctx.now();
    let rotated_at = new.key.created_at;
    let [old_is_used, new_is_used] = [old, new].map(|line| is_used_since(&line.key, rotated_at));
    let revoke = Screen::RevokeKey(room.organization(), old.key.key_id).path();
    let line = |what: &'static str, line: &KeyLine| {
        let key = &line.key;
        let path = Screen::Key(room.organization(), key.key_id).path();
        let expires = match key.expires_at {
            Some(at) => when_due(now, at).into_any(),
            None => words::keys::NEVER_EXPIRES.into_any(),
        };
        view! {
            <tr>
                <th scope="row"><a href=path>{what}</a></th>
                <td>{preview(&key.preview)}</td>
                <td>{moving(key.key_id, now, key.last_used)}</td>
                <td>{expires}</td>
            </tr>
        }
        .into_any()
    };
    let head = [
        words::rotate_key::PAIR,
        words::labels::KEY_PREVIEW,
        words::labels::LAST_USED,
        words::labels::EXPIRES,
    ]
    .map(|text| view! { <th scope="col">{text}</th> });
    Some(
        view! {
            <section class="panel" aria-labelledby="rotation-title">
                <h2 id="rotation-title">{words::rotate_key::IN_PROGRESS}</h2>
                <table class="plain-table rotation">
                    <thead><tr>{head}</tr></thead>
                    <tbody>{line(words::rotate_key::OLD_KEY, old)}{line(words::rotate_key::NEW_KEY, new)}</tbody>
                </table>
                <p>{words::rotate_key::advice(old_is_used, new_is_used)}</p>
                <p><a class="button danger" href=revoke data-dialog="">{words::rotate_key::REVOKE_OLD}</a></p>
            </section>
        }
        .into_any(),
    )
}

/// Whether a key was used since the rotation.
fn is_used_since(key: &KeyView, rotated_at: Moment) -> bool {
    key.last_used.is_some_and(|at| at >= rotated_at)
}
