//! What someone asks for. A command that exists is valid: reading one collects every fault at once.

use crate::actor::Role;
use crate::id::{ActorId, KeyId, WorkspaceId};
use crate::key::{Environment, RevokeReason};
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};
use crate::scope::{Permissions, ScopeSet, read_permissions, read_scopes};
use crate::text::{self, Name};
use crate::workspace::Provider;

/// Make a key.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// What the key is called.
    pub name: Name,
    /// Whose it is; the caller's own if not said.
    pub owner: Option<ActorId>,
    /// Where its data lives.
    pub environment: Environment,
    /// What it may do of what its owner's role allows.
    pub permissions: Permissions,
    /// When it ends by itself.
    pub expires_at: Option<Moment>,
}

/// A key as someone asks for it, not read yet.
#[derive(Clone, Debug, Default)]
pub struct KeyDraft<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Whose it is.
    pub owner: Option<ActorId>,
    /// `production` or `test`.
    pub environment: Option<&'a str>,
    /// A ready-made set of permissions…
    pub template: Option<&'a str>,
    /// …or single ones.
    pub scopes: Option<&'a [String]>,
    /// When it ends by itself.
    pub expires_at: Expiry<'a>,
}

/// How an end is given.
#[derive(Clone, Copy, Debug, Default)]
pub enum Expiry<'a> {
    /// Never.
    #[default]
    Never,
    /// A point in time, as a program writes it.
    At(&'a str),
    /// Days from now, as a form offers them.
    InDays(&'a str),
    /// The last second of a day in UTC, as a date picker gives it.
    OnDate(&'a str),
}

/// The days that the form offers; the one in the middle is preselected (decision D17).
pub const EXPIRY_DAYS: [i64; 5] = [7, 30, 60, 90, 365];
/// The most days that can be asked for.
const MOST_DAYS: i64 = 3650;

impl<'a> Expiry<'a> {
    /// The choice of a form: `none` (or nothing), `date` with a date beside it, or a number of days.
    pub fn of_form(choice: &'a str, date: &'a str) -> Self {
        match choice {
            "" | "none" => Self::Never,
            "date" => Self::OnDate(date),
            days => Self::InDays(days),
        }
    }

    /// The moment meant, counted from `now`.
    ///
    /// # Errors
    /// `NotATime`, `Missing` for no date, `Past`, `OutOfRange`.
    pub fn read(self, now: Moment) -> Result<Option<Moment>, Fault> {
        let at = match self {
            Self::Never => return Ok(None),
            Self::OnDate("") => return Err(Fault::Missing),
            Self::OnDate(date) => Moment::end_of_day(date).ok_or(Fault::NotATime)?,
            Self::At(text) => Moment::parse(text).ok_or(Fault::NotATime)?,
            Self::InDays(text) => {
                let days = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
                now.plus_seconds(days.ok_or(Fault::OutOfRange { min: 1, max: MOST_DAYS })? * 86_400)
            }
        };
        if at <= now { Err(Fault::Past) } else { Ok(Some(at)) }
    }
}

impl CreateKey {
    /// The plainest key: the caller's own, for production, with everything their role allows, without an end.
    ///
    /// # Errors
    /// The name, if it is at fault.
    pub fn read(name: &str) -> Result<Self, Vec<FieldFault>> {
        Self::draft(&KeyDraft { name, ..KeyDraft::default() }, Moment(0))
    }

    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn draft(draft: &KeyDraft<'_>, now: Moment) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(draft.name));
        let environment = faults.take("environment", Environment::read(draft.environment));
        let asked = environment.unwrap_or(Environment::Production);
        let field = if draft.template.is_some() { "template" } else { "scopes" };
        let permissions = faults.take(field, read_permissions(asked, draft.template, draft.scopes));
        let expires_at = faults.take("expires_at", draft.expires_at.read(now));
        faults.done(|| {
            let (name, environment, permissions) = (name?, environment?, permissions?);
            Some(Self { name, owner: draft.owner, environment, permissions, expires_at: expires_at? })
        })
    }
}

/// Change a key: its name, or fewer scopes.
#[derive(Clone, Debug)]
pub struct ChangeKey {
    /// Which.
    pub key: KeyId,
    /// What it is called from now on.
    pub name: Option<Name>,
    /// What is left of its scopes.
    pub scopes: Option<ScopeSet>,
}

impl ChangeKey {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(key: KeyId, name: Option<&str>, scopes: Option<&[String]>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", name.map(Name::parse).transpose());
        let scopes = faults.take("scopes", scopes.map(read_scopes).transpose());
        faults.done(|| Some(Self { key, name: name?, scopes: scopes? }))
    }
}

/// Put a successor in a key's place (decision D15).
#[derive(Clone, Debug)]
pub struct RotateKey {
    /// Which.
    pub key: KeyId,
    /// How long both work, in seconds.
    pub overlap_seconds: i64,
    /// What the successor is called; as its predecessor if not said.
    pub name: Option<Name>,
    /// When the successor ends; as long after now as its predecessor's end was after its making, if not said.
    pub expires_at: Option<Moment>,
    /// Whether what is sealed to the old key may become unreadable (RO-33).
    pub confirm_message_loss: bool,
}

impl RotateKey {
    /// The longest overlap: seven days.
    pub const MOST_OVERLAP: i64 = 604_800;

    /// At once, with everything carried over.
    pub const fn at_once(key: KeyId) -> Self {
        Self { key, overlap_seconds: 0, name: None, expires_at: None, confirm_message_loss: false }
    }

    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(
        key: KeyId,
        overlap_seconds: Option<i64>,
        name: Option<&str>,
        expires_at: Expiry<'_>,
        now: Moment,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let seconds = overlap_seconds.unwrap_or(0);
        let bounds = Fault::OutOfRange { min: 0, max: Self::MOST_OVERLAP };
        let fits = (0..=Self::MOST_OVERLAP).contains(&seconds);
        let overlap_seconds = faults.take("overlap_seconds", if fits { Ok(seconds) } else { Err(bounds) });
        let name = faults.take("label", name.map(Name::parse).transpose());
        let expires_at = faults.take("expires_at", expires_at.read(now));
        faults.done(|| {
            let (overlap_seconds, name, expires_at) = (overlap_seconds?, name?, expires_at?);
            Some(Self { key, overlap_seconds, name, expires_at, confirm_message_loss: false })
        })
    }
}

/// Make a service account.
#[derive(Clone, Debug)]
pub struct CreateServiceAccount {
    /// What it is called.
    pub name: Name,
    /// The most its keys may do.
    pub role: Role,
    /// Whether it may have several active keys.
    pub allow_overlap: bool,
}

impl CreateServiceAccount {
    /// Reads the fields of a form or a body; a member unless said otherwise, which is the least there is.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(name: &str, role: Option<&str>, allow_overlap: bool) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        let role = faults.take("role", role.map_or(Ok(Role::Member), read_role));
        faults.done(|| Some(Self { name: name?, role: role?, allow_overlap }))
    }
}

/// Change a service account.
#[derive(Clone, Debug)]
pub struct ChangeServiceAccount {
    /// Which.
    pub actor: ActorId,
    /// What it is called from now on.
    pub name: Option<Name>,
    /// The most its keys may do from now on.
    pub role: Option<Role>,
    /// Whether its keys are refused from now on.
    pub disabled: Option<bool>,
    /// Whether it may have several active keys.
    pub allow_overlap: Option<bool>,
}

impl ChangeServiceAccount {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(
        actor: ActorId,
        name: Option<&str>,
        role: Option<&str>,
        disabled: Option<bool>,
        allow_overlap: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", name.map(Name::parse).transpose());
        let role = faults.take("role", role.map(read_role).transpose());
        faults.done(|| Some(Self { actor, name: name?, role: role?, disabled, allow_overlap }))
    }
}

/// A service account is no owner: only people own an organization.
fn read_role(word: &str) -> Result<Role, Fault> {
    let known = word.parse().ok().filter(|role| *role != Role::Owner);
    known.ok_or_else(|| Fault::Unknown { known: "member, admin".into() })
}

/// Start a run.
#[derive(Clone, Debug)]
pub struct CreateRun {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// What is given to it.
    pub input: Option<String>,
    /// Whether it came by the webhook-style address.
    pub by_hook: bool,
}

impl CreateRun {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(workspace: WorkspaceId, input: Option<String>, by_hook: bool) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let input = faults.take("input", input.map(|input| read_text(&input, 0)).transpose());
        faults.done(|| Some(Self { workspace, input: input?, by_hook }))
    }
}

