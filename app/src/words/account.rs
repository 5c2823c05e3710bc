//! My account: sessions and access tokens.

pub const TITLE: &str = "My account";
pub const SESSIONS: &str = "Sessions";
pub const SESSIONS_LEDE: &str = "Browsers and devices where you are signed in. Sessions in browsers expire after one hour of inactivity, and after 12 hours at most; those of devices after 30 days, and after 90 days at most.";
pub const SESSIONS_CAPTION: &str = "Your sessions, most recently used first";
pub const THIS_DEVICE: &str = "This device";
pub const SIGN_OUT_ELSEWHERE: &str = "Sign out everywhere else";
pub const UNKNOWN_IP_ADDRESS: &str = "Unknown";
pub const ACCESS_TOKEN: &str = "Access token for scripts";
pub const ACCESS_TOKEN_LEDE: &str = "A token lets a script call the API as you, with all your permissions, for up to an hour. It stops working when this session expires or you sign out. For scripts that run without you, use an API key.";
pub const ABOUT_TOKENS: &str = "About access tokens";
pub const CREATE_TOKEN: &str = "Create token";
pub const SESSION_REVOKED: &str = "Session revoked. That browser or device must sign in again.";
pub const TOKEN_ALREADY_CREATED: &str =
    "This form was already submitted. The token was shown then and cannot be shown again.";

/// The notice after revoking other sessions.
pub fn sessions_revoked(count: usize) -> String {
    match count {
        0 => "There were no other sessions.".into(),
        1 => "1 other session revoked.".into(),
        n => format!("{n} other sessions revoked."),
    }
}

/// The rest of the name of the button that revokes a session, for screen readers.
pub fn revoke_session(device: &str) -> String {
    format!(" the session in {device}")
}

/// The browser and the operating system of a user agent, as far as it says.
pub fn device(agent: Option<&str>) -> String {
    let agent = agent.unwrap_or_default();
    if let Some(host) = command_line_host(agent) {
        return format!("Command line on {host}");
    }
    let first = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "Unknown device".into(),
    }
}

/// The name of the computer in the user agent of our command line,
/// `roundtable-cli/1.0.0 (host; linux)`.
fn command_line_host(agent: &str) -> Option<String> {
    let rest = agent.strip_prefix("roundtable-cli/")?;
    let (_, rest) = rest.split_once(" (")?;
    let (host, _) = rest.split_once(';')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_host = (1..=64).contains(&host.len()) && host.chars().all(is_plain);
    is_host.then(|| host.to_owned())
}

/// The marks of browsers. Most browsers claim to be several others too, so the order matters.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
];
/// The marks of operating systems, the more specific first.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
    ("X11", "Unix"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_in_words() {
        let cases = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "Chrome on ChromeOS",
            ),
            ("curl/8.5.0", "curl"),
            (
                "roundtable-cli/0.1.0 (build-7.example; linux)",
                "Command line on build-7.example",
            ),
            (
                "roundtable-cli/0.1.0 (\u{202e}evil; linux)",
                "Unknown device",
            ),
            ("SomethingNew (Windows)", "A browser on Windows"),
            ("<script>alert(1)</script>", "Unknown device"),
        ];
        for (agent, words) in cases {
            assert_eq!(device(Some(agent)), words, "{agent}");
        }
        assert_eq!(device(None), "Unknown device");
    }
}
