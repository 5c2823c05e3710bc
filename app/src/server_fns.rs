//! The way in: what a visit brings along, how an organization is opened, and how a refusal leaves.
//!
//! Every server function and every page begins here. [`open`] holds the only key to the engine: no `?`, no engine.

use std::sync::Arc;

use domain::{Code, FieldFault, KeyId, Problem, Role};
use engine::ctx::Origin;
use engine::form_token::FormToken;
use engine::tokens::Parties;
use engine::{Caller, Ctx, Engine};
use http::StatusCode;
use leptos::prelude::use_context;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::words;

#[expect(missing_docs, reason = "a server function's struct has its arguments as fields")]
pub mod account;
#[expect(missing_docs, reason = "a server function's struct has its arguments as fields")]
pub mod keys;
#[expect(missing_docs, reason = "a server function's struct has its arguments as fields")]
pub mod members;
#[expect(missing_docs, reason = "a server function's struct has its arguments as fields")]
pub mod organization;
#[expect(missing_docs, reason = "a server function's struct has its arguments as fields")]
pub mod service_accounts;

/// What a request for a page or a server function brings along. The server puts one into its extensions.
#[derive(Clone)]
pub struct PageContext {
    /// The operations.
    pub engine: Engine,
    /// The person, if one is signed in.
    pub caller: Option<Caller>,
    /// Where the request comes from.
    pub origin: Origin,
    /// The browser's session.
    pub session: Session,
    /// How the pages should look.
    pub theme: Theme,
    /// Whether the browser only fetches ahead what the person may want next.
    pub ahead: bool,
    /// What is true of every visit.
    pub site_config: Arc<SiteConfig>,
}

/// What pages must know of the installation.
pub struct SiteConfig {
    /// `https://host`, no slash at the end.
    pub public_url: String,
    /// Whether the stand-in provider signs people in.
    pub development: bool,
    /// The domains that people may sign in from; none if anyone may.
    pub allowed_domains: Vec<String>,
    /// The host of the provider that signs people in, where it is not Google.
    pub provider: Option<String>,
    /// Whether making the first organization asks for the setup token.
    pub setup_token_needed: bool,
    /// Whether a text is the setup token.
    pub check_setup_token: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Where script and style are, such as `/pkg/1f0c…`.
    pub assets: String,
    /// How new keys begin.
    pub brand: domain::token::Brand,
}

impl SiteConfig {
    /// Whom tokens for people are from and for: this installation, and its API.
    pub fn parties(&self) -> Parties {
        Parties { issuer: self.public_url.clone(), audience: format!("{}/api/v1", self.public_url) }
    }
}

/// How pages look, as the cookie `theme` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system does.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The theme's word in cookie, form and page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word; the system's for any other.
    pub fn named(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word).unwrap_or_default()
    }
}

impl PageContext {
    /// The visit of the request that is being answered.
    ///
    /// # Errors
    /// `Internal` outside of a request.
    pub fn here() -> Result<Self, FormError> {
        let found =
            use_context::<http::request::Parts>().and_then(|components| components.extensions.get::<Self>().cloned());
        found.ok_or_else(|| Problem::new(Code::Internal, "").into())
    }

    /// The person who is signed in.
    ///
    /// # Errors
    /// `Unauthorized` when nobody is.
    pub fn person(&self) -> Result<&Caller, Problem> {
        self.caller.as_ref().ok_or_else(|| Problem::new(Code::Unauthorized, &self.origin.request_id))
    }

    /// Lets the person act in an organization.
    ///
    /// # Errors
    /// `Unauthorized` when nobody is signed in, `Forbidden` when they are no member, `Unavailable`.
    pub async fn open(&self, organization: &str) -> Result<Ctx, Problem> {
        let caller = self.person()?;
        let organization = organization.parse().map_err(|_| Problem::new(Code::Forbidden, &self.origin.request_id))?;
        self.engine
            .admit_person(caller, &organization, self.origin.clone())
            .await
            .map_err(|error| self.to_problem(&error))
    }

    /// What of an error may leave the house. What we must repair is logged here.
    pub fn to_problem(&self, error: &engine::Error) -> Problem {
        if matches!(error, engine::Error::Busy(_) | engine::Error::Broken(_)) {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(request_id = self.origin.request_id, %error, cause, "an operation failed");
        }
        let problem = error.to_problem(&self.origin.request_id);
        Problem { fields: worded(problem.fields), ..problem }
    }

    /// Fields at fault, each in the words of the form it came from.
    pub fn invalid(&self, faults: Vec<FieldFault>) -> Problem {
        Problem { fields: worded(faults), ..self.problem(Code::InvalidFields) }
    }

    /// Leaves a word for the next page. A session that cannot be written loses the word, not the deed.
    pub async fn leave(&self, flash: Flash) {
        if let Err(error) = self.session.insert(FLASH, flash).await {
            tracing::warn!(request_id = self.origin.request_id, %error, "a flash was lost");
        }
    }

    /// Takes the word that was left for this page. A page that nobody has asked for yet leaves it where it is.
    pub async fn take_flash(&self) -> Option<Flash> {
        if self.ahead {
            return None;
        }
        self.session.get::<Flash>(FLASH).await.ok().flatten()?;
        self.session.remove(FLASH).await.ok().flatten()
    }

