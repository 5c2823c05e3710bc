//! The server functions: each opens the context of the request, calls the engine, and answers. The
//! engine holds the rules.

use engine::form_token::FormToken;

#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod account;
#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod apis;
#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod keys;
#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod members;
#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod organization;
#[expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]
pub mod service_accounts;

/// Reads the token with which a form succeeds only once.
fn form_token(text: &str) -> Option<FormToken> {
    FormToken::read(text)
}
