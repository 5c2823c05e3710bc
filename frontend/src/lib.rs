//! What the browser runs: the islands of `app`, and nothing else. Nothing belongs here but this.

use app as _;

/// Called once, when the script has loaded; the page then hands each island its markup.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
