//! The organizations of the person who is signed in.

use serde::{Deserialize, Serialize};

use crate::arguments::GlobalArguments;
use crate::failure::{Failure, FailureKind};
use crate::output::printable;
use crate::session::Session;

/// An organization of the person.
#[derive(Clone, Deserialize, Serialize)]
pub struct Organization {
    /// Its ID.
    pub organization: String,
    /// Its name.
    pub organization_name: String,
    /// The person's actor ID there.
    pub actor_id: u64,
    /// The person's role there.
    pub role: String,
}

#[derive(Deserialize)]
struct OrganizationsBody {
    organizations: Vec<Organization>,
}

impl Session {
    /// Reads the settings and the arguments, and finds the organization that the arguments name.
    pub async fn open_in_organization(arguments: &GlobalArguments) -> Result<Self, Failure> {
        if arguments.org.is_none() {
            return Self::open(arguments);
        }
        let (session, _) = Self::open_with_organizations(arguments).await?;
        Ok(session)
    }

    /// As [`Session::open_in_organization`], with all organizations of the person.
    pub async fn open_with_organizations(
        arguments: &GlobalArguments,
    ) -> Result<(Self, Vec<Organization>), Failure> {
        let mut session = Self::open(arguments)?;
        let organizations = organizations(&session).await?;
        if let Some(wanted) = &arguments.org {
            let named = organization_named(&organizations, wanted)?;
            session.act_in(&named.organization);
        }
        Ok((session, organizations))
    }
}

/// The organizations of the person.
pub async fn organizations(session: &Session) -> Result<Vec<Organization>, Failure> {
    let body: OrganizationsBody = session.get("/api/v1/organizations").await?;
    Ok(body.organizations)
}

/// The organization with an ID or a name.
pub fn organization_named<'a>(
    organizations: &'a [Organization],
    wanted: &str,
) -> Result<&'a Organization, Failure> {
    let matching: Vec<_> = organizations
        .iter()
        .filter(|one| one.organization == wanted || one.organization_name == wanted)
        .collect();
    let message = match matching.as_slice() {
        [only] => return Ok(only),
        [] => format!("You are not a member of {}.", printable(wanted)),
        _ => format!(
            "Several of your organizations are called {}. Pass the ID.",
            printable(wanted)
        ),
    };
    Err(Failure::new(FailureKind::Refused, message)
        .next("`roundtable org list` lists your organizations."))
}
