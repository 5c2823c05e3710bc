//! Protects the secrets of this process from other processes: no core dumps, no access to its
//! memory, and no secrets in its environment.

use std::ffi::OsString;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
#[cfg(unix)]
use rustix::process::{Resource, Rlimit, setrlimit};

/// Variables with their values.
pub type Variables = Vec<(OsString, OsString)>;

/// Turns off core dumps, because the memory of this process contains the master key. On Linux, also
/// denies access to the memory for other processes of the same user. Returns a warning for each
/// measure that failed.
pub fn protect_memory() -> Vec<String> {
    let mut failed = Vec::new();
    #[cfg(unix)]
    if let Err(error) = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    ) {
        failed.push(format!("core dumps cannot be turned off: {error}"));
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        failed.push(format!(
            "the memory of this process cannot be protected from other processes: {error}"
        ));
    }
    failed
}

#[cfg(unix)]
pub use environment::{received_secrets, without_secrets};

#[cfg(unix)]
mod environment {
    use std::ffi::{OsStr, OsString};
    use std::io::{self, Read, Write};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::Variables;
    use crate::config::{SECRETS, SECRETS_ON_STDIN, table};

    /// The smallest capacity of a pipe. Up to this size, a write does not wait for a reader.
    const PIPE_BYTES: usize = 4096;

    /// The secrets that this process passed on when it restarted itself. Empty if it did not.
    ///
    /// # Errors
    /// If standard input cannot be read.
    pub fn received_secrets() -> io::Result<Variables> {
        if std::env::var_os(SECRETS_ON_STDIN).is_none() {
            return Ok(Variables::new());
        }
        let mut bytes = Vec::new();
        io::stdin()
            .take(PIPE_BYTES as u64)
            .read_to_end(&mut bytes)?;
        let pair = |line: &[u8]| {
            let at = line.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (line.get(..at)?, line.get(at + 1..)?);
            Some((
                OsString::from_vec(name.to_vec()),
                OsString::from_vec(value.to_vec()),
            ))
        };
        Ok(bytes
            .split(|byte| *byte == 0)
            .filter_map(pair)
            .collect())
    }

    /// Restarts this program in the same process without the secrets of its environment, because
    /// `/proc` shows the initial environment of a process for as long as it runs. The secrets are
    /// passed through a pipe on standard input. Returns only if there are no secrets, or with the
    /// reason why the restart failed.
    pub fn without_secrets() -> Option<String> {
        let secrets = in_environment();
        if secrets.is_empty() || std::env::var_os(SECRETS_ON_STDIN).is_some() {
            return None;
        }
        let error = restart_without(&secrets).err()?;
        Some(format!(
            "the secrets stay in the environment of this process, where other processes can read them: {error}"
        ))
    }

    fn in_environment() -> Variables {
        let variable =
            |name: String| std::env::var_os(&name).map(|value| (OsString::from(name), value));
        let given = SECRETS
            .iter()
            .filter_map(|setting| variable(setting.variable()));
        let database = table::DATABASE_URL.variable();
        given
            .filter(|(name, value)| *name != *database || holds_password(value))
            .collect()
    }

    /// Whether the database URL may contain a password.
    fn holds_password(url: &OsStr) -> bool {
        let url = url.to_string_lossy();
        url.contains('@') || url.contains("password")
    }

    fn restart_without(secrets: &Variables) -> io::Result<std::convert::Infallible> {
        let lines = secrets
            .iter()
            .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
        let bytes = lines.collect::<Vec<_>>().concat();
        if bytes.len() > PIPE_BYTES {
            return Err(io::Error::other("the secrets are too long"));
        }
        let (reader, mut writer) = io::pipe()?;
        writer.write_all(&bytes)?;
        drop(writer);
        let mut arguments = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command
            .args(arguments)
            .env(SECRETS_ON_STDIN, "1")
            .stdin(reader);
        for (name, _) in secrets {
            command.env_remove(name);
        }
        Err(command.exec())
    }
}

/// No secrets are passed on here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn received_secrets() -> std::io::Result<Variables> {
    Ok(Variables::new())
}

/// Other systems do not show the environment of a process.
#[cfg(not(unix))]
pub fn without_secrets() -> Option<String> {
    None
}
