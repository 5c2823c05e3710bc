//! The commands for people of the `roundtable` program: they sign in, and call the API as
//! themselves. A command never uses an API key.
//!
//! A command is a few lines in `commands`: it calls the API through [`session::Session`], and prints
//! through [`output::Output`]. Results go to standard output, everything else to standard error.

mod arguments;
mod commands;
mod credentials;
mod failure;
mod http;
mod organizations;
mod output;
mod profile;
mod session;
mod sign_in;
mod terminal;

pub use arguments::PeopleCommand;

use output::Output;

/// Runs a command and prints its result or its error. Gives the exit code. `program` describes all
/// commands, for completions and man pages.
pub async fn run(command: PeopleCommand, program: clap::Command) -> u8 {
    let output = Output::new(command.is_json());
    match commands::run(command, &output, program).await {
        Ok(()) => 0,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}
