//! The form for a new key: in a dialog and, without script, on a page of its own. CSS alone unfolds
//! its optional parts, so it works without script.

use domain::environment::Environment;
use domain::scope::Template;
use domain::token::{Brand, KeyKind};
use domain::{Moment, OrganizationId, Problem, Role};
use engine::form_token::FormToken;
use leptos::prelude::*;

use super::confirm::{ButtonWords, Confirm};
use super::environment_choice::environment_choice;
use super::expiry::{ExpiryChoice, expiry};
use super::typed_form::TypedForm;
use super::{fault_line, form_fields};
use crate::components::frame::OrganizationPage;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{icon, name_hint};
use crate::words;

mod owner;
mod permissions;

/// The fields that show their own errors.
const FIELDS: [&str; 7] = [
    "name",
    "actor_id",
    "account_name",
    "environment",
    "template",
    "scopes",
    "expires_at",
];

/// The data of the form.
pub struct KeyForm {
    organization: OrganizationId,
    /// The name of the owner, unless the person chooses another one.
    acts_as: String,
    /// The service accounts that the person can choose; `None` if the owner is fixed.
    owners: Option<Vec<owner::Owner>>,
    now: Moment,
    brand: Brand,
    place: Location,
    input: TypedForm,
    service: Option<(i64, String, Role)>,
    most_days: Option<i64>,
    default_days: Option<i64>,
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
        let owners = match service {
            Some(_) => None,
            None => owner::owners(&request.context, room).await?,
        };
        let screen = Screen::NewKey(room.organization());
        let mine = room.place.screen == screen;
        let acts_as = match &service {
            Some((_, name, _)) => name.clone(),
            None => room.ctx.actor().name.clone(),
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
            owners,
            now: room.ctx.now(),
            brand: request.context.site_config.brand.clone(),
            place: if mine {
                room.place.clone()
            } else {
                Location::top(screen)
            },
            input: if mine {
                TypedForm::of(request)
            } else {
                TypedForm::default()
            },
            service,
            most_days: settings.max_key_days,
            default_days: settings.default_key_days,
            may_create: settings.key_makers.include(room.ctx.actor().role),
        })
    }

    fn expiry(&self) -> ExpiryChoice<'_> {
        ExpiryChoice {
            form: &self.input,
            now: self.now,
            most_days: self.most_days,
            default_days: self.default_days,
        }
    }

    fn prefix_of(&self, kind: KeyKind) -> String {
        format!("{}_{}_", self.brand, kind.as_str())
    }

    /// The first field with an error. Without one, the problem is shown above the fields.
    fn faulty(&self) -> Option<&'static str> {
        FIELDS
            .into_iter()
            .find(|field| self.input.fault(field).is_some())
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
        .input
        .problem()
        .filter(|_| form.faulty().is_none())
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
                <div class="pair">{owner::owner(form)}{environment(form)}</div>
                {owner::new_account(form)}
                {permissions::permissions(form)}
                {expiry(form.expiry())}
            </div>
            <div class="sheet-foot">
                <p class="push">{summary(form)}" "{form.confirm.note()}</p>
                {cancel}
                {form.confirm.button("button primary", button)}
            </div>
        </form>
    }
    .into_any()
}

fn name(form: &KeyForm) -> AnyView {
    let fault = form.input.fault("name");
    let typed = form.input.value("name");
    let focus = form.input.problem().is_none() || form.faulty() == Some("name");
    view! {
        <div class="field">
            <label for="name">{words::labels::NAME}</label>
            <input
                class="input" id="name" name="name" required autocomplete="off" dir="auto" value=typed
                aria-describedby="name-error name-taken name-hint" aria-invalid=fault.is_some().then_some("true") autofocus=focus
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
    let prefix = |environment: Environment| match environment {
        Environment::Production => view! {
            <code>{form.prefix_of(KeyKind::Live)}</code>
            {words::create_key::OR_WITH_FULL_ACCESS.0}
            <code>{form.prefix_of(KeyKind::Secret)}</code>
            {words::create_key::OR_WITH_FULL_ACCESS.1}
        }
        .into_any(),
        Environment::Test => view! { <code>{form.prefix_of(KeyKind::Test)}</code>"." }.into_any(),
    };
    environment_choice(
        &form.input,
        &Environment::ALL,
        words::create_key::environment_hint,
        prefix,
    )
}

/// What the key will be, in one line. CSS shows the words of the selected choices; the island
/// replaces them by a more precise line.
fn summary(form: &KeyForm) -> AnyView {
    let owner = form
        .owners
        .is_none()
        .then(|| words::create_key::acts_as(&form.acts_as));
    view! {
        <span id="create-summary" data-acts=form.acts_as.clone()>
            <span class="only-production">{Environment::Production.label()}</span>
            <span class="only-test">{Environment::Test.label()}</span>
            <span class="may-read">" · "{Template::ReadOnly.label()}</span>
            <span class="may-custom">" · "{words::create_key::CUSTOM}</span>
            <span class="may-all">" · "{Template::FullAccess.label()}</span>
            {owner.map(|owner| format!(" · {owner}"))}
        </span>
    }
    .into_any()
}
