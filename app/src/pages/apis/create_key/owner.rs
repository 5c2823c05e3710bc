//! The choice of the owner of a new key for an API.

use domain::command::ConsumerQuery;
use domain::policy::{Action, Grant, decide};
use domain::view::{ConsumerView, ServiceAccount};
use domain::{ActorId, Code, Problem};
use leptos::prelude::*;

use crate::components::fault_line;
use crate::components::field::Field;
use crate::components::frame::OrganizationPage;
use crate::components::typed_form::TypedForm;
use crate::request::PageContext;
use crate::routes::Screen;
use crate::server_fns::apis::create_key::{CONSUMER, ME, SERVICE_ACCOUNT};
use crate::words;

/// Owners that the form offers. A consumer that is not among them can be typed.
const OFFERED: i64 = 100;

/// The possible owners.
pub enum OwnerChoice {
    /// Only this one: the form was opened for it, or a member creates a key.
    Fixed(ActorId, String),
    /// One of the newest consumers, or another one that is typed; a service account, or the person.
    Open {
        /// The newest consumers.
        consumers: Vec<ConsumerView>,
        /// Service accounts that are enabled.
        accounts: Vec<ServiceAccount>,
    },
}

impl OwnerChoice {
    /// The owners that the page offers.
    ///
    /// # Errors
    /// `NotFound` for an owner in the URL that is no consumer of the organization.
    pub async fn load(context: &PageContext, room: &OrganizationPage) -> Result<Self, Problem> {
        if decide(room.ctx.actor().role, Action::ManageConsumers) == Grant::No {
            let own = room.ctx.actor();
            return Ok(Self::Fixed(own.id, own.name.clone()));
        }
        let to_problem = |error: engine::Error| context.to_problem(&error);
        let (engine, ctx) = (&context.engine, &room.ctx);
        if let Some(id) = room.place.number("for") {
            let consumer = engine
                .get_consumer(ctx, ActorId(id))
                .await
                .map_err(to_problem)?;
            if consumer.is_paused {
                return Err(context.problem(Code::Conflict));
            }
            return Ok(Self::Fixed(consumer.actor_id, consumer.name));
        }
        let consumers = engine
            .list_consumers(ctx, &ConsumerQuery::default(), OFFERED)
            .await
            .map_err(to_problem)?;
        let accounts = engine
            .list_service_accounts(ctx, None, OFFERED)
            .await
            .map_err(to_problem)?;
        let enabled = accounts
            .rows
            .into_iter()
            .filter(|account| !account.is_disabled);
        Ok(Self::Open {
            consumers: consumers.rows,
            accounts: enabled.collect(),
        })
    }
}

/// The choice.
pub fn owner(room: &OrganizationPage, choice: &OwnerChoice, form: &TypedForm) -> AnyView {
    let (consumers, accounts) = match choice {
        OwnerChoice::Fixed(id, name) => {
            return view! { <p>{words::apis::key_belongs_to(name)}</p><input type="hidden" name="actor_id" value=id.to_string()/> }
                .into_any();
        }
        OwnerChoice::Open {
            consumers,
            accounts,
        } => (consumers, accounts),
    };
    let card = |word: &'static str, title: &'static str, hint: &'static str| {
        view! {
            <label class="card">
                <input type="radio" name="owner" value=word checked=form.is_chosen("owner", word, CONSUMER)/>
                <span><span class="card-title">{title}</span><span class="card-note">{hint}</span></span>
            </label>
        }
    };
    let account_card = (!accounts.is_empty()).then(|| {
        card(
            SERVICE_ACCOUNT,
            words::apis::OWNER_ACCOUNT,
            words::apis::OWNER_ACCOUNT_HINT,
        )
    });
    view! {
        <fieldset class="field" id="actor_id" aria-describedby="actor_id-error">
            <legend>{words::labels::OWNER}</legend>
            <div class="cards tight">
                {card(CONSUMER, words::apis::OWNER_CONSUMER, words::apis::OWNER_CONSUMER_HINT)}
                {account_card}
                {card(ME, words::apis::OWNER_ME, words::apis::OWNER_ME_HINT)}
            </div>
            <div class="unfold of-consumer">{consumer(room, consumers, form)}</div>
            <div class="unfold of-account">{account(accounts, form)}</div>
            {fault_line("actor_id", form.fault("actor_id"))}
        </fieldset>
    }
    .into_any()
}

/// The external ID of a consumer, with the newest to choose from.
fn consumer(room: &OrganizationPage, consumers: &[ConsumerView], form: &TypedForm) -> AnyView {
    let field = Field::new(
        "external_id",
        words::apis::EXTERNAL_ID,
        words::apis::EXTERNAL_ID_HINT,
        form.problem(),
    );
    let options = consumers
        .iter()
        .filter(|consumer| !consumer.is_paused)
        .map(|consumer| {
            view! { <option value=consumer.external_id.clone()>{consumer.name.clone()}</option> }
        });
    let create = Screen::NewConsumer(room.organization()).path();
    view! {
        {field.listed(form.value("external_id"), "consumers")}
        <datalist id="consumers">{options.collect_view()}</datalist>
        <p class="hint"><a href=create>{words::apis::CREATE_CONSUMER_FIRST}</a></p>
    }
    .into_any()
}

fn account(accounts: &[ServiceAccount], form: &TypedForm) -> AnyView {
    if accounts.is_empty() {
        return ().into_any();
    }
    let field = Field::new(
        "account",
        words::apis::SERVICE_ACCOUNT,
        words::apis::SERVICE_ACCOUNT_HINT,
        form.problem(),
    );
    let chosen = form.value("account");
    let options: Vec<_> = accounts
        .iter()
        .map(|account| {
            let id = account.actor_id.to_string();
            let is_chosen = id == chosen;
            (id, account.name.clone(), is_chosen)
        })
        .collect();
    field.choice(options.into_iter())
}
