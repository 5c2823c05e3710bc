//! One run.

use domain::RunId;
use domain::policy::{Action, permit};
use domain::view::RunDetail;

use crate::ctx::Ctx;
use crate::store::{StoreError, runs};
use crate::{Engine, Error, Result};

impl Engine {
    /// One run, with its output.
    ///
    /// # Errors
    /// `NotFound` when the caller's organization has none of this id in the caller's environment.
    pub async fn get_run(&self, ctx: &Ctx, id: &RunId) -> Result<RunDetail> {
        let reach = permit(&ctx.actor, Action::ListRuns)?;
        let mut connection = self.db().read().await?;
        let row = runs::find(&mut connection, &reach, id)
            .await?
            .ok_or(Error::NotFound)?;
        let output = runs::output(&mut connection, reach.organization(), id).await?;
        let output = output
            .map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| StoreError::Row(format!("runs.output: {error}")))?;
        Ok(RunDetail {
            run: row.view()?,
            output,
        })
    }
}
