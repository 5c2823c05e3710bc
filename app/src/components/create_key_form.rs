//! The form for a new key: in a dialog and, without script, on a page of its own. CSS alone unfolds
//! its optional parts, so it works without script.

use domain::environment::Environment;
use domain::scope::{ScopeSet, Template};
use domain::token::{Brand, KeyKind};
use domain::{Moment, OrganizationId, Problem, Role, Scope};
use engine::form_token::FormToken;
use leptos::prelude::*;

use super::confirm::{ButtonWords, Confirm, power, scope_power, template_power};
use super::scope_picker::scope_picker;
use super::{fault_line, form_fields};
use crate::components::frame::OrganizationPage;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::server_fns::keys::create::CUSTOM;
use crate::shared_view::{icon, name_hint};
use crate::words;

mod expiry;

/// The data of the form.
pub struct KeyForm {
    organization: OrganizationId,
    acts_as: String,
    now: Moment,
    brand: Brand,
    place: Location,
    typed: Vec<(String, String)>,
    problem: Option<Problem>,
    service: Option<(i64, String, Role)>,
    most_days: Option<i64>,
    /// The role that limits the key.
    role: Role,
    token: FormToken,
    confirm: Confirm,
    /// Whether the person can create keys in this organization.
    pub may_create: bool,
}

impl KeyForm {
    /// The form as it was submitted, or an empty one. `service` is the service account that the key
    /// is for: its actor ID, name and role.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn load(
        request: &PageRequest,
        room: &OrganizationPage,
        service: Option<(i64, String, Role)>,
    ) -> Result<Self, Problem> {
        let settings = request
            .context
            .engine
            .get_organization(&room.ctx)
            .await
            .map_err(|error| request.context.to_problem(&error))?;
        let screen = Screen::NewKey(room.organization());
        let mine = room.place.screen == screen;
        let acts_as = match &service {
            Some((_, name, _)) => words::create_key::acts_as_service_account(name),
            None => words::create_key::acts_as(&room.ctx.actor().name, &room.name),
        };
        let own = room.ctx.actor().role;
        Ok(Self {
            organization: room.organization(),
            role: service
                .as_ref()
                .map_or(own, |(_, _, role)| own.min(*role)),
            token: FormToken::generate(request.context.engine.runtime()),
            confirm: Confirm::of(room),
            acts_as,
            now: room.ctx.now(),
            brand: request.context.site_config.brand.clone(),
            place: if mine {
                room.place.clone()
            } else {
                Location::top(screen)
            },
            typed: request
                .posted
                .as_ref()
                .filter(|_| mine)
                .map(|posted| posted.typed.clone())
                .unwrap_or_default(),
            problem: request.problem().filter(|_| mine).cloned(),
            service,
            most_days: settings.max_key_days,
            may_create: settings.key_makers.include(room.ctx.actor().role),
        })
    }

    fn typed(&self, name: &str) -> Option<&str> {
        self.typed
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    fn fault(&self, field: &str) -> Option<String> {
        self.problem
            .as_ref()
            .and_then(|problem| problem.field(field))
            .map(str::to_owned)
    }

    /// Whether a choice is selected: the submitted one, or else the default.
    fn is_chosen(&self, field: &str, value: &str, otherwise: &str) -> bool {
        self.typed(field).unwrap_or(otherwise) == value
    }

    fn prefix_of(&self, kind: KeyKind) -> String {
        format!("{}_{}_", self.brand, kind.as_str())
    }
}

/// The form below a heading, with `cancel` beside its button. If it is `alone` on a page, the
/// browser submits it only once, because only that response shows the key; in a dialog, the island
/// ensures that.
pub fn key_form(form: &KeyForm, heading: AnyView, cancel: AnyView, alone: bool) -> AnyView {
    let service = form
        .service
        .as_ref()
        .map(|(id, ..)| ("actor_id", id.to_string()));
    let lines = form
        .problem
        .as_ref()
        .map(|problem| super::problem_lines(problem, &form.place));
    let fine = lines.is_none();
    let button = ButtonWords {
        id: Some("create-key-button"),
        label: words::create_key::BUTTON.into(),
        confirm: words::create_key::CONFIRM,
        waiting: words::create_key::WAITING,
    };
    view! {
        <form
            class="sheet" id="create-form" method="post" action="/ui/create_key" novalidate data-once=alone.then_some("")
            data-stale=form.confirm.stale() data-fresh-for=form.confirm.left()
        >
            {form_fields(&form.place, &form.organization, service)}
            {super::form_token(&form.token)}
            <div class="sheet-head">{heading}</div>
            <div class="sheet-body">
                <div class="notice danger trouble" role="alert" tabindex="-1" hidden=fine autofocus=!fine>
                    {icon("danger")}<h2>{words::create_key::FAILED}</h2><div class="lines">{lines}</div>
                    // For the dialog: it must keep the typed values until the person chooses to
                    // leave.
                    <div class="again" hidden>{super::sign_in_again(&form.place)}</div>
                </div>
                {name(form)}
                {environment(form)}
                {permissions(form)}
                {expiry::expiry(form)}
            </div>
            <div class="sheet-foot"><p class="push">{form.acts_as.clone()}" "{expiry::until(form)}" "{form.confirm.note()}</p>{cancel}{form.confirm.button("button primary", button)}</div>
        </form>
    }
    .into_any()
}

