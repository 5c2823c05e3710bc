//! Ids. Keys, actors and people have integers; every other object has an id with a prefix, such as
//! `org_…` (D11).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not an id of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// One to eighteen digits, no sign, no leading zero.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
                if !digits || text.starts_with('0') {
                    return Err(NotAnId);
                }
                text.parse().map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

macro_rules! word_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The prefix of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// The id as text, including the prefix.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// The prefix, then 1 to 40 letters and digits.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let tail = text.strip_prefix($prefix).ok_or(NotAnId)?;
                let is_valid = (1..=40).contains(&tail.len()) && tail.bytes().all(|b| b.is_ascii_alphanumeric());
                if is_valid { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse().map_err(|_| concat!("not an id that begins with ", $prefix))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

integer_id!(
    /// An API key. The number is public and reveals nothing about the secret.
    KeyId
);
integer_id!(
    /// A member or a service account of one organization. It can own keys.
    ActorId
);
integer_id!(
    /// An API that an organization protects with keys.
    ApiId
);
integer_id!(
    /// A person who signs in. They can belong to several organizations.
    PersonId
);
word_id!(
    /// An organization, `org_…`.
    OrganizationId,
    "org_"
);
word_id!(
    /// A workspace, `ws_…`.
    WorkspaceId,
    "ws_"
);
word_id!(
    /// A run of a workspace, `run_…`.
    RunId,
    "run_"
);
word_id!(
    /// A message or a note, `item_…`.
    ItemId,
    "item_"
);

word_id!(
    /// An invitation to an organization, `inv_…`.
    InvitationId,
    "inv_"
);
word_id!(
    /// A browser session, `ses_…`. It reveals nothing about the session's token.
    SessionId,
    "ses_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_positive_integers_are_parsed() {
        assert_eq!("42".parse(), Ok(KeyId(42)));
        for bad in [
            "",
            "0",
            "007",
            "-1",
            "+1",
            " 1",
            "1.0",
            "abc",
            "9999999999999999999",
            "１",
        ] {
            assert_eq!(bad.parse::<KeyId>(), Err(NotAnId), "{bad:?}");
        }
    }

    #[test]
    fn prefixed_ids_need_their_prefix_and_ascii_letters() {
        assert_eq!(
            "ws_abc123"
                .parse::<WorkspaceId>()
                .map(String::from),
            Ok("ws_abc123".into())
        );
        for bad in ["", "ws_", "org_abc", "ws_a/b", "ws_ü", "ws_a b", "WS_abc"] {
            assert_eq!(bad.parse::<WorkspaceId>(), Err(NotAnId), "{bad:?}");
        }
    }
}
