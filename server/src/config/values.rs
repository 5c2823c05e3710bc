//! How values are written: the same for every setting and every place it may be given in.

use std::path::Path;

use url::{Host, Url};

use super::BadSetting;

/// Yes or no, in the usual spellings.
pub(super) fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// A domain in lower case: labels of letters, digits and hyphens, at least two; other alphabets in their ASCII form.
pub(super) fn domain(text: &str) -> Option<String> {
    let name = text.to_ascii_lowercase();
    let plain = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let sound = name.len() <= 253 && name.contains('.') && name.split('.').all(plain);
    sound.then_some(name)
}

/// Whether the address is one of this machine alone.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The text of a file.
pub(super) fn read(path: &Path, what: &str) -> Result<String, BadSetting> {
    std::fs::read_to_string(path).map_err(|e| BadSetting(format!("cannot read {what} {}: {e}", path.display())))
}
