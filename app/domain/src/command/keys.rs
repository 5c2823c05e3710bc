//! Commands for keys.

use std::net::IpAddr;

use super::Faults;
use crate::api::{ApiScopeWords, Slug};
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::ip::{self, IpBlocks};
use crate::key::RevokeReason;
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};
use crate::scope::{Permissions, ScopeSet, read_permissions, read_scopes};
use crate::text::{Description, Name};
use crate::token::PresentedKey;

/// Create a key.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub description: Description,
    /// Its owner; by default the caller.
    pub owner: Option<ActorId>,
    /// The environment of its data.
    pub environment: Environment,
    /// Its permissions, within what its owner's role allows.
    pub permissions: Permissions,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// The IP addresses that it can be used from.
    pub allowed_ips: IpBlocks,
}

/// The fields of a new key, not validated yet.
#[derive(Clone, Debug, Default)]
pub struct KeyDraft<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Its owner.
    pub owner: Option<ActorId>,
    /// `production` or `test`.
    pub environment: Option<&'a str>,
    /// The word of a permission template…
    pub template: Option<&'a str>,
    /// …or single scopes.
    pub scopes: Option<&'a [String]>,
    /// When it expires.
    pub expires_at: Expiry<'a>,
    /// The IP addresses that it can be used from; by default all.
    pub allowed_ips: Option<&'a [String]>,
}

