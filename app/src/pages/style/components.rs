//! The components, as the pages render them.

use domain::Moment;
use domain::key::KeyStatus;
use leptos::prelude::*;

use crate::components::avatar::{HUES, avatar};
use crate::components::{fault_line, used, when_due};
use crate::shared_view::{field_error, icon, preview, reasons, revoke_effects, secret};
use crate::words;

const LONG: &str = "A rather long name of a key that was given by someone who likes to explain everything in one line";
const ARABIC: &str = "مفتاح التقارير الشهرية";
const MASKED: &str = "rt_sk_****************************a1b2";

/// Every button: normal, disabled, pressed and small.
pub fn buttons() -> AnyView {
    view! {
        <div class="actions">
            <button class="button primary" type="button">{icon("plus")}"Primary"</button>
            <button class="button" type="button">"Plain"</button>
            <button class="button danger" type="button">"Danger"</button>
            <button class="button" type="button" aria-disabled="true">"Off"</button>
            <button class="button" type="button" aria-pressed="true">"Chosen"</button>
            <button class="icon-button" type="button" aria-label="Copy">{icon("copy")}</button>
            <button class="icon-button small" type="button" aria-label="Copy, small">{icon("copy")}</button>
            <button class="link-button" type="button">"Quiet"</button>
            <button class="link-button danger" type="button">"Quiet danger"</button>
            <a href="#main">"Link"</a>
            <kbd>"c"</kbd>
        </div>
    }
    .into_any()
}

/// Every status badge of a key, and the avatar of every hue.
pub fn badges(now: Moment) -> AnyView {
    let soon = now.plus_seconds(3 * 86_400);
    let all = [
        KeyStatus::Active,
        KeyStatus::Unused,
        KeyStatus::ExpiresSoon(soon),
        KeyStatus::Rotated(soon),
        KeyStatus::Exposed,
        KeyStatus::Expired,
        KeyStatus::Revoked,
    ];
    let badge = |status: KeyStatus| {
        let (class, text) = words::keys::status(now, status);
        view! { <span class=class>{text}</span> }
    };
    view! {
        <div class="actions">
            {all.map(badge).collect_view()}
            <span class="badge plain">{words::members::YOU}</span>
        </div>
        <div class="actions">{(0..HUES).map(|id| avatar(id, "Olivia Owens")).collect_view()}</div>
    }
    .into_any()
}

/// Notices and empty states.
pub fn notices() -> AnyView {
    let notice = |class: &'static str, glyph: &'static str| {
        view! {
            <div class=class>
                {icon(glyph)}
                <h3>"What happened"</h3>
                <p>"What it means, and "<a href="#main">"what to do"</a>"."</p>
            </div>
        }
    };
    view! {
        {notice("notice", "info")}
        {notice("notice success", "check")}
        {notice("notice warning", "warning")}
        {notice("notice danger", "danger")}
        <div class="empty">
            {icon("key")}
            <h3>{words::keys::NO_KEYS}</h3>
            <p>{words::keys::WHAT_FOR}</p>
            <div class="actions"><button class="button primary" type="button">{icon("plus")}{words::create_key::TITLE}</button></div>
        </div>
    }
    .into_any()
}

/// Every form field.
pub fn fields() -> AnyView {
    view! {
        <div class="form">
            <div class="field">
                <label for="style-empty">"Empty"</label>
                <input class="input" id="style-empty" placeholder="CI/CD Pipeline"/>
                <p class="hint">"A hint"</p>
            </div>
            <div class="field">
                <label for="style-filled">"Filled, from right to left"</label>
                <input class="input" id="style-filled" dir="auto" value=ARABIC/>
            </div>
            <div class="field">
                <label for="style-wrong">"At fault"</label>
                <input class="input" id="style-wrong" aria-invalid="true" aria-describedby="style-wrong-error"/>
                {field_error("style-wrong-error", words::revoke_key::CONFIRM_DIFFERS.to_owned())}{fault_line("style-right", None)}
            </div>
            {reasons(None)}
            <fieldset class="field">
                <legend>"Cards"</legend>
                <div class="cards tight">{card("One", true)}{card("Another", false)}{card("A third", false)}</div>
            </fieldset>
            <label class="choice"><input type="checkbox" checked=true/>"A box"</label>
        </div>
    }
    .into_any()
}