/// The most characters of a message, a note or a run's input.
pub const MOST_TEXT: usize = 10_000;

/// Text to be sealed: 1 to 10,000 characters, kept as it is.
#[derive(Clone, Debug)]
pub struct SealText(pub String);

impl SealText {
    /// Reads the field of a body.
    ///
    /// # Errors
    /// The field, if it is at fault.
    pub fn read(text: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let text = faults.take("text", read_text(text, 1));
        faults.done(|| Some(Self(text?)))
    }
}

/// Text is kept as it is, but for a zero character, which no database keeps.
fn read_text(text: &str, min: usize) -> Result<String, Fault> {
    match text.chars().count() {
        n if n < min => Err(Fault::Missing),
        n if n > MOST_TEXT => Err(Fault::TooLong { max: MOST_TEXT }),
        _ if text.contains('\0') => Err(Fault::ForbiddenCharacter),
        _ => Ok(text.to_owned()),
    }
}

/// Change an organization's settings.
#[derive(Clone, Copy, Debug)]
pub struct ChangeOrganization {
    /// The longest lifetime of a new key in days; none for no limit.
    pub max_key_days: Option<i64>,
}

impl ChangeOrganization {
    /// Reads the field of a form or a body.
    ///
    /// # Errors
    /// The field, if it is at fault.
    pub fn read(max_key_days: Option<i64>) -> Result<Self, Vec<FieldFault>> {
        let fits = max_key_days.is_none_or(|days| (1..=MOST_DAYS).contains(&days));
        let fault = || vec![FieldFault::new("max_key_days", Fault::OutOfRange { min: 1, max: MOST_DAYS })];
        fits.then_some(Self { max_key_days }).ok_or_else(fault)
    }
}

