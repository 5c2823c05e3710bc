//! A form that changes one thing about a key.

/// The texts of a form.
pub struct KeySheetWords {
    /// The title of its page.
    pub title: &'static str,
    /// Its heading, before and after the name of the key.
    pub heading: (&'static str, &'static str),
    /// What is shown above an error.
    pub failed: &'static str,
    /// Its button.
    pub button: &'static str,
}
