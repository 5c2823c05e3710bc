//! Timestamps in the format of RFC 3339.

use jiff::civil::Date;

use super::Moment;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// A point in time after the last supported year.
const BEYOND: i64 = Moment::LAST.0 + DAY;

/// Reads a date, `T` (or a space), a time with or without a fraction, and `Z` or an offset. Letters
/// may be in lower case. A leap second counts as the second before it. A year of more than four
/// digits is read as [`BEYOND`], so that it counts as out of range and not as malformed.
pub fn read(text: &str) -> Option<Moment> {
    let (year, rest) = text.split_once('-')?;
    if !(4..=9).contains(&year.len())
        || !text.is_ascii()
        || !year.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let far = year.len() > 4;
    // A leap year, so that every date of the unsupported year is valid.
    let year = if far { 2000 } else { year.parse().ok()? };
    let date = rest.get(..5)?;
    let time = rest.get(6..)?;
    if !matches!(rest.as_bytes().get(5)?, b'T' | b't' | b' ') || date.as_bytes()[2] != b'-' {
        return None;
    }
    let date = Date::new(year, digits(&date[..2])?, digits(&date[3..])?).ok()?;
    let days = i64::from(
        date.since(jiff::civil::date(1970, 1, 1))
            .ok()?
            .get_days(),
    );
    let moment = days * DAY + time_of_day(time)?;
    Some(Moment(if far { BEYOND } else { moment }))
}

/// Milliseconds since the start of the day in UTC. The offset can put them before or after that
/// day.
fn time_of_day(text: &str) -> Option<i64> {
    let clock = text.get(..8)?;
    let rest = text.get(8..)?;
    let (fraction, offset) = split_fraction(rest)?;
    if clock.as_bytes()[2] != b':' || clock.as_bytes()[5] != b':' {
        return None;
    }
    let hour = digits(&clock[..2])?;
    let minute = digits(&clock[3..5])?;
    let second = digits(&clock[6..])?;
    let offset = read_offset(offset)?;
    let minutes = in_minutes(hour, minute)? - offset;
    match second {
        0..=59 => Some(minutes * MINUTE + i64::from(second) * 1000 + fraction),
        // A leap second occurs only at the end of a day in UTC.
        60 if minutes.rem_euclid(24 * 60) == 24 * 60 - 1 => Some(minutes * MINUTE + 59_999),
        _ => None,
    }
}

/// The milliseconds of a fraction, if there is one, and what follows.
fn split_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let length = fraction
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let (fraction, rest) = fraction.split_at(length);
    let millis = format!("{:0<3}", fraction.get(..3).unwrap_or(fraction))
        .parse()
        .ok()?;
    if length == 0 {
        None
    } else {
        Some((millis, rest))
    }
}

/// Minutes by which the local time is ahead of UTC.
fn read_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = text.get(..1)?;
    let hours = text.get(1..3)?;
    let minutes = text.get(3..)?.strip_prefix(':')?;
    let ahead = in_minutes(digits(hours)?, digits(minutes)?)?;
    match sign {
        "+" => Some(ahead),
        "-" => Some(-ahead),
        _ => None,
    }
}

fn in_minutes(hours: i8, minutes: i8) -> Option<i64> {
    let is_valid = (0..24).contains(&hours) && (0..60).contains(&minutes);
    is_valid.then(|| i64::from(hours) * 60 + i64::from(minutes))
}

/// Two ASCII digits.
fn digits(text: &str) -> Option<i8> {
    let is_valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if is_valid { text.parse().ok() } else { None }
}