/// How a request specifies an expiration.
#[derive(Clone, Copy, Debug, Default)]
pub enum Expiry<'a> {
    /// Never.
    #[default]
    Never,
    /// A point in time in RFC 3339 format, from the API.
    At(&'a str),
    /// A number of days from now, from a form.
    InDays(&'a str),
    /// A date from a date picker. It means the last second of that day in UTC.
    OnDate(&'a str),
}

/// The lifetimes in days that the form offers, besides that which the organization preselects (D17).
pub const EXPIRY_DAYS: [i64; 5] = [7, 30, 60, 90, 365];
/// The lifetime in days from which a date is more likely a mistake: five years.
pub const FAR_DAYS: i64 = 1826;
/// The longest lifetime in days.
pub const MOST_DAYS: i64 = 3650;

impl<'a> Expiry<'a> {
    /// Reads the fields of a form: `choice` is `none` or blank, `date` (which `date` specifies), or
    /// a number of days.
    pub fn of_form(choice: &'a str, date: &'a str) -> Self {
        match choice.trim() {
            "" | "none" => Self::Never,
            "date" => Self::OnDate(date),
            days => Self::InDays(days),
        }
    }

    /// Whether this is a date so far ahead that a form asks to confirm it.
    pub fn is_far_ahead(self, now: Moment) -> bool {
        let end = match self {
            Self::OnDate(_) => self.read(now).ok().flatten(),
            Self::Never | Self::At(_) | Self::InDays(_) => None,
        };
        end.is_some_and(|end| end > now.plus_seconds((FAR_DAYS + 1) * 86_400))
    }

    /// The point in time. Days are counted from `now`.
    ///
    /// # Errors
    /// `NotATime`, `Missing` without a date, `Past`, `OutOfRange`, `TimeOutOfRange`.
    pub fn read(self, now: Moment) -> Result<Option<Moment>, Fault> {
        let at = match self {
            Self::Never => return Ok(None),
            Self::At(text) if text.trim().is_empty() => return Ok(None),
            Self::OnDate(date) if date.trim().is_empty() => return Err(Fault::Missing),
            Self::OnDate(date) => Moment::read_end_of_day(date.trim())?,
            Self::At(text) => Moment::read(text.trim())?,
            Self::InDays(text) => {
                let days = text
                    .parse()
                    .ok()
                    .filter(|days| (1..=MOST_DAYS).contains(days));
                now.plus_seconds(
                    days.ok_or(Fault::OutOfRange {
                        min: 1,
                        max: MOST_DAYS,
                    })? * 86_400,
                )
            }
        };
        if at <= now {
            Err(Fault::Past)
        } else {
            Ok(Some(at))
        }
    }
}

impl CreateKey {
    /// A key with the defaults: owned by the caller, for production, with full access and without
    /// expiration.
    ///
    /// # Errors
    /// The name, if it is invalid.
    pub fn read(name: &str) -> Result<Self, Vec<FieldFault>> {
        Self::draft(
            &KeyDraft {
                name,
                ..KeyDraft::default()
            },
            Moment(0),
        )
    }

    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn draft(draft: &KeyDraft<'_>, now: Moment) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(draft.name));
        let description = faults.take("description", Description::parse(draft.description));
        let environment = faults.take("environment", Environment::read(draft.environment));
        let asked = environment.unwrap_or(Environment::Production);
        let field = if draft.template.is_some() {
            "template"
        } else {
            "scopes"
        };
        let permissions = faults.take(
            field,
            read_permissions(asked, draft.template, draft.scopes),
        );
        let expires_at = faults.take("expires_at", draft.expires_at.read(now));
        let allowed_ips = faults.take_ips(draft.allowed_ips);
        faults.done(|| {
            Some(Self {
                name: name?,
                description: description?,
                owner: draft.owner,
                environment: environment?,
                permissions: permissions?,
                expires_at: expires_at?,
                allowed_ips: allowed_ips?.unwrap_or_default(),
            })
        })
    }
}

/// Verify a key that someone else has presented.
#[derive(Clone)]
pub struct VerifyKey {
    /// The key, or none if the text cannot be one. Only for an API it can be one that was imported.
    pub key: Option<PresentedKey>,
    /// What it must be for, and the scopes that it must have.
    pub required: RequiredScopes,
    /// The IP address of the client that presented it.
    pub ip: Option<IpAddr>,
    /// Whether the use of the key is not counted.
    pub dry_run: bool,
}

impl VerifyKey {
    /// Reads the fields of a body. White space around the key and the IP address is ignored.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        key: &str,
        api: Option<&str>,
        scopes: Option<&[String]>,
        ip: Option<&str>,
        dry_run: bool,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let scopes = scopes.unwrap_or_default();
        let required = match api {
            None => faults
                .take("scopes", read_scopes(scopes))
                .map(RequiredScopes::Roundtable),
            Some(api) => {
                let slug = faults.take("api", api.parse());
                let scopes = faults.take("scopes", ApiScopeWords::read(scopes));
                slug.zip(scopes)
                    .map(|(slug, scopes)| RequiredScopes::Api { slug, scopes })
            }
        };
        let ip = faults.take("ip", ip.map(ip::read_address).transpose());
        faults.done(|| {
            Some(Self {
                key: PresentedKey::read(key)
                    .filter(|key| api.is_some() || key.generated().is_some()),
                required: required?,
                ip: ip?,
                dry_run,
            })
        })
    }
}

/// Verify several keys.
#[derive(Clone)]
pub struct VerifyKeys(Vec<VerifyKey>);

impl VerifyKeys {
    /// The most keys.
    pub const MAX: usize = 100;

    /// Collects the keys of a body.
    ///
    /// # Errors
    /// Every invalid field of every key, such as `keys[2].scopes`; `Missing` without a key;
    /// `TooMany`.
    pub fn read(
        keys: impl ExactSizeIterator<Item = Result<VerifyKey, Vec<FieldFault>>>,
    ) -> Result<Self, Vec<FieldFault>> {
        let fault = match keys.len() {
            0 => Some(Fault::Missing),
            1..=Self::MAX => None,
            _ => Some(Fault::TooMany { max: Self::MAX }),
        };
        if let Some(fault) = fault {
            return Err(vec![FieldFault::new("keys", fault)]);
        }
        let (mut commands, mut faults) = (Vec::new(), Vec::new());
        for (index, key) in keys.enumerate() {
            let at = |fault: FieldFault| FieldFault {
                field: format!("keys[{index}].{}", fault.field),
                ..fault
            };
            match key {
                Ok(command) => commands.push(command),
                Err(more) => faults.extend(more.into_iter().map(at)),
            }
        }
        if faults.is_empty() {
            Ok(Self(commands))
        } else {
            Err(faults)
        }
    }

    /// The keys, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyKey> {
        self.0.iter()
    }
}

/// What a presented key must be for, and the scopes that it must have there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredScopes {
    /// Roundtable itself.
    Roundtable(ScopeSet),
    /// An API of the organization.
    Api {
        /// The API.
        slug: Slug,
        /// The scopes.
        scopes: ApiScopeWords,
    },
}

/// Change a key: rename or describe it, remove scopes from it, let it expire earlier, or change its
/// allowed IP addresses.
#[derive(Clone, Debug)]
pub struct ChangeKey {
    /// The key.
    pub key: KeyId,
    /// Its new name.
    pub name: Option<Name>,
    /// What it is for.
    pub description: Option<Description>,
    /// The scopes that it keeps.
    pub scopes: Option<ScopeSet>,
    /// When it expires, earlier than before.
    pub expires_at: Option<Moment>,
    /// The IP addresses that it can be used from.
    pub allowed_ips: Option<IpBlocks>,
}

