//! The commands, a file for each group.

mod api;
mod api_key;
mod auth;
mod completion;
mod config;
mod org;

use crate::arguments::PeopleCommand;
use crate::failure::Failure;
use crate::output::Output;

/// Runs a command.
pub async fn run(
    command: PeopleCommand,
    output: &Output,
    program: clap::Command,
) -> Result<(), Failure> {
    match command {
        PeopleCommand::Auth { arguments, command } => auth::run(command, &arguments, output).await,
        PeopleCommand::ApiKey { arguments, command } => {
            api_key::run(command, &arguments, output).await
        }
        PeopleCommand::Org { arguments, command } => org::run(command, &arguments, output).await,
        PeopleCommand::Api { arguments, request } => api::run(&request, &arguments, output).await,
        PeopleCommand::Config { command, .. } => config::run(command, output),
        PeopleCommand::Completion { shell } => {
            completion::completion(shell, program);
            Ok(())
        }
        PeopleCommand::Man { folder } => completion::man(&folder, program),
    }
}
