//! The page of the provider.

use super::{DevProvider, Person, form::Request};

/// The page to choose a user. `complaint` describes what was wrong with the last choice.
pub(super) fn choose(provider: &DevProvider, request: &Request, complaint: Option<&str>) -> String {
    let action = escape(&format!("{}/authorize", provider.path));
    let hidden = hidden_fields(request);
    let complaint = complaint
        .map(|words| {
            format!(
                "<p class=\"field-error\" role=\"alert\">{}</p>\n",
                escape(words)
            )
        })
        .unwrap_or_default();
    let people = people_form(provider, &action, &hidden);
    let heading = if provider.people.is_empty() {
        "Sign in"
    } else {
        "Sign in as another user"
    };
    let body = format!(
        "{complaint}{people}\n\
         <form class=\"form\" method=\"post\" action=\"{action}\">\n{hidden}\
         <h2>{heading}</h2>\n\
         <div class=\"field\"><label for=\"email\">Email</label>\n\
         <input class=\"input\" id=\"email\" name=\"email\" type=\"email\" autocomplete=\"off\" required></div>\n\
         <div class=\"field\"><label for=\"name\">Name</label>\n\
         <input class=\"input\" id=\"name\" name=\"name\" type=\"text\" autocomplete=\"off\"></div>\n\
         <button class=\"button wide\" type=\"submit\">Continue with this email</button>\n\
         </form>\n"
    );
    whole(provider, "Development sign-in", &body)
}

/// The page for an invalid request.
pub(super) fn refusal(provider: &DevProvider, words: &str) -> String {
    let body = format!(
        "<p class=\"field-error\" role=\"alert\">{}</p>\n",
        escape(words)
    );
    whole(provider, "The sign-in failed", &body)
}

fn people_form(provider: &DevProvider, action: &str, hidden: &str) -> String {
    if provider.people.is_empty() {
        return String::new();
    }
    let people: String = provider.people.iter().map(person).collect();
    format!(
        "<form method=\"post\" action=\"{action}\">\n{hidden}\
         <ul class=\"person-list\">\n{people}</ul>\n</form>\n<hr>\n"
    )
}

fn person(person: &Person) -> String {
    let Person {
        subject,
        name,
        email,
        note,
    } = person;
    let note = match note.as_str() {
        "" => escape(email),
        note => format!("{} · {}", escape(note), escape(email)),
    };
    format!(
        "<li><button class=\"person\" type=\"submit\" name=\"person\" value=\"{}\"><span>\
         <span class=\"person-name\">Continue as {}</span> <span class=\"person-note\">{note}</span>\
         </span></button></li>\n",
        escape(subject),
        escape(name),
    )
}

fn hidden_fields(request: &Request) -> String {
    let field = |(name, value): (&str, &str)| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n",
            escape(value)
        )
    };
    request.fields().map(field).concat()
}

fn whole(provider: &DevProvider, title: &str, body: &str) -> String {
    let stylesheet = provider
        .stylesheet
        .as_ref()
        .map(|href| {
            format!(
                "<link rel=\"stylesheet\" href=\"{}\">\n",
                escape(href)
            )
        })
        .unwrap_or_default();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n\
         <link rel=\"icon\" href=\"/favicon.svg\">\n{stylesheet}</head>\n<body>\n\
         <main class=\"auth\" id=\"main\">\n<section class=\"auth-card\" aria-labelledby=\"title\">\n\
         <h1 id=\"title\">{title}</h1>\n\
         <p>It asks for no password and is available on this machine only.</p>\n\
         {body}</section>\n</main>\n</body>\n</html>\n"
    )
}

/// Escapes a text for HTML content and for double-quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn html_is_escaped() {
        assert_eq!(escape("<a b=\"'&"), "&lt;a b=&quot;&#39;&amp;");
    }
}
