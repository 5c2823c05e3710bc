//! `roundtable completion` and `roundtable man`.

use std::path::Path;

use clap::Command;
use clap_complete::Shell;

use crate::failure::{Failure, of_file};

/// Prints the completions for a shell.
pub fn completion(shell: Shell, mut program: Command) {
    clap_complete::generate(
        shell,
        &mut program,
        "roundtable",
        &mut std::io::stdout(),
    );
}

/// Writes a manual page for the program, and one for each command.
pub fn man(folder: &Path, program: Command) -> Result<(), Failure> {
    clap_mangen::generate_to(program, folder).map_err(|error| of_file(folder, &error))
}
