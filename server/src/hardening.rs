//! Keeps secrets of this process from other processes: no core dumps, no reading of its memory, and no secret in its
//! environment.

use std::ffi::OsString;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
#[cfg(unix)]
use rustix::process::{Resource, Rlimit, setrlimit};

/// Variables with their values.
pub type Variables = Vec<(OsString, OsString)>;

/// Keeps the memory of this process, which holds the master key, out of core dumps; on Linux also out of reach for other
/// processes of the same user. Gives what could not be done.
pub fn protect_memory() -> Vec<String> {
    let mut failed = Vec::new();
    #[cfg(unix)]
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        failed.push(format!("core dumps cannot be turned off: {error}"));
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        failed.push(format!("the memory of this process cannot be closed to other processes: {error}"));
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

    /// What every pipe holds, so that writing does not wait for a reader.
    const PIPE_BYTES: usize = 4096;

    /// The secrets that the process handed on when it started itself again; none if it did not.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub fn received_secrets() -> io::Result<Variables> {
        if std::env::var_os(SECRETS_ON_STDIN).is_none() {
            return Ok(Variables::new());
        }
        let mut bytes = Vec::new();
        io::stdin().take(PIPE_BYTES as u64).read_to_end(&mut bytes)?;
        let pair = |line: &[u8]| {
            let at = line.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (line.get(..at)?, line.get(at + 1..)?);
            Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
        };
        Ok(bytes.split(|byte| *byte == 0).filter_map(pair).collect())
    }

    /// Starts this program again in this process, without the secrets of its environment: what a process was started
    /// with stays readable in `/proc` for as long as it runs. They are handed on by a pipe on standard input. Comes back
    /// only where there is nothing to take out, or with the reason why it cannot be done.
    pub fn without_secrets() -> Option<String> {
        let secrets = in_environment();
        if secrets.is_empty() || std::env::var_os(SECRETS_ON_STDIN).is_some() {
            return None;
        }
        let error = start_again(&secrets).err()?;
        Some(format!("the secrets stay in the environment of this process, where they can be read: {error}"))
    }

    fn in_environment() -> Variables {
        let variable = |name: String| std::env::var_os(&name).map(|value| (OsString::from(name), value));
        let given = SECRETS.iter().filter_map(|setting| variable(setting.variable()));
        let database = table::DATABASE_URL.variable();
        given.filter(|(name, value)| *name != *database || holds_password(value)).collect()
    }

    /// Whether the address of a database may hold a password.
    fn holds_password(url: &OsStr) -> bool {
        let url = url.to_string_lossy();
        url.contains('@') || url.contains("password")
    }

    fn start_again(secrets: &Variables) -> io::Result<std::convert::Infallible> {
        let lines = secrets.iter().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
        let bytes = lines.collect::<Vec<_>>().concat();
        if bytes.len() > PIPE_BYTES {
            return Err(io::Error::other("they are too long"));
        }
        let (reader, mut writer) = io::pipe()?;
        writer.write_all(&bytes)?;
        drop(writer);
        let mut arguments = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command.args(arguments).env(SECRETS_ON_STDIN, "1").stdin(reader);
        for (name, _) in secrets {
            command.env_remove(name);
        }
        Err(command.exec())
    }
}

/// Nothing is handed on here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn received_secrets() -> std::io::Result<Variables> {
    Ok(Variables::new())
}

/// The environment of other systems is not readable in this way.
#[cfg(not(unix))]
pub fn without_secrets() -> Option<String> {
    None
}
