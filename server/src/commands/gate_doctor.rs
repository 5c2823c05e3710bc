//! `roundtable gate doctor`: sends probes to a reverse proxy that asks a gate, judges what comes
//! back, and says which line of the configuration to change.
//!
//! The command needs no settings and no database. With `--app`, it listens in place of the API, so
//! that it sees what the proxy passes on.

mod advice;
mod app;
mod client;
mod fault;
mod judge;
mod keys;
mod probes;
mod proxy;
mod report;

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::Runtime;
use url::Url;

use self::app::ProbedApp;
use self::client::{Client, KeyHeader};
use self::keys::Keys;
use self::probes::Session;
use self::proxy::Proxy;
use self::report::Report;
use super::{CliError, print_line};

/// What the help says after the options.
const KEYS_HELP: &str = "ROUNDTABLE_GATE_KEY contains a valid key for the API. \
    ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE contains a key for the same API without the scope of the gate (optional).\n\
    Exit code: 0 if no check failed, 1 if one failed, 2 for wrong arguments, 69 if the proxy cannot be reached.";

/// The arguments of the command.
#[derive(Args, Debug)]
#[command(after_help = KEYS_HELP)]
pub(super) struct Arguments {
    /// URL of your API at the reverse proxy, such as https://api.example.com/orders
    url: String,
    /// Listen here in place of your API, and check what the proxy passes on, such as 127.0.0.1:8000
    #[arg(long, value_name = "ADDRESS")]
    app: Option<SocketAddr>,
    /// The program of the reverse proxy [default: from the headers of its answers]
    #[arg(long, value_name = "PROGRAM", value_parser = words::<Proxy>(&Proxy::WORDS))]
    proxy: Option<Proxy>,
    /// The header that carries the key
    #[arg(long, value_name = "HEADER", default_value = "authorization", value_parser = words::<KeyHeader>(&KeyHeader::WORDS))]
    header: KeyHeader,
    /// Read the key from standard input instead of ROUNDTABLE_GATE_KEY
    #[arg(long)]
    key_stdin: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Ask you to revoke the key, and check that the proxy then refuses it
    #[arg(long)]
    wait_for_revoke: bool,
    /// How long to wait for an answer of the proxy
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,
}

/// Accepts the words of a closed set.
fn words<T>(all: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().copied()).try_map(|word| word.parse::<T>())
}

/// Runs the probes and prints the report.
///
/// # Errors
/// If an argument or a key is missing or wrong, if the proxy cannot be reached, or if a check
/// failed.
pub(super) async fn run(arguments: &Arguments) -> Result<(), CliError> {
    let url = target(&arguments.url)?;
    let keys = Keys::read(arguments.key_stdin).map_err(CliError::Usage)?;
    let app = match arguments.app {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let runtime = Runtime::system();
    let timeout = Duration::from_secs(arguments.timeout);
    let client = Client::new(url, arguments.header, timeout, &runtime)
        .map_err(|error| CliError::Other(format!("the HTTP client cannot start: {error}")))?;

    let mut session = Session::new(&client, app.as_ref(), &keys, arguments.proxy);
    session.run().await?;
    if arguments.wait_for_revoke {
        session.wait_for_revoke(&runtime).await;
    }
    let report: Report = session.into_report();
    let text = if arguments.json {
        report.to_json()
    } else {
        report.to_text()
    };
    print_line(&keys.redact(&text));
    match report.failed() {
        0 => Ok(()),
        1 => Err(CliError::Other("1 check failed".to_owned())),
        failed => Err(CliError::Other(format!("{failed} checks failed"))),
    }
}

/// The URL to send requests to.
pub(super) fn target(text: &str) -> Result<Url, CliError> {
    let wrong = |why: &str| CliError::Usage(format!("the URL {why}"));
    let url = Url::parse(text.trim()).map_err(|error| wrong(&format!("is not valid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not contain a user name or a password"));
    }
    Ok(url)
}

async fn listen(address: SocketAddr) -> Result<ProbedApp, CliError> {
    ProbedApp::listen(address).await.map_err(|error| {
        CliError::Usage(format!(
            "cannot listen on {address} (--app): {error}. If your API listens there, stop it while the command runs"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_and_no_password() {
        assert!(target(" https://api.example.com/orders?x=1 ").is_ok());
        for wrong in [
            "",
            "api.example.com",
            "ftp://a.example/",
            "http://a:b@c.example/",
            "http://a@c.example/",
        ] {
            assert!(
                matches!(target(wrong), Err(CliError::Usage(_))),
                "{wrong}"
            );
        }
    }
}
