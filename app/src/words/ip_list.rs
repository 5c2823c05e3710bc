//! Lists of IP addresses.

pub const LABEL: &str = "Allowed IP addresses (optional)";
pub const SAMPLE: &str = "203.0.113.0/24";
pub const TITLE: &str = "Allowed IP addresses";
pub const CHANGE: &str = "Change addresses";
pub const KEY_HINT: &str = "One address or block a line. The key is refused from every other address. Without one, it can be used from everywhere.";
pub const API_HINT: &str = "One address or block a line. Keys for this API are refused from every other address. Without one, they can be used from everywhere.";
pub const CONSUMER_HINT: &str = "One address or block a line. The keys of the consumer are refused from every other address. Without one, they can be used from everywhere.";
pub const CHANGE_EFFECT: &str =
    "A key in use from an address that you remove is refused immediately.";
