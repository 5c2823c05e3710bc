//! What a worker reports about a run.

use std::io;
use std::process::ExitStatus;

use domain::run::{RunError, RunOutput, RunState};
use serde_json::Value;

use super::program::EndedProgram;

/// The error of a run whose output is too long.
const TOO_LONG: &str = "The program wrote more than 64 KiB to standard output";

/// The result of a program.
#[derive(Debug, PartialEq)]
pub(super) enum RunReport {
    /// The output of the run.
    Output(Value),
    /// Why the run failed.
    Error(String),
}

impl RunReport {
    /// The report about a program that has ended.
    pub fn of(ended: EndedProgram) -> Self {
        match ended.status {
            Ok(status) if status.success() => output(&ended.stdout.text(), ended.stdout.is_cut),
            Ok(status) => Self::Error(error(&ended.stderr.text(), status)),
            Err(error) => Self::Error(format!(
                "The end of the program is not known: {error}"
            )),
        }
    }

    /// The report about a program that could not be started.
    pub fn not_started(error: &io::Error) -> Self {
        Self::Error(format!("The program could not be started: {error}"))
    }

    /// The state of the run after the report.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Output(_) => RunState::Succeeded.as_str(),
            Self::Error(_) => RunState::Failed.as_str(),
        }
    }
}

/// Standard output as JSON if it is JSON, and otherwise as a JSON string.
fn output(text: &str, is_cut: bool) -> RunReport {
    let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    if is_cut || RunOutput::read(&value).is_err() {
        RunReport::Error(TOO_LONG.to_owned())
    } else {
        RunReport::Output(value)
    }
}

/// The end of standard error, or else how the program ended.
fn error(text: &str, status: ExitStatus) -> String {
    let text = text.replace('\0', "");
    let text = text.trim_end();
    let surplus = text.chars().count().saturating_sub(RunError::MAX);
    let end: String = text.chars().skip(surplus).collect();
    if end.trim().is_empty() {
        format!("The program ended with {status}")
    } else {
        end
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_output_is_json_or_a_string() {
        let read = |text| output(text, false);
        assert_eq!(
            read(" {\"a\": [1]}\n"),
            RunReport::Output(json!({ "a": [1] }))
        );
        assert_eq!(read("12"), RunReport::Output(json!(12)));
        assert_eq!(
            read("done: 12\n"),
            RunReport::Output(json!("done: 12\n"))
        );
        assert_eq!(read(""), RunReport::Output(json!("")));
        let too_long = RunReport::Error(TOO_LONG.into());
        assert_eq!(output("[1", true), too_long);
        // Each quote has two characters in JSON.
        assert_eq!(read(&"\"".repeat(40_000)), too_long);
    }

    #[test]
    fn an_error_is_the_end_of_standard_error() {
        let failed = ExitStatus::from_raw(3 << 8);
        assert_eq!(error("first\nlast\n", failed), "first\nlast");
        assert_eq!(
            error(" \n\0", failed),
            "The program ended with exit status: 3"
        );
        let long = error(&format!("a{}", "ü".repeat(4_000)), failed);
        assert_eq!(long, "ü".repeat(4_000));
        assert!(RunError::read(long).is_ok());
    }
}
