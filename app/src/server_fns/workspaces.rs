//! Server functions for workspaces and runs.

use domain::environment::Environment;
use domain::workspace::WorkspaceStatus;
use domain::{Code, Fault, FieldFault, Name, Problem, RunId, WorkspaceId, command};
use engine::Ctx;
use leptos::prelude::*;

use crate::flash::{Flash, WorkspaceNotice};
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::{Location, Screen};
use crate::server_fns::unconfirmed;
use crate::words;

/// Creates a workspace.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_workspace")]
pub async fn create_workspace(
    organization: String,
    name: String,
    #[server(default)] provider: String,
    #[server(default)] model: String,
    #[server(default)] environment: String,
) -> Result<FormResult, FormError> {
    let (context, ctx, environment) = open_in(&organization, &environment).await?;
    let model = Some(model.trim()).filter(|model| !model.is_empty());
    let command = command::CreateWorkspace::read(&name, &provider, model)
        .map_err(|faults| invalid(&context, faults))?;
    let workspace = context
        .engine
        .create_workspace(&ctx, command)
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::Workspace(WorkspaceNotice::Created))
        .await;
    Ok(workspace_page(&ctx, workspace.id, environment))
}

/// Starts or stops a workspace.
///
/// # Errors
/// A problem, if the status is unknown.
#[server(prefix = "/ui", endpoint = "change_workspace")]
pub async fn change_workspace(
    organization: String,
    workspace_id: String,
    status: String,
    #[server(default)] environment: String,
) -> Result<FormResult, FormError> {
    let (context, ctx, environment) = open_in(&organization, &environment).await?;
    let id: WorkspaceId = read_id(&context, &workspace_id)?;
    let command = command::ChangeWorkspace::read(id.clone(), Some(&status))
        .map_err(|faults| context.invalid(faults))?;
    context
        .engine
        .change_workspace(&ctx, &command)
        .await
        .map_err(form_error(&context))?;
    let notice = match command.status {
        WorkspaceStatus::Running => WorkspaceNotice::Started,
        WorkspaceStatus::Stopped => WorkspaceNotice::Stopped,
    };
    context.set_flash(Flash::Workspace(notice)).await;
    Ok(workspace_page(&ctx, id, environment))
}

/// Deletes a workspace with its runs, if its name was typed to confirm it.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "delete_workspace")]
pub async fn delete_workspace(
    organization: String,
    workspace_id: String,
    #[server(default)] confirm_name: String,
    #[server(default)] environment: String,
) -> Result<FormResult, FormError> {
    let (context, ctx, environment) = open_in(&organization, &environment).await?;
    let id: WorkspaceId = read_id(&context, &workspace_id)?;
    let view = context
        .engine
        .get_workspace(&ctx, &id)
        .await
        .map_err(form_error(&context))?;
    if !view.is_managed_by(ctx.actor()) {
        return Err(context.problem(Code::Forbidden).into());
    }
    let is_confirmed = Name::parse(&confirm_name).is_ok_and(|typed| typed.as_str() == view.name);
    if !is_confirmed {
        return Err(context
            .invalid(vec![unconfirmed(&confirm_name, &view.name)])
            .into());
    }
    let command = command::DeleteWorkspace { workspace: id };
    context
        .engine
        .delete_workspace(&ctx, &command)
        .await
        .map_err(form_error(&context))?;
    let deleted = WorkspaceNotice::Deleted { name: view.name };
    context.set_flash(Flash::Workspace(deleted)).await;
    let list = Screen::Workspaces(ctx.actor().organization.clone());
    Ok(FormResult::Redirect {
        to: Location::in_environment(list, environment).path(),
    })
}

/// Cancels a run.
///
/// # Errors
/// `Conflict` if it has ended.
#[server(prefix = "/ui", endpoint = "cancel_run")]
pub async fn cancel_run(
    organization: String,
    run_id: String,
    #[server(default)] environment: String,
) -> Result<FormResult, FormError> {
    let (context, ctx, environment) = open_in(&organization, &environment).await?;
    let id: RunId = read_id(&context, &run_id)?;
    context
        .engine
        .cancel_run(&ctx, &id)
        .await
        .map_err(form_error(&context))?;
    context.set_flash(Flash::RunCancelled).await;
    let run = Screen::Run(ctx.actor().organization.clone(), id);
    Ok(FormResult::Redirect {
        to: Location::in_environment(run, environment).path(),
    })
}

/// Opens the organization, on the data of an environment. The default is production.
async fn open_in(
    organization: &str,
    environment: &str,
) -> Result<(PageContext, Ctx, Environment), Problem> {
    let (context, ctx) = open(organization).await?;
    let word = Some(environment).filter(|word| !word.is_empty());
    let environment = Environment::read(word)
        .map_err(|fault| context.invalid(vec![FieldFault::new("environment", fault)]))?;
    let ctx = ctx
        .in_environment(environment)
        .map_err(|error| context.to_problem(&error))?;
    Ok((context, ctx, environment))
}

fn read_id<T: std::str::FromStr>(context: &PageContext, text: &str) -> Result<T, Problem> {
    text.parse()
        .map_err(|_| context.problem(Code::NotFound))
}

fn workspace_page(ctx: &Ctx, id: WorkspaceId, environment: Environment) -> FormResult {
    let screen = Screen::Workspace(ctx.actor().organization.clone(), id);
    FormResult::Redirect {
        to: Location::in_environment(screen, environment).path(),
    }
}

/// The invalid fields, in the words of the form.
fn invalid(context: &PageContext, faults: Vec<FieldFault>) -> Problem {
    let reword = |fault: FieldFault| match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => FieldFault {
            message: words::workspaces::NAME_MISSING.into(),
            ..fault
        },
        _ => fault,
    };
    context.invalid(faults.into_iter().map(reword).collect())
}
