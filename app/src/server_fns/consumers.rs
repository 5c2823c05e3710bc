//! Server functions for consumers.

use domain::{Code, Fault, FieldFault, IpBlocks, Problem, command};
use leptos::prelude::*;

use crate::flash::{ConsumerNotice, Flash};
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::Screen;
use crate::server_fns::{entries, of_whole_field};
use crate::words;

/// Creates a consumer. It has no key yet. Without a name, it is called as its external ID.
///
/// # Errors
/// A problem that names the invalid fields; `Conflict` for an external ID that another consumer has.
#[server(prefix = "/ui", endpoint = "create_consumer")]
pub async fn create_consumer(
    organization: String,
    external_id: String,
    #[server(default)] name: String,
    #[server(default)] metadata: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let command = command::CreateConsumer::read_form(external_id.trim(), Some(&name), &metadata)
        .map_err(|faults| invalid(&context, faults))?;
    let consumer = context
        .engine
        .create_consumer(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    context
        .set_flash(Flash::Consumer(ConsumerNotice::Created))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Consumer(ctx.actor().organization.clone(), consumer.actor_id).path(),
    })
}

/// Changes a consumer, pauses it or resumes it. Fields that the form does not have stay as they
/// are.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "change_consumer")]
pub async fn change_consumer(
    organization: String,
    actor_id: String,
    #[server(default)] name: Option<String>,
    #[server(default)] metadata: Option<String>,
    #[server(default)] allowed_ips: Option<String>,
    #[server(default)] paused: Option<bool>,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let actor = actor_id
        .parse()
        .map_err(|_| context.problem(Code::NotFound))?;
    let command =
        command::ChangeConsumer::read_form(actor, name.as_deref(), metadata.as_deref(), paused);
    let allowed_ips = allowed_ips.as_deref().map(entries);
    let (command, allowed_ips) = IpBlocks::read_with(allowed_ips.as_deref(), command)
        .map_err(|faults| invalid(&context, faults))?;
    let command = command::ChangeConsumer {
        allowed_ips,
        ..command
    };
    context
        .engine
        .change_consumer(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let notice = match paused {
        Some(true) => ConsumerNotice::Paused,
        Some(false) => ConsumerNotice::Resumed,
        None => ConsumerNotice::Changed,
    };
    context.set_flash(Flash::Consumer(notice)).await;
    Ok(FormResult::Redirect {
        to: Screen::Consumer(ctx.actor().organization.clone(), actor).path(),
    })
}

/// The invalid fields, in the words of the form.
fn invalid(context: &PageContext, faults: Vec<FieldFault>) -> Problem {
    let reword = |fault: FieldFault| {
        let fault = of_whole_field(fault);
        let message = match (fault.field.as_str(), &fault.fault) {
            ("name", Fault::Missing) => words::consumers::NAME_MISSING,
            ("external_id", _) => words::consumers::NOT_AN_EXTERNAL_ID,
            _ => return fault,
        };
        FieldFault {
            message: message.into(),
            ..fault
        }
    };
    context.invalid(faults.into_iter().map(reword).collect())
}
