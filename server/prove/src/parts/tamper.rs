//! To come.

use crate::report::Report;
use crate::{Outcome, Run};

pub const ABOUT: &str = "To come.";

pub async fn run(_run: &Run, _report: &mut Report) -> Outcome<()> {
    Err("to come".into())
}
