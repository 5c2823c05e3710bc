//! Parses the URL of a database. A URL that is not understood completely is refused, so that none
//! opens another file.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use super::StoreError;

/// A parsed database URL.
#[derive(Debug)]
pub(super) enum DatabaseUrl {
    /// A file.
    Sqlite {
        /// The path of the file.
        path: PathBuf,
        /// Whether a missing file is created.
        create: bool,
    },
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

impl DatabaseUrl {
    /// Parses `sqlite://PATH`, `sqlite:PATH` or `postgres://…`.
    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" => postgres(&format!("postgres:{rest}")),
            _ => Err(refused("must begin with sqlite:// or postgres://")),
        }
    }
}

fn sqlite(rest: &str) -> Result<DatabaseUrl, StoreError> {
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = decoded(path).ok_or_else(|| {
        refused("has a % that is not followed by two hexadecimal digits of UTF-8")
    })?;
    if path.is_empty() {
        return Err(refused("names no file: write sqlite://PATH"));
    }
    if path.contains(":memory:") {
        return Err(refused(
            "names a database in memory, which would lose everything at exit: name a file",
        ));
    }
    if path.ends_with('/') || path.contains('\0') {
        return Err(refused(
            "names a folder and not a file: write sqlite://FOLDER/FILE",
        ));
    }
    let mut create = true;
    for parameter in parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
    {
        match parameter {
            "mode=rwc" => create = true,
            "mode=rw" => create = false,
            "cache=private" | "immutable=0" | "immutable=false" => {}
            "mode=ro" => {
                return Err(refused(
                    "opens the file read-only (mode=ro), but it must be writable",
                ));
            }
            "mode=memory" => {
                return Err(refused(
                    "names a database in memory (mode=memory), which would lose everything at exit",
                ));
            }
            other => {
                let name = other.split('=').next().unwrap_or_default();
                return Err(refused(&format!(
                    "has a parameter that is not supported ({name}); mode=rwc and mode=rw are"
                )));
            }
        }
    }
    Ok(DatabaseUrl::Sqlite {
        path: path.into(),
        create,
    })
}

fn postgres(url: &str) -> Result<DatabaseUrl, StoreError> {
    // The parser's message may contain a part of the URL, and so a password.
    let options = PgConnectOptions::from_str(url);
    let options = options
        .map_err(|_| refused("is not valid: write postgres://USER:PASSWORD@HOST:PORT/DATABASE"))?;
    Ok(DatabaseUrl::Postgres(Box::new(options)))
}

/// Decodes percent-encoding. None if it is malformed.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let mut after = tail;
        let byte = if *first == b'%' {
            let (digits, left) = tail.split_at_checked(2)?;
            after = left;
            u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?
        } else {
            *first
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn refused(why: &str) -> StoreError {
    StoreError::Url(format!("the database URL {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // F11
    #[test]
    fn a_url_names_exactly_the_file_it_says_or_is_refused() {
        let understood = [
            ("sqlite://data/rt.db", "data/rt.db", true),
            ("sqlite://data/rt.db?mode=rwc", "data/rt.db", true),
            ("sqlite://data/rt.db?mode=rw", "data/rt.db", false),
            (
                "sqlite://data/rt.db?mode=rwc&cache=private",
                "data/rt.db",
                true,
            ),
            ("sqlite://data/rt.db?", "data/rt.db", true),
            ("sqlite:data/rt.db", "data/rt.db", true),
            ("sqlite:///var/lib/rt.db", "/var/lib/rt.db", true),
            ("sqlite:/var/lib/rt.db", "/var/lib/rt.db", true),
            ("SQLite://rt.db", "rt.db", true),
            (" sqlite://rt.db\n", "rt.db", true),
            (
                "sqlite://my%20data/a%3Fb%25.db",
                "my data/a?b%.db",
                true,
            ),
            ("sqlite://file:rt.db", "file:rt.db", true),
        ];
        for (text, wanted, creates) in understood {
            let Ok(DatabaseUrl::Sqlite { path, create }) = DatabaseUrl::parse(text) else {
                panic!("{text} is refused")
            };
            assert_eq!(
                (path, create),
                (PathBuf::from(wanted), creates),
                "{text}"
            );
        }
        for refused in [
            "",
            "rt.db",
            "sqlite",
            "sqlite:",
            "sqlite://",
            "sqlite://?mode=rwc",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://rt.db?mode=memory",
            "sqlite://rt.db?mode=ro",
            "sqlite://rt.db?mode=",
            "sqlite://rt.db?cache=shared",
            "sqlite://rt.db?immutable=1",
            "sqlite://rt.db?vfs=unix-none",
            "sqlite://rt.db?journal_mode=off",
            "sqlite://data/",
            "sqlite://a%zz.db",
            "sqlite://a%2",
            "sqlite://a%ff.db",
            "sqlite://a%00.db",
            "mysql://host/db",
            "postgres://user:hunter2@host:notaport/db",
        ] {
            let error = DatabaseUrl::parse(refused).expect_err(refused);
            assert!(matches!(error, StoreError::Url(_)), "{refused}");
            let said = error.to_string();
            assert!(
                said.starts_with("the database URL ") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }
}
