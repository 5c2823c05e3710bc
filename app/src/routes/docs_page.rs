//! The address of a page of the documentation, which is no [`Screen`](super::Screen): another
//! router serves it.

use super::{DOCS, encoded};

/// The longest name of a page, and the longest search to return to.
const MOST: usize = 100;

/// The path of a page of the documentation with its search, if the text is one. A form that is on
/// such a page returns to it. Whether the page exists is not checked.
pub fn docs_page(target: &str) -> Option<String> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let rest = path.strip_prefix(DOCS)?;
    let is_page = rest.is_empty() || rest.strip_prefix('/').is_some_and(is_name);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    match (is_page, pairs.next(), pairs.next()) {
        (true, None, _) => Some(path.to_owned()),
        (true, Some((name, text)), None) if name == "q" && text.chars().count() <= MOST => {
            Some(format!("{path}?q={}", encoded(&text)))
        }
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    (1..=MOST).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_documentation_is_one() {
        for page in [
            "/docs",
            "/docs/api",
            "/docs/api-keys",
            "/docs/search?q=a%20%26%20b",
        ] {
            assert_eq!(docs_page(page).as_deref(), Some(page));
        }
        assert_eq!(
            docs_page("/docs/search?q=a+b").as_deref(),
            Some("/docs/search?q=a%20b")
        );
        for other in [
            "",
            "/",
            "/docs/",
            "/docs/../account",
            "/docs//evil.test",
            "/docsx",
            "/docs/api/more",
            "/docs/API",
            "/docs\\evil.test",
            "//evil.test/docs",
            "https://evil.test/docs",
            "/docs?next=/",
            "/docs?q=a&q=b",
            "/docs/a\r\nset-cookie: b",
        ] {
            assert_eq!(docs_page(other), None, "{other}");
        }
    }
}
