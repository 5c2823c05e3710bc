//! The field of a form that the person confirms by typing a name or a phrase.

use domain::Problem;
use leptos::prelude::*;

use super::fault_line;
use crate::words;

/// The field. `wanted` is the text to type, `why` says why it is asked. With `focus` it has the
/// focus, unless there is a problem, whose summary has it.
pub fn confirm_name(
    wanted: String,
    why: &'static str,
    problem: Option<&Problem>,
    typed: String,
    focus: bool,
) -> AnyView {
    let fault = problem
        .and_then(|problem| problem.field("confirm_name"))
        .map(str::to_owned);
    view! {
        <div class="field">
            <label for="confirm_name">
                {words::labels::TYPE_TO_CONFIRM.0}
                <b><bdi>{wanted}</bdi></b>
                {words::labels::TYPE_TO_CONFIRM.1}
            </label>
            <input
                class="input" id="confirm_name" name="confirm_name" required autocomplete="off" spellcheck="false" dir="auto" value=typed autofocus=focus && problem.is_none()
                aria-describedby="confirm_name-error confirm-hint" aria-invalid=fault.is_some().then_some("true")
            />
            {fault_line("confirm_name", fault)}
            <p class="hint" id="confirm-hint">{why}</p>
        </div>
    }
    .into_any()
}
