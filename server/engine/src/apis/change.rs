//! Changing, archiving and restoring an API.

use domain::command::ChangeApi;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ApiView;

use super::environment_words;
use crate::audit::journal;
use crate::change::{ips_or, name_or, since};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::apis::{self, ApiRow, ListedApiRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// Changes an API, archives it or restores it. The keys of an archived API, and the scopes that
    /// it no longer declares, are refused from the answer on. A change without an effect leaves no
    /// event.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for members.
    pub async fn change_api(&self, ctx: &Ctx, command: ChangeApi) -> Result<ApiView> {
        self.retry_with_free_space(|| self.try_to_change_api(ctx, &command))
            .await
    }

    async fn try_to_change_api(&self, ctx: &Ctx, command: &ChangeApi) -> Result<ApiView> {
        let reach = permit(&ctx.actor, Action::ManageApis)?;
        if command.signed_assertion == Some(true) {
            self.prepare_assertions().await?;
        }
        let mut tx = self.db().begin_on_reserve().await?;
        // Re-authorization locks the chain's head, so what is read afterwards does not change.
        reauthorize(self, &mut tx, ctx).await?;
        let found = apis::find_listed(&mut tx, reach.organization(), &command.api, ctx.now).await?;
        let found = found.ok_or(Error::NotFound)?;
        let before = &found.api;
        self.require_sound_api(before)?;

        let after = changed(before, command, ctx)?;
        let event = change_event(before, &after)?;
        if event.changes.is_empty() {
            tx.made_before(before.mark());
            tx.commit().await?;
            return Ok(found.view(true)?);
        }
        let audit_n = journal(self, &mut tx, ctx, event).await?;
        let after = ApiRow { audit_n, ..after }.sealed(self.ring());
        apis::update(&mut tx, &after, before).await?;
        tx.commit().await?;
        Ok(ListedApiRow {
            api: after,
            ..found
        }
        .view(true)?)
    }
}

fn changed(row: &ApiRow, command: &ChangeApi, ctx: &Ctx) -> Result<ApiRow> {
    let scopes = match &command.scopes {
        Some(scopes) => {
            serde_json::to_string(scopes).map_err(|error| Error::Broken(error.to_string()))?
        }
        None => row.scopes.clone(),
    };
    Ok(ApiRow {
        name: name_or(command.name.as_ref(), &row.name),
        key_header: command.key_header.map_or_else(
            || row.key_header.clone(),
            |header| header.as_str().into(),
        ),
        environments: command.environments.as_ref().map_or_else(
            || row.environments.clone(),
            |all| environment_words(all),
        ),
        scopes,
        archived_at: since(row.archived_at, command.archived, ctx.now),
        allowed_ips: ips_or(
            command.allowed_ips.as_ref(),
            row.allowed_ips.as_deref(),
        ),
        signed_assertion: command
            .signed_assertion
            .unwrap_or(row.signed_assertion),
        ..row.clone()
    })
}

/// The audit event of a change, with every field that differs.
fn change_event(before: &ApiRow, after: &ApiRow) -> Result<Event> {
    let fields = |row: &ApiRow| -> Result<_> {
        Ok([
            ("name", Some(row.name.clone())),
            ("key_header", Some(row.key_header.clone())),
            ("environments", Some(row.environments.clone())),
            ("declared_scopes", Some(row.scopes()?.to_string())),
            (
                "archived",
                Some(row.archived_at.is_some().to_string()),
            ),
            ("allowed_ips", row.allowed_ips.clone()),
            (
                "signed_assertion",
                Some(row.signed_assertion.to_string()),
            ),
        ])
    };
    let event = Event::new(
        AuditAction::ApiChanged,
        "api",
        before.id,
        &before.name,
    );
    Ok(event.with_differences(fields(before)?, fields(after)?))
}
