//! The words around a key that was made just now.

/// Title of the new key.
pub const REVEAL_TITLE: &str = "Your new API key";
/// The warning beside the new key (RK-12).
pub const REVEAL_WARNING: &str = "Copy your key now. It will not be shown again.";
/// What a lost key means (RK-14).
pub const REVEAL_LOST: &str = "Roundtable cannot recover a lost key. If you lose it, create a new one.";
/// Copies the key.
pub const COPY: &str = "Copy";
/// The key is on the clipboard.
pub const COPIED: &str = "Copied";
/// The clipboard cannot be written; the key is selected instead.
pub const COPY_BY_HAND: &str = "Your browser blocked copying. The text is selected: press Ctrl+C, or ⌘C on a Mac.";
/// Above the shell line.
pub const SHELL_LINE: &str = "Set it in your shell";
/// Copies the shell line.
pub const COPY_SHELL: &str = "Copy shell command";
/// Above the curl line.
pub const CURL_LINE: &str = "Try it";
/// Copies the curl line.
pub const COPY_CURL: &str = "Copy curl command";
/// Title of the question before an uncopied key is left.
pub const GUARD_TITLE: &str = "Close without copying?";
/// That question.
pub const GUARD_TEXT: &str = "You have not copied the key. It will not be shown again.";
/// Leaves the key uncopied.
pub const GUARD_LEAVE: &str = "Close anyway";
/// Goes back to the key.
pub const GUARD_STAY: &str = "Go back and copy";

/// The line that puts a key into a shell.
pub fn shell_line(key: &str) -> String {
    format!("export ROUNDTABLE_API_KEY={key}")
}

/// The line that tries a key.
pub fn curl_line(url: &str, key: &str) -> String {
    format!("curl {url}/api/v1/workspaces \\\n  -H \"Authorization: Bearer {key}\"")
}
