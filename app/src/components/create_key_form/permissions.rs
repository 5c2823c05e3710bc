//! The choice of the permissions of a new key: read only, single scopes, or full access.

use domain::Scope;
use domain::scope::{Group, ScopeSet, Template};
use leptos::prelude::*;

use super::super::confirm::{power, scope_power, template_power};
use super::super::fault_line;
use super::super::scope_picker::scope_picker;
use super::KeyForm;
use crate::server_fns::keys::access_of;
use crate::server_fns::keys::create::CUSTOM;
use crate::shared_view::icon;
use crate::words;

/// The templates that single scopes can start from.
const STARTS: [Template; 5] = [
    Template::CiCd,
    Template::Automation,
    Template::Worker,
    Template::Monitoring,
    Template::KeyRotation,
];

/// The three choices, with advice to grant as few permissions as possible. The strongest is the
/// last, and none of them is preselected but the one that cannot change anything.
pub fn permissions(form: &KeyForm) -> AnyView {
    let input = &form.input;
    let card = |word: &'static str, title: &'static str, note: AnyView, powerful: bool| {
        let checked = input.is_chosen("template", word, Template::ReadOnly.as_str());
        let class = if word == Template::FullAccess.as_str() {
            "card apart"
        } else {
            "card"
        };
        view! {
            <label class=class>
                <input type="radio" name="template" value=word checked=checked data-power=power(powerful)/>
                <span><span class="card-title">{title}</span><span class="card-note">{note}</span></span>
            </label>
        }
    };
    let of = |template: Template, note: AnyView| {
        card(
            template.as_str(),
            template.label(),
            note,
            template_power(form.role, template),
        )
    };
    let read_only = Template::ReadOnly.sentence().into_any();
    let warning = view! { {icon("danger")}{words::create_key::full_access_warning(form.role)} };
    view! {
        <fieldset class="field" id="template" aria-describedby="template-error least-privilege">
            <legend>{words::create_key::PERMISSIONS}</legend>
            <p class="hint" id="least-privilege">{words::create_key::LEAST_PRIVILEGE}</p>
            <div class="cards tight">
                {of(Template::ReadOnly, read_only)}
                {card(CUSTOM, words::create_key::CUSTOM, words::create_key::CUSTOM_HINT.into_any(), false)}
                {of(Template::FullAccess, warning.into_any())}
            </div>
            {fault_line("template", input.fault("template"))}
            {custom(form)}
            {fault_line("scopes", input.fault("scopes"))}
        </fieldset>
    }
    .into_any()
}

/// Single scopes, which unfold for that choice: a template to start from, and a choice for each
/// group.
fn custom(form: &KeyForm) -> AnyView {
    let chosen = |group: Group| {
        form.input
            .typed(&format!("access[{}]", group.as_str()))
            .unwrap_or("none")
            .to_owned()
    };
    view! {
        <div class="unfold custom" id="scopes">
            {starts(form)}
            <input
                class="input needs-script"
                type="search"
                data-narrow=""
                autocomplete="off"
                aria-label=words::create_key::SEARCH_PERMISSIONS
                placeholder=words::create_key::SEARCH_PERMISSIONS
                aria-describedby="scopes-error"
            />
            {scope_picker(ScopeSet::of(Scope::ALL), chosen, |scope| scope_power(form.role, scope))}
            <p class="hint only-test">{words::create_key::SANDBOX_GROUPS}</p>
            <p class="hint">{words::create_key::WRITE_INCLUDES_READ}" "<span id="scope-count" role="status"></span></p>
        </div>
    }
    .into_any()
}

/// The templates to start from. With script, one fills in the choices below. Without script, the
/// server adds its scopes to them.
fn starts(form: &KeyForm) -> AnyView {
    let chip = |word: &'static str, title: &'static str, about: Option<Template>| {
        let checked = form.input.is_chosen("start", word, "");
        let powerful = about.is_some_and(|template| template_power(form.role, template));
        let fill = about.map(fills);
        view! {
            <label class="chip" title=about.map(Template::sentence)>
                <input
                    type="radio"
                    name="start"
                    value=word
                    checked=checked
                    data-fill=fill
                    data-pick-power=power(powerful)
                />
                {title}
            </label>
        }
    };
    let templates =
        STARTS.map(|template| chip(template.as_str(), template.label(), Some(template)));
    view! {
        <div class="starts" role="radiogroup" aria-labelledby="starts-title">
            <p class="card-title" id="starts-title">{words::create_key::START_FROM}</p>
            <div class="chips">{chip("", words::NONE, None)}{templates.collect_view()}</div>
            <p class="hint scriptless">{words::create_key::START_ADDS}</p>
        </div>
    }
    .into_any()
}

/// The access of a template to each group, such as `runs=write workspaces=read`.
fn fills(template: Template) -> String {
    let words = access_of(template)
        .into_iter()
        .map(|(group, access)| format!("{group}={access}"));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use domain::Role;
    use domain::environment::Environment;
    use domain::scope::Permissions;

    use super::*;
    use crate::server_fns::keys::selected_scopes;

    // RU-12: what a template fills in has the same power as the template.
    #[test]
    fn a_template_fills_in_its_scopes() {
        assert_eq!(fills(Template::CiCd), "runs=write workspaces=read");
        for template in STARTS {
            let scopes = ScopeSet::of(selected_scopes(&access_of(template)));
            let Permissions::Only(expected) = template.permissions(Environment::Production) else {
                panic!("{template:?} is full access");
            };
            for scope in Scope::ALL {
                assert_eq!(
                    scopes.allows(scope),
                    expected.allows(scope),
                    "{template:?}"
                );
            }
        }
    }

    #[test]
    fn the_warning_says_what_a_role_can_do() {
        assert_ne!(
            words::create_key::full_access_warning(Role::Member),
            words::create_key::full_access_warning(Role::Owner)
        );
    }
}