/// Which keys of those within reach a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyQuery {
    /// In the name, the name of owner or creator, or the beginning of the public prefix.
    pub text: Option<String>,
    /// Of this environment.
    pub environment: Option<Environment>,
    /// In this state.
    pub status: Option<StatusFilter>,
    /// Of this owner.
    pub owner: Option<ActorId>,
    /// Made by this actor.
    pub creator: Option<ActorId>,
    /// In which order.
    pub sort: KeySort,
    /// The other way round.
    pub reversed: bool,
    /// After this key.
    pub after: Option<KeyId>,
}

/// A state to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Opens doors now.
    Active,
    /// Ended by itself.
    Expired,
    /// Ended by someone.
    Revoked,
    /// Ended in either way.
    Inactive,
    /// Was seen in an address, and still opens doors.
    Exposed,
}

impl StatusFilter {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Active, Self::Expired, Self::Revoked, Self::Inactive, Self::Exposed];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Inactive => "inactive",
            Self::Exposed => "exposed",
        }
    }
}

impl std::str::FromStr for StatusFilter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// An order of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySort {
    /// The newest first, whatever their state.
    #[default]
    Newest,
    /// Usable before expired before revoked, and within each the newest first.
    Usable,
    /// By name.
    Name,
    /// The one used last first.
    LastUsed,
    /// The one that ends next first.
    Expires,
}

impl KeySort {
    /// Every order.
    pub const ALL: [Self; 5] = [Self::Newest, Self::Usable, Self::Name, Self::LastUsed, Self::Expires];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "created",
            Self::Usable => "usable",
            Self::Name => "name",
            Self::LastUsed => "last_used",
            Self::Expires => "expires",
        }
    }
}

impl std::str::FromStr for KeySort {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or(())
    }
}

/// End a key, for good.
#[derive(Clone, Copy, Debug)]
pub struct RevokeKey {
    /// Which.
    pub key: KeyId,
    /// Why.
    pub reason: RevokeReason,
}

