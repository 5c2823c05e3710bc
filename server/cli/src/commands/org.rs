//! `roundtable org`.

use crate::arguments::{GlobalArguments, OrgCommand};
use crate::failure::Failure;
use crate::organizations::{Organization, organization_named};
use crate::output::{Output, printable};
use crate::session::Session;

/// Runs the command.
pub async fn run(
    command: OrgCommand,
    arguments: &GlobalArguments,
    output: &Output,
) -> Result<(), Failure> {
    let (session, organizations) = Session::open_with_organizations(arguments).await?;
    match command {
        OrgCommand::List => list(&session, &organizations, output),
        OrgCommand::Switch { organization } => {
            switch(session, &organizations, &organization, output)?;
        }
    }
    Ok(())
}

fn list(session: &Session, organizations: &[Organization], output: &Output) {
    let is_only = organizations.len() == 1;
    let rows: Vec<_> = organizations
        .iter()
        .map(|one| {
            let is_here = is_only || session.organization() == Some(&one.organization);
            vec![
                one.organization.clone(),
                printable(&one.organization_name),
                one.role.clone(),
                if is_here { "current" } else { "" }.to_owned(),
            ]
        })
        .collect();
    output.table(&organizations, &["ID", "NAME", "ROLE", ""], &rows);
}

fn switch(
    session: Session,
    organizations: &[Organization],
    wanted: &str,
    output: &Output,
) -> Result<(), Failure> {
    let chosen = organization_named(organizations, wanted)?;
    let mut profile = session.profile.clone();
    profile.url = Some(session.key());
    profile.org = Some(chosen.organization.clone());
    profile.save()?;
    output.note(&format!(
        "You act in {} now ({}).",
        printable(&chosen.organization_name),
        chosen.organization
    ));
    Ok(())
}
