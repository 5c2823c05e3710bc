//! Blocks of IP addresses: where a key may be used from (D39).

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::problem::{Fault, FieldFault};

/// The field of a body that lists blocks.
const FIELD: &str = "allowed_ips";
/// Before the bits of an IPv4 address in an IPv6 address (RFC 4291, 2.5.5.2).
const MAPPED_PREFIX: u8 = 96;

/// A block of IP addresses in CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3), such as
/// `203.0.113.0/24`. A single address is a block too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpBlock {
    first: IpAddr,
    prefix: u8,
}

impl IpBlock {
    /// Whether the address is in the block. An IPv4-mapped IPv6 address is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        first_of(address.to_canonical(), self.prefix) == Some(self.first)
    }

    /// Whether each address of `other` is in the block.
    pub fn covers(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.first)
    }
}

/// The first address of the block of an address. None if an address has fewer bits than `prefix`.
fn first_of(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let host_bits = Ipv4Addr::BITS.checked_sub(prefix)?;
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(Ipv4Addr::from_bits(address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let host_bits = Ipv6Addr::BITS.checked_sub(prefix)?;
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            Some(Ipv6Addr::from_bits(address.to_bits() & mask).into())
        }
    }
}

impl FromStr for IpBlock {
    type Err = Fault;

    /// An IPv4 or IPv6 address, with or without the length of a prefix. IPv4-mapped IPv6 addresses
    /// become IPv4 addresses.
    ///
    /// # Errors
    /// `NotAnIpBlock`; `HostBits` for an address that is not the first of its block.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| Fault::NotAnIpBlock)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => read_prefix(prefix)?,
            None => bits,
        };
        let first = first_of(address, prefix).ok_or(Fault::NotAnIpBlock)?;
        if first != address {
            let block = Self { first, prefix }.to_string();
            return Err(Fault::HostBits { block });
        }
        match first.to_canonical() {
            // A shorter prefix has bits of the mapping behind it.
            IpAddr::V4(mapped) if first.is_ipv6() => Ok(Self {
                first: mapped.into(),
                prefix: prefix.saturating_sub(MAPPED_PREFIX),
            }),
            _ => Ok(Self { first, prefix }),
        }
    }
}

/// One to three digits without a leading zero.
fn read_prefix(text: &str) -> Result<u8, Fault> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    let prefix = text
        .parse()
        .ok()
        .filter(|_| is_decimal && !has_leading_zero);
    prefix.ok_or(Fault::NotAnIpBlock)
}

/// Reads the IP address of a client. An IPv4-mapped IPv6 address becomes an IPv4 address.
///
/// # Errors
/// `NotAnIp`.
pub fn read_address(text: &str) -> Result<IpAddr, Fault> {
    let address: IpAddr = text.trim().parse().map_err(|_| Fault::NotAnIp)?;
    Ok(address.to_canonical())
}

/// Without the length of the prefix for a single address.
impl fmt::Display for IpBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.prefix) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => write!(f, "{}", self.first),
            (first, prefix) => write!(f, "{first}/{prefix}"),
        }
    }
}

/// The blocks that a key, an owner or an API allows. Without a block, every address is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct IpBlocks(BTreeSet<IpBlock>);

impl IpBlocks {
    /// The most blocks.
    pub const MAX: usize = 50;

    /// Reads the blocks of a request. White space around a block is ignored.
    ///
    /// # Errors
    /// Every invalid block, as `allowed_ips[2]`; `TooMany` for the whole field.
    pub fn read<T: AsRef<str>>(blocks: &[T]) -> Result<Self, Vec<FieldFault>> {
        if blocks.len() > Self::MAX {
            return Err(vec![FieldFault::new(
                FIELD,
                Fault::TooMany { max: Self::MAX },
            )]);
        }
        let (mut read, mut faults) = (BTreeSet::new(), Vec::new());
        for (index, block) in blocks.iter().enumerate() {
            match block.as_ref().trim().parse() {
                Ok(block) => {
                    read.insert(block);
                }
                Err(fault) => faults.push(FieldFault::new(&format!("{FIELD}[{index}]"), fault)),
            }
        }
        if faults.is_empty() {
            Ok(Self(read))
        } else {
            Err(faults)
        }
    }