/// The changes of a key, not validated yet. What is absent does not change.
#[derive(Clone, Debug, Default)]
pub struct KeyChanges<'a> {
    /// Its new name.
    pub name: Option<&'a str>,
    /// What it is for. A blank text removes the description.
    pub description: Option<&'a str>,
    /// The scopes that it keeps.
    pub scopes: Option<&'a [String]>,
    /// When it expires.
    pub expires_at: Option<Expiry<'a>>,
    /// The IP addresses that it can be used from.
    pub allowed_ips: Option<&'a [String]>,
}

impl ChangeKey {
    /// No change of this key: the base for the fields that change.
    pub const fn of(key: KeyId) -> Self {
        Self {
            key,
            name: None,
            description: None,
            scopes: None,
            expires_at: None,
            allowed_ips: None,
        }
    }

    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field. A blank expiration is `Missing`: a key cannot be made to last longer.
    pub fn read(
        key: KeyId,
        changes: &KeyChanges<'_>,
        now: Moment,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", changes.name.map(Name::parse).transpose());
        let description = changes.description.map(Description::parse);
        let description = faults.take("description", description.transpose());
        let scopes = faults.take("scopes", changes.scopes.map(read_scopes).transpose());
        let end = |expiry: Expiry<'_>| expiry.read(now)?.ok_or(Fault::Missing);
        let expires_at = faults.take("expires_at", changes.expires_at.map(end).transpose());
        let allowed_ips = faults.take_ips(changes.allowed_ips);
        faults.done(|| {
            Some(Self {
                key,
                name: name?,
                description: description?,
                scopes: scopes?,
                expires_at: expires_at?,
                allowed_ips: allowed_ips?,
            })
        })
    }
}

/// Rotate a key (D15).
#[derive(Clone, Debug)]
pub struct RotateKey {
    /// The key.
    pub key: KeyId,
    /// The grace period in seconds, in which both keys are active.
    pub overlap_seconds: i64,
    /// The name of the new key; by default the name of the old key.
    pub name: Option<Name>,
    /// When the new key expires; by default it has the same lifetime as the old key.
    pub expires_at: Option<Moment>,
    /// Whether messages encrypted for the old key may become unreadable.
    pub confirm_message_loss: bool,
}

impl RotateKey {
    /// The longest grace period: seven days.
    pub const MOST_OVERLAP: i64 = 604_800;

    /// A rotation without a grace period that keeps the name and the lifetime.
    pub const fn immediately(key: KeyId) -> Self {
        Self {
            key,
            overlap_seconds: 0,
            name: None,
            expires_at: None,
            confirm_message_loss: false,
        }
    }

    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        key: KeyId,
        overlap_seconds: Option<i64>,
        name: Option<&str>,
        expires_at: Expiry<'_>,
        now: Moment,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let seconds = overlap_seconds.unwrap_or(0);
        let bounds = Fault::OutOfRange {
            min: 0,
            max: Self::MOST_OVERLAP,
        };
        let fits = (0..=Self::MOST_OVERLAP).contains(&seconds);
        let overlap_seconds = faults.take(
            "overlap_seconds",
            if fits { Ok(seconds) } else { Err(bounds) },
        );
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

    #[test]
    fn the_invalid_fields_of_several_keys_have_their_index() {
        let key = |scope: &str, ip: &str| {
            VerifyKey::read("k", None, Some(&[scope.to_owned()]), Some(ip), false)
        };
        let good = || key("keys:read", "203.0.113.7");
        let fields = |keys: Vec<_>| {
            let faults = VerifyKeys::read(keys.into_iter()).err();
            let fields = faults.into_iter().flatten();
            fields
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            fields(vec![
                good(),
                key("none", "x"),
                good(),
                key("keys:read", "")
            ]),
            ["keys[1].scopes", "keys[1].ip", "keys[3].ip"]
        );
        assert_eq!(fields(vec![]), ["keys"]);
        assert_eq!(fields((0..101).map(|_| good()).collect()), ["keys"]);
        assert!(fields((0..100).map(|_| good()).collect()).is_empty());
    }

