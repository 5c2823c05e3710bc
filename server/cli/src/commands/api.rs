//! `roundtable api`.

use std::io::{Read, Write};

use serde_json::Value;

use crate::arguments::{ApiRequest, GlobalArguments};
use crate::failure::{Failure, FailureKind};
use crate::http::{self, FieldNames};
use crate::output::Output;
use crate::session::Session;

/// Sends the request, and prints the body of the answer as it is.
pub async fn run(
    request: &ApiRequest,
    arguments: &GlobalArguments,
    output: &Output,
) -> Result<(), Failure> {
    if !request.path.starts_with('/') {
        return Err(Failure::new(
            FailureKind::Usage,
            "The path starts with a slash, such as /api/v1/keys.",
        ));
    }
    let body = request
        .data
        .as_deref()
        .map(read_body)
        .transpose()?;
    let session = Session::open_in_organization(arguments).await?;
    let response = session
        .send(request.method.clone(), &request.path, body.as_ref())
        .await?;
    if request.include {
        output.note(&format!(
            "{:?} {}",
            response.version(),
            response.status()
        ));
        for (name, value) in response.headers() {
            output.note(&format!("{name}: {}", value.to_str().unwrap_or("…")));
        }
    }
    let response = http::accepted(response, FieldNames::OfApi).await?;
    let bytes = response.bytes().await.map_err(|error| {
        Failure::new(
            FailureKind::Unavailable,
            format!("The answer was cut off: {error}."),
        )
    })?;
    let mut out = std::io::stdout();
    let written = out
        .write_all(&bytes)
        .and_then(|()| match bytes.last() {
            Some(b'\n') | None => Ok(()),
            Some(_) => out.write_all(b"\n"),
        });
    written.map_err(|error| {
        Failure::new(
            FailureKind::Failed,
            format!("standard output: {error}"),
        )
    })
}

fn read_body(data: &str) -> Result<Value, Failure> {
    let usage = |message: String| Failure::new(FailureKind::Usage, message);
    let mut text = data.to_owned();
    if data == "-" {
        text.clear();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| usage(format!("standard input: {error}")))?;
    }
    serde_json::from_str(&text)
        .map_err(|error| usage(format!("The body is not valid JSON: {error}.")))
}
