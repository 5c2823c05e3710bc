//! Server functions for the APIs that the organization protects with keys.

use domain::command::{self, ApiDraft};
use domain::{Code, Environment, Fault, FieldFault, Problem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub mod create_key;

use crate::flash::{ApiNotice, Flash};
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::Screen;
use crate::server_fns::{entries, of_whole_field};
use crate::words;

/// The value of the field for environments that stands for all of them.
pub const BOTH: &str = "both";

/// Registers an API. `scopes` has one scope a line: its word, after a space what it allows, and at
/// the end what it includes. An empty `key_prefix` stands for the default.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_api")]
pub async fn create_api(
    organization: String,
    name: String,
    slug: String,
    #[server(default)] key_prefix: String,
    #[server(default)] scopes: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let prefix = key_prefix.trim();
    let draft = ApiDraft {
        name: Some(&name),
        slug: slug.trim(),
        key_prefix: (!prefix.is_empty()).then_some(prefix),
        ..ApiDraft::default()
    };
    let command = command::CreateApi::read_form(draft, &scopes)
        .map_err(|faults| context.invalid(faults.into_iter().map(reword).collect()))?;
    let api = context
        .engine
        .create_api(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    context
        .set_flash(Flash::Api(ApiNotice::Registered))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Api(ctx.actor().organization.clone(), api.slug).path(),
    })
}

/// A submitted form that changes an API. Fields that the form does not have stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ApiChangeForm {
    /// The slug of the API.
    pub api: String,
    /// Its new name.
    #[serde(default)]
    pub name: Option<String>,
    /// All of its scopes, one a line.
    #[serde(default)]
    pub scopes: Option<String>,
    /// The header that carries its keys.
    #[serde(default)]
    pub key_header: Option<String>,
    /// `both`, or one environment.
    #[serde(default)]
    pub environments: Option<String>,
    /// Whether the gate signs what it says about a key: `true` or `false`.
    #[serde(default)]
    pub signed_assertion: Option<String>,
    /// The IP addresses that its keys can be used from, one a line.
    #[serde(default)]
    pub allowed_ips: Option<String>,
    /// Whether it is archived: `true` or `false`.
    #[serde(default)]
    pub archived: Option<String>,
}

/// Changes an API, archives it or restores it.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "change_api")]
pub async fn change_api(
    organization: String,
    #[server(flatten)] form: ApiChangeForm,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let archived = switch(form.archived.as_deref());
    let command = form.read(&context)?;
    let api = context
        .engine
        .change_api(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let notice = match archived {
        Some(true) => ApiNotice::Archived,
        Some(false) => ApiNotice::Restored,
        None => ApiNotice::Changed,
    };
    context.set_flash(Flash::Api(notice)).await;
    Ok(FormResult::Redirect {
        to: Screen::Api(ctx.actor().organization.clone(), api.slug).path(),
    })
}

impl ApiChangeForm {
    fn read(&self, context: &PageContext) -> Result<command::ChangeApi, Problem> {
        let slug = self
            .api
            .parse()
            .map_err(|_| context.problem(Code::NotFound))?;
        let environments = self
            .environments
            .as_deref()
            .map(|word| match word {
                BOTH => Environment::ALL
                    .map(|environment| environment.as_str().to_owned())
                    .to_vec(),
                one => vec![one.to_owned()],
            });
        let allowed_ips = self.allowed_ips.as_deref().map(entries);
        let draft = ApiDraft {
            name: self.name.as_deref(),
            key_header: self.key_header.as_deref(),
            environments: environments.as_deref(),
            signed_assertion: switch(self.signed_assertion.as_deref()),
            allowed_ips: allowed_ips.as_deref(),
            ..ApiDraft::default()
        };
        command::ChangeApi::read_form(
            slug,
            draft,
            self.scopes.as_deref(),
            switch(self.archived.as_deref()),
        )
        .map_err(|faults| context.invalid(faults.into_iter().map(reword).collect()))
    }
}

/// The value of a switch, if the form has it.
fn switch(text: Option<&str>) -> Option<bool> {
    text.map(|text| text == "true")
}

/// The fault in the words of the form. Its summary shows the sentences without the labels.
fn reword(fault: FieldFault) -> FieldFault {
    let fault = of_whole_field(fault);
    let message = match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => words::apis::NAME_MISSING,
        ("slug", Fault::NotASlug) => words::apis::NOT_A_SLUG,
        ("scopes", Fault::NotAScopeWord) => words::apis::NOT_A_PERMISSION,
        ("scopes", Fault::Repeated) => words::apis::PERMISSION_TWICE,
        ("scopes", Fault::Undeclared) => words::apis::PERMISSION_UNDECLARED,
        _ => return fault,
    };
    FieldFault {
        message: message.into(),
        ..fault
    }
}