    /// A problem of this request.
    pub fn problem(&self, code: Code) -> Problem {
        Problem::new(code, &self.origin.request_id)
    }
}

/// Faults in the words of a form; what has words of its own keeps them.
fn worded(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let form_error = |fault: FieldFault| {
        let plain = fault.message == fault.fault.sentence();
        let message = if plain { words::problems::field_fault(&fault.field, &fault.fault) } else { fault.message };
        FieldFault { message, ..fault }
    };
    faults.into_iter().map(form_error).collect()
}

const FLASH: &str = "flash";

/// A word for the next page, told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flash {
    /// A key was made; its row stands out.
    Created {
        /// Which.
        key_id: KeyId,
    },
    /// A key was ended.
    Revoked {
        /// Which.
        key_id: KeyId,
        /// Its name.
        name: String,
        /// False when it had ended before.
        fresh: bool,
    },
    /// Something was done to the service account of the next page.
    Account(AccountNotice),
    /// The organization was changed.
    Organization(OrganizationSettingSaved),
    /// Something was done to a member or to an invitation.
    People(MemberNotice),
    /// The person came into the organization of the next page.
    Moved(OrganizationNotice),
    /// Several keys were ended.
    RevokedMany {
        /// How many.
        count: usize,
    },
    /// A key got another name.
    Renamed,
    /// A key lost scopes.
    Narrowed,
    /// A form was sent again whose key was made the first time; it is on the next page.
    KeyMadeBefore,
    /// A form was sent again whose token was shown the first time.
    TokenMadeBefore,
    /// A session of one's own was ended.
    SessionEnded,
    /// Every other session was ended.
    OtherSessionsEnded {
        /// How many.
        count: usize,
    },
}

/// What was done to a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountNotice {
    /// It was made, and has no key yet.
    Created,
    /// It has another name or role, or may have another number of keys.
    Changed,
    /// Its keys are refused from now on.
    Disabled,
    /// Its keys work again.
    Enabled,
}

/// What was kept of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrganizationSettingSaved {
    /// Its name.
    Name,
    /// How long new keys may live.
    Lifetime,
    /// Who may make keys.
    Makers,
}

/// What was done to a member or to an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberNotice {
    /// An invitation was taken back.
    Withdrawn,
    /// A form was sent again whose invitation was made the first time.
    InvitedBefore,
    /// A member got another role.
    RoleChanged {
        /// Their name.
        name: String,
        /// What they are now.
        role: Role,
    },
    /// A member was taken out.
    Removed {
        /// Their name.
        name: String,
    },
}

/// How a person came into an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrganizationNotice {
    /// They made it.
    Founded,
    /// They joined it.
    Joined,
    /// They left another one.
    Left {
        /// That one's name.
        organization: String,
    },
}

/// Turns what the engine refused into what leaves the house.
fn form_error(context: &PageContext) -> impl Fn(engine::Error) -> FormError {
    let context = context.clone();
    move |error| context.to_problem(&error).into()
}

/// Opens an organization for the server function that is running.
///
/// # Errors
/// As [`PageContext::open`].
pub async fn open(organization: &str) -> Result<(PageContext, Ctx), FormError> {
    let context = PageContext::here()?;
    let ctx = context.open(organization).await?;
    Ok((context, ctx))
}

/// A refusal as a server function answers it: the problem, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormError(pub Problem);

impl From<Problem> for FormError {
    /// The sentence of the code is for programs; people get theirs. Any other they get too, with its full stop.
    fn from(mut problem: Problem) -> Self {
        if problem.details == problem.code.sentence() {
            problem.details = words::problems::sentence(problem.code).to_owned();
        } else if !problem.details.ends_with('.') {
            problem.details.push('.');
        }
        Self(problem)
    }
}

impl FromServerFnError for FormError {
    type Encoder = JsonEncoding;

    /// What goes wrong around a server function is either unreadable input or a fault of ours; the texts stay inside.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let code = match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Code::BadRequest
            }
            _ => Code::Internal,
        };
        let request_id = PageContext::here().map(|context| context.origin.request_id).unwrap_or_default();
        Problem::new(code, &request_id).into()
    }
}

/// Where a server function that is done sends its visitor: a path of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The path.
    pub to: String,
}

/// What a form comes to that makes something which is shown only once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Made<T> {
    /// It was made, and is to be shown now.
    New(T),
    /// The form was sent before; the way leads to what it made.
    Before(Done),
}

/// The token of the form that was sent, if it bears one.
fn form_token(text: &str) -> Option<FormToken> {
    FormToken::read(text)
}

/// The status that goes with a code.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::Unauthorized | Code::FreshSignInRequired => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::MissingScope | Code::WrongAddress => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::BadRequest | Code::KeyInQuery => StatusCode::BAD_REQUEST,
        Code::InvalidFields => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Conflict
        | Code::AlreadyBootstrapped
        | Code::ActiveKeyExists
        | Code::MessagesWouldBeLost
        | Code::AlreadyDone => StatusCode::CONFLICT,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::HttpVersionNotSupported => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::TooManyRequests | Code::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