fn card(title: &'static str, chosen: bool) -> AnyView {
    view! {
        <label class="card">
            <input type="radio" name="style-card" checked=chosen/>
            <span>
                <span class="card-title">{title}</span>
                <span class="card-note">"What it means"</span>
            </span>
        </label>
    }
    .into_any()
}

/// A closed menu, which a click opens.
pub fn menus() -> AnyView {
    view! {
        <details class="menu filter" name="menu">
            <summary class="button">
                <span class="muted">"Status"</span>
                <span class="chosen">"Active"</span>
                {icon("chevron")}
            </summary>
            <ul class="menu-list">
                <li><a href="#main" aria-current="true">{icon("check")}"Active"</a></li>
                <li><a href="#main">{icon("info")}<bdi>{LONG}</bdi></a></li>
                <li class="apart"><a class="danger" href="#main">{icon("danger")}{words::revoke_key::LINK}</a></li>
            </ul>
        </details>
    }
    .into_any()
}

/// A table with long and right-to-left names, and lists of facts.
pub fn lists(now: Moment) -> AnyView {
    let row = |name: &'static str,
               class: Option<&'static str>,
               last: Option<Moment>,
               status: KeyStatus| {
        let (badge, text) = words::keys::status(now, status);
        view! {
            <tr class=class>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label="Key preview">{preview(MASKED)}</td>
                <td data-label="Last used">{used(now, last)}</td>
                <td data-label="Expires">{when_due(now, now.plus_seconds(80 * 86_400))}</td>
                <td data-label="Status"><span class=badge>{text}</span></td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap">
            <table class="table">
                <thead><tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Key preview"</th>
                    <th scope="col">"Last used"</th>
                    <th scope="col">"Expires"</th>
                    <th scope="col">"Status"</th>
                </tr></thead>
                <tbody>
                    {row("CI/CD Pipeline", Some("fresh"), None, KeyStatus::Active)}
                    {row(LONG, None, Some(now.plus_seconds(-7200)), KeyStatus::Unused)}
                    {row(ARABIC, Some("inactive"), Some(now.plus_seconds(-86_400 * 40)), KeyStatus::Revoked)}
                </tbody>
            </table>
        </div>
        <dl class="facts boxed"><dt>"Created by"</dt><dd><bdi>{ARABIC}</bdi></dd><dt>"Name"</dt><dd>{LONG}</dd></dl>
        <ul class="lines"><li><div><code>"203.0.113.7"</code><span class="sub">"curl/8.5.0"</span></div><div class="end">"2 hours ago"<span class="sub">"12 calls"</span></div></li></ul>
    }
    .into_any()
}

/// The contents of dialogs: confirming a revocation, and showing a secret.
pub fn sheets() -> AnyView {
    view! {
        <div class="split">
            <div class="sheet boxed">
                <div class="sheet-head">
                    <h3>"Revoke “"<bdi>"CI/CD Pipeline"</bdi>"”?"</h3>
                    <button class="icon-button" type="button" aria-label=words::CLOSE>{icon("close")}</button>
                </div>
                <div class="sheet-body">{revoke_effects(1)}</div>
                <div class="sheet-foot">
                    <button class="button" type="button">{words::CANCEL}</button>
                    <button class="button danger" type="button">{words::revoke_key::BUTTON}</button>
                </div>
            </div>
            <div class="sheet boxed">
                <div class="sheet-head"><h3>{words::reveal_key::TITLE}</h3></div>
                <div class="sheet-body">
                    <div class="notice danger" id="reveal-notice">
                        {icon("danger")}
                        <p class="strong">{words::reveal_key::WARNING}</p>
                        <p>{words::reveal_key::LOST}</p>
                    </div>
                    {secret("style-secret".into(), "Key", MASKED, 2)}
                </div>
                <div class="sheet-foot"><button class="button" type="button">{words::DONE}</button></div>
            </div>
        </div>
    }
    .into_any()
}
