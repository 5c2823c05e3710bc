//! The server functions: each opens the context of the request, calls the engine, and answers. The
//! engine holds the rules.

#![expect(
    missing_docs,
    reason = "a server function's struct has its arguments as fields"
)]

use domain::{Fault, FieldFault};
use engine::form_token::FormToken;

use crate::words;

pub mod account;
pub mod apis;
pub mod consumers;
pub mod devices;
pub mod keys;
pub mod members;
pub mod organization;
pub mod search;
pub mod service_accounts;
pub mod workspaces;

/// The entries of a field that has several, one a line or separated by commas.
fn entries(text: &str) -> Vec<String> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The fault of one entry as the fault of its field, such as `allowed_ips` for `allowed_ips[2]`.
fn of_whole_field(fault: FieldFault) -> FieldFault {
    let field = fault
        .field
        .split('[')
        .next()
        .unwrap_or_default()
        .to_owned();
    FieldFault { field, ..fault }
}

/// The fault of a name that had to be typed as it is, and was not.
fn unconfirmed(typed: &str, wanted: &str) -> FieldFault {
    let (fault, message) = match typed {
        "" => (Fault::Missing, words::revoke_key::CONFIRM_MISSING),
        _ => (
            Fault::Unknown {
                known: wanted.to_owned(),
            },
            words::revoke_key::CONFIRM_DIFFERS,
        ),
    };
    FieldFault {
        message: message.to_owned(),
        ..FieldFault::new("confirm_name", fault)
    }
}

/// Reads the token with which a form succeeds only once.
fn form_token(text: &str) -> Option<FormToken> {
    FormToken::read(text)
}
