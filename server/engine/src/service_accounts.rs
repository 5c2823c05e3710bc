//! Service accounts (decision D4): one file per operation.

mod change;
mod create;
mod get;
mod list;

use domain::{Fault, Role};

use crate::Result;
use crate::ctx::Ctx;
use crate::error::invalid;

/// # Errors
/// `Invalid` for a role above the caller's.
pub(crate) fn check_not_above(ctx: &Ctx, role: Role) -> Result<()> {
    if role > ctx.actor.role {
        Err(invalid("role", Fault::AboveCaller))
    } else {
        Ok(())
    }
}
