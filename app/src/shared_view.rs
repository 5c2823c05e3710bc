//! Small markup, and names, that the server and the islands share.

use leptos::prelude::*;

use crate::words;

/// The header of a form that a dialog sends. The browser does not tell a dialog where a redirect
/// leads, so the response is JSON with the path instead.
pub const DIALOG_HEADER: &str = "x-roundtable-dialog";

/// An icon of the sprite. Screen readers skip it and read the text beside it.
pub fn icon(name: &'static str) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use href=format!("/icons.svg#{name}")></use></svg> }
}

/// The masked preview of a key. Its start and its asterisks have classes of their own, so that they
/// take less space.
pub fn preview(text: &str) -> impl IntoView + use<> {
    let start = text.find('*').unwrap_or(text.len());
    let end = text.rfind('*').map_or(text.len(), |at| at + 1);
    let (head, mask, tail) = (
        text[..start].to_owned(),
        text[start..end].to_owned(),
        text[end..].to_owned(),
    );
    view! { <code class="preview"><span class="start">{head}</span><span class="mask">{mask}</span>{tail}</code> }
}

/// The message for an invalid field.
pub fn field_error(id: impl Into<String>, message: String) -> impl IntoView {
    let id = id.into();
    view! { <p class="field-error" id=id>{icon("danger")}{message}</p> }
}

/// The hint below the name of a key: what a good name says, with samples.
pub fn name_hint() -> impl IntoView {
    let [one, other] = words::create_key::NAME_SAMPLES;
    view! { <p class="hint" id="name-hint">{words::create_key::NAME_HINT}<b>{one}</b>{words::create_key::OR}<b>{other}</b>"."</p> }
}

/// The effects of revoking this number of keys.
pub fn revoke_effects(n: usize) -> impl IntoView {
    view! {
        <ul class="plain-list" id="revoke-text">
            <li>{icon("danger")}{words::revoke_key::immediate(n)}</li>
            <li>{icon("rotate")}{words::revoke_key::PERMANENT}</li>
            <li>{icon("audit")}{words::revoke_key::recorded(n)}</li>
        </ul>
    }
}

/// The choice of why a key is revoked.
pub fn reasons(chosen: Option<&str>) -> impl IntoView + use<> {
    let options = domain::key::RevokeReason::ALL.map(|reason| {
        view! { <option value=reason.as_str() selected=chosen == Some(reason.as_str())>{reason.label()}</option> }
    });
    view! { <div class="field"><label for="reason">{words::revoke_key::REASON}</label><select class="input" id="reason" name="reason">{options}</select></div> }
}

/// A value that is shown once, with the button that copies it.
pub fn secret<L: IntoView>(id: String, label: L, value: &str, rows: u32) -> impl IntoView + use<L> {
    secret_with(
        "button primary copy needs-script",
        id,
        label,
        value,
        rows,
    )
}

/// The same with the class of the button. The text of a textarea is not escaped, and the characters
/// of a key, a link or a token need no escaping.
fn secret_with<L: IntoView>(
    class: &'static str,
    id: String,
    label: L,
    value: &str,
    rows: u32,
) -> impl IntoView + use<L> {
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="copy-row">
                <textarea class="key-value" id=id.clone() rows=rows.to_string() readonly spellcheck="false" autocomplete="off" translate="no" aria-describedby="reveal-notice">{value.to_owned()}</textarea>
                <button class=class type="button" data-copy=id>{icon("copy")}<span>{words::reveal_key::COPY}</span></button>
            </div>
        </div>
    }
}

/// A secret that is shown once, and the texts around it.
pub struct Secret<'a> {
    /// The secret: letters, digits, and characters that need no escaping.
    pub value: &'a str,
    /// The number of its lines.
    pub rows: u32,
    /// The advice to copy it now.
    pub warning: &'static str,
    /// The effect of losing it.
    pub lost: &'static str,
    /// The shell command that sets it: the caption, the name of the copy button, and the command.
    pub shell: (&'static str, &'static str, String),
    /// The curl command that tries it: likewise.
    pub curl: (&'static str, &'static str, String),
    /// The ID of the key whose first use the page reports, if any.
    pub waits_for: Option<&'a str>,
}

/// A new key.
pub struct NewKey<'a> {
    /// The key.
    pub key: &'a str,
    /// Its ID.
    pub key_id: &'a str,
    /// Its name.
    pub label: &'a str,
}

/// A new key of Roundtable and everything around it, below the title.
pub fn revealed(new: &NewKey<'_>, url: &str) -> impl IntoView + use<> {
    revealed_with(
        new,
        words::reveal_key::shell_line(new.key),
        words::reveal_key::curl_line(url, new.key),
    )
}

/// The same with other commands: the one that sets the key, and the one that tries it.
pub fn revealed_with(new: &NewKey<'_>, shell: String, curl: String) -> impl IntoView + use<> {
    let label = new.label.to_owned();
    let secret = Secret {
        value: new.key,
        rows: 2,
        warning: words::reveal_key::WARNING,
        lost: words::reveal_key::LOST,
        shell: (
            words::reveal_key::SHELL_LINE,
            words::reveal_key::COPY_SHELL,
            shell,
        ),
        curl: (
            words::reveal_key::CURL_LINE,
            words::reveal_key::COPY_CURL,
            curl,
        ),
        waits_for: Some(new.key_id),
    };
    secret_sheet(
        secret,
        view! { {words::labels::KEY_FOR.0}<bdi>{label}</bdi>{words::labels::KEY_FOR.1} },
    )
}

/// The label of the button below a new key. In a dialog it copies the key first, unless the key is
/// copied. CSS shows which it does.
pub fn finish_words() -> impl IntoView {
    view! { <span class="finished">{words::DONE}</span><span class="unfinished">{words::reveal_key::COPY_AND_CLOSE}</span> }
}

/// The status line that reports the result of copying.
pub fn copy_status() -> impl IntoView {
    view! { <p class="visually-hidden" data-copy-status="" role="status"></p> }
}

/// The only markup that contains a secret, below the title.
pub fn secret_sheet<L: IntoView + 'static>(shown: Secret<'_>, label: L) -> impl IntoView + use<L> {
    let Secret {
        value,
        rows,
        warning,
        lost,
        shell,
        curl,
        waits_for,
    } = shown;
    // Below a key, the main button copies it too.
    let class = match waits_for {
        Some(_) => "button copy needs-script",
        None => "button primary copy needs-script",
    };
    let waiting = waits_for.map(|key| {
        let key = key.to_owned();
        view! { <p class="waiting needs-script" id="first-request" role="status" data-key=key>{icon("check")}<span>{words::live::WAITING_FOR_FIRST_REQUEST}</span></p> }
    });
    let copy = |what: &'static str, name: &'static str| {
        view! { <button class="icon-button needs-script" type="button" data-copy=what aria-label=name>{icon("copy")}</button> }
    };
    view! {
        <div class="sheet-body">
            <div class="notice danger" id="reveal-notice">
                {icon("danger")}<p class="strong">{warning}</p><p>{lost}</p>
            </div>
            {secret_with(class, "key".into(), label, value, rows)}
            {copy_status()}
            <figure class="snippet">
                <figcaption>{shell.0}{copy("shell-line", shell.1)}</figcaption>
                <pre translate="no"><code id="shell-line">{shell.2}</code></pre>
            </figure>
            <figure class="snippet">
                <figcaption>{curl.0}{copy("curl-line", curl.1)}</figcaption>
                <pre translate="no"><code id="curl-line">{curl.2}</code></pre>
            </figure>
            {waiting}
        </div>
    }
}
