//! Showing a new key once.

use domain::api::KeyHeader;

pub const TITLE: &str = "Your new API key";
pub const WARNING: &str = "Copy your key now. It will not be shown again.";
pub const LOST: &str = "Roundtable cannot recover a lost key. If you lose it, create a new one.";
pub const COPY: &str = "Copy";
pub const COPY_AND_CLOSE: &str = "Copy and close";
pub const COPIED: &str = "Copied";
pub const COPY_BLOCKED: &str =
    "Your browser blocked copying. The text is selected: press Ctrl+C, or ⌘C on a Mac.";
pub const SHELL_LINE: &str = "Set it in your shell";
pub const COPY_SHELL: &str = "Copy shell command";
pub const CURL_LINE: &str = "Try it";
pub const COPY_CURL: &str = "Copy curl command";
pub const GUARD_TITLE: &str = "Close without copying?";
pub const GUARD_TEXT: &str = "You have not copied what is shown here. It will not be shown again.";
pub const GUARD_LEAVE: &str = "Close anyway";
pub const GUARD_STAY: &str = "Go back and copy";

/// The shell command that sets a key.
pub fn shell_line(key: &str) -> String {
    format!("export ROUNDTABLE_API_KEY={key}")
}

/// The curl command that tries a key.
pub fn curl_line(url: &str, key: &str) -> String {
    format!("curl {url}/api/v1/workspaces \\\n  -H \"Authorization: Bearer {key}\"")
}

/// The shell command that sets a key for an API.
pub fn api_shell_line(key: &str) -> String {
    format!("export API_KEY={key}")
}

/// The curl command that asks the gate of an API about a key.
pub fn gate_line(gate: &str, key: &str, header: KeyHeader) -> String {
    let header = match header {
        KeyHeader::XApiKey => format!("X-API-Key: {key}"),
        KeyHeader::Any | KeyHeader::Authorization => format!("Authorization: Bearer {key}"),
    };
    format!("curl -i {gate} \\\n  -H \"{header}\"")
}
