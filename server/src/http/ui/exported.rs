//! The form that exports the audit log to a file. It is posted, because the export is recorded: a
//! link on another site must not cause that.

use app::request::PageContext;
use app::routes::{Location, Screen};
use axum::Extension;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use domain::command::ExportFormat;
use domain::{Code, Problem};
use leptos::nonce::Nonce;

use super::form::{FORM_LIMIT, find, page_of, pairs, wants_page};
use super::posted;
use crate::http::download;

/// The path of the form.
pub const PATH: &str = "/ui/export_audit_log";

/// Responds with the file, or with the page of the audit log and the problem.
pub async fn receive(
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    request: Request,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let framed = download::framed(request.version());
    let plain = wants_page(request.headers());
    let Ok(form) = to_bytes(request.into_body(), FORM_LIMIT).await else {
        return posted::refuse(
            context.clone(),
            nonce,
            plain,
            None,
            context.problem(Code::TooLarge),
        )
        .await;
    };
    let typed = pairs(&form);
    let page = page_of(&typed);
    let file = match framed {
        Ok(()) => export(&context, &typed, page.as_ref()).await,
        Err((code, _)) => Err(context.problem(code)),
    };
    match file {
        Ok(file) => file,
        Err(problem) => {
            posted::refuse(
                context,
                nonce,
                plain,
                page.map(|page| (page, typed)),
                problem,
            )
            .await
        }
    }
}

async fn export(
    context: &PageContext,
    typed: &[(String, String)],
    page: Option<&Location>,
) -> Result<Response, Problem> {
    let ctx = context
        .open(find(typed, "organization").unwrap_or_default())
        .await?;
    let log = Screen::AuditLog(ctx.actor().organization.clone());
    let page = page
        .filter(|page| page.screen == log)
        .ok_or_else(|| context.problem(Code::BadRequest))?;
    let format: Option<ExportFormat> = find(typed, "format").and_then(|word| word.parse().ok());
    let format = format.ok_or_else(|| context.problem(Code::BadRequest))?;
    let export = context
        .engine
        .export_audit_log(&ctx, &page.audit_query(ctx.now()), format)
        .await;
    let export = export.map_err(|error| context.to_problem(&error))?;
    download::file(export, format, &ctx)
        .await
        .map(IntoResponse::into_response)
        .map_err(|error| context.to_problem(&error))
}
