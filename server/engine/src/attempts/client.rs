//! The client that an attempt is counted for.

use std::net::IpAddr;

use domain::PersonId;

use crate::ctx::Origin;

/// The client that an attempt is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// An IPv4 address.
    V4([u8; 4]),
    /// An IPv6 network, /64: one subscriber usually has a whole network.
    V6([u8; 8]),
    /// A signed-in person.
    Person(PersonId),
    /// All clients without a known IP address.
    Unknown,
}

impl Client {
    /// The client of a request. An IPv4-mapped IPv6 address counts as IPv4.
    pub fn of(origin: &Origin) -> Self {
        let address = origin
            .address
            .as_deref()
            .and_then(|address| address.parse::<IpAddr>().ok());
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
            None => Self::Unknown,
        }
    }
}
