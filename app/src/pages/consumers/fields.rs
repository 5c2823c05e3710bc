//! Fields that the form for a new consumer shares with the forms that change one.

use domain::Problem;
use leptos::prelude::*;

use crate::components::field::Field;
use crate::words;

/// What the organization notes about a consumer, as JSON.
pub fn metadata(label: &'static str, problem: Option<&Problem>, typed: &str) -> AnyView {
    let field = Field::new(
        "metadata",
        label,
        words::consumers::METADATA_HINT,
        problem,
    );
    field.lines(typed, words::consumers::METADATA_SAMPLE, 4)
}
