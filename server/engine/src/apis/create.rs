//! Registering an API.

use domain::Fault;
use domain::command::CreateApi;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ApiView;

use super::environment_words;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::invalid;
use crate::reauthorize::reauthorize;
use crate::store::apis::{self, ApiRow, ListedApiRow};
use crate::store::meta;
use crate::{Engine, Error, Result};

impl Engine {
    /// Registers an API.
    ///
    /// # Errors
    /// `Denied` for members; `Invalid` for a slug or a key prefix that another API of the
    /// installation has, and for the prefix of Roundtable's own keys.
    pub async fn create_api(&self, ctx: &Ctx, command: CreateApi) -> Result<ApiView> {
        permit(&ctx.actor, Action::ManageApis)?;
        if command.key_prefix == self.inner.brand {
            return Err(invalid("key_prefix", Fault::NotAKeyPrefix));
        }
        if command.signed_assertion {
            self.prepare_assertions().await?;
        }
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;

        let row = ApiRow {
            id: meta::next(&mut tx, "api").await?,
            organization_id: ctx.actor.organization.to_string(),
            slug: command.slug.to_string(),
            name: command.name.as_str().to_owned(),
            key_prefix: command.key_prefix.to_string(),
            key_header: command.key_header.as_str().into(),
            environments: environment_words(&command.environments),
            scopes: serde_json::to_string(&command.scopes)
                .map_err(|error| Error::Broken(error.to_string()))?,
            created_by: ctx.actor.id.0,
            created_at: ctx.now.0,
            archived_at: None,
            allowed_ips: command.allowed_ips.line(),
            signed_assertion: command.signed_assertion,
            audit_n: 0,
            row_mac: Vec::new(),
            newest_n: 0,
        };
        let event = Event::new(AuditAction::ApiCreated, "api", row.id, &row.name)
            .changed("slug", None, Some(&row.slug))
            .changed("key_prefix", None, Some(&row.key_prefix))
            .changed("key_header", None, Some(&row.key_header))
            .changed("environments", None, Some(&row.environments))
            .changed(
                "declared_scopes",
                None,
                Some(&command.scopes.to_string()),
            );
        let event = event
            .with("allowed_ips", row.allowed_ips.as_deref())
            .with(
                "signed_assertion",
                row.signed_assertion.then_some("true"),
            );
        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, &mut tx, ctx, event).await?;
        let row = ApiRow { audit_n, ..row }.sealed(self.ring());
        if !apis::insert(&mut tx, &row).await? {
            let has_slug = apis::is_taken(&mut tx, &command.slug).await?;
            let field = if has_slug { "slug" } else { "key_prefix" };
            return Err(invalid(field, Fault::Taken));
        }
        tx.commit().await?;
        Ok(ListedApiRow {
            api: row,
            creator_name: ctx.actor.name.clone(),
            active_keys: 0,
        }
        .view(true)?)
    }
}
