//! Fields that the form for a new API shares with the forms that change one.

use domain::Problem;
use leptos::prelude::*;

use crate::components::field::Field;
use crate::words;

/// The name of an API.
pub fn name(problem: Option<&Problem>, typed: String, focus: bool) -> AnyView {
    let field = Field::new(
        "name",
        words::labels::NAME,
        words::apis::NAME_HINT,
        problem,
    );
    field.text(typed, words::apis::NAME_SAMPLE, true, focus)
}

/// The permissions of an API, one a line.
pub fn permissions(problem: Option<&Problem>, typed: &str) -> AnyView {
    let field = Field::new(
        "scopes",
        words::apis::PERMISSIONS_OPTIONAL,
        words::apis::PERMISSIONS_HINT,
        problem,
    );
    field.lines(typed, words::apis::PERMISSIONS_SAMPLE, 5)
}
