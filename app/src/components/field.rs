//! A field of a form.

use domain::Problem;
use leptos::prelude::*;

use crate::shared_view::field_error;

/// A field of a form: its label, its hint, and its fault, around an input of the page.
pub struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    fault: Option<String>,
}

impl Field {
    /// The field of this name. Its fault is that of the problem.
    pub fn new(
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        problem: Option<&Problem>,
    ) -> Self {
        let fault = problem
            .and_then(|problem| problem.field(name))
            .map(str::to_owned);
        Self {
            name,
            label,
            hint,
            fault,
        }
    }

    /// The name, which is the id of the input too.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The attribute `aria-invalid` of the input.
    pub fn invalid(&self) -> Option<&'static str> {
        self.fault.as_ref().map(|_| "true")
    }

    /// The attribute `aria-describedby` of the input.
    pub fn described(&self) -> String {
        let hint = format!("{}-hint", self.name);
        match &self.fault {
            Some(_) => format!("{hint} {}-error", self.name),
            None => hint,
        }
    }

    /// Renders the field around its input.
    pub fn render(self, input: AnyView) -> AnyView {
        let (hint, error) = (
            format!("{}-hint", self.name),
            format!("{}-error", self.name),
        );
        let error = self.fault.map(|fault| field_error(error, fault));
        view! {
            <div class="field">
                <label for=self.name>{self.label}</label>
                {input}
                {error}
                <p class="hint" id=hint>{self.hint}</p>
            </div>
        }
        .into_any()
    }
}
