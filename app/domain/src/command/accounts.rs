//! Commands for service accounts.

use super::Faults;
use crate::actor::Role;
use crate::id::ActorId;
use crate::ip::IpBlocks;
use crate::problem::{Fault, FieldFault};
use crate::text::Name;

/// Create a service account.
#[derive(Clone, Debug)]
pub struct CreateServiceAccount {
    /// Its name.
    pub name: Name,
    /// The highest role of its keys.
    pub role: Role,
    /// Whether it may have several active keys.
    pub allow_overlap: bool,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: IpBlocks,
}

impl CreateServiceAccount {
    /// Reads the fields of a form or a body. The default role is member. Every IP address is allowed.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        name: &str,
        role: Option<&str>,
        allow_overlap: bool,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        let role = faults.take("role", role.map_or(Ok(Role::Member), read_role));
        faults.done(|| {
            Some(Self {
                name: name?,
                role: role?,
                allow_overlap,
                allowed_ips: IpBlocks::default(),
            })
        })
    }
}

/// Change a service account.
#[derive(Clone, Debug)]
pub struct ChangeServiceAccount {
    /// The service account.
    pub actor: ActorId,
    /// Its new name.
    pub name: Option<Name>,
    /// The highest role of its keys.
    pub role: Option<Role>,
    /// Whether its keys are rejected.
    pub disabled: Option<bool>,
    /// Whether it may have several active keys.
    pub allow_overlap: Option<bool>,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: Option<IpBlocks>,
}

impl ChangeServiceAccount {
    /// Reads the fields of a form or a body, except the IP addresses.
    ///
    /// # Errors
    /// Every invalid field.
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
        faults.done(|| {
            Some(Self {
                actor,
                name: name?,
                role: role?,
                disabled,
                allow_overlap,
                allowed_ips: None,
            })
        })
    }
}

/// A service account cannot be an owner: only people own an organization.
fn read_role(word: &str) -> Result<Role, Fault> {
    let known = word
        .parse()
        .ok()
        .filter(|role| *role != Role::Owner);
    known.ok_or_else(|| Fault::Unknown {
        known: "member, admin".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_cannot_be_an_owner() {
        assert!(CreateServiceAccount::read("deploy", Some("owner"), false).is_err());
        assert_eq!(
            CreateServiceAccount::read("deploy", None, false).map(|command| command.role),
            Ok(Role::Member)
        );
    }
}
