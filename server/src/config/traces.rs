//! The settings of traces.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use fast_path::sieve;
use secrecy::ExposeSecret;
use url::Url;

use super::{BadSetting, Options, table};

/// Below the endpoint, as the specification of OTLP says.
const PATH: [&str; 2] = ["v1", "traces"];

/// Where spans are exported to, and which of them.
#[derive(Debug)]
pub struct TraceExport {
    /// The URL that spans are sent to.
    pub url: Url,
    /// The headers of each export. Their values are secrets.
    pub headers: HeaderMap,
    /// The share of the traces that begin here, in percent.
    pub sample_percent: u8,
}

impl Options {
    /// Where spans are exported to, if the operator wants that. `is_built_in` says whether this program
    /// can do it.
    pub(super) fn traces(&self, is_built_in: bool) -> Result<Option<TraceExport>, BadSetting> {
        let endpoint = &table::OTLP_ENDPOINT;
        let headers = self.secret(&table::OTLP_HEADERS, &table::OTLP_HEADERS_FILE)?;
        let sample_percent = self.number(&table::OTLP_SAMPLE_PERCENT, 0..=100, 100)?;
        let Some(text) = self.text(endpoint)? else {
            let others = [
                &table::OTLP_HEADERS,
                &table::OTLP_HEADERS_FILE,
                &table::OTLP_SAMPLE_PERCENT,
            ];
            return match others.into_iter().find(|other| self.has(other)) {
                Some(other) => Err(self.needs(other, endpoint)),
                None => Ok(None),
            };
        };
        if !is_built_in {
            let why = "cannot be used: this program was built without traces, and one built with `cargo build --features otlp` has them";
            return Err(self.bad(endpoint, why));
        }
        let url = collector(text).ok_or_else(|| {
            let why = "must be the URL of a collector, such as http://127.0.0.1:4318, without a user, a query or a fragment";
            self.bad(endpoint, why)
        })?;
        Ok(Some(TraceExport {
            url,
            headers: match headers {
                Some(text) => self.trace_headers(text.expose_secret())?,
                None => HeaderMap::new(),
            },
            sample_percent: u8::try_from(sample_percent).unwrap_or(100),
        }))
    }

    /// Reads `NAME=VALUE` pairs. The sentence of the error does not show them.
    fn trace_headers(&self, text: &str) -> Result<HeaderMap, BadSetting> {
        let pairs = text.split(',').map(header);
        pairs
            .collect::<Option<HeaderMap>>()
            .ok_or_else(|| {
                let given = [&table::OTLP_HEADERS, &table::OTLP_HEADERS_FILE];
                let [value, file] = given;
                let named = if self.has(value) { value } else { file };
                let why =
                    "must consist of NAME=VALUE, separated by commas, with percent-encoded values";
                self.bad(named, why)
            })
    }
}

/// The URL that spans are sent to.
fn collector(endpoint: &str) -> Option<Url> {
    let mut url: Url = endpoint.parse().ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain || !["http", "https"].contains(&url.scheme()) {
        return None;
    }
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .extend(PATH);
    Some(url)
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let name = name.trim().parse().ok()?;
    let mut value = HeaderValue::from_str(&sieve::decoded(value.trim())).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
