//! Who an attempt is counted against.

use std::net::IpAddr;

use domain::PersonId;

use crate::ctx::Origin;

/// Who an attempt is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// An IPv4 address.
    V4([u8; 4]),
    /// A network of IPv6, /64: whoever has one address of it has them all.
    V6([u8; 8]),
    /// A person who is signed in.
    Person(PersonId),
    /// Everyone whose address is not known.
    Unknown,
}

impl Client {
    /// The client that a request comes from. An IPv4 address within IPv6 counts as what it is.
    pub fn of(origin: &Origin) -> Self {
        let address = origin.address.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
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
