//! The stand-in's one page.

use super::{DevProvider, Person, form::Request};

/// The page on which to choose who to be. `complaint` says what was wrong with the last choice.
pub(super) fn choose(provider: &DevProvider, request: &Request, complaint: Option<&str>) -> String {
    let action = escape(&format!("{}/authorize", provider.path));
    let hidden = hidden_fields(request);
    let complaint = complaint
        .map(|words| format!("<p class=\"field-error\" role=\"alert\">{}</p>\n", escape(words)))
        .unwrap_or_default();
    let people = people_form(provider, &action, &hidden);
    let body = format!(
        "{complaint}{people}<hr>\n\
         <form class=\"form\" method=\"post\" action=\"{action}\">\n{hidden}\
         <h2>Be someone else</h2>\n\
         <div class=\"field\"><label for=\"email\">E-mail</label>\n\
         <input class=\"input\" id=\"email\" name=\"email\" type=\"email\" autocomplete=\"off\" required></div>\n\
         <div class=\"field\"><label for=\"name\">Name</label>\n\
         <input class=\"input\" id=\"name\" name=\"name\" type=\"text\" autocomplete=\"off\"></div>\n\
         <button class=\"button wide\" type=\"submit\">Continue with this e-mail</button>\n\
         </form>\n"
    );
    whole(provider, "Who do you want to be?", &body)
}

/// The page that says why a request cannot be answered.
pub(super) fn refusal(provider: &DevProvider, words: &str) -> String {
    let body = format!("<p class=\"field-error\" role=\"alert\">{}</p>\n", escape(words));
    whole(provider, "This sign-in cannot go on", &body)
}

fn people_form(provider: &DevProvider, action: &str, hidden: &str) -> String {
    if provider.people.is_empty() {
        return String::new();
    }
    let people: String = provider.people.iter().map(person).collect();
    format!(
        "<form method=\"post\" action=\"{action}\">\n{hidden}\
         <ul class=\"person-list\">\n{people}</ul>\n</form>\n"
    )
}

fn person(person: &Person) -> String {
    let Person { subject, name, email, note } = person;
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
    let field =
        |(name, value): (&str, &str)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value));
    request.fields().map(field).concat()
}

fn whole(provider: &DevProvider, title: &str, body: &str) -> String {
    let stylesheet = provider
        .stylesheet
        .as_ref()
        .map(|href| format!("<link rel=\"stylesheet\" href=\"{}\">\n", escape(href)))
        .unwrap_or_default();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – stand-in sign-in</title>\n\
         <link rel=\"icon\" href=\"/favicon.svg\">\n{stylesheet}</head>\n<body>\n\
         <main class=\"auth\" id=\"main\">\n<section class=\"auth-card\" aria-labelledby=\"title\">\n\
         <h1 id=\"title\">{title}</h1>\n\
         <p>Stand-in sign-in for development. No password is asked. It exists only on this machine.</p>\n\
         {body}</section>\n</main>\n</body>\n</html>\n"
    )
}

/// Makes a text safe in HTML content and in double-quoted attributes.
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
    fn nothing_escapes_an_attribute() {
        assert_eq!(escape("<a b=\"'&"), "&lt;a b=&quot;&#39;&amp;");
    }
}
