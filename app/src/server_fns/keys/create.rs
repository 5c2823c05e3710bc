//! Creating a key.

use domain::command::{CreateKey as Command, CreateServiceAccount, Expiry, KeyDraft};
use domain::environment::Environment;
use domain::{ActorId, Code, Fault, FieldFault, Moment, Problem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{SelectedScopes, access_of, created, selected_scopes, unconfirmed};
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::server_fns::form_token;

/// The value of the choice of single scopes, next to the templates.
pub const CUSTOM: &str = "custom";
/// The owner of a key that is a service account to be created with it.
pub const NEW_ACCOUNT: &str = "new";

/// The submitted form for a new key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Form {
    /// The name of the key.
    pub name: String,
    /// The environment.
    #[serde(default)]
    pub environment: String,
    /// A template, or `custom`.
    #[serde(default)]
    pub template: String,
    /// The selected access of `custom`.
    #[serde(default)]
    pub access: SelectedScopes,
    /// The template whose permissions are added to those of `custom`, if any.
    #[serde(default)]
    pub start: String,
    /// Days, `date` or `none`.
    #[serde(default)]
    pub expiry: String,
    /// The day of `date`.
    #[serde(default)]
    pub expires_on: String,
    /// Whether a day that is far ahead is meant.
    #[serde(default)]
    pub confirm_far_expiry: String,
    /// The actor ID of the service account that the key is for, if any, or `new`.
    #[serde(default)]
    pub actor_id: String,
    /// The name of the new service account.
    #[serde(default)]
    pub account_name: String,
    /// Its role.
    #[serde(default)]
    pub account_role: String,
    /// The token of this rendering of the form.
    #[serde(default)]
    pub form_token: String,
}

/// Creates a key for the person, or for a service account, which may be created with it.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_key")]
pub async fn create_key(
    organization: String,
    #[server(flatten)] form: Form,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let (command, account) = form.read(&context, ctx.now())?;
    let once = form_token(&form.form_token).map(|token| token.idempotency_key("create_key"));
    let engine = &context.engine;
    let made = match account {
        Some(account) => {
            engine
                .create_key_with_account(&ctx, account, command, once.as_ref())
                .await
        }
        None => {
            engine
                .create_key_once(&ctx, command, once.as_ref())
                .await
        }
    };
    created(&context, &ctx, made).await
}

impl Form {
    fn read(
        &self,
        context: &PageContext,
        now: Moment,
    ) -> Result<(Command, Option<CreateServiceAccount>), Problem> {
        let owner = match self.actor_id.as_str() {
            "" | NEW_ACCOUNT => None,
            id => Some(
                id.parse::<ActorId>()
                    .map_err(|_| context.problem(Code::NotFound))?,
            ),
        };
        let word = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (environment, template) = (
            word(&self.environment),
            word(&self.template).filter(|word| word != CUSTOM),
        );
        let scopes = (self.template == CUSTOM).then(|| self.scopes());
        let expires_at = Expiry::of_form(&self.expiry, &self.expires_on);
        let read = Command::draft(
            &KeyDraft {
                name: &self.name,
                description: "",
                owner,
                environment: environment.as_deref(),
                template: template.as_deref(),
                scopes: scopes.as_deref(),
                expires_at,
                allowed_ips: None,
            },
            now,
        );
        // A key without permissions is of no use, so it is more likely a mistake.
        let nothing = scopes
            .is_some_and(|scopes| scopes.is_empty())
            .then(|| FieldFault::new("scopes", Fault::Missing));
        let far = unconfirmed(expires_at, &self.confirm_far_expiry, now);
        let account = self.account();
        match (read, account, nothing.or(far)) {
            (Ok(command), Ok(account), None) => Ok((command, account)),
            (read, account, nothing) => {
                let faults = [read.err(), account.err()];
                let faults = faults.into_iter().flatten().flatten();
                Err(context.invalid(faults.chain(nothing).collect()))
            }
        }
    }

    /// The service account to create, if the owner is a new one.
    fn account(&self) -> Result<Option<CreateServiceAccount>, Vec<FieldFault>> {
        if self.actor_id != NEW_ACCOUNT {
            return Ok(None);
        }
        let role = Some(self.account_role.as_str()).filter(|role| !role.is_empty());
        // The fields of the key have the plain names.
        let of_account = |fault: FieldFault| FieldFault {
            field: format!("account_{}", fault.field),
            ..fault
        };
        CreateServiceAccount::read(&self.account_name, role, false)
            .map(Some)
            .map_err(|faults| faults.into_iter().map(of_account).collect())
    }

    /// The selected scopes, and those of the template that they start from. The form hides groups
    /// that are not in the sandbox from a test key, so their values are ignored.
    fn scopes(&self) -> Vec<String> {
        let sandbox = self.environment == Environment::Test.as_str();
        let start = self.start.parse().map(access_of);
        let meant = selected_scopes(&self.access)
            .into_iter()
            .chain(selected_scopes(&start.unwrap_or_default()))
            .filter(|scope| !sandbox || scope.in_sandbox());
        meant.map(|scope| scope.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_scopes_start_from_a_template() {
        let form = |environment: &str, start: &str| Form {
            environment: environment.into(),
            start: start.into(),
            access: [("audit".into(), "read".into())].into(),
            ..Form::default()
        };
        let sorted = |form: Form| {
            let mut scopes = form.scopes();
            scopes.sort_unstable();
            scopes.dedup();
            scopes
        };
        assert_eq!(sorted(form("production", "")), ["audit:read"]);
        assert_eq!(
            sorted(form("production", "ci_cd")),
            ["audit:read", "runs:write", "workspaces:read"]
        );
        assert_eq!(
            sorted(form("test", "monitoring")),
            ["runs:read", "workspaces:read"]
        );
        assert_eq!(
            sorted(form("production", "full_access")),
            ["audit:read"]
        );
    }
}
