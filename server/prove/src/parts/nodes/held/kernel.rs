//! What the kernel holds of a connection on loopback.

use std::path::Path;

use crate::Outcome;

/// The table of connections.
const TABLE: &str = "/proc/net/tcp";

/// The number of bytes that a server has written to a connection and the client has not read. Exact
/// when nothing was sent or read for a while, because a byte on its way is in both queues.
///
/// # Errors
/// If the system has no such table.
pub fn unread(server: u16, client: u16) -> Outcome<u64> {
    Ok(unread_in(
        &std::fs::read_to_string(Path::new(TABLE))?,
        server,
        client,
    ))
}

fn unread_in(table: &str, server: u16, client: u16) -> u64 {
    let mut bytes = 0;
    for line in table.lines().skip(1) {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, local, remote, _, queues, ..] = fields.as_slice() else {
            continue;
        };
        let ends = (port(local), port(remote));
        let Some((sending, receiving)) = queues.split_once(':') else {
            continue;
        };
        if ends == (Some(server), Some(client)) {
            bytes += u64::from_str_radix(sending, 16).unwrap_or_default();
        } else if ends == (Some(client), Some(server)) {
            bytes += u64::from_str_radix(receiving, 16).unwrap_or_default();
        }
    }
    bytes
}

/// The port of an address such as `0100007F:1F90`.
fn port(address: &str) -> Option<u16> {
    u16::from_str_radix(address.split_once(':')?.1, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_queues_of_a_connection_count() {
        let table = [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
            "   0: 0100007F:1F90 0100007F:C350 01 00000010:00000001 01:00000015 00000000",
            "   1: 0100007F:C350 0100007F:1F90 01 00000002:00000020 00:00000000 00000000",
            "   2: 0100007F:1F90 0100007F:C351 01 00000100:00000000 00:00000000 00000000",
        ]
        .join("\n");
        assert_eq!(unread_in(&table, 8080, 50_000), 0x30);
        assert_eq!(unread_in(&table, 8080, 50_001), 0x100);
        assert_eq!(unread_in(&table, 8080, 50_002), 0);
    }
}
