//! The choice of the environment of a new key.

use domain::environment::Environment;
use leptos::prelude::*;

use super::fault_line;
use super::typed_form::TypedForm;
use crate::words;

/// The choice between these environments, and what the selected one means, with the start of its
/// keys. The first is the default.
pub fn environment_choice(
    form: &TypedForm,
    environments: &[Environment],
    hint: impl Fn(Environment) -> &'static str,
    prefix: impl Fn(Environment) -> AnyView,
) -> AnyView {
    let start = environments
        .first()
        .map_or("", |first| first.as_str());
    let segment = |environment: &Environment| {
        let word = environment.as_str();
        view! {
            <label class="segment">
                <input type="radio" name="environment" value=word checked=form.is_chosen("environment", word, start)/>
                {environment.label()}
            </label>
        }
    };
    // CSS shows the sentence of the selected environment.
    let sentence = |environment: &Environment| {
        let class = match environment {
            Environment::Production => "hint only-production",
            Environment::Test => "hint only-test",
        };
        view! { <p class=class>{hint(*environment)}{words::create_key::KEYS_START_WITH}{prefix(*environment)}</p> }
    };
    view! {
        <fieldset class="field" id="environment" aria-describedby="environment-error">
            <legend>{words::create_key::ENVIRONMENT}</legend>
            <div class="segments">{environments.iter().map(segment).collect_view()}</div>
            {environments.iter().map(sentence).collect_view()}
            {fault_line("environment", form.fault("environment"))}
        </fieldset>
    }
    .into_any()
}
