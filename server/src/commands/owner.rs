//! `roundtable owner add`: the way back into an organization that nobody can sign in to as an owner.

use clap::{Args, Subcommand};
use engine::members::AddedOwner;

use super::{CliError, accept, print_line};
use crate::config::{BadSetting, Options};

/// How many events are verified before an owner is added. The newest event is verified in any case.
const EVENTS: i64 = 100_000;

#[derive(Subcommand, Debug)]
pub(super) enum OwnerCommand {
    /// Make a person an owner of an organization, while the server is stopped
    Add(AddOwnerArguments),
}

#[derive(Args, Debug)]
pub(super) struct AddOwnerArguments {
    /// Email of the person, as the identity provider verifies it
    email: String,
    /// ID of the organization
    #[arg(long)]
    organization: String,
    /// Add an owner although a member has this email, because the identity provider has changed
    #[arg(long)]
    new_identity: bool,
    /// Reason for the audit log
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(options: &Options, command: &OwnerCommand) -> Result<(), CliError> {
    let OwnerCommand::Add(arguments) = command;
    let AddOwnerArguments {
        email,
        organization,
        new_identity,
        reason,
    } = arguments;
    let reason = accept::checked(reason)?;
    let id = accept::organization(Some(organization))?
        .ok_or_else(|| BadSetting("--organization must be the ID of an organization".into()))?;
    let engine = accept::open(options).await?;
    engine
        .check_chain_heads(EVENTS)
        .await
        .map_err(accept::failed)?;
    let added = engine
        .add_owner(&id, email, *new_identity, reason)
        .await
        .map_err(|error| refused(error, organization))?;
    for owner in added {
        print_line(&match owner {
            AddedOwner::Promoted(id) => {
                format!("The member {id} ({email}) is now an owner of {organization}.")
            }
            AddedOwner::Unchanged(id) => format!(
                "The member {id} ({email}) is an owner of {organization} already. If the identity provider has changed, add --new-identity."
            ),
            AddedOwner::Awaited(_) => format!(
                "The next person who signs in with the verified email {email} becomes an owner of {organization}."
            ),
        });
    }
    Ok(())
}

fn refused(error: engine::Error, organization: &str) -> CliError {
    match error {
        engine::Error::Invalid(_) => CliError::Usage("EMAIL must be an email address".into()),
        engine::Error::NotFound => {
            CliError::Usage(format!("there is no organization {organization}"))
        }
        engine::Error::OnHold => CliError::Other(format!(
            "the audit log of {organization} was altered: find out what happened, then run `roundtable audit accept`"
        )),
        other => accept::failed(other),
    }
}
