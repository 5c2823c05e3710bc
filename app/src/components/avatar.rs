//! The round badge with the initials of a person.

use leptos::prelude::*;

use crate::words;

/// The number of hues in `style/tokens.css`.
pub const HUES: i64 = 8;

/// The initials, in a hue that follows from the ID: the same person has the same one on every page
/// of an organization. Screen readers skip it and read the name beside it.
pub fn avatar(id: i64, name: &str) -> AnyView {
    view! { <span class="avatar" data-hue=hue(id).to_string() aria-hidden="true">{words::initials(name)}</span> }
        .into_any()
}

/// The hue of an ID. IDs are consecutive, so people who joined one after the other differ.
const fn hue(id: i64) -> i64 {
    id.rem_euclid(HUES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_a_hue_that_the_style_defines() {
        let style = include_str!("../../../style/tokens.css");
        for id in -1..20 {
            let rule = format!("[data-hue=\"{}\"]", hue(id));
            assert!(hue(id) == 0 || style.contains(&rule), "{rule}");
        }
        assert_ne!(hue(14), hue(15));
    }
}
