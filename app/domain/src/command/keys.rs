//! Requests for changes of keys.

use super::Faults;
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::key::RevokeReason;
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};
use crate::scope::{Permissions, ScopeSet, read_permissions, read_scopes};
use crate::text::Name;

/// Create a key.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// Its name.
    pub name: Name,
    /// Its owner; the caller if not given.
    pub owner: Option<ActorId>,
    /// Where its data lives.
    pub environment: Environment,
    /// What it may do of what its owner's role allows.
    pub permissions: Permissions,
    /// When it expires.
    pub expires_at: Option<Moment>,
}

/// The fields of a new key, not read yet.
#[derive(Clone, Debug, Default)]
pub struct KeyDraft<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its owner.
    pub owner: Option<ActorId>,
    /// `production` or `test`.
    pub environment: Option<&'a str>,
    /// A ready-made set of permissions…
    pub template: Option<&'a str>,
    /// …or single ones.
    pub scopes: Option<&'a [String]>,
    /// When it expires.
    pub expires_at: Expiry<'a>,
}

/// How an expiration is given.
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

/// The days that the form offers; the middle one is preselected (D17).
pub const EXPIRY_DAYS: [i64; 5] = [7, 30, 60, 90, 365];
/// The longest lifetime in days.
pub const MOST_DAYS: i64 = 3650;

impl<'a> Expiry<'a> {
    /// The choice of a form: `none` (or blank), `date` with a date beside it, or a number of days.
    pub fn of_form(choice: &'a str, date: &'a str) -> Self {
        match choice.trim() {
            "" | "none" => Self::Never,
            "date" => Self::OnDate(date),
            days => Self::InDays(days),
        }
    }

    /// The time it means, counted from `now`.
    ///
    /// # Errors
    /// `NotATime`, `Missing` for no date, `Past`, `OutOfRange`, `TimeOutOfRange`.
    pub fn read(self, now: Moment) -> Result<Option<Moment>, Fault> {
        let at = match self {
            Self::Never => return Ok(None),
            Self::At(text) if text.trim().is_empty() => return Ok(None),
            Self::OnDate(date) if date.trim().is_empty() => return Err(Fault::Missing),
            Self::OnDate(date) => Moment::read_end_of_day(date.trim())?,
            Self::At(text) => Moment::read(text.trim())?,
            Self::InDays(text) => {
                let days = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
                now.plus_seconds(days.ok_or(Fault::OutOfRange { min: 1, max: MOST_DAYS })? * 86_400)
            }
        };
        if at <= now { Err(Fault::Past) } else { Ok(Some(at)) }
    }
}

impl CreateKey {
    /// The default key: the caller's own, for production, with everything their role allows, without expiration.
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
            Some(Self {
                name: name?,
                owner: draft.owner,
                environment: environment?,
                permissions: permissions?,
                expires_at: expires_at?,
            })
        })
    }
}

/// Change a key: its name, or fewer scopes.
#[derive(Clone, Debug)]
pub struct ChangeKey {
    /// The key.
    pub key: KeyId,
    /// Its new name.
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

/// Rotate a key (D15).
#[derive(Clone, Debug)]
pub struct RotateKey {
    /// The key.
    pub key: KeyId,
    /// How long both keys are active, in seconds.
    pub overlap_seconds: i64,
    /// The name of the new key; that of the old one if not given.
    pub name: Option<Name>,
    /// When the new key expires; after the same lifetime as the old one if not given.
    pub expires_at: Option<Moment>,
    /// Whether what is sealed to the old key may become unreadable.
    pub confirm_message_loss: bool,
}

impl RotateKey {
    /// The longest overlap: seven days.
    pub const MOST_OVERLAP: i64 = 604_800;

    /// Immediately, with everything carried over.
    pub const fn immediately(key: KeyId) -> Self {
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
            Some(Self {
                key,
                overlap_seconds: overlap_seconds?,
                name: name?,
                expires_at: expires_at?,
                confirm_message_loss: false,
            })
        })
    }
}

/// Revoke a key, permanently.
#[derive(Clone, Copy, Debug)]
pub struct RevokeKey {
    /// The key.
    pub key: KeyId,
    /// The reason.
    pub reason: RevokeReason,
}

#[cfg(test)]
mod tests {
    use super::*;

    // RU-08, D17: expiration is optional, and in the future.
    #[test]
    fn expiration_is_optional() {
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

    // F13, D17: blank means never, in form and API alike; a time out of range has its own fault.
    #[test]
    fn blank_is_never_and_the_year_9999_is_valid() {
        let now = Moment(1_775_677_879_000);
        for blank in ["", " ", "\t\n"] {
            assert_eq!(Expiry::At(blank).read(now), Ok(None), "{blank:?}");
            assert_eq!(Expiry::of_form(blank, "").read(now), Ok(None), "{blank:?}");
        }
        let last = Some(Moment(253_402_300_799_000));
        assert_eq!(Expiry::At("9999-12-31T23:59:59Z").read(now), Ok(last));
        assert_eq!(Expiry::At(" 9999-12-31T23:59:59Z ").read(now), Ok(last));
        assert_eq!(Expiry::of_form("date", "9999-12-31").read(now), Ok(last));
        for far in [
            Expiry::At("9999-12-31T23:59:59-12:00"),
            Expiry::OnDate("275760-09-13"),
            Expiry::At("1969-01-01T00:00:00Z"),
        ] {
            assert!(matches!(far.read(now), Err(Fault::TimeOutOfRange { .. })), "{far:?}");
        }
    }
}
