//! The round badge with the initials of a person.

use leptos::prelude::*;

use crate::words;

/// The number of hues in `style/tokens.css`.
pub const HUES: i64 = 8;

/// The initials, in a hue that follows from the ID: the same person has the same one on every page
/// of an organization. Screen readers skip it and read the name beside it.
pub fn avatar(id: i64, name: &str) -> AnyView {
    badge("avatar", id, words::initials(name))
}

/// The same in a line of text, with space for one letter.
pub fn small_avatar(id: i64, name: &str) -> AnyView {
    let initial = words::initials(name).chars().take(1).collect();
    badge("avatar small", id, initial)
}

fn badge(class: &'static str, id: i64, text: String) -> AnyView {
    view! { <span class=class data-hue=hue(id).to_string() aria-hidden="true">{text}</span> }
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
