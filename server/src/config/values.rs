//! The syntax of values. It is the same for every setting and every source.

use std::path::Path;

use url::{Host, Url};

use super::BadSetting;

/// A Boolean in the usual spellings.
pub(super) fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// A domain name in lower case with at least two labels. Internationalized names must be in their
/// ASCII form.
pub(super) fn domain(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_valid = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    if is_valid { Some(name) } else { None }
}

/// Whether the host of the URL is a loopback address, which only this machine can reach.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether the URL is an origin: `http://` or `https://`, a host, perhaps a port, and nothing else.
pub(super) fn is_origin(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && !has_user
}

/// Reads a text file. `what` names the file in the error message.
pub(super) fn read(path: &Path, what: &str) -> Result<String, BadSetting> {
    std::fs::read_to_string(path)
        .map_err(|e| BadSetting(format!("cannot read {what} {}: {e}", path.display())))
}
