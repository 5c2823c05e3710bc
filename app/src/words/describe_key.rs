//! Describing a key.

use super::key_sheet::KeySheetWords;

/// The link to the form: without a description, and with one.
pub const LINKS: (&str, &str) = ("Add a description…", "Edit description…");
pub const SHEET: KeySheetWords = KeySheetWords {
    title: "Describe key",
    heading: ("Describe “", "”"),
    failed: "The description was not saved",
    button: "Save description",
};
pub const DONE: &str = "Description saved.";
pub const SAMPLE: &str = "Deploys the website from CI. Stored in the secret DEPLOY_KEY.";
pub const HINT: &str = "For example where the key is used, and where it is stored. Everyone who can see the key can read it. At most 500 characters.";
