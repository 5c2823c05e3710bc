//! Signing in on a device: a program that has no browser session of its own (RFC 8628, RFC 8252).

mod loopback;
mod user_code;

pub use loopback::{AuthorizationRequest, LoopbackUri, PkceChallenge};
pub use user_code::UserCode;

use crate::closed_set;

closed_set! {
    /// A program that may sign in on a device. None of them has a secret: they are public clients
    /// (RFC 6749, 2.1).
    pub enum DeviceClient(
        /// The name in a sentence.
        label: &'static str,
    ) {
        /// The commands for people of the `roundtable` program.
        CommandLine = "roundtable-cli" ("the Roundtable command line"),
        /// The client module of web pages.
        ClientModule = "roundtable-js" ("a web page with the Roundtable client module"),
    }
}
