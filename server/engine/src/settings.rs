//! An organization's settings.

use domain::command::ChangeOrganization;
use domain::event::{AuditAction, Event};
use domain::organization::preselected_days;
use domain::policy::{Action, permit};
use domain::view::OrganizationView;
use domain::{Fault, FieldFault};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::organizations;
use crate::{Engine, Error, Result};

impl Engine {
    /// The caller's organization.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn get_organization(&self, ctx: &Ctx) -> Result<OrganizationView> {
        let reach = permit(&ctx.actor, Action::SeeOrganization)?;
        organizations::find(&mut self.db().read().await?, reach.organization())
            .await?
            .ok_or(Error::NotFound)
    }

    /// Changes the caller's organization. Existing keys keep their expiry (decision D17). If the
    /// longest lifetime becomes shorter than the preselected expiration, so does the latter.
    ///
    /// # Errors
    /// `Invalid` for a preselected expiration beyond the longest lifetime; `Denied`, also for a key that would change who may create keys; `Unauthenticated` when the
    /// caller's credential was revoked meanwhile.
    pub async fn change_organization(
        &self,
        ctx: &Ctx,
        command: ChangeOrganization,
    ) -> Result<OrganizationView> {
        let reach = permit(&ctx.actor, Action::ChangeOrganization)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = organizations::find(&mut tx, reach.organization())
            .await?
            .ok_or(Error::NotFound)?;
        let after = changed(before.clone(), command)?;
        // A key must not lift the restrictions on keys.
        if (after.key_makers, after.keys_make_keys) != (before.key_makers, before.keys_make_keys) {
            ctx.in_person()?;
        }
        let event = change_event(&before, &after);
        if event.changes.is_empty() {
            return Ok(before);
        }
        organizations::update(&mut tx, &after).await?;
        journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        Ok(after)
    }
}

fn changed(before: OrganizationView, command: ChangeOrganization) -> Result<OrganizationView> {
    let max_key_days = command
        .max_key_days
        .unwrap_or(before.max_key_days);
    let wanted = command
        .default_key_days
        .unwrap_or(before.default_key_days);
    let default_key_days = preselected_days(wanted, max_key_days);
    if let Some(max) = max_key_days
        && command.default_key_days.is_some()
        && default_key_days != wanted
    {
        let bounds = Fault::OutOfRange { min: 1, max };
        return Err(vec![FieldFault::new("default_key_days", bounds)].into());
    }
    Ok(OrganizationView {
        name: command.name.map_or(before.name, String::from),
        max_key_days,
        default_key_days,
        key_makers: command.key_makers.unwrap_or(before.key_makers),
        keys_make_keys: command
            .keys_make_keys
            .unwrap_or(before.keys_make_keys),
        ..before
    })
}

/// The audit event of a change, with every field that differs.
fn change_event(before: &OrganizationView, after: &OrganizationView) -> Event {
    let fields = |view: &OrganizationView| {
        [
            ("name", Some(view.name.clone())),
            (
                "max_key_days",
                view.max_key_days.map(|days| days.to_string()),
            ),
            (
                "default_key_days",
                view.default_key_days.map(|days| days.to_string()),
            ),
            (
                "key_makers",
                Some(view.key_makers.as_str().to_owned()),
            ),
            (
                "keys_make_keys",
                Some(view.keys_make_keys.to_string()),
            ),
        ]
    };
    Event::new(
        AuditAction::OrganizationChanged,
        "organization",
        &after.id,
        &after.name,
    )
    .with_differences(fields(before), fields(after))
}
