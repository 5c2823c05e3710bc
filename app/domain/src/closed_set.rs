//! Closed sets of words: enums in which every value has one word for the database, the API, forms
//! and URLs.
//!
//! [`closed_set!`](crate::closed_set!) generates the enum and everything that depends on its words,
//! so that a new value is added in one place.

use std::fmt;

use serde::{Deserialize, Deserializer};

#[doc(hidden)]
pub use serde;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use utoipa;

/// A text that is not a word of the closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// Every word of the set.
    pub expected: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of: {}", self.expected.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// Reads a word of a closed set; for [`closed_set!`](crate::closed_set!).
#[doc(hidden)]
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err = UnknownWord>,
    D: Deserializer<'de>,
{
    let word = String::deserialize(deserializer)?;
    word.parse().map_err(serde::de::Error::custom)
}

/// Generates an enum from a table of its words: `ALL` and `WORDS` in the order of the table,
/// `as_str`, `FromStr`, `Display`, and serde as the word.
///
/// Columns, declared in parentheses after the name, become methods. With the feature `schema`, `as
/// "Name"` gives the set a component of that name in the OpenAPI description.
///
/// ```
/// domain::closed_set! {
///     /// A direction.
///     pub enum Direction(
///         /// The arrow for it.
///         arrow: char,
///     ) {
///         /// Towards the sky.
///         Up = "up" ('↑'),
///         /// Towards the ground.
///         Down = "down" ('↓'),
///     }
/// }
///
/// assert_eq!("up".parse(), Ok(Direction::Up));
/// assert_eq!(Direction::ALL.map(Direction::arrow), ['↑', '↓']);
/// assert_eq!("left".parse::<Direction>().map_err(|error| error.to_string()), Err("expected one of: up, down".into()));
/// ```
#[macro_export]
macro_rules! closed_set {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident $(as $schema:literal $(: $description:literal)?)? {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// The words, in the order of the table.
            pub const WORDS: [&'static str; [$($word),+].len()] = [$($word),+];

            /// Every value, in the order of the table.
            pub const ALL: [Self; Self::WORDS.len()] = [$(Self::$variant),+];

            /// The word of the value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::closed_set::UnknownWord;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::closed_set::UnknownWord { expected: &Self::WORDS }),
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::closed_set::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::closed_set::serde::Serializer,
            {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::closed_set::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::closed_set::serde::Deserializer<'de>,
            {
                $crate::closed_set::deserialize(deserializer)
            }
        }

        $( $crate::closed_set_schema!($name as $schema $(: $description)?); )?
    };

    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident $(as $schema:literal $(: $description:literal)?)? (
            $( $(#[$column_meta:meta])* $column:ident: $type:ty ),+ $(,)?
        ) {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal ($($value:expr),+ $(,)?) ),+ $(,)?
        }
    ) => {
        $crate::closed_set! {
            $(#[$meta])*
            $vis enum $name $(as $schema $(: $description)?)? {
                $( $(#[$variant_meta])* $variant = $word ),+
            }
        }

        const _: () = {
            /// The columns of one value.
            struct Row {
                $( $column: $type, )+
            }

            const fn row($($column: $type),+) -> Row {
                Row { $($column),+ }
            }

            impl $name {
                const fn row(self) -> Row {
                    match self {
                        $( Self::$variant => row($($value),+), )+
                    }
                }

                $(
                    $(#[$column_meta])*
                    $vis const fn $column(self) -> $type {
                        self.row().$column
                    }
                )+
            }
        };
    };
}

/// Generates nothing without the feature `schema`.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! closed_set_schema {
    ($($any:tt)*) => {};
}

/// Generates the OpenAPI schema of a closed set.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! closed_set_schema {
    ($name:ident as $schema:literal $(: $description:literal)?) => {
        impl $crate::closed_set::utoipa::PartialSchema for $name {
            fn schema() -> $crate::closed_set::utoipa::openapi::RefOr<$crate::closed_set::utoipa::openapi::Schema> {
                $crate::closed_set::one_of(Self::WORDS)$(.description(Some($description)))?.into()
            }
        }

        impl $crate::closed_set::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                $schema.into()
            }
        }
    };
}

/// The schema of a string that is one of these words.
#[cfg(feature = "schema")]
#[doc(hidden)]
pub fn one_of(words: impl IntoIterator<Item = &'static str>) -> utoipa::openapi::ObjectBuilder {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .enum_values(Some(words.into_iter().collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use crate::api::KeyHeader;
    use crate::command::{ExportFormat, KeySort, StatusFilter};
    use crate::event::{AuditAction, EventCategory, ObjectKind};
    use crate::key::RevokeReason;
    use crate::organization::KeyMakers;
    use crate::policy::Action;
    use crate::problem::{ConflictReason, Fault};
    use crate::run::RunState;
    use crate::scope::{Group, Template};
    use crate::token::KeyKind;
    use crate::view::RefusalCause;
    use crate::workspace::{Provider, WorkspaceStatus};
    use crate::{ActorKind, Code, Environment, Role, Scope, SealedKind};

    #[test]
    fn words_are_unique_and_parse_to_their_value() {
        macro_rules! check {
            ($($set:ty),+) => {$(
                let words: std::collections::BTreeSet<_> = <$set>::WORDS.into_iter().collect();
                assert_eq!(words.len(), <$set>::ALL.len(), "{words:?}");
                for value in <$set>::ALL {
                    assert_eq!(value.as_str().parse(), Ok(value));
                }
            )+};
        }

        check!(
            Action,
            ActorKind,
            AuditAction,
            Code,
            ConflictReason,
            Environment,
            EventCategory,
            ExportFormat,
            Group,
            KeyHeader,
            KeyKind,
            KeyMakers,
            KeySort,
            ObjectKind,
            Provider,
            RefusalCause,
            RevokeReason,
            Role,
            RunState,
            Scope,
            SealedKind,
            StatusFilter,
            Template,
            WorkspaceStatus
        );
    }

    #[test]
    fn the_error_for_an_unknown_word_lists_the_known_words() {
        let unknown = "builder".parse::<Role>().expect_err("no role");
        assert_eq!(
            unknown.to_string(),
            "expected one of: member, admin, owner"
        );
        assert_eq!(
            Fault::from(unknown),
            Fault::Unknown {
                known: "member, admin, owner".into()
            }
        );
    }
}
