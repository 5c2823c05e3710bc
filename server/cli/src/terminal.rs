//! Questions to the person at the terminal.

use std::io::{BufRead, IsTerminal, Write};

use crate::failure::{Failure, FailureKind};

/// Whether a person can answer.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line. `None` at the end of the input.
#[expect(
    clippy::print_stderr,
    reason = "the question belongs on standard error"
)]
pub fn ask(question: &str) -> Option<String> {
    eprint!("{question} ");
    std::io::stderr().flush().ok()?;
    let mut line = String::new();
    let read = std::io::stdin()
        .lock()
        .read_line(&mut line)
        .ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

/// Asks to confirm something that cannot be undone. Without a terminal, it needs `--yes`.
pub fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !can_ask() {
        let next = "Pass --yes to confirm without being asked.";
        return Err(Failure::new(FailureKind::Usage, "This needs a confirmation.").next(next));
    }
    match ask(&format!("{question} [y/N]")).as_deref() {
        Some("y" | "Y" | "yes" | "Yes") => Ok(()),
        _ => Err(Failure::new(
            FailureKind::Cancelled,
            "Cancelled. Nothing was changed.",
        )),
    }
}
