//! Download of the audit log. The file is streamed, with at most one page of events in memory. An
//! error closes the connection, so that an incomplete file is not mistaken for a complete one.

mod csv;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Version};
use axum::response::Response;
use domain::command::ExportFormat;
use domain::view::{AuditRecord, RemovedEvents};
use domain::{Code, Moment};
use engine::audit::Export;
use engine::ctx::TraceId;
use engine::{Ctx, Error, Result};
use hyper::body::Frame;
use serde::Serialize;

/// The response with the file of an export. The first page is read before the response starts, so
/// that an error at the start is an ordinary error response.
///
/// # Errors
/// As [`Export::next`].
pub async fn file(mut export: Export, format: ExportFormat, ctx: &Ctx) -> Result<Response> {
    let page = export.next().await?;
    let mut first = match format {
        ExportFormat::Csv => csv::header(),
        ExportFormat::JsonLines => Vec::new(),
    };
    let mut tally = Tally {
        removed: export.removed(),
        ..Tally::default()
    };
    tally.write(&mut first, format, &page)?;
    let (request_id, trace_id) = (ctx.request_id().to_owned(), ctx.trace_id());
    let rest = if page.is_empty() {
        tally.close(&mut first, format)?;
        None
    } else {
        Some(next_page(export))
    };
    let mut response = head(format, ctx.now());
    *response.body_mut() = Body::new(File {
        format,
        request_id,
        trace_id,
        tally,
        first: Some(first.into()),
        rest,
    });
    Ok(response)
}

/// Rejects HTTP/1.0, which cannot mark a body of unknown length as incomplete: there, the body ends
/// with the connection.
///
/// # Errors
/// The code and the sentence of the error.
pub fn framed(version: Version) -> std::result::Result<(), (Code, &'static str)> {
    if version >= Version::HTTP_11 {
        Ok(())
    } else {
        Err((Code::HttpVersionNotSupported, TOO_OLD))
    }
}

const TOO_OLD: &str = "Over HTTP/1.0 a file that was cut off looks whole, so it is not sent. Use HTTP/1.1; behind nginx, \
     set proxy_http_version 1.1";

/// The response headers of the file.
pub fn head(format: ExportFormat, now: Moment) -> Response {
    let kind = match format {
        ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
        ExportFormat::JsonLines => "application/x-ndjson",
    };
    let name = format!(
        "attachment; filename=\"audit-log-{}.{}\"",
        now.to_date(),
        format.as_str()
    );
    let mut response = Response::new(Body::empty());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        response
            .headers_mut()
            .insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// The last line of a JSON Lines file. A file without this line is incomplete.
#[derive(Serialize)]
struct Trailer {
    complete: bool,
    events: u64,
    last_n: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<RemovedEvents>,
}

/// The number of events written so far, and the last of them.
#[derive(Default)]
struct Tally {
    events: u64,
    last_n: Option<i64>,
    removed: Option<RemovedEvents>,
}

impl Tally {
    fn write(
        &mut self,
        text: &mut Vec<u8>,
        format: ExportFormat,
        page: &[AuditRecord],
    ) -> Result<()> {
        for record in page {
            match format {
                ExportFormat::Csv => csv::row(text, record).map_err(broken)?,
                ExportFormat::JsonLines => line(text, record)?,
            }
            self.events += 1;
            self.last_n = Some(record.event.n);
        }
        Ok(())
    }

    /// Marks the file as complete. A CSV file has no such line because a spreadsheet would read it
    /// as an event.
    fn close(&self, text: &mut Vec<u8>, format: ExportFormat) -> Result<()> {
        match format {
            ExportFormat::Csv => Ok(()),
            ExportFormat::JsonLines => line(
                text,
                &Trailer {
                    complete: true,
                    events: self.events,
                    last_n: self.last_n,
                    removed: self.removed,
                },
            ),
        }
    }
}

fn line(text: &mut Vec<u8>, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *text, value).map_err(broken)?;
    text.push(b'\n');
    Ok(())
}

fn broken(error: serde_json::Error) -> Error {
    Error::Broken(error.to_string())
}

/// An export that is reading its next page.
type NextPage = Pin<Box<dyn Future<Output = (Export, Result<Vec<AuditRecord>>)> + Send>>;

fn next_page(mut export: Export) -> NextPage {
    Box::pin(async move {
        let page = export.next().await;
        (export, page)
    })
}

/// The body of the response. The next page is read when the previous one has been sent.
struct File {
    format: ExportFormat,
    request_id: String,
    trace_id: Option<TraceId>,
    tally: Tally,
    first: Option<Bytes>,
    rest: Option<NextPage>,
}

impl HttpBody for File {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(running) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let Poll::Ready((export, page)) = running.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        self.rest = None;
        let mut text = Vec::new();
        let format = self.format;
        let written = page.and_then(|page| {
            self.tally.write(&mut text, format, &page)?;
            if page.is_empty() {
                self.tally
                    .close(&mut text, format)
                    .map(|()| false)
            } else {
                Ok(true)
            }
        });
        match written {
            Err(error) => {
                let trace_id = TraceId::field(self.trace_id);
                tracing::warn!(request_id = self.request_id, trace_id, %error, "an audit log export was aborted");
                return Poll::Ready(Some(Err(error)));
            }
            Ok(true) => self.rest = Some(next_page(export)),
            Ok(false) => {}
        }
        Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(text.into()))))
    }
}
