//! What a person typed into a form, and what is wrong with it.

use domain::Problem;

use crate::request::PageRequest;

/// The submitted form, or an empty one.
#[derive(Default)]
pub struct TypedForm {
    typed: Vec<(String, String)>,
    problem: Option<Problem>,
}

impl TypedForm {
    /// The form that this request answers.
    pub fn of(request: &PageRequest) -> Self {
        Self {
            typed: request.all_typed(),
            problem: request.problem().cloned(),
        }
    }

    /// Why the form was refused.
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The value of a field.
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.typed
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a field for its input.
    pub fn value(&self, name: &str) -> String {
        self.typed(name).unwrap_or_default().to_owned()
    }

    /// The sentence about an invalid field.
    pub fn fault(&self, field: &str) -> Option<String> {
        self.problem
            .as_ref()
            .and_then(|problem| problem.field(field))
            .map(str::to_owned)
    }

    /// Whether a choice is selected: the submitted one, or else the default.
    pub fn is_chosen(&self, field: &str, value: &str, otherwise: &str) -> bool {
        self.typed(field).unwrap_or(otherwise) == value
    }
}
