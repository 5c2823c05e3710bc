//! A sample of code, in a box that scrolls, with the button that copies it.

use leptos::prelude::*;

use crate::shared_view::icon;
use crate::shell::fragment;
use crate::words;

/// A sample of code.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its language, for people.
    pub language: &'static str,
    /// Its code.
    pub code: String,
}

/// The markup of the button that copies the sample next to it.
pub fn copy_button(name: &str) -> String {
    fragment(|| button(name))
}

fn button(name: &str) -> AnyView {
    view! {
        <button class="icon-button copy-sample needs-script" type="button" data-copy-sample="" aria-label=words::docs::copy(name)>{icon("copy")}</button>
    }
    .into_any()
}

/// The box of a sample. It can have the keyboard focus, so it needs a unique name.
pub(super) fn box_of(sample: &Sample, name: &str) -> AnyView {
    view! {
        <div class="sample">
            <div class="scroll" role="region" tabindex="0" aria-label=name.to_owned()>
                <pre translate="no"><code>{sample.code.clone()}</code></pre>
            </div>
            {button(name)}
        </div>
    }
    .into_any()
}
