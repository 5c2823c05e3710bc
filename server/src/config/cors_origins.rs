//! The origins of other sites whose pages may call the API.

use url::Url;

use super::BadSetting;
use super::options::{Options, quoted};
use super::table::{self, Setting};
use super::values::{is_loopback, is_origin};

impl Options {
    /// The origins whose pages may call the API, each written as browsers send it.
    pub(super) fn cors_origins(&self) -> Result<Vec<String>, BadSetting> {
        let setting = &table::CORS_ORIGINS;
        let Some(list) = self.text(setting)? else {
            return Ok(Vec::new());
        };
        let origins: Vec<_> = list
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(|origin| self.cors_origin(setting, origin))
            .collect::<Result<_, _>>()?;
        if origins.is_empty() {
            return Err(self.bad(
                setting,
                "contains no origin; leave it out to allow none",
            ));
        }
        Ok(origins)
    }

    /// Over plain HTTP, everyone in the network could change the pages of an origin.
    fn cors_origin(&self, setting: &Setting, text: &str) -> Result<String, BadSetting> {
        let url = Url::parse(text).ok().filter(is_origin);
        let Some(url) = url.filter(|_| !text.contains('*')) else {
            let why = format!(
                "must be origins such as https://app.example.com, not {}",
                quoted(text)
            );
            return Err(self.bad(setting, why));
        };
        if url.scheme() == "http" && !is_loopback(&url) && !self.yes(&table::ALLOW_HTTP)? {
            let allow = table::ALLOW_HTTP.full_name();
            let why = format!(
                "must be https:// origins unless they are on loopback, not {} (or set {allow})",
                quoted(text)
            );
            return Err(self.bad(setting, why));
        }
        Ok(url.origin().ascii_serialization())
    }
}
