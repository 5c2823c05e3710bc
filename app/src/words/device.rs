//! Signing in on a device.

use domain::device::DeviceClient;

use super::isolated;

pub const TITLE: &str = "Sign in on a device";
pub const LEDE: &str = "Enter the code that your terminal or device shows.";
pub const CODE: &str = "Code";
pub const CODE_HINT: &str = "Eight letters. Codes expire after 10 minutes.";
pub const CODE_SAMPLE: &str = "WDJB-MJHT";
pub const NOT_VALID: &str = "This code is not valid. It may have been used or expired. Check it, or start the sign-in on the device again.";
pub const NEXT: &str = "Continue";
pub const COMPARE: &str = "Check that the device shows exactly this code:";
pub const ON_THIS_COMPUTER: &str = "It runs on this computer, and waits for your answer.";
pub const REQUESTED: &str = "Requested";
pub const WARNING: &str = "Allow it only if you started the sign-in yourself, just now. If someone sent you a link or a code, deny it.";
pub const ALLOW: &str = "Allow";
pub const DENY: &str = "Deny";
pub const FAILED: &str = "Nothing was decided";
pub const DONE: &str = "All done here";
pub const ALLOWED: &str = "The device is signed in.";
pub const DENIED: &str = "The device was denied. It gets no access.";
pub const RETURN: &str = "You can close this page and return to your device.";
pub const CONTINUE: &str = "Return to the program";
pub const SESSIONS: &str = "See your sessions";

/// Above the question.
pub fn heading(client: DeviceClient) -> String {
    format!("Allow {} to sign in?", client.label())
}

/// What the device can do then.
pub fn access(who: &str) -> String {
    format!(
        "It acts as {}, with your permissions in all your organizations, for up to 90 days. You can revoke it at any time under My account.",
        isolated(who)
    )
}
