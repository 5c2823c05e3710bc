//! The request behind a page or a server function: who sent it, and what it may call.
//!
//! Every page and every server function opens an organization here. Only [`PageContext::open`]
//! gives a `Ctx`, and no operation of the engine runs without one.

use std::sync::Arc;

use domain::{Code, FieldFault, Problem};
use engine::ctx::Origin;
use engine::tokens::Parties;
use engine::{Caller, Ctx, Engine};
use leptos::nonce::Nonce;
use leptos::prelude::use_context;
use tower_sessions::Session;

use crate::form_result::{CreatedKey, FormResult, IssuedToken};
use crate::theme::Theme;
use crate::words;

/// The context of a request for a page or a server function. The server stores one in the request's
/// extensions.
#[derive(Clone)]
pub struct PageContext {
    /// The operations.
    pub engine: Engine,
    /// The person who is signed in, if any.
    pub caller: Option<Caller>,
    /// Where the request comes from.
    pub origin: Origin,
    /// The browser's session.
    pub session: Session,
    /// The theme of the pages.
    pub theme: Theme,
    /// Whether the browser prefetches the page.
    pub ahead: bool,
    /// The configuration of the installation.
    pub site_config: Arc<SiteConfig>,
}

/// The configuration of the installation, as far as pages need it.
pub struct SiteConfig {
    /// `https://host`, without a slash at the end.
    pub public_url: String,
    /// Whether this is a development installation, with the development sign-in.
    pub development: bool,
    /// The accounts to choose from on the sign-in page of a development installation.
    pub accounts: Vec<Account>,
    /// The domains that people may sign in from; empty if any domain may.
    pub allowed_domains: Vec<String>,
    /// The host of the identity provider, if it is not Google.
    pub provider: Option<String>,
    /// Whether creating the first organization requires the setup token.
    pub setup_token_needed: bool,
    /// Whether a text is the setup token.
    pub check_setup_token: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// The URL path of script and style, such as `/pkg/1f0c…`.
    pub assets: String,
    /// The brand in the prefix of new keys.
    pub brand: domain::token::Brand,
}

/// An account of a development installation. It has no password.
pub struct Account {
    /// The subject at the development identity provider.
    pub subject: String,
    /// The name of the person.
    pub name: String,
    /// The email address.
    pub email: String,
    /// What describes the person, such as `Owner of Acme`.
    pub note: String,
}

impl SiteConfig {
    /// Whether this is a development installation with an account of this subject.
    pub fn has_account(&self, subject: &str) -> bool {
        let mut accounts = self.accounts.iter();
        accounts.any(|account| account.subject == subject)
    }

    /// The issuer and audience of access tokens: this installation, and its API.
    pub fn parties(&self) -> Parties {
        Parties {
            issuer: self.public_url.clone(),
            audience: format!("{}/api/v1", self.public_url),
        }
    }
}

impl PageContext {
    /// The context of the running request.
    ///
    /// # Errors
    /// `Internal` outside of a request.
    pub fn here() -> Result<Self, Problem> {
        let parts = use_context::<http::request::Parts>();
        let context = parts.and_then(|parts| parts.extensions.get::<Self>().cloned());
        context.ok_or_else(|| Problem::new(Code::Internal, ""))
    }

    /// The person who is signed in.
    ///
    /// # Errors
    /// `Unauthorized` without a sign-in.
    pub fn person(&self) -> Result<&Caller, Problem> {
        self.caller
            .as_ref()
            .ok_or_else(|| self.problem(Code::Unauthorized))
    }

    /// Lets the person act in an organization.
    ///
    /// # Errors
    /// `Unauthorized` without a sign-in, `Forbidden` for an organization of others, `Unavailable`.
    pub async fn open(&self, organization: &str) -> Result<Ctx, Problem> {
        let caller = self.person()?;
        let organization = organization
            .parse()
            .map_err(|_| self.problem(Code::Forbidden))?;
        self.engine
            .enter_organization(caller, &organization, self.origin.clone())
            .await
            .map_err(|error| self.to_problem(&error))
    }

    /// Converts an error of the engine into a problem. Internal errors are logged here, because the
    /// problem does not contain their cause.
    pub fn to_problem(&self, error: &engine::Error) -> Problem {
        if matches!(
            error,
            engine::Error::Busy(_) | engine::Error::Broken(_)
        ) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            let trace_id = self.origin.trace_field();
            tracing::error!(request_id = self.origin.request_id, trace_id, %error, cause, "an operation failed");
        }
        let problem = error.to_problem(&self.origin.request_id);
        Problem {
            fields: in_words_of_forms(problem.fields),
            ..problem
        }
    }

    /// A problem that lists invalid fields.
    pub fn invalid(&self, faults: Vec<FieldFault>) -> Problem {
        Problem {
            fields: in_words_of_forms(faults),
            ..self.problem(Code::InvalidFields)
        }
    }

    /// A problem of this request.
    pub fn problem(&self, code: Code) -> Problem {
        Problem::new(code, &self.origin.request_id)
    }
}

/// Replaces the API's sentence for a fault by the dashboard's sentence. Any other sentence is kept.
fn in_words_of_forms(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let reword = |fault: FieldFault| {
        if fault.message != fault.fault.sentence() {
            return fault;
        }
        FieldFault {
            message: words::problems::field_fault(&fault.field, &fault.fault),
            ..fault
        }
    };
    faults.into_iter().map(reword).collect()
}

/// Opens an organization for the running server function.
///
/// # Errors
/// As [`PageContext::open`].
pub async fn open(organization: &str) -> Result<(PageContext, Ctx), Problem> {
    let context = PageContext::here()?;
    let ctx = context.open(organization).await?;
    Ok((context, ctx))
}

/// A request for a page.
pub struct PageRequest {
    /// The context of the request.
    pub context: PageContext,
    /// The nonce of the page's content security policy.
    pub nonce: Option<Nonce>,
    /// The path.
    pub path: String,
    /// The decoded query.
    pub query: Vec<(String, String)>,
    /// The form that this page answers, when the browser submitted it without script.
    pub posted: Option<FormSubmission>,
}

/// A form that was submitted without script, and its result.
pub struct FormSubmission {
    /// Every field, as typed.
    pub typed: Vec<(String, String)>,
    /// The result, or why the form was refused.
    pub outcome: Result<FormResult, Problem>,
}

impl PageRequest {
    /// A value of the query.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A field of the submitted form, as typed.
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.posted
            .as_ref()
            .and_then(|posted| find(&posted.typed, name))
    }

    /// Every field of the submitted form, as typed.
    pub fn all_typed(&self) -> Vec<(String, String)> {
        self.posted
            .as_ref()
            .map(|posted| posted.typed.clone())
            .unwrap_or_default()
    }

    /// The result of the submitted form.
    pub fn result(&self) -> Option<&FormResult> {
        self.posted
            .as_ref()
            .and_then(|posted| posted.outcome.as_ref().ok())
    }

    /// The key that the form created.
    pub fn created(&self) -> Option<&CreatedKey> {
        if let Some(FormResult::KeyCreated(created)) = self.result() {
            Some(created)
        } else {
            None
        }
    }

    /// The token that the form issued.
    pub fn issued(&self) -> Option<&IssuedToken> {
        if let Some(FormResult::TokenIssued(token)) = self.result() {
            Some(token)
        } else {
            None
        }
    }

    /// Why the submitted form was refused.
    pub fn problem(&self) -> Option<&Problem> {
        self.posted
            .as_ref()
            .and_then(|posted| posted.outcome.as_ref().err())
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
