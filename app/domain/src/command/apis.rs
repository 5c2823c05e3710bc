//! Commands for APIs and their keys.

use super::Faults;
use super::keys::Expiry;
use crate::api::{
    ApiScope, ApiScopeWords, ApiScopes, KeyHeader, Slug, read_environments, read_key_prefix,
};
use crate::environment::Environment;
use crate::id::ActorId;
use crate::ip::IpBlocks;
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};
use crate::text::{Description, Name};
use crate::token::Brand;

/// Register an API.
#[derive(Clone, Debug)]
pub struct CreateApi {
    /// Its name.
    pub name: Name,
    /// Its name in URLs.
    pub slug: Slug,
    /// The first word of its keys.
    pub key_prefix: Brand,
    /// The header that carries its keys.
    pub key_header: KeyHeader,
    /// The environments that it has keys for.
    pub environments: Vec<Environment>,
    /// Its scopes.
    pub scopes: ApiScopes,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: IpBlocks,
    /// Whether the gate signs an assertion for each request that passes (D36).
    pub signed_assertion: bool,
}

/// The fields of an API, not validated yet. Those of a change are all optional.
#[derive(Clone, Debug, Default)]
pub struct ApiDraft<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Its name in URLs.
    pub slug: &'a str,
    /// The first word of its keys; by default the slug without hyphens, cut to 12 characters.
    pub key_prefix: Option<&'a str>,
    /// The header that carries its keys; by default any.
    pub key_header: Option<&'a str>,
    /// The environments that it has keys for; by default both.
    pub environments: Option<&'a [String]>,
    /// Its scopes.
    pub scopes: Option<Vec<ApiScope>>,
    /// The IP addresses that its keys can be used from; by default all.
    pub allowed_ips: Option<&'a [String]>,
    /// Whether the gate signs an assertion for each request that passes; by default it does not.
    pub signed_assertion: Option<bool>,
}

impl CreateApi {
    /// Reads the fields of a form that has its scopes as text, one a line.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read_form(draft: ApiDraft<'_>, scopes: &str) -> Result<Self, Vec<FieldFault>> {
        with_lines(draft, Some(scopes), Self::read)
    }

    /// Reads the fields of a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(draft: ApiDraft<'_>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(draft.name.unwrap_or_default()));
        let slug = faults.take("slug", draft.slug.parse());
        let default = slug.as_ref().map(default_prefix);
        // Without a slug, the default prefix has no fault of its own.
        let key_prefix = draft
            .key_prefix
            .or(default.as_deref())
            .and_then(|prefix| faults.take("key_prefix", read_key_prefix(prefix)));
        let key_header = faults.take("key_header", read_header(draft.key_header));
        let environments = faults.take("environments", read_environments(draft.environments));
        let scopes = ApiScopes::read(draft.scopes.unwrap_or_default());
        let scopes = faults.take("scopes", scopes);
        let allowed_ips = faults.take_ips(draft.allowed_ips);
        faults.done(|| {
            Some(Self {
                name: name?,
                slug: slug?,
                key_prefix: key_prefix?,
                key_header: key_header?,
                environments: environments?,
                scopes: scopes?,
                allowed_ips: allowed_ips?.unwrap_or_default(),
                signed_assertion: draft.signed_assertion.unwrap_or(false),
            })
        })
    }
}

/// Change an API.
#[derive(Clone, Debug)]
pub struct ChangeApi {
    /// The API.
    pub api: Slug,
    /// Its new name.
    pub name: Option<Name>,
    /// The header that carries its keys.
    pub key_header: Option<KeyHeader>,
    /// The environments that it has keys for.
    pub environments: Option<Vec<Environment>>,
    /// Its scopes.
    pub scopes: Option<ApiScopes>,
    /// Whether it is archived: its keys are refused.
    pub archived: Option<bool>,
    /// The IP addresses that its keys can be used from.
    pub allowed_ips: Option<IpBlocks>,
    /// Whether the gate signs an assertion for each request that passes.
    pub signed_assertion: Option<bool>,
}

