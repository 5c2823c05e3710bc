//! The header `traceparent` of W3C Trace Context: the trace that a request belongs to.

use std::num::{NonZeroU64, NonZeroU128};

use axum::http::{HeaderMap, HeaderName};
use engine::ctx::TraceId;

/// The name of the header.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The bit of the flags that says that the caller records the trace.
const SAMPLED: u8 = 1;
/// The length of a header of version 00. A later version may be longer.
const LENGTH: usize = "00-00000000000000000000000000000000-0000000000000000-00".len();

/// A valid `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace_id: TraceId,
    /// The span of the caller.
    pub span_id: NonZeroU64,
    /// Whether the caller records the trace.
    pub is_sampled: bool,
}

impl TraceParent {
    /// The `traceparent` of a request. An invalid one counts as none, and so do two.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.as_bytes())
    }

    /// Parses a value as the Recommendation says, whose digits are in lower case. Of a later version,
    /// only what version 00 has is read.
    fn parse(value: &[u8]) -> Option<Self> {
        let (known, rest) = value.split_at_checked(LENGTH)?;
        let known = str::from_utf8(known).ok()?;
        let mut fields = known.split('-');
        let mut next = |length| {
            fields
                .next()
                .filter(|field| field.len() == length && is_hex(field))
        };
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let is_known_version = match version {
            "ff" => false,
            "00" => rest.is_empty(),
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        if !is_known_version {
            return None;
        }
        Some(Self {
            trace_id: TraceId(NonZeroU128::new(
                u128::from_str_radix(trace, 16).ok()?,
            )?),
            span_id: NonZeroU64::new(u64::from_str_radix(span, 16).ok()?)?,
            is_sampled: u8::from_str_radix(flags, 16).ok()? & SAMPLED != 0,
        })
    }
}

fn is_hex(field: &str) -> bool {
    field
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn parsed(value: &str) -> Option<(String, u64, bool)> {
        let parent = TraceParent::parse(value.as_bytes())?;
        Some((
            parent.trace_id.to_string(),
            parent.span_id.get(),
            parent.is_sampled,
        ))
    }

    #[test]
    fn a_valid_header_has_a_trace_a_span_and_flags() {
        let valid = |sampled| Some((TRACE.to_owned(), 0x00f0_67aa_0ba9_02b7, sampled));
        for (value, sampled) in [
            (format!("00-{TRACE}-00f067aa0ba902b7-01"), true),
            (format!("00-{TRACE}-00f067aa0ba902b7-00"), false),
            // The bit of Level 2 for random trace ids, and bits that nothing defines.
            (format!("00-{TRACE}-00f067aa0ba902b7-02"), false),
            (format!("00-{TRACE}-00f067aa0ba902b7-ff"), true),
            // A later version.
            (format!("01-{TRACE}-00f067aa0ba902b7-01"), true),
            (format!("cc-{TRACE}-00f067aa0ba902b7-01-x y"), true),
        ] {
            assert_eq!(parsed(&value), valid(sampled), "{value}");
        }
        let small = "00-00000000000000000000000000000001-0000000000000001-01";
        assert_eq!(
            parsed(small),
            Some(("00000000000000000000000000000001".into(), 1, true))
        );
    }

    #[test]
    fn an_invalid_header_is_ignored() {
        let valid = format!("00-{TRACE}-00f067aa0ba902b7-01");
        for value in [
            String::new(),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-00F067AA0BA902B7-01"),
            format!("0-{TRACE}-00f067aa0ba902b7-011"),
            format!("00-{TRACE}-00f067aa0ba902b7-0x"),
            format!("00-+{}-00f067aa0ba902b7-01", &TRACE[1..]),
            format!("00_{TRACE}_00f067aa0ba902b7_01"),
            format!("{valid}-"),
            format!("{valid}0"),
            format!("{valid}\n"),
            format!(" {valid}"),
            format!("01-{TRACE}-00f067aa0ba902b7-01x"),
            format!("00-{}ä-00f067aa0ba902b7-01", &TRACE[2..]),
            valid[..54].to_owned(),
            TRACE.to_owned(),
        ] {
            assert_eq!(parsed(&value), None, "{value:?}");
        }
    }

    #[test]
    fn two_headers_count_as_none() {
        let value =
            HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let mut headers = HeaderMap::new();
        assert_eq!(TraceParent::of(&headers), None);
        headers.append(TRACEPARENT, value.clone());
        assert!(TraceParent::of(&headers).is_some());
        headers.append(TRACEPARENT, value);
        assert_eq!(TraceParent::of(&headers), None);
    }
}
