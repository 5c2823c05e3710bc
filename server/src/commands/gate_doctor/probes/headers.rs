//! What the headers show that arrived at the API.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::{Fault, Reply, Sent, Verdict, judge};
use crate::commands::gate_doctor::client::KeyHeader;

/// The headers that the gate adds. The first [`NEVER_EMPTY`] are never empty.
pub(super) const HEADERS: [&str; 7] = [
    "X-Roundtable-Key-Id",
    "X-Roundtable-Owner",
    "X-Roundtable-Environment",
    "X-Roundtable-External-Id",
    "X-Roundtable-Scopes",
    "X-Roundtable-Expires",
    "X-Roundtable-Assertion",
];
/// See [`HEADERS`].
pub(super) const NEVER_EMPTY: usize = 3;
/// The header that forged spellings imitate.
pub(super) const OWNER: &str = "X-Roundtable-Owner";
/// The value of a header that a client made up.
pub(super) const FORGED: &str = "forged-by-gate-doctor";

/// Judges whether a key shows in any header.
pub(super) fn hidden(headers: &HeaderMap, key: &str, header: KeyHeader) -> Verdict {
    let own = match header {
        KeyHeader::Authorization => AUTHORIZATION.as_str(),
        KeyHeader::XApiKey => KeyHeader::XApiKey.as_str(),
    };
    let names = containing(headers, key);
    let faults = names.iter().map(|name| match *name {
        name if name == own => Fault::KeyVisible(header.label()),
        name => Fault::KeyCopied(name.to_owned()),
    });
    Verdict::of(
        format!("the key arrives in {}", names.join(", ")),
        faults.collect(),
    )
}

/// Judges whether a value that a client made up arrives. `fault` is the reason for a header.
pub(super) fn arrived(sent: &Sent, fault: impl Fn(&str) -> Fault) -> Verdict {
    let Some(seen) = &sent.seen else {
        return match judge::found(&sent.reply) {
            _ if matches!(&sent.reply, Reply::Answer(status, _) if status.is_client_error()) => {
                Verdict::passed()
            }
            found => Verdict::not_checked(format!("the request did not reach the API: {found}")),
        };
    };
    let names = containing(&seen.headers, FORGED);
    let mut faults: Vec<Fault> = Vec::new();
    for fault in names.iter().map(|name| fault(name)) {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    Verdict::of(
        format!(
            "the value of the client arrives in {}",
            names.join(", ")
        ),
        faults,
    )
}

/// The names of the headers whose value contains the text.
fn containing<'a>(headers: &'a HeaderMap, text: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in headers {
        let has = String::from_utf8_lossy(value.as_bytes()).contains(text);
        if has && !names.contains(&name.as_str()) {
            names.push(name.as_str());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_those_of_the_documentation() {
        let page = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/protect-your-api.md"
        ));
        let rows = page.lines().filter_map(|line| {
            line.strip_prefix("| `X-Roundtable-")?
                .split_once('`')
        });
        let mut documented: Vec<_> = rows
            .map(|(name, _)| format!("X-Roundtable-{name}"))
            .collect();
        documented.sort();
        let mut known = HEADERS.to_vec();
        known.sort_unstable();
        assert_eq!(documented, known);
    }
}
