//! The choice for each key of a member who is removed: revoke it, or give a service account a
//! successor. A key in use is handed over by default, and its name is typed to revoke it.

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
    let more = (shown.unlisted > 0).then(|| {
        view! {
            <div class="notice">
                {icon("info")}
                <p>{words::remove_member::keys_not_listed(shown.unlisted)}</p>
            </div>
        }
    });
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
                <span class="muted">{key.environment.label()}", "{words::keys::permissions_of(key)}</span>
                {mark}
            </div>
            {choice(shown, line)}
            {confirm_field(shown, line)}
        </li>
    }
    .into_any()
}

/// A key that already has a successor can only be revoked.
fn choice(shown: &RemoveMemberPageData, line: &KeyLine) -> AnyView {
    let key = &line.key;
    let name = format!("keys[{}]", key.key_id);
    let free = line.rotated_to.is_none();
    let in_use = key.was_used_recently(shown.room.ctx.now());
    let by_default = if free && in_use { "new" } else { "end" };
    let chosen = typed(shown, &name).unwrap_or_else(|| by_default.into());
    // A successor with admin power requires a fresh sign-in, a revocation does not.
    let powerful = power(has_admin_power(key.role, key.scopes));
    let option = |value: String, text: String| {
        let (selected, power) = (value == chosen, powerful.filter(|_| value != "end"));
        view! { <option value=value selected=selected data-power=power>{text}</option> }
    };
    let accounts = &shown.service_accounts;
    let options = accounts
        .iter()
        .map(|one| option(one.actor_id.to_string(), words::isolated(&one.name)));
    let accounts = (free && !accounts.is_empty())
        .then(|| view! { <optgroup label=words::remove_member::HAND_OVER_TO>{options.collect_view()}</optgroup> });
    view! {
        <select class="input fate" name=name aria-label=words::remove_member::disposition_label(&key.label)>
            {option("end".into(), words::remove_member::REVOKE.into())}
            {free.then(|| option("new".into(), words::remove_member::HAND_OVER_TO_NEW.into()))}
            {accounts}
        </select>
    }
    .into_any()
}

/// The field to confirm by typing the name that a production key in use is revoked. CSS shows it
/// while that is the choice.
fn confirm_field(shown: &RemoveMemberPageData, line: &KeyLine) -> Option<AnyView> {
    let key = &line.key;
    if !key.will_be_missed(shown.room.ctx.now()) {
        return None;
    }
    let (id, name) = (
        words::remove_member::confirm_id(key.key_id),
        format!("confirm[{}]", key.key_id),
    );
    let fault = shown
        .problem
        .as_ref()
        .and_then(|problem| problem.field(&id))
        .map(str::to_owned);
    let invalid = fault.is_some().then_some("true");
    let field = view! {
        <div class="field cut">
            <label for=id.clone()>
                {words::labels::TYPE_TO_CONFIRM.0}
                <b><bdi>{key.label.clone()}</bdi></b>
                {words::labels::TYPE_TO_CONFIRM.1}
            </label>
            <input class="input" id=id.clone() name=name.clone() autocomplete="off" spellcheck="false" dir="auto" value=typed(shown, &name) aria-describedby=format!("{id}-error") aria-invalid=invalid/>
            {fault_line(&id, fault)}
        </div>
    };
    Some(field.into_any())
}

/// The value of a field of the submitted form, as typed.
fn typed(shown: &RemoveMemberPageData, name: &str) -> Option<String> {
    shown
        .typed
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.clone())
}
