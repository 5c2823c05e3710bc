//! Columns that several changes write alike.

use domain::{IpBlocks, Moment, Name};

/// The new name, or the old one of a change that does not name it.
pub fn name_or(name: Option<&Name>, otherwise: &str) -> String {
    name.map_or_else(
        || otherwise.to_owned(),
        |name| name.as_str().to_owned(),
    )
}

/// Since when a row has a state, such as disabled, after a change that sets it, ends it, or does not
/// name it. A row that has the state already keeps its moment.
pub fn since(before: Option<i64>, wanted: Option<bool>, now: Moment) -> Option<i64> {
    match wanted {
        Some(true) => before.or(Some(now.0)),
        Some(false) => None,
        None => before,
    }
}

/// The IP addresses after a change, as the database stores them, or the old ones of a change that
/// does not name them.
pub fn ips_or(blocks: Option<&IpBlocks>, otherwise: Option<&str>) -> Option<String> {
    match blocks {
        Some(blocks) => blocks.line(),
        None => otherwise.map(str::to_owned),
    }
}
