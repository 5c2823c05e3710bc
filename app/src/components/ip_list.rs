//! The field for the IP addresses that keys can be used from.

use domain::{IpBlocks, Problem};
use leptos::prelude::*;

use super::field::Field;
use crate::words;

/// The field. `hint` says whose keys it is about.
pub fn ip_list(hint: &'static str, problem: Option<&Problem>, typed: &str) -> AnyView {
    let field = Field::new("allowed_ips", words::ip_list::LABEL, hint, problem);
    field.lines(typed, words::ip_list::SAMPLE, 3)
}

/// The blocks as the field has them, one a line.
pub fn lines(blocks: &IpBlocks) -> String {
    blocks
        .line()
        .unwrap_or_default()
        .replace(' ', "\n")
}
