//! `/api/v1/audit-log`: reading the log, and taking it out as a file.
#![expect(unused_qualifications, reason = "the macro writes a parameter beside a set of parameters so")]

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Method, Version};
use axum::response::Response;
use domain::FieldFault;
use domain::command::{ActionFilter, AuditDraft, AuditQuery, ExportFormat};
use domain::event::ObjectKind;
use domain::policy::Action;
use domain::view::AuditView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Caller;
use super::paging::{PageQuery, Paging, query, unknown_name};
use crate::http::AppState;
use crate::http::download::{self, head};
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

/// A list of events.
#[derive(Serialize, ToSchema)]
pub struct EventsBody {
    /// The events, newest first.
    events: Vec<AuditView>,
}

/// Which events.
#[derive(IntoParams)]
#[expect(dead_code, reason = "read as a part of Asked; described here")]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// Only events where this happened, such as `key.revoked`, or anything of a chapter, such as `keys`.
    action: Option<ActionFilter>,
    /// Only what this actor did.
    #[param(minimum = 1)]
    actor_id: Option<i64>,
    /// Only what happened to things of this kind.
    object_kind: Option<ObjectKind>,
    /// Only what happened to this one thing; needs `object_kind`.
    #[param(max_length = 45)]
    object_id: Option<String>,
    /// Only events at this moment or later.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only events before this moment.
    #[param(format = DateTime)]
    until: Option<String>,
}

/// How a file holds them.
#[derive(IntoParams)]
#[expect(dead_code, reason = "read as a part of Asked; described here")]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// `csv`, or `jsonl` for one JSON object a line; `jsonl` if not given.
    format: Option<ExportFormat>,
}

/// Everything that one of the two addresses understands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditLogQuery {
    limit: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
    action: Option<String>,
    actor_id: Option<String>,
    object_kind: Option<String>,
    object_id: Option<String>,
    from: Option<String>,
    until: Option<String>,
}

impl AuditLogQuery {
    async fn read<S: Send + Sync>(
        parts: &mut Parts,
        state: &S,
        other: fn(&Self) -> bool,
    ) -> ApiResult<(Self, AuditQuery)> {
        let asked: Self = query(parts, state).await?;
        if other(&asked) {
            return Err(unknown_name());
        }
        let found = AuditQuery::read(&AuditDraft {
            action: asked.action.as_deref(),
            actor_id: asked.actor_id.as_deref(),
            object_kind: asked.object_kind.as_deref(),
            object_id: asked.object_id.as_deref(),
            from: asked.from.as_deref(),
            until: asked.until.as_deref(),
        })?;
        Ok((asked, found))
    }

    fn filters(self) -> [(&'static str, Option<String>); 6] {
        [
            ("action", self.action),
            ("actor_id", self.actor_id),
            ("object_kind", self.object_kind),
            ("object_id", self.object_id),
            ("from", self.from),
            ("until", self.until),
        ]
    }
}

/// Events that were asked for, page by page.
pub struct LogPaging {
    query: AuditQuery,
    page: Paging,
}

impl<S: Send + Sync> FromRequestParts<S> for LogPaging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (mut asked, found) = AuditLogQuery::read(parts, state, |asked| asked.format.is_some()).await?;
        let page = Paging::read(asked.limit.take(), asked.cursor.take())?.keeping(asked.filters());
        Ok(Self { query: AuditQuery { before: page.before, ..found }, page })
    }
}

/// A file that was asked for.
pub struct Wanted {
    query: AuditQuery,
    format: ExportFormat,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let paged = |asked: &AuditLogQuery| asked.limit.is_some() || asked.cursor.is_some();
        let (asked, query) = AuditLogQuery::read(parts, state, paged).await?;
        let format = asked.format.as_deref().map_or(Ok(ExportFormat::JsonLines), str::parse);
        let format = format.map_err(|unknown| vec![FieldFault::new("format", unknown.into())])?;
        Ok(Self { query, format })
    }
}

/// Read the Audit Log
///
/// Owners and admins read every event of the organization, members what they did and what was done to their own keys,
/// newest first. A `Link` header leads to the next page.
#[utoipa::path(get, path = "/audit-log", operation_id = "read_audit_log", tag = "Audit Log",
    extensions(("x-needs" = json!(Action::ReadAudit))),
    params(PageQuery, LogQuery),
    responses((status = 200, body = EventsBody), (status = 422, body = ProblemBody)))]
pub async fn read_audit_log(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    asked: LogPaging,
) -> ApiResult<Response> {
    let page = state.engine.read_audit_log(&ctx, &asked.query, asked.page.limit).await?;
    Ok(asked.page.answer(&state, "/api/v1/audit-log", page.next, Json(EventsBody { events: page.rows })))
}

/// Export the Audit Log
///
/// The same events as a file, oldest first and all of them. Each line of `jsonl` is an event with everything that its
/// hash is made of, and the last line says that the file is whole: `complete`, how many `events` it holds, and the number
/// of the last one. The export is recorded itself, as the last event that the file can hold. A file whose transfer is cut
/// off is not complete: the connection ends without a proper end of the body, and there is no such line. That cannot be
/// told over HTTP/1.0, where the answer is 505.
#[utoipa::path(get, path = "/audit-log/export", operation_id = "export_audit_log", tag = "Audit Log",
    extensions(("x-needs" = json!(Action::ReadAudit))),
    params(FormatQuery, LogQuery),
    responses((status = 200, content((String = "application/x-ndjson"), (String = "text/csv"))),
        (status = 422, body = ProblemBody), (status = 505, body = ProblemBody)))]
pub async fn export_audit_log(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    method: Method,
    version: Version,
    Wanted { query, format }: Wanted,
) -> ApiResult<Response> {
    download::framed(version).map_err(|(code, details)| ApiError::with_details(code, details))?;
    if method == Method::HEAD {
        // Nothing is taken out, so nothing is recorded.
        state.engine.read_audit_log(&ctx, &query, 1).await?;
        return Ok(head(format, ctx.now()));
    }
    let export = state.engine.export_audit_log(&ctx, &query, format).await?;
    Ok(download::file(export, format, &ctx).await?)
}
