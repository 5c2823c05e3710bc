//! Commands for organizations.

use super::{Faults, MOST_DAYS};
use crate::organization::KeyMakers;
use crate::problem::{Fault, FieldFault};
use crate::text::{self, Name};

/// Create the first organization of an installation.
#[derive(Clone, Debug)]
pub struct FoundOrganization {
    /// Its name.
    pub organization: Name,
    /// The owner's name.
    pub owner: Name,
    /// The owner's email in lower case.
    pub email: String,
}

impl FoundOrganization {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(organization: &str, owner: &str, email: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let organization = faults.take("organization", Name::parse(organization));
        let owner = faults.take("name", Name::parse(owner));
        let email = faults.take("email", text::email(email));
        faults.done(|| {
            Some(Self {
                organization: organization?,
                owner: owner?,
                email: email?,
            })
        })
    }
}

/// Create another organization.
#[derive(Clone, Debug)]
pub struct CreateOrganization {
    /// Its name.
    pub name: Name,
}

impl CreateOrganization {
    /// Reads the field of a form or a body.
    ///
    /// # Errors
    /// The field, if it is invalid.
    pub fn read(name: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        faults.done(|| Some(Self { name: name? }))
    }
}

/// Change an organization's name or settings. A field that is `None` is not changed.
#[derive(Clone, Debug, Default)]
pub struct ChangeOrganization {
    /// Its new name.
    pub name: Option<Name>,
    /// The longest lifetime of a new key in days; `Some(None)` for no limit.
    pub max_key_days: Option<Option<i64>>,
    /// The expiration that forms for new keys preselect, in days; `Some(None)` for no expiration.
    pub default_key_days: Option<Option<i64>>,
    /// Who may create keys.
    pub key_makers: Option<KeyMakers>,
    /// Whether keys may create keys.
    pub keys_make_keys: Option<bool>,
}

/// The fields of a change, not validated yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrganizationDraft<'a> {
    /// Its new name.
    pub name: Option<&'a str>,
    /// The longest lifetime of a new key in days; `Some(None)` for no limit.
    pub max_key_days: Option<Option<i64>>,
    /// The expiration that forms for new keys preselect, in days; `Some(None)` for no expiration.
    pub default_key_days: Option<Option<i64>>,
    /// `members` or `admins`.
    pub key_makers: Option<&'a str>,
    /// Whether keys may create keys.
    pub keys_make_keys: Option<bool>,
}

impl ChangeOrganization {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(draft: &OrganizationDraft<'_>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", draft.name.map(Name::parse).transpose());
        let max_key_days = faults.take("max_key_days", read_days(draft.max_key_days));
        let default_key_days = faults.take("default_key_days", read_days(draft.default_key_days));
        let key_makers = draft
            .key_makers
            .map(|word| word.parse().map_err(Fault::from))
            .transpose();
        let key_makers = faults.take("key_makers", key_makers);
        let keys_make_keys = draft.keys_make_keys;
        faults.done(|| {
            Some(Self {
                name: name?,
                max_key_days: max_key_days?,
                default_key_days: default_key_days?,
                key_makers: key_makers?,
                keys_make_keys,
            })
        })
    }
}

/// A lifetime in days. No lifetime, and no change, pass.
fn read_days(days: Option<Option<i64>>) -> Result<Option<Option<i64>>, Fault> {
    let is_valid = days
        .flatten()
        .is_none_or(|days| (1..=MOST_DAYS).contains(&days));
    if is_valid {
        Ok(days)
    } else {
        Err(Fault::OutOfRange {
            min: 1,
            max: MOST_DAYS,
        })
    }
}
