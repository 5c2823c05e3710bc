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

    /// A field of one line of text in any language, with `sample` as its placeholder.
    pub fn text(self, typed: String, sample: &'static str, required: bool, focus: bool) -> AnyView {
        let input = view! { <input class="input" id=self.name name=self.name required=required autocomplete="off" placeholder=sample aria-describedby=self.described() aria-invalid=self.invalid() dir="auto" value=typed autofocus=focus/> };
        self.render(input.into_any())
    }

    /// A field for a word that machines read: nothing corrects it or starts it with a capital.
    pub fn code(self, typed: String, sample: &'static str, required: bool) -> AnyView {
        let input = view! { <input class="input" id=self.name name=self.name required=required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=sample aria-describedby=self.described() aria-invalid=self.invalid() value=typed/> };
        self.render(input.into_any())
    }

    /// A field for a number of days. `blank` says what no number means.
    pub fn days(self, typed: String, blank: &'static str) -> AnyView {
        let input = view! { <input class="input short" id=self.name name=self.name inputmode="numeric" autocomplete="off" size="12" placeholder=blank aria-describedby=self.described() aria-invalid=self.invalid() value=typed/> };
        self.render(input.into_any())
    }

    /// A field for a word that the browser offers from the `datalist` of this ID.
    pub fn listed(self, typed: String, list: &'static str) -> AnyView {
        let input = view! { <input class="input" id=self.name name=self.name list=list autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby=self.described() aria-invalid=self.invalid() value=typed/> };
        self.render(input.into_any())
    }

    /// A field of several lines that machines read.
    pub fn lines(self, typed: &str, sample: &'static str, rows: u32) -> AnyView {
        // Leptos does not escape the text of a textarea.
        let encoded_text = html_escape::encode_text(typed).into_owned();
        let input = view! { <textarea class="input" id=self.name name=self.name rows=rows.to_string() autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=sample aria-describedby=self.described() aria-invalid=self.invalid()>{encoded_text}</textarea> };
        self.render(input.into_any())
    }

    /// A field of several lines of text in any language.
    pub fn prose(self, typed: &str, sample: &'static str, rows: u32) -> AnyView {
        // Leptos does not escape the text of a textarea.
        let encoded_text = html_escape::encode_text(typed).into_owned();
        let input = view! { <textarea class="input" id=self.name name=self.name rows=rows.to_string() autocomplete="off" placeholder=sample aria-describedby=self.described() aria-invalid=self.invalid() dir="auto">{encoded_text}</textarea> };
        self.render(input.into_any())
    }

    /// A choice of one value: each option has its value, its label, and whether it is selected.
    pub fn choice(
        self,
        options: impl Iterator<Item = (impl Into<String>, impl Into<String>, bool)>,
    ) -> AnyView {
        let options = options.map(|(value, label, selected)| {
            let (value, label): (String, String) = (value.into(), label.into());
            view! { <option value=value selected=selected>{label}</option> }
        });
        let input = view! { <select class="input" id=self.name name=self.name aria-describedby=self.described() aria-invalid=self.invalid()>{options.collect_view()}</select> };
        self.render(input.into_any())
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