impl ChangeApi {
    /// Reads the fields of a form that has its scopes as text, one a line.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read_form(
        api: Slug,
        draft: ApiDraft<'_>,
        scopes: Option<&str>,
        archived: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        with_lines(draft, scopes, |draft| {
            Self::read(api, draft, archived)
        })
    }

    /// Reads the fields of a body. Neither the slug nor the key prefix can change.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        api: Slug,
        draft: ApiDraft<'_>,
        archived: Option<bool>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", draft.name.map(Name::parse).transpose());
        let header = draft
            .key_header
            .map(|word| read_header(Some(word)));
        let key_header = faults.take("key_header", header.transpose());
        let environments = draft
            .environments
            .map(|words| read_environments(Some(words)));
        let environments = faults.take("environments", environments.transpose());
        let scopes = draft.scopes.map(ApiScopes::read).transpose();
        let scopes = faults.take("scopes", scopes);
        let allowed_ips = faults.take_ips(draft.allowed_ips);
        faults.done(|| {
            Some(Self {
                api,
                name: name?,
                key_header: key_header?,
                environments: environments?,
                scopes: scopes?,
                archived,
                allowed_ips: allowed_ips?,
                signed_assertion: draft.signed_assertion,
            })
        })
    }
}

/// Create a key for an API (D34).
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// The API.
    pub api: Slug,
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub description: Description,
    /// Its owner; by default the caller.
    pub owner: Option<ActorId>,
    /// Its environment.
    pub environment: Environment,
    /// What it may do. Without scopes it is valid and nothing more.
    pub scopes: ApiScopeWords,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// The IP addresses that it can be used from.
    pub allowed_ips: IpBlocks,
}

/// The fields of a new key for an API, not validated yet.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyDraft<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Its owner.
    pub owner: Option<ActorId>,
    /// `production` or `test`.
    pub environment: Option<&'a str>,
    /// Its scopes.
    pub scopes: &'a [String],
    /// When it expires.
    pub expires_at: Expiry<'a>,
    /// The IP addresses that it can be used from; by default all.
    pub allowed_ips: Option<&'a [String]>,
}

impl CreateApiKey {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(api: Slug, draft: &ApiKeyDraft<'_>, now: Moment) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(draft.name));
        let description = faults.take("description", Description::parse(draft.description));
        let environment = faults.take("environment", Environment::read(draft.environment));
        let scopes = faults.take("scopes", ApiScopeWords::read(draft.scopes));
        let expires_at = faults.take("expires_at", draft.expires_at.read(now));
        let allowed_ips = faults.take_ips(draft.allowed_ips);
        faults.done(|| {
            Some(Self {
                api,
                name: name?,
                description: description?,
                owner: draft.owner,
                environment: environment?,
                scopes: scopes?,
                expires_at: expires_at?,
                allowed_ips: allowed_ips?.unwrap_or_default(),
            })
        })
    }
}

