//! Creating a key for an API.

use std::collections::BTreeMap;

use domain::command::{ApiKeyDraft, ConsumerQuery, CreateApiKey as Command, Expiry};
use domain::{ActorId, Code, Fault, FieldFault, Problem, Slug};
use engine::Ctx;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::server_fns::keys::{created, unconfirmed};
use crate::server_fns::{entries, form_token, of_whole_field};
use crate::words;

/// The choice of a consumer as the owner.
pub const CONSUMER: &str = "consumer";
/// The choice of a service account as the owner.
pub const SERVICE_ACCOUNT: &str = "service_account";
/// The choice of the person as the owner.
pub const ME: &str = "me";

/// The submitted form for a new key for an API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ApiKeyForm {
    /// The slug of the API.
    pub api: String,
    /// The name of the key.
    pub name: String,
    /// Which kind of owner it has: `consumer`, `service_account` or `me`.
    #[serde(default)]
    pub owner: String,
    /// The external ID of the consumer.
    #[serde(default)]
    pub external_id: String,
    /// The actor ID of the service account.
    #[serde(default)]
    pub account: String,
    /// The actor ID of the owner, if the form is for one owner.
    #[serde(default)]
    pub actor_id: String,
    /// The environment.
    #[serde(default)]
    pub environment: String,
    /// The selected scopes; the values do not matter.
    #[serde(default)]
    pub scope: BTreeMap<String, String>,
    /// The IP addresses that it can be used from, one a line.
    #[serde(default)]
    pub allowed_ips: String,
    /// Days, `date` or `none`.
    #[serde(default)]
    pub expiry: String,
    /// The day of `date`.
    #[serde(default)]
    pub expires_on: String,
    /// Whether a day that is far ahead is meant.
    #[serde(default)]
    pub confirm_far_expiry: String,
    /// The token of this rendering of the form.
    #[serde(default)]
    pub form_token: String,
}

/// Creates a key for an API, for a consumer, a service account or the person.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_api_key")]
pub async fn create_api_key(
    organization: String,
    #[server(flatten)] form: ApiKeyForm,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let command = form.read(&context, &ctx).await?;
    let once = form_token(&form.form_token).map(|token| token.idempotency_key("create_api_key"));
    let made = context
        .engine
        .create_api_key(&ctx, command, once.as_ref())
        .await;
    created(&context, &ctx, made).await
}

impl ApiKeyForm {
    async fn read(&self, context: &PageContext, ctx: &Ctx) -> Result<Command, Problem> {
        let slug: Slug = self
            .api
            .parse()
            .map_err(|_| context.problem(Code::NotFound))?;
        let owner = self.owner(context, ctx).await?;
        let scopes: Vec<_> = self.scope.keys().cloned().collect();
        let allowed_ips = entries(&self.allowed_ips);
        let expires_at = Expiry::of_form(&self.expiry, &self.expires_on);
        let draft = ApiKeyDraft {
            name: &self.name,
            description: "",
            owner: owner.as_ref().ok().copied().flatten(),
            environment: Some(self.environment.as_str()).filter(|word| !word.is_empty()),
            scopes: &scopes,
            allowed_ips: Some(&allowed_ips),
            expires_at,
        };
        let far = unconfirmed(expires_at, &self.confirm_far_expiry, ctx.now());
        match (Command::read(slug, &draft, ctx.now()), owner, far) {
            (Ok(command), Ok(_), None) => Ok(command),
            (read, owner, far) => {
                let faults = read.err().into_iter().flatten();
                let faults = faults.map(of_whole_field);
                Err(context.invalid(faults.chain(owner.err()).chain(far).collect()))
            }
        }
    }

    /// The chosen owner; none for the person.
    async fn owner(
        &self,
        context: &PageContext,
        ctx: &Ctx,
    ) -> Result<Result<Option<ActorId>, FieldFault>, Problem> {
        let account = match (self.actor_id.as_str(), self.owner.as_str()) {
            ("", ME) => return Ok(Ok(None)),
            ("", SERVICE_ACCOUNT) => &self.account,
            ("", _) => return self.consumer(context, ctx).await,
            (id, _) => id,
        };
        Ok(account
            .parse()
            .map(Some)
            .map_err(|_| fault("account", words::apis::CHOOSE_ACCOUNT)))
    }

    async fn consumer(
        &self,
        context: &PageContext,
        ctx: &Ctx,
    ) -> Result<Result<Option<ActorId>, FieldFault>, Problem> {
        let Ok(id) = self.external_id.trim().parse() else {
            return Ok(Err(fault(
                "external_id",
                words::apis::CHOOSE_CONSUMER,
            )));
        };
        let query = ConsumerQuery {
            external_id: Some(id),
            ..ConsumerQuery::default()
        };
        let found = context
            .engine
            .list_consumers(ctx, &query, 1)
            .await
            .map_err(|error| context.to_problem(&error))?;
        let consumer = found.rows.first().map(|found| found.actor_id);
        Ok(match consumer {
            Some(_) => Ok(consumer),
            None => Err(fault("external_id", words::apis::NO_SUCH_CONSUMER)),
        })
    }
}

fn fault(field: &str, message: &str) -> FieldFault {
    FieldFault {
        message: message.into(),
        ..FieldFault::new(field, Fault::Missing)
    }
}