/// Make a workspace.
#[derive(Clone, Debug)]
pub struct CreateWorkspace {
    /// What it is called.
    pub name: Name,
    /// Who runs its model.
    pub provider: Provider,
    /// Its model, 1 to 100 characters.
    pub model: Name,
}

impl CreateWorkspace {
    /// Reads the fields of a body; without a model the provider's default counts (RA-20).
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(name: &str, provider: &str, model: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        let provider = faults.take("provider", Provider::parse(provider));
        let default = provider.map_or("", Provider::default_model);
        let model = faults.take("model", Name::parse(model.unwrap_or(if default.is_empty() { "-" } else { default })));
        faults.done(|| Some(Self { name: name?, provider: provider?, model: model? }))
    }
}

/// Remove a workspace.
#[derive(Clone, Debug)]
pub struct DeleteWorkspace {
    /// Which.
    pub workspace: WorkspaceId,
}

/// Make the first organization of an installation.
#[derive(Clone, Debug)]
pub struct FoundOrganization {
    /// What it is called.
    pub organization: Name,
    /// What its owner is called.
    pub owner: Name,
    /// The owner's address, lower case.
    pub email: String,
}

impl FoundOrganization {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(organization: &str, owner: &str, email: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let organization = faults.take("organization", Name::parse(organization));
        let owner = faults.take("name", Name::parse(owner));
        let email = faults.take("email", text::email(email));
        faults.done(|| Some(Self { organization: organization?, owner: owner?, email: email? }))
    }
}

/// Collects faults while the fields of a command are read.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn take<T>(&mut self, field: &str, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(FieldFault::new(field, fault))).ok()
    }

    fn done<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldFault>> {
        if self.0.is_empty() { build().ok_or_else(Vec::new) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = CreateWorkspace::read(" ", "aws", Some("\u{200b}x")).expect_err("faults");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "provider", "model"]);
    }

    // RU-08, decision D17: an end is optional, and lies in the future.
    #[test]
    fn ru_08_an_end_is_a_choice() {
        let now = Moment(1_775_677_879_000);
        assert_eq!(Expiry::of_form("", "").read(now), Ok(None));
        assert_eq!(Expiry::of_form("none", "2026-05-01").read(now), Ok(None));
        assert_eq!(Expiry::of_form("90", "").read(now), Ok(Some(now.plus_seconds(90 * 86_400))));
        let date = Expiry::of_form("date", "2026-05-01").read(now).expect("a date").map(Moment::to_rfc3339);
        assert_eq!(date.as_deref(), Some("2026-05-01T23:59:59Z"));
        assert_eq!(Expiry::of_form("date", "2026-04-07").read(now), Err(Fault::Past));
        assert_eq!(Expiry::of_form("date", "").read(now), Err(Fault::Missing));
        assert_eq!(Expiry::of_form("date", "soon").read(now), Err(Fault::NotATime));
        for days in ["0", "-1", "3651", "9999999999999999999999", "x"] {
            assert_eq!(Expiry::of_form(days, "").read(now), Err(Fault::OutOfRange { min: 1, max: 3650 }), "{days}");
        }
        assert_eq!(Expiry::At("2026-04-08T19:51:19Z").read(now), Err(Fault::Past), "the same moment is over");
    }

    #[test]
    fn a_service_account_is_no_owner() {
        assert!(CreateServiceAccount::read("deploy", Some("owner"), false).is_err());
        assert_eq!(CreateServiceAccount::read("deploy", None, false).map(|command| command.role), Ok(Role::Member));
    }

    // RA-20, RK-40
    #[test]
    fn ra_20_the_model_is_optional() {
        let command = CreateWorkspace::read("Staging Environment", "vertex_ai", None).expect("valid");
        assert_eq!(command.model.as_str(), "gemini-2.5-pro");
        let command = CreateWorkspace::read("Analytics", "vertex_ai", Some("gemini-2.5-pro")).expect("valid");
        assert_eq!((command.provider, command.model.as_str()), (Provider::VertexAi, "gemini-2.5-pro"));
    }
}
