//! The request of a program on the same computer as the browser (RFC 8252, RFC 7636).

use std::fmt;
use std::str::FromStr;

use super::DeviceClient;

/// The address of a program that waits on this computer: `http://127.0.0.1:PORT/callback` or
/// `http://[::1]:PORT/callback`, with any port (RFC 8252, 7.3). Nothing else is ever redirected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopbackUri {
    host: &'static str,
    port: u16,
}

/// The text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoopback;

const HOSTS: [&str; 2] = ["127.0.0.1", "[::1]"];
const PATH: &str = "/callback";

impl fmt::Display for LoopbackUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{PATH}", self.host, self.port)
    }
}

impl FromStr for LoopbackUri {
    type Err = NotLoopback;

    fn from_str(text: &str) -> Result<Self, NotLoopback> {
        let rest = text.strip_prefix("http://").ok_or(NotLoopback)?;
        let authority = rest.strip_suffix(PATH).ok_or(NotLoopback)?;
        let (host, port) = authority.rsplit_once(':').ok_or(NotLoopback)?;
        let host = HOSTS
            .into_iter()
            .find(|known| *known == host)
            .ok_or(NotLoopback)?;
        let is_decimal = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
        let port = port.parse().map_err(|_| NotLoopback)?;
        if is_decimal {
            Ok(Self { host, port })
        } else {
            Err(NotLoopback)
        }
    }
}

/// The SHA-256 digest of a verifier that only the program knows, in base64url: 43 characters
/// (RFC 7636, 4.2). The method `plain` is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkceChallenge(String);

/// The text is no such digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAChallenge;

impl PkceChallenge {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PkceChallenge {
    type Err = NotAChallenge;

    fn from_str(text: &str) -> Result<Self, NotAChallenge> {
        if text.len() == 43 && text.bytes().all(is_base64url) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAChallenge)
        }
    }
}

/// What a program on the same computer asks for (RFC 6749, 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The program.
    pub client: DeviceClient,
    /// Where it waits.
    pub redirect_uri: LoopbackUri,
    /// Ties the code to the program that asked for it.
    pub challenge: PkceChallenge,
    /// What the program gets back unchanged: 1 to 128 characters of base64url.
    pub state: String,
}

/// The longest `state`, in characters.
const MAX_STATE: usize = 128;

impl AuthorizationRequest {
    /// Reads the parameters. `None` unless every one of them is there and valid.
    pub fn read<'a>(find: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let is_code = find("response_type")? == "code" && find("code_challenge_method")? == "S256";
        let state = find("state")?;
        if !is_code || !Self::is_state(state) {
            return None;
        }
        Some(Self {
            client: find("client_id")?.parse().ok()?,
            redirect_uri: find("redirect_uri")?.parse().ok()?,
            challenge: find("code_challenge")?.parse().ok()?,
            state: state.to_owned(),
        })
    }

    /// Whether a text may be the `state` of a request.
    pub fn is_state(text: &str) -> bool {
        (1..=MAX_STATE).contains(&text.len()) && text.bytes().all(is_base64url)
    }

    /// The parameters of the request, as in its URL.
    pub fn pairs(&self) -> [(&'static str, String); 6] {
        [
            ("response_type", "code".to_owned()),
            ("client_id", self.client.as_str().to_owned()),
            ("redirect_uri", self.redirect_uri.to_string()),
            ("code_challenge", self.challenge.as_str().to_owned()),
            ("code_challenge_method", "S256".to_owned()),
            ("state", self.state.clone()),
        ]
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_on_this_computer_get_a_code() {
        for text in ["http://127.0.0.1:49152/callback", "http://[::1]:1/callback"] {
            let uri = text
                .parse::<LoopbackUri>()
                .unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(uri.to_string(), text);
        }
        for text in [
            "",
            "https://127.0.0.1:49152/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:080/callback",
            "http://127.0.0.1:80/callback?next=//evil.test",
            "http://127.0.0.1:80/other",
            "http://127.0.0.1:80@evil.test/callback",
            "http://evil.test/?http://127.0.0.1:80/callback",
            "http://localhost:80/callback",
            "http://127.0.0.2:80/callback",
            "http://user@127.0.0.1:80/callback",
            " http://127.0.0.1:80/callback",
            "HTTP://127.0.0.1:80/callback",
        ] {
            assert_eq!(
                text.parse::<LoopbackUri>(),
                Err(NotLoopback),
                "{text}"
            );
        }
    }

    #[test]
    fn a_request_is_read_whole_or_not_at_all() {
        let pairs = [
            ("response_type", "code"),
            ("client_id", "roundtable-cli"),
            ("redirect_uri", "http://127.0.0.1:49152/callback"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
            ("state", "af0ifjsldkj"),
        ];
        let find = |pairs: &[(&'static str, &'static str)], name: &str| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let request = AuthorizationRequest::read(|name| find(&pairs, name)).expect("a request");
        for (name, value) in request.pairs() {
            assert_eq!(find(&pairs, name), Some(value.as_str()));
        }
        for n in 0..pairs.len() {
            let mut fewer = pairs.to_vec();
            fewer.remove(n);
            assert_eq!(
                AuthorizationRequest::read(|name| find(&fewer, name)),
                None,
                "{n}"
            );
            let mut other = pairs;
            other[n].1 = "plain text";
            assert_eq!(
                AuthorizationRequest::read(|name| find(&other, name)),
                None,
                "{n}"
            );
        }
    }
}
