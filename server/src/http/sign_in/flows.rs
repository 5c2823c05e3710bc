//! The cookies that bind a sign-in to the browser that started it. Each sign-in has its own cookie,
//! so that several tabs can sign in at the same time. The number of cookies is limited, and the
//! oldest are deleted first.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use engine::sessions::FLOW_SECONDS;

use super::{digest, safe_return};
use crate::http::AppState;

/// The number of sign-ins that a browser can have in progress.
const MAX_FLOWS: usize = 6;
/// A longer path is not kept in the cookie.
const MAX_PATH_LENGTH: usize = 300;

/// The value of a cookie: `begun.token.place`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// The start of the sign-in in seconds.
    begun: i64,
    /// Known only to this browser. The database has its digest.
    pub token: String,
    /// The path to return to in hex. The browser can change it, so it must be checked like a URL.
    place: String,
}

impl Flow {
    /// A sign-in that starts now.
    pub fn new(begun: i64, token: String, return_to: &str) -> Self {
        let place = if return_to.len() > MAX_PATH_LENGTH {
            String::new()
        } else {
            hex::encode(return_to)
        };
        Self {
            begun,
            token,
            place,
        }
    }

    fn read(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let begun = parts.next()?.parse().ok()?;
        let token = parts.next()?.to_owned();
        let place = parts.next()?.to_owned();
        Some(Self {
            begun,
            token,
            place,
        })
    }

    /// The page to return to.
    pub fn return_to(&self) -> String {
        let place = hex::decode(&self.place)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        safe_return(&place.unwrap_or_default())
    }

    /// The `Set-Cookie` header of this sign-in.
    pub fn keep(&self, app: &AppState, state: &str) -> Option<HeaderValue> {
        let value = format!("{}.{}.{}", self.begun, self.token, self.place);
        line(app, &name(app, state), &value, FLOW_SECONDS)
    }
}

/// The sign-in with this state, if this browser started it.
pub(super) fn find(app: &AppState, headers: &HeaderMap, state: &str) -> Option<Flow> {
    let name = name(app, state);
    all(app, headers)
        .find(|(found, _)| *found == name)
        .map(|(_, flow)| flow)
}

/// The `Set-Cookie` headers that delete the oldest sign-ins to make room for another.
pub(super) fn make_room(app: &AppState, headers: &HeaderMap) -> Vec<HeaderValue> {
    let mut kept: Vec<_> = all(app, headers).collect();
    kept.sort_by_key(|(_, flow)| std::cmp::Reverse(flow.begun));
    kept.iter()
        .skip(MAX_FLOWS - 1)
        .filter_map(|(name, _)| line(app, name, "", 0))
        .collect()
}

fn all<'a>(app: &AppState, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a str, Flow)> {
    let prefix = prefix(app);
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(move |(name, _)| name.strip_prefix(prefix).is_some_and(is_tag))
        .filter_map(|(name, value)| Some((name, Flow::read(value)?)))
}

fn prefix(app: &AppState) -> &'static str {
    if app.is_https() {
        "__Host-rt_flow_"
    } else {
        "rt_flow_"
    }
}

/// The name contains a digest, because the state and the code together would complete the sign-in.
fn name(app: &AppState, state: &str) -> String {
    let tag: String = digest(state).chars().take(TAG_LENGTH).collect();
    format!("{}{tag}", prefix(app))
}

const TAG_LENGTH: usize = 12;

fn is_tag(tag: &str) -> bool {
    tag.len() == TAG_LENGTH && tag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn line(app: &AppState, name: &str, value: &str, max_age: i64) -> Option<HeaderValue> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    HeaderValue::from_str(&text).ok()
}