    /// The command of a body and the blocks of the same body, if it lists any.
    ///
    /// # Errors
    /// Every invalid field of both.
    pub fn read_with<C, T: AsRef<str>>(
        blocks: Option<&[T]>,
        command: Result<C, Vec<FieldFault>>,
    ) -> Result<(C, Option<Self>), Vec<FieldFault>> {
        let blocks = blocks.map(Self::read).transpose();
        match (command, blocks) {
            (Ok(command), Ok(blocks)) => Ok((command, blocks)),
            (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
            (Err(mut faults), Err(more)) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    /// Whether every address is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a client of this address is allowed. A client without an address is allowed only if
    /// every address is.
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        self.is_empty()
            || address.is_some_and(|address| self.0.iter().any(|block| block.contains(address)))
    }

    /// Whether each address that `other` allows is in one of these blocks. Blocks that only together
    /// cover a block of `other` do not count.
    pub fn cover(&self, other: &Self) -> bool {
        if self.is_empty() || other.is_empty() {
            return self.is_empty();
        }
        let covers = |block: &IpBlock| self.0.iter().any(|own| own.covers(block));
        other.0.iter().all(covers)
    }

    /// The blocks in one line, as the database and the audit log store them; none if every address
    /// is allowed.
    pub fn line(&self) -> Option<String> {
        let blocks: Vec<_> = self.0.iter().map(IpBlock::to_string).collect();
        Some(blocks.join(" ")).filter(|line| !line.is_empty())
    }
}

impl FromStr for IpBlocks {
    type Err = Fault;

    /// Blocks with white space between them.
    fn from_str(line: &str) -> Result<Self, Fault> {
        line.split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TryFrom<Vec<String>> for IpBlocks {
    type Error = &'static str;

    fn try_from(blocks: Vec<String>) -> Result<Self, Self::Error> {
        Self::read(&blocks).map_err(|_| "not a list of IP addresses")
    }
}

impl From<IpBlocks> for Vec<String> {
    fn from(blocks: IpBlocks) -> Self {
        blocks.0.iter().map(IpBlock::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn blocks(line: &str) -> IpBlocks {
        line.parse().expect("blocks")
    }

    #[test]
    fn a_block_is_an_address_with_or_without_a_prefix() {
        for (text, shown) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7/32", "203.0.113.7"),
            ("203.0.113.0/24", "203.0.113.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("2001:db8::1/128", "2001:db8::1"),
            ("::/0", "::/0"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            let block = text
                .parse::<IpBlock>()
                .map(|block| block.to_string());
            assert_eq!(block.as_deref(), Ok(shown), "{text}");
        }
        for text in [
            "",
            "/",
            "/24",
            "203.0.113.0/",
            "203.0.113.0/33",
            "203.0.113.0/+8",
            "203.0.113.0/08",
            "203.0.113.0/-1",
            "203.0.113.0/1000",
            "203.0.113.0/24/24",
            "203.0.113",
            "::/129",
            "fe80::1%eth0",
            "[::1]",
            "203.0.113.7:80",
            "example.com",
            "0x7f.0.0.1",
            "203.0.113.07",
            "203.0.113.0/255.255.255.0",
        ] {
            assert_eq!(
                text.parse::<IpBlock>(),
                Err(Fault::NotAnIpBlock),
                "{text}"
            );
        }
    }

    #[test]
    fn the_address_of_a_block_is_its_first() {
        for (text, block) in [
            ("203.0.113.7/24", "203.0.113.0/24"),
            ("1.0.0.0/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::ffff:203.0.113.7/120", "::ffff:203.0.113.0/120"),
            ("::ffff:203.0.113.0/95", "::fffe:0:0/95"),
        ] {
            let block = block.to_owned();
            assert_eq!(
                text.parse::<IpBlock>(),
                Err(Fault::HostBits { block }),
                "{text}"
            );
        }
    }

    #[test]
    fn a_list_has_at_most_50_blocks_and_names_those_that_are_invalid() {
        let faults = IpBlocks::read(&["203.0.113.7", "x", " 10.0.0.0/8 ", "10.0.0.1/8"]);
        let block = "10.0.0.0/8".to_owned();
        assert_eq!(
            faults,
            Err(vec![
                FieldFault::new("allowed_ips[1]", Fault::NotAnIpBlock),
                FieldFault::new("allowed_ips[3]", Fault::HostBits { block }),
            ])
        );
        let many: Vec<_> = (0..51).map(|n| format!("10.0.0.{n}")).collect();
        assert_eq!(
            IpBlocks::read(&many),
            Err(vec![FieldFault::new(
                FIELD,
                Fault::TooMany { max: 50 }
            )])
        );
        assert!(IpBlocks::read(&many[1..]).is_ok());
        let twice = IpBlocks::read(&["10.0.0.1", "10.0.0.1/32"]).expect("blocks");
        assert_eq!(twice.line().as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn the_faults_of_a_command_and_of_its_blocks_are_reported_together() {
        let name = FieldFault::new("name", Fault::Missing);
        let block = FieldFault::new("allowed_ips[0]", Fault::NotAnIpBlock);
        let both = IpBlocks::read_with(Some(&["x"]), Err::<(), _>(vec![name.clone()]));
        assert_eq!(both, Err(vec![name, block]));
        assert_eq!(
            IpBlocks::read_with::<_, &str>(None, Ok(7)),
            Ok((7, None))
        );
    }

    // D39
    #[test]
    fn an_empty_list_allows_every_address_and_another_list_only_its_own() {
        let all = IpBlocks::default();
        assert!(all.allow(None) && all.allow(Some(address("203.0.113.7"))));
        assert_eq!(all.line(), None);
        let some = blocks("203.0.113.0/24 2001:db8::/32");
        for (text, is_allowed) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("::ffff:203.0.113.7", true),
            ("203.0.114.0", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
            ("::203.0.113.7", false),
        ] {
            assert_eq!(some.allow(Some(address(text))), is_allowed, "{text}");
        }
        assert!(!some.allow(None));
        assert!(!blocks("::/0").allow(Some(address("203.0.113.7"))));
        assert!(!blocks("0.0.0.0/0").allow(Some(address("2001:db8::1"))));
    }

    #[test]
    fn a_list_covers_a_narrower_one() {
        for (wide, narrow, covers) in [
            ("", "", true),
            ("", "10.0.0.0/8", true),
            ("10.0.0.0/8", "", false),
            ("10.0.0.0/8", "10.1.0.0/16 10.2.0.1", true),
            ("10.1.0.0/16", "10.0.0.0/8", false),
            ("10.0.0.0/8", "10.0.0.1 192.0.2.1", false),
            ("::/0", "10.0.0.1", false),
            ("0.0.0.0/0 ::/0", "10.0.0.1 2001:db8::/32", true),
        ] {
            assert_eq!(
                blocks(wide).cover(&blocks(narrow)),
                covers,
                "{wide} {narrow}"
            );
        }
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
            any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
        ]
    }

    fn any_block() -> impl Strategy<Value = IpBlock> {
        (any_address(), 0..=128_u8).prop_map(|(address, prefix)| {
            let address = address.to_canonical();
            let prefix = if address.is_ipv4() {
                prefix % 33
            } else {
                prefix
            };
            let first = first_of(address, prefix).expect("a block");
            IpBlock { first, prefix }
        })
    }

    proptest! {
        #[test]
        fn a_block_reads_as_it_is_shown(block in any_block()) {
            prop_assert_eq!(block.to_string().parse(), Ok(block));
        }

        #[test]
        fn a_block_contains_exactly_the_addresses_with_its_prefix(block in any_block(), address in any_address(), flipped in 0..128_u32) {
            prop_assert!(block.contains(block.first));
            prop_assert_eq!(block.contains(address), first_of(address, block.prefix) == Some(block.first) && address.is_ipv4() == block.first.is_ipv4());
            let (bits, other): (u32, IpAddr) = match block.first {
                IpAddr::V4(first) => (32, Ipv4Addr::from_bits(first.to_bits() ^ (1 << (flipped % 32))).into()),
                IpAddr::V6(first) => (128, Ipv6Addr::from_bits(first.to_bits() ^ (1 << flipped)).into()),
            };
            let is_host_bit = flipped % bits < bits - u32::from(block.prefix);
            prop_assert_eq!(block.contains(other), is_host_bit);
        }

        // Narrowing a list lets no other client in.
        #[test]
        fn what_a_covered_list_allows_its_cover_allows_too(
            wide in prop::collection::vec(any_block(), 0..4),
            narrow in prop::collection::vec(any_block(), 0..4),
            address in any_address(),
        ) {
            let (wide, narrow) = (IpBlocks(wide.into_iter().collect()), IpBlocks(narrow.into_iter().collect()));
            if wide.cover(&narrow) && narrow.allow(Some(address)) {
                prop_assert!(wide.allow(Some(address)));
            }
            prop_assert!(wide.cover(&wide));
        }
    }
}
