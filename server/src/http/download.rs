//! The audit log as a file, written while it is read: no more than a page of it is ever in memory. What goes wrong on the
//! way cuts the connection off, so that no half of a log passes for a whole one.

mod csv;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Version};
use axum::response::Response;
use domain::command::ExportFormat;
use domain::view::AuditRecord;
use domain::{Code, Moment};
use engine::audit::Export;
use engine::{Ctx, Error, Result};
use hyper::body::Frame;
use serde::Serialize;

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
    let mut tally = Tally::default();
    tally.write(&mut first, format, &page)?;
    let request_id = ctx.request_id().to_owned();
    let rest = (!page.is_empty()).then(|| turn(export));
    if rest.is_none() {
        tally.close(&mut first, format)?;
    }
    let mut response = head(format, ctx.now());
    *response.body_mut() = Body::new(File { format, request_id, tally, first: Some(first.into()), rest });
    Ok(response)
}

/// Whether a file of unknown length can be sent so that a cut one is recognised. Before HTTP/1.1, the end of the
/// connection is the only end of such a body.
///
/// # Errors
/// The code and the sentence of the refusal.
pub fn framed(version: Version) -> std::result::Result<(), (Code, &'static str)> {
    if version >= Version::HTTP_11 { Ok(()) } else { Err((Code::HttpVersionNotSupported, TOO_OLD)) }
}

const TOO_OLD: &str = "Over HTTP/1.0 a file that was cut off looks whole, so it is not sent. Use HTTP/1.1; behind nginx, \
     set proxy_http_version 1.1";

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

/// The last line of a file of JSON lines. Without it, the file is not whole, whatever the transfer said.
#[derive(Serialize)]
struct Trailer {
    complete: bool,
    events: u64,
    last_n: Option<i64>,
}

/// What has been written so far.
#[derive(Default)]
struct Tally {
    events: u64,
    last_n: Option<i64>,
}

impl Tally {
    fn write(&mut self, text: &mut Vec<u8>, format: ExportFormat, page: &[AuditRecord]) -> Result<()> {
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

    /// Says that the file is whole. A table has no line that could: a spreadsheet would take it for an event.
    fn close(&self, text: &mut Vec<u8>, format: ExportFormat) -> Result<()> {
        match format {
            ExportFormat::Csv => Ok(()),
            ExportFormat::JsonLines => {
                line(text, &Trailer { complete: true, events: self.events, last_n: self.last_n })
            }
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
    tally: Tally,
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
        let format = self.format;
        let written = page.and_then(|page| {
            self.tally.write(&mut text, format, &page)?;
            if page.is_empty() { self.tally.close(&mut text, format).map(|()| false) } else { Ok(true) }
        });
        match written {
            Err(error) => {
                tracing::warn!(request_id = self.request_id, %error, "an export was cut off");
                return Poll::Ready(Some(Err(error)));
            }
            Ok(true) => self.rest = Some(turn(export)),
            Ok(false) => {}
        }
        Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(text.into()))))
    }
}
