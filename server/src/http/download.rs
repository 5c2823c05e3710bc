//! The audit log as a file, written while it is read: no more than a page of it is ever in memory. What goes wrong on the
//! way cuts the connection off, so that no half of a log passes for a whole one.

mod csv;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use domain::Moment;
use domain::command::ExportFormat;
use domain::view::AuditRecord;
use engine::audit::Export;
use engine::{Ctx, Error, Result};
use hyper::body::Frame;

/// The file that an export comes to. Its first page is read before anything is answered, so that what cannot begin is a
/// refusal like any other.
///
/// # Errors
/// As [`Export::next`].
pub async fn file(mut export: Export, format: ExportFormat, ctx: &Ctx) -> Result<Response> {
    let page = export.next().await?;
    let mut first = match format {
        ExportFormat::Csv => csv::header(),
        ExportFormat::JsonLines => Vec::new(),
    };
    write(&mut first, format, &page)?;
    let request_id = ctx.request_id().to_owned();
    let rest = (!page.is_empty()).then(|| turn(export));
    let mut response = head(format, ctx.now());
    *response.body_mut() = Body::new(File { format, request_id, first: Some(first.into()), rest });
    Ok(response)
}

/// What goes before the file.
pub fn head(format: ExportFormat, now: Moment) -> Response {
    let kind = match format {
        ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
        ExportFormat::JsonLines => "application/x-ndjson",
    };
    let name = format!("attachment; filename=\"audit-log-{}.{}\"", now.to_date(), format.as_str());
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

fn write(text: &mut Vec<u8>, format: ExportFormat, page: &[AuditRecord]) -> Result<()> {
    let broken = |error: serde_json::Error| Error::Broken(error.to_string());
    for record in page {
        match format {
            ExportFormat::Csv => csv::row(text, record).map_err(broken)?,
            ExportFormat::JsonLines => {
                serde_json::to_writer(&mut *text, record).map_err(broken)?;
                text.push(b'\n');
            }
        }
    }
    Ok(())
}

/// An export that is reading its next page.
type Turn = Pin<Box<dyn Future<Output = (Export, Result<Vec<AuditRecord>>)> + Send>>;

fn turn(mut export: Export) -> Turn {
    Box::pin(async move {
        let page = export.next().await;
        (export, page)
    })
}

/// A page is read when the one before it has gone out.
struct File {
    format: ExportFormat,
    request_id: String,
    first: Option<Bytes>,
    rest: Option<Turn>,
}

impl HttpBody for File {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(running) = &mut self.rest else { return Poll::Ready(None) };
        let Poll::Ready((export, page)) = running.as_mut().poll(cx) else { return Poll::Pending };
        self.rest = None;
        let mut text = Vec::new();
        let written = page.and_then(|page| write(&mut text, self.format, &page));
        if let Err(error) = written {
            tracing::warn!(request_id = self.request_id, %error, "an export was cut off");
            return Poll::Ready(Some(Err(error)));
        }
        if text.is_empty() {
            return Poll::Ready(None);
        }
        self.rest = Some(turn(export));
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}