fn name(form: &KeyForm) -> AnyView {
    let fault = form.fault("name");
    let typed = form.typed("name").unwrap_or_default().to_owned();
    view! {
        <div class="field">
            <label for="name">{words::labels::NAME}</label>
            <input
                class="input" id="name" name="name" required autocomplete="off" placeholder=words::create_key::NAME_SAMPLES[0] dir="auto" value=typed
                aria-describedby="name-error name-taken name-hint" aria-invalid=fault.is_some().then_some("true") autofocus=form.problem.is_none()
            />
            {fault_line("name", fault)}
            <p class="hint" id="name-taken" role="status"></p>
            {name_hint()}
        </div>
    }
    .into_any()
}

/// The choice between real data and sandbox data, with the prefix of the keys for each.
fn environment(form: &KeyForm) -> AnyView {
    let card = |environment: Environment| {
        let prefix = match environment {
            Environment::Production => view! {
                <code>{form.prefix_of(KeyKind::Live)}</code>{words::create_key::OR_WITH_FULL_ACCESS.0}<code>{form.prefix_of(KeyKind::Secret)}</code>{words::create_key::OR_WITH_FULL_ACCESS.1}
            }.into_any(),
            Environment::Test => view! { <code>{form.prefix_of(KeyKind::Test)}</code>"." }.into_any(),
        };
        let (word, start) = (environment.as_str(), Environment::Production.as_str());
        view! {
            <label class="card">
                <input type="radio" name="environment" value=word checked=form.is_chosen("environment", word, start)/>
                <span>
                    <span class="card-title">{environment.label()}</span>
                    <span class="card-note">{words::create_key::environment_hint(environment)}{words::create_key::KEYS_START_WITH}{prefix}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="field" id="environment" aria-describedby="environment-error">
            <legend>{words::create_key::ENVIRONMENT}</legend>
            <div class="cards">{Environment::ALL.map(card).collect_view()}</div>
            {fault_line("environment", form.fault("environment"))}
        </fieldset>
    }
    .into_any()
}

/// The choice of permissions: templates, or single scopes, with advice to grant as few as possible.
fn permissions(form: &KeyForm) -> AnyView {
    let card = |word: &'static str, title: &'static str, note: &'static str, powerful: bool| {
        let checked = form.is_chosen("template", word, Template::FullAccess.as_str());
        view! {
            <label class="card">
                <input type="radio" name="template" value=word checked=checked data-power=power(powerful)/>
                <span><span class="card-title">{title}</span><span class="card-note">{note}</span></span>
            </label>
        }
    };
    let templates = Template::ALL.map(|template| {
        card(
            template.as_str(),
            template.label(),
            template.sentence(),
            template_power(form.role, template),
        )
    });
    let powerful = |scope| scope_power(form.role, scope);
    let chosen = |group: domain::scope::Group| {
        form.typed(&format!("access[{}]", group.as_str()))
            .unwrap_or("none")
            .to_owned()
    };
    view! {
        <fieldset class="field" id="template" aria-describedby="template-error scopes-error least-privilege">
            <legend>{words::create_key::PERMISSIONS}</legend>
            <p class="hint" id="least-privilege">{words::create_key::LEAST_PRIVILEGE}</p>
            <div class="cards tight">{templates.collect_view()}{card(CUSTOM, words::create_key::CUSTOM, words::create_key::CUSTOM_HINT, false)}</div>
            {fault_line("template", form.fault("template"))}
            <div class="unfold custom" id="scopes">
                <input class="input needs-script" type="search" data-narrow="" autocomplete="off" aria-label=words::create_key::SEARCH_PERMISSIONS placeholder=words::create_key::SEARCH_PERMISSIONS/>
                {scope_picker(ScopeSet::of(Scope::ALL), chosen, powerful)}
                <p class="hint only-test">{words::create_key::SANDBOX_GROUPS}</p>
                <p class="hint">{words::create_key::WRITE_INCLUDES_READ}" "<span id="scope-count" role="status"></span></p>
            </div>
            {fault_line("scopes", form.fault("scopes"))}
        </fieldset>
    }
    .into_any()
}
