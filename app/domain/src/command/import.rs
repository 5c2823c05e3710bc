//! Commands for keys that another system has issued.

use super::Faults;
use super::keys::Expiry;
use crate::api::{ApiScopeWords, Slug};
use crate::consumer::ExternalId;
use crate::environment::Environment;
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};
use crate::text::Name;

/// Accept keys of another system for an API, known by their SHA-256 digests (D34).
#[derive(Clone, Debug)]
pub struct ImportKeys {
    /// The API.
    pub api: Slug,
    /// The keys, with their lines in the file.
    pub keys: Vec<(usize, ImportedKey)>,
    /// Whether nothing is stored.
    pub dry_run: bool,
}

impl ImportKeys {
    /// The most keys of one import.
    pub const MAX: usize = 1_000;
}

/// A key that another system has issued.
#[derive(Clone, Debug)]
pub struct ImportedKey {
    /// The SHA-256 digest of the whole key.
    pub sha256: [u8; 32],
    /// The consumer that owns it. It is created if it does not exist.
    pub external_id: ExternalId,
    /// Its name; by default the external id.
    pub name: Name,
    /// Its first characters, which lists show; by default those of the digest.
    pub start: KeyStart,
    /// Its environment.
    pub environment: Environment,
    /// What it may do.
    pub scopes: ApiScopeWords,
    /// When it expires.
    pub expires_at: Option<Moment>,
}

/// The fields of a key to import, not validated yet.
#[derive(Clone, Debug, Default)]
pub struct ImportedKeyDraft<'a> {
    /// The digest, as 64 hexadecimal digits.
    pub sha256: &'a str,
    /// The consumer.
    pub external_id: &'a str,
    /// The name.
    pub name: Option<&'a str>,
    /// The first characters.
    pub start: Option<&'a str>,
    /// `production` or `test`.
    pub environment: Option<&'a str>,
    /// The scopes.
    pub scopes: &'a [String],
    /// When it expires.
    pub expires_at: Expiry<'a>,
}

impl ImportedKey {
    /// Reads the fields of one key.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(draft: &ImportedKeyDraft<'_>, now: Moment) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let sha256 = faults.take("sha256", read_digest(draft.sha256));
        let external_id = faults.take("external_id", draft.external_id.parse());
        let short: String = draft
            .external_id
            .chars()
            .take(Name::MAX)
            .collect();
        let given = |text: Option<&'_ str>| text.is_some_and(|text| !text.trim().is_empty());
        let name = match draft.name.filter(|_| given(draft.name)) {
            Some(name) => faults.take("name", Name::parse(name)),
            None => Name::parse(&short).ok(),
        };
        let start = match draft.start.filter(|_| given(draft.start)) {
            Some(start) => faults.take("start", KeyStart::read(start.trim())),
            None => sha256.as_ref().map(KeyStart::of_digest),
        };
        let environment = faults.take("environment", Environment::read(draft.environment));
        let scopes = faults.take("scopes", ApiScopeWords::read(draft.scopes));
        let expires_at = faults.take("expires_at", draft.expires_at.read(now));
        faults.done(|| {
            Some(Self {
                sha256: sha256?,
                external_id: external_id?,
                name: name?,
                start: start?,
                environment: environment?,
                scopes: scopes?,
                expires_at: expires_at?,
            })
        })
    }
}

/// Asterisks of the masked form, as for keys that are generated here.
const ASTERISKS: usize = 28;

/// The first characters of an imported key, by which people recognize it. They are not secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStart(String);

impl KeyStart {
    /// The most characters.
    pub const MAX: usize = 16;

    /// Reads up to 16 visible ASCII characters, without `*`.
    fn read(text: &str) -> Result<Self, Fault> {
        let fits = (1..=Self::MAX).contains(&text.len());
        if fits
            && text
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'*')
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotVisibleAscii { max: Self::MAX })
        }
    }

    /// The first digits of the digest.
    fn of_digest(digest: &[u8; 32]) -> Self {
        let digits = hex::encode(&digest[..4]);
        Self(format!("sha256_{digits}"))
    }

    /// The masked form: these characters, and asterisks.
    pub fn preview(&self) -> String {
        format!("{}{}", self.0, "*".repeat(ASTERISKS))
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn read_digest(text: &str) -> Result<[u8; 32], Fault> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text.trim(), &mut digest).map_err(|_| Fault::NotADigest)?;
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn a_key_needs_a_digest_and_a_consumer() {
        let draft = ImportedKeyDraft {
            sha256: DIGEST,
            external_id: "customer_42",
            ..ImportedKeyDraft::default()
        };
        let key = ImportedKey::read(&draft, Moment(0)).expect("valid");
        assert_eq!((key.sha256[0], key.sha256[31]), (0x9f, 0x08));
        assert_eq!(
            (key.name.as_str(), key.start.as_str()),
            ("customer_42", "sha256_9f86d081")
        );
        let named = ImportedKeyDraft {
            name: Some("Initech"),
            start: Some("sk_live_4eC3"),
            ..draft
        };
        let key = ImportedKey::read(&named, Moment(0)).expect("valid");
        assert_eq!(
            (key.name.as_str(), key.start.as_str()),
            ("Initech", "sk_live_4eC3")
        );
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let signed = format!("+{}", &DIGEST[1..]);
        for sha256 in ["", "9f86", &DIGEST[1..], &signed, "ß"] {
            let draft = ImportedKeyDraft {
                sha256,
                external_id: "customer 42",
                start: Some("a key that is whole"),
                environment: Some("staging"),
                scopes: &["*".into()],
                expires_at: Expiry::At("soon"),
                ..ImportedKeyDraft::default()
            };
            let faults = ImportedKey::read(&draft, Moment(0)).expect_err("faults");
            let fields: Vec<_> = faults.iter().map(|fault| &fault.field).collect();
            assert_eq!(
                fields,
                [
                    "sha256",
                    "external_id",
                    "start",
                    "environment",
                    "scopes",
                    "expires_at"
                ],
                "{sha256:?}"
            );
        }
    }
}
