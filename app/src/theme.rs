//! The theme of the pages.

use domain::closed_set;

closed_set! {
    /// The theme of the pages, with its name in the cookie `theme`, in forms and in pages. `ALL`
    /// has the order of the switch.
    #[derive(Default)]
    pub enum Theme {
        /// The theme of the operating system.
        #[default]
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

impl Theme {
    /// The theme with this name, or [`Theme::System`] for an unknown name.
    pub fn named(word: &str) -> Self {
        word.parse().unwrap_or_default()
    }
}
