//! The filters of a list: on a phone, one button that opens them as a sheet.

use leptos::prelude::*;

use crate::shared_view::icon;
use crate::words;

/// The ID of the sheet. A page has one list.
const SHEET: &str = "filters";

/// The filters, with the number of those that are set. The sheet is a popover, so it works without
/// script. On wider screens CSS leaves the filters where they are, and hides the button.
pub fn filter_sheet(set: usize, filters: impl IntoView + 'static) -> AnyView {
    view! {
        <button class="button filters-open" type="button" popovertarget=SHEET>{icon("filter")}{words::labels::filters(set)}</button>
        <div class="filter-sheet" id=SHEET popover="">
            <div class="filter-sheet-head">
                <h2>{words::labels::FILTERS}</h2>
                <button
                    class="icon-button"
                    type="button"
                    popovertarget=SHEET
                    popovertargetaction="hide"
                    aria-label=words::CLOSE
                >{icon("close")}</button>
            </div>
            {filters}
        </div>
    }
    .into_any()
}
