//! The choice for each key of a member who is removed: revoke it, or give a service account a
//! successor.

use domain::policy::has_admin_power;
use domain::view::KeyLine;
use leptos::prelude::*;

use super::RemoveMemberPageData;
use crate::components::confirm::power;
use crate::components::{fault_line, used};
use crate::shared_view::{icon, preview};
use crate::words;

/// Every active key, the most recently used first, each with a choice.
pub fn dispositions(shown: &RemoveMemberPageData) -> AnyView {
    if shown.keys.is_empty() {
        return view! { <p class="muted">{words::remove_member::NO_KEYS}</p> }.into_any();
    }
    let more = (shown.unlisted > 0)
        .then(|| view! { <div class="notice">{icon("info")}<p>{words::remove_member::keys_not_listed(shown.unlisted)}</p></div> });
    let fault = shown
        .problem
        .as_ref()
        .and_then(|problem| problem.field("keys"))
        .map(str::to_owned);
    view! {
        <fieldset class="field" id="keys" aria-describedby="keys-hint keys-error">
            <legend>{words::remove_member::THEIR_KEYS}</legend>
            <p class="hint" id="keys-hint">{words::remove_member::KEYS_HINT}</p>
            <ul class="revoked-list">{shown.keys.iter().map(|line| item(shown, line)).collect_view()}</ul>
            {fault_line("keys", fault)}
        </fieldset>
        {more}
    }
    .into_any()
}

fn item(shown: &RemoveMemberPageData, line: &KeyLine) -> AnyView {
    let (now, key) = (shown.room.ctx.now(), &line.key);
    let mark = match key.was_used_recently(now) {
        true => view! { <span class="badge warning">{words::revoke_key::RECENTLY_USED}</span> }
            .into_any(),
        false => view! { <span class="muted">{used(now, key.last_used)}</span> }.into_any(),
    };
    view! {
        <li>
            <div>
                <strong><bdi>{key.label.clone()}</bdi></strong>
                {preview(&key.preview)}
                <span class="muted">{key.environment.label()}", "{words::keys::permissions(key.scopes)}</span>
                {mark}
            </div>
            {choice(shown, line)}
        </li>
    }
    .into_any()
}

/// A key that already has a successor can only be revoked.
fn choice(shown: &RemoveMemberPageData, line: &KeyLine) -> AnyView {
    let key = &line.key;
    let name = format!("keys[{}]", key.key_id);
    let typed = shown
        .typed
        .iter()
        .find(|(field, _)| *field == name)
        .map(|(_, value)| value.clone());
    let chosen = typed.unwrap_or_else(|| "end".into());
    // A successor with admin power requires a fresh sign-in, a revocation does not.
    let powerful = power(has_admin_power(key.role, key.scopes));
    let option = |value: String, text: String| {
        let (selected, power) = (value == chosen, powerful.filter(|_| value != "end"));
        view! { <option value=value selected=selected data-power=power>{text}</option> }
    };
    let free = line.rotated_to.is_none();
    let accounts = &shown.service_accounts;
    let options = accounts
        .iter()
        .map(|one| option(one.actor_id.to_string(), words::isolated(&one.name)));
    let accounts = (free && !accounts.is_empty())
        .then(|| view! { <optgroup label=words::remove_member::HAND_OVER_TO>{options.collect_view()}</optgroup> });
    view! {
        <select class="input fate" name=name aria-label=words::remove_member::disposition_label(&key.label)>
            {option("end".into(), words::remove_member::REVOKE.into())}
            {free.then(|| option("new".into(), words::remove_member::new_service_account(&key.label)))}
            {accounts}
        </select>
    }
    .into_any()
}
