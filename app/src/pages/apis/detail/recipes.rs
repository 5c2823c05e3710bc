//! The recipes of the documentation, with the values of an API. The tests run the texts of the
//! documentation in the real proxies.

use domain::view::ApiView;

/// The page that has the recipes.
const DOCUMENT: &str = include_str!("../../../../../docs/protect-your-api.md");
/// The section that has them, one a subsection.
const SECTION: &str = "\n## Check a key in a reverse proxy\n";
/// What stands in the recipes for the values of an API.
const SLUG: &str = "/gate/orders";
const SCOPE: &str = "scope=orders:read";
const ADDRESS: &str = "127.0.0.1:3000";
/// The same address, as Envoy has it.
const ENVOY_ADDRESS: &str = "address: 127.0.0.1, port_value: 3000";

/// How to connect one program.
#[derive(Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The program.
    pub program: String,
    /// Its files.
    pub files: Vec<File>,
}

/// A file of a recipe.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// The paragraph before it, as plain text; empty if there is none.
    pub note: String,
    /// Its text.
    pub text: String,
}

/// The recipes for an API. `public_url` is the URL of Roundtable. If a proxy serves it with TLS, the
/// address of Roundtable itself is not known, and the recipes have the default.
pub fn recipes(api: &ApiView, public_url: &str) -> Vec<Recipe> {
    let fill = |text: &str| filled(text, api, public_url);
    subsections()
        .filter_map(|(program, text)| {
            let files: Vec<_> = files(text)
                .map(|(note, text)| File {
                    note,
                    text: fill(text),
                })
                .collect();
            (!files.is_empty()).then(|| Recipe {
                program: program.to_owned(),
                files,
            })
        })
        .collect()
}

/// The title and the text of each subsection.
fn subsections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let section = DOCUMENT
        .split_once(SECTION)
        .map_or("", |(_, rest)| rest);
    let section = section
        .split_once("\n## ")
        .map_or(section, |(section, _)| section);
    section
        .split("\n### ")
        .skip(1)
        .filter_map(|subsection| subsection.split_once('\n'))
}

/// The code blocks of a subsection, each with the paragraph before it.
fn files(subsection: &'static str) -> impl Iterator<Item = (String, &'static str)> {
    let parts: Vec<_> = subsection.split("```").collect();
    let pairs = parts
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]));
    let files: Vec<_> = pairs
        .filter_map(|(before, block)| {
            let (_language, text) = block.split_once('\n')?;
            let note = before
                .trim()
                .rsplit("\n\n")
                .next()
                .unwrap_or_default();
            Some((note.replace('`', ""), text.trim_end()))
        })
        .collect();
    files.into_iter()
}

fn filled(text: &str, api: &ApiView, public_url: &str) -> String {
    let gate = format!("/gate/{}", api.slug);
    let text = match api.scopes.iter().next() {
        Some(scope) => text.replace(SCOPE, &format!("scope={}", scope.scope)),
        // Without parameters, the step of the path for Envoy is a hyphen.
        None => text
            .replace(&format!("/envoy/{SCOPE}"), "/envoy/-")
            .replace(&format!("?{SCOPE}&"), "?")
            .replace(&format!("?{SCOPE}"), ""),
    };
    let text = text.replace(SLUG, &gate);
    let Some((host, port)) = plain_address(public_url) else {
        return text;
    };
    text.replace(ADDRESS, &format!("{host}:{port}"))
        .replace(
            ENVOY_ADDRESS,
            &format!("address: {host}, port_value: {port}"),
        )
}

/// Host and port of a URL without TLS.
fn plain_address(url: &str) -> Option<(String, u16)> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?.to_owned();
    (url.scheme() == "http").then(|| (host, url.port().unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use domain::api::{ApiScopes, KeyHeader};
    use domain::{ApiId, Environment, Moment};

    use super::*;

    fn api(scopes: &str) -> ApiView {
        ApiView {
            api_id: ApiId(1),
            slug: "billing".parse().expect("a slug"),
            name: "Billing".into(),
            key_prefix: "billing".into(),
            key_header: KeyHeader::Any,
            environments: Environment::ALL.to_vec(),
            scopes: ApiScopes::read(ApiScopes::read_lines(scopes).expect("lines")).expect("scopes"),
            allowed_ips: domain::IpBlocks::default(),
            signed_assertion: false,
            is_archived: false,
            created_at: Moment(0),
            created_by: None,
            active_keys: 0,
        }
    }

    #[test]
    fn every_recipe_has_the_values_of_the_api() {
        let all = recipes(
            &api("invoices:read Read invoices"),
            "http://keys.test:8123",
        );
        let programs: Vec<_> = all
            .iter()
            .map(|recipe| recipe.program.as_str())
            .collect();
        for program in ["nginx", "Caddy", "Traefik", "Envoy"] {
            assert!(programs.contains(&program), "{programs:?}");
        }
        for recipe in &all {
            let text: String = recipe
                .files
                .iter()
                .map(|file| file.text.as_str())
                .collect();
            assert!(text.contains("/gate/billing"), "{recipe:?}");
            assert!(text.contains("scope=invoices:read"), "{recipe:?}");
            assert!(text.contains("keys.test"), "{recipe:?}");
            assert!(text.contains("8123"), "{recipe:?}");
            assert!(!text.contains("/gate/orders"), "{recipe:?}");
            assert!(!text.contains(":3000"), "{recipe:?}");
        }
    }

    #[test]
    fn an_api_without_permissions_asks_for_none() {
        for recipe in recipes(&api(""), "https://keys.test") {
            for file in recipe.files {
                assert!(!file.text.contains("scope="), "{}", file.text);
                assert!(!file.text.contains("keys.test"), "{}", file.text);
            }
        }
    }
}