    #[test]
    fn every_invalid_change_is_reported() {
        let now = Moment(1_775_677_879_000);
        let changes = KeyChanges {
            name: Some(" "),
            description: Some("a\u{202e}b"),
            scopes: Some(&["none".to_owned()]),
            expires_at: Some(Expiry::At("2020-01-01T00:00:00Z")),
            allowed_ips: Some(&["x".to_owned()]),
        };
        let faults = ChangeKey::read(KeyId(1), &changes, now).expect_err("faults");
        let fields: Vec<_> = faults
            .iter()
            .map(|fault| (fault.field.as_str(), &fault.fault))
            .collect();
        assert_eq!(fields[0], ("name", &Fault::Missing));
        assert_eq!(fields[1], ("description", &Fault::ForbiddenCharacter));
        assert_eq!(fields[2].0, "scopes");
        assert_eq!(fields[3], ("expires_at", &Fault::Past));
        assert_eq!(fields[4], ("allowed_ips[0]", &Fault::NotAnIpBlock));

        let blank = KeyChanges {
            description: Some(" \r\n "),
            expires_at: Some(Expiry::At(" ")),
            ..KeyChanges::default()
        };
        let faults = ChangeKey::read(KeyId(1), &blank, now).expect_err("a fault");
        assert_eq!(
            faults,
            [FieldFault::new("expires_at", Fault::Missing)],
            "a blank description removes it, and a blank expiration is none"
        );
    }

    // RU-08, D17: expiration is optional, and in the future.
    #[test]
    fn expiration_is_optional_and_in_the_future() {
        let now = Moment(1_775_677_879_000);
        assert_eq!(Expiry::of_form("", "").read(now), Ok(None));
        assert_eq!(
            Expiry::of_form("none", "2026-05-01").read(now),
            Ok(None)
        );
        assert_eq!(
            Expiry::of_form("90", "").read(now),
            Ok(Some(now.plus_seconds(90 * 86_400)))
        );
        let date = Expiry::of_form("date", "2026-05-01")
            .read(now)
            .expect("a date")
            .map(Moment::to_rfc3339);
        assert_eq!(date.as_deref(), Some("2026-05-01T23:59:59Z"));
        assert_eq!(
            Expiry::of_form("date", "2026-04-07").read(now),
            Err(Fault::Past)
        );
        assert_eq!(
            Expiry::of_form("date", "").read(now),
            Err(Fault::Missing)
        );
        assert_eq!(
            Expiry::of_form("date", "soon").read(now),
            Err(Fault::NotATime)
        );
        for days in ["0", "-1", "3651", "9999999999999999999999", "x"] {
            assert_eq!(
                Expiry::of_form(days, "").read(now),
                Err(Fault::OutOfRange { min: 1, max: 3650 }),
                "{days}"
            );
        }
        assert_eq!(
            Expiry::At("2026-04-08T19:51:19Z").read(now),
            Err(Fault::Past),
            "the current moment is not in the future"
        );
    }

    #[test]
    fn a_form_asks_about_a_date_that_is_far_ahead() {
        let now = Moment(1_775_677_879_000);
        let is_far = |date: &'static str| Expiry::of_form("date", date).is_far_ahead(now);
        assert_eq!(now.to_date(), "2026-04-08");
        assert!(!is_far("2031-04-08") && is_far("2031-04-10") && is_far("2999-01-01"));
        assert!(!is_far("2020-01-01") && !is_far("soon") && !is_far(""));
        assert!(!Expiry::of_form("3650", "2999-01-01").is_far_ahead(now));
        assert!(
            !Expiry::At("2999-01-01T00:00:00Z").is_far_ahead(now),
            "a program means it"
        );
    }

    // F13, D17: a blank expiration means never, in the form and in the API. A time out of range has
    // its own error.
    #[test]
    fn blank_is_never_and_the_year_9999_is_valid() {
        let now = Moment(1_775_677_879_000);
        for blank in ["", " ", "\t\n"] {
            assert_eq!(Expiry::At(blank).read(now), Ok(None), "{blank:?}");
            assert_eq!(
                Expiry::of_form(blank, "").read(now),
                Ok(None),
                "{blank:?}"
            );
        }
        let last = Some(Moment(253_402_300_799_000));
        assert_eq!(Expiry::At("9999-12-31T23:59:59Z").read(now), Ok(last));
        assert_eq!(
            Expiry::At(" 9999-12-31T23:59:59Z ").read(now),
            Ok(last)
        );
        assert_eq!(
            Expiry::of_form("date", "9999-12-31").read(now),
            Ok(last)
        );
        for far in [
            Expiry::At("9999-12-31T23:59:59-12:00"),
            Expiry::OnDate("275760-09-13"),
            Expiry::At("1969-01-01T00:00:00Z"),
        ] {
            assert!(
                matches!(far.read(now), Err(Fault::TimeOutOfRange { .. })),
                "{far:?}"
            );
        }
    }
}