/// Reads a draft with these lines as its scopes.
fn with_lines<T>(
    draft: ApiDraft<'_>,
    lines: Option<&str>,
    read: impl FnOnce(ApiDraft<'_>) -> Result<T, Vec<FieldFault>>,
) -> Result<T, Vec<FieldFault>> {
    match lines.map(ApiScopes::read_lines).transpose() {
        Ok(scopes) => read(ApiDraft { scopes, ..draft }),
        Err(fault) => {
            let mut faults = read(draft).err().unwrap_or_default();
            faults.push(FieldFault::new("scopes", fault));
            Err(faults)
        }
    }
}

/// The slug without hyphens, cut to the length of a key prefix.
fn default_prefix(slug: &Slug) -> String {
    slug.as_str()
        .chars()
        .filter(|c| *c != '-')
        .take(12)
        .collect()
}

fn read_header(word: Option<&str>) -> Result<KeyHeader, Fault> {
    let Some(word) = word else {
        return Ok(KeyHeader::Any);
    };
    Ok(word.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_api_has_defaults() {
        let command = CreateApi::read(ApiDraft {
            name: Some("Orders"),
            slug: "orders-and-returns",
            ..ApiDraft::default()
        })
        .expect("valid");
        assert_eq!(command.key_prefix.to_string(), "ordersandret");
        assert_eq!(command.key_header, KeyHeader::Any);
        assert_eq!(command.environments, Environment::ALL);
    }

    #[test]
    fn a_slug_that_is_none_has_one_fault() {
        let draft = ApiDraft {
            name: Some("Orders"),
            slug: "Not a slug",
            ..ApiDraft::default()
        };
        let faults = CreateApi::read(draft).expect_err("faults");
        assert_eq!(faults, [FieldFault::new("slug", Fault::NotASlug)]);
    }

    #[test]
    fn a_form_has_one_scope_a_line() {
        let draft = ApiDraft {
            name: Some("Orders"),
            slug: "orders",
            ..ApiDraft::default()
        };
        let lines = "\r\n orders:read  Read orders \r\norders:write\tPlace orders\nping\n";
        let command = CreateApi::read_form(draft.clone(), lines).expect("valid");
        let scopes: Vec<_> = command
            .scopes
            .iter()
            .map(|scope| (scope.scope.as_str(), scope.description.as_str()))
            .collect();
        assert_eq!(
            scopes,
            [
                ("orders:read", "Read orders"),
                ("orders:write", "Place orders"),
                ("ping", "")
            ]
        );
        let unnamed = ApiDraft {
            name: None,
            ..draft
        };
        for (lines, fault) in [
            ("Read orders", Fault::NotAScopeWord),
            ("ping\nping again", Fault::Repeated),
        ] {
            let faults = CreateApi::read_form(unnamed.clone(), lines).expect_err("faults");
            let faults: Vec<_> = faults
                .into_iter()
                .map(|fault| (fault.field, fault.fault))
                .collect();
            let expected = [
                ("name".to_owned(), Fault::Missing),
                ("scopes".to_owned(), fault),
            ];
            assert_eq!(faults, expected, "{lines:?}");
        }
    }

    #[test]
    fn every_invalid_field_of_an_api_is_reported() {
        let draft = ApiDraft {
            name: Some(" "),
            slug: "Orders",
            key_prefix: Some("o"),
            key_header: Some("cookie"),
            environments: Some(&[]),
            scopes: None,
            allowed_ips: Some(&["anywhere".to_owned()]),
            signed_assertion: None,
        };
        let fields = |faults: Vec<FieldFault>| {
            faults
                .into_iter()
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        let faults = CreateApi::read(draft.clone()).expect_err("faults");
        assert_eq!(
            fields(faults),
            [
                "name",
                "slug",
                "key_prefix",
                "key_header",
                "environments",
                "allowed_ips[0]"
            ]
        );
        let slug = "orders".parse().expect("a slug");
        let faults = ChangeApi::read(slug, draft, None).expect_err("faults");
        assert_eq!(
            fields(faults),
            ["name", "key_header", "environments", "allowed_ips[0]"]
        );
    }

    #[test]
    fn every_invalid_field_of_a_key_for_an_api_is_reported() {
        let draft = ApiKeyDraft {
            environment: Some("staging"),
            scopes: &["*".into()],
            expires_at: Expiry::At("soon"),
            ..ApiKeyDraft::default()
        };
        let slug = "orders".parse().expect("a slug");
        let faults = CreateApiKey::read(slug, &draft, Moment(0)).expect_err("faults");
        let fields: Vec<_> = faults.iter().map(|fault| &fault.field).collect();
        assert_eq!(
            fields,
            ["name", "environment", "scopes", "expires_at"]
        );
    }
}
