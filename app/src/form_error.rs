//! The error of a server function, and the HTTP status of a problem.

use domain::{Code, Problem};
use http::StatusCode;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::request::PageContext;
use crate::words;

/// The error of a server function: a problem, sent as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormError(pub Problem);

impl From<Problem> for FormError {
    /// Replaces the API's sentence for the code by the dashboard's sentence. Any other sentence
    /// stays, and gets a period.
    fn from(mut problem: Problem) -> Self {
        if problem.details == problem.code.sentence() {
            problem.details = words::problems::sentence(problem.code).to_owned();
        } else if !problem.details.ends_with('.') {
            problem.details.push('.');
        }
        Self(problem)
    }
}

impl FromServerFnError for FormError {
    type Encoder = JsonEncoding;

    /// An error of the framework is unreadable input or an internal error. Its text is not sent to
    /// the browser.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let code = match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Code::BadRequest,
            _ => Code::Internal,
        };
        let request_id = PageContext::here()
            .map(|context| context.origin.request_id)
            .unwrap_or_default();
        Problem::new(code, &request_id).into()
    }
}

/// Converts an error of the engine into the error of a server function.
pub(crate) fn form_error(context: &PageContext) -> impl Fn(engine::Error) -> FormError {
    let context = context.clone();
    move |error| context.to_problem(&error).into()
}

/// The HTTP status of a code.
pub fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
