//! The cookies that bind a sign-in to the browser that began it. Each sign-in has its own, so that several tabs can sign
//! in at the same time; a browser keeps a few of them, and the oldest go first.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use engine::sessions::FLOW_SECONDS;

use super::{digest, safe_return};
use crate::http::AppState;

/// How many sign-ins one browser can have under way.
const MOST: usize = 6;
/// A longer place is not kept in the cookie.
const LONGEST_PLACE: usize = 300;

/// What one cookie holds: `begun.token.place`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flow {
    /// When the sign-in began, in seconds.
    begun: i64,
    /// Known to this browser alone; the sign-in keeps its digest.
    pub token: String,
    /// Where the sign-in leads to. It is the browser's own word, so it must be read as carefully as an address.
    place: String,
}

impl Flow {
    /// A sign-in that begins now.
    pub fn new(begun: i64, token: String, return_to: &str) -> Self {
        let place = if return_to.len() > LONGEST_PLACE { String::new() } else { hex::encode(return_to) };
        Self { begun, token, place }
    }

    fn read(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let (begun, token, place) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { begun: begun.parse().ok()?, token: token.to_owned(), place: place.to_owned() })
    }

    /// Where the sign-in leads to: a place of ours.
    pub fn return_to(&self) -> String {
        let place = hex::decode(&self.place).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        safe_return(&place.unwrap_or_default())
    }

    /// The header that keeps this sign-in in the browser.
    pub fn keep(&self, app: &AppState, state: &str) -> Option<HeaderValue> {
        let value = format!("{}.{}.{}", self.begun, self.token, self.place);
        line(app, &name(app, state), &value, FLOW_SECONDS)
    }
}

/// The sign-in of this state, if this browser began it.
pub(super) fn find(app: &AppState, headers: &HeaderMap, state: &str) -> Option<Flow> {
    let name = name(app, state);
    all(app, headers).find(|(found, _)| *found == name).map(|(_, flow)| flow)
}

/// The headers that make room for one more: the oldest cookies go.
pub(super) fn make_room(app: &AppState, headers: &HeaderMap) -> Vec<HeaderValue> {
    let mut kept: Vec<_> = all(app, headers).collect();
    kept.sort_by_key(|(_, flow)| std::cmp::Reverse(flow.begun));
    kept.iter().skip(MOST - 1).filter_map(|(name, _)| line(app, name, "", 0)).collect()
}

fn all<'a>(app: &AppState, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a str, Flow)> {
    let prefix = prefix(app);
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(move |(name, _)| name.strip_prefix(prefix).is_some_and(is_tag))
        .filter_map(|(name, value)| Some((name, Flow::read(value)?)))
}

fn prefix(app: &AppState) -> &'static str {
    if app.is_https() { "__Host-rt_flow_" } else { "rt_flow_" }
}

/// The state itself stays out of the name: whoever has it and the code could come back with them.
fn name(app: &AppState, state: &str) -> String {
    let tag: String = digest(state).chars().take(TAG).collect();
    format!("{}{tag}", prefix(app))
}

const TAG: usize = 12;

fn is_tag(tag: &str) -> bool {
    tag.len() == TAG && tag.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn line(app: &AppState, name: &str, value: &str, max_age: i64) -> Option<HeaderValue> {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    HeaderValue::from_str(&text).ok()
}
