//! Renders the Markdown of the documentation: headings get anchors, links get the URLs of pages,
//! blockquotes become notices, images get their size, and wide elements get a box that scrolls.

use app::pages::docs::Link;
use app::pages::docs::sample::copy_button;
use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use super::page_url;
use super::pictures;

/// A rendered page.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// Its first heading.
    pub title: String,
    /// Its first paragraph, as plain text.
    pub lede: String,
    /// Its headings of the second level.
    pub sections: Vec<Link>,
    /// Its markup.
    pub markup: String,
}

/// The class and the icon of a blockquote that starts with a bold word.
const NOTICES: [(&str, &str, &str); 3] = [
    ("Danger", "notice danger", "danger"),
    ("Warning", "notice warning", "warning"),
    ("Tip", "notice", "info"),
];

/// Renders a page. The source is trusted because it is part of the program.
pub fn render(source: &str) -> Text {
    let events: Vec<_> = Parser::new_ext(
        source,
        Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION,
    )
    .collect();
    let mut writer = Writer::default();
    for (at, event) in events.iter().enumerate() {
        match event {
            // The alternative text of an image has been written already.
            inside if writer.in_image && *inside != Event::End(TagEnd::Image) => {}
            Event::Start(tag) => writer.begin(tag, &events[at + 1..]),
            Event::End(tag) => writer.end(*tag),
            other => writer.out.push(other.clone()),
        }
    }
    let mut text = writer.text;
    html::push_html(&mut text.markup, writer.out.into_iter());
    text
}

/// Renders the Markdown of a description in the source code, which has no headings. Its markup is
/// text: `<key>` is shown as it is written.
pub fn inline(source: &str) -> String {
    let events = Parser::new_ext(source, Options::ENABLE_SMART_PUNCTUATION);
    let mut markup = String::new();
    html::push_html(
        &mut markup,
        events.map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            other => other,
        }),
    );
    markup
}

/// The state of rendering a page.
#[derive(Default)]
struct Writer<'a> {
    text: Text,
    out: Vec<Event<'a>>,
    boxes: usize,
    sample: String,
    in_notice: bool,
    in_image: bool,
}

impl<'a> Writer<'a> {
    /// The start of an element. `rest` are the events after it.
    fn begin(&mut self, tag: &Tag<'a>, rest: &[Event<'a>]) {
        let opening = Event::Start(tag.clone());
        match tag {
            Tag::Heading { level, .. } => self.heading(*level, &plain(rest, tag)),
            Tag::Paragraph if self.text.lede.is_empty() => {
                self.text.lede = plain(rest, tag);
                self.out.push(raw("<p class=\"lede\">"));
            }
            Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            } => self.out.push(Event::Start(Tag::Link {
                link_type: *link_type,
                dest_url: target(dest_url).into(),
                title: title.clone(),
                id: id.clone(),
            })),
            Tag::Image { dest_url, .. } => {
                self.out.push(image(dest_url, &plain(rest, tag)));
                self.in_image = true;
            }
            Tag::CodeBlock(kind) => {
                self.out.push(raw("<div class=\"sample\">"));
                self.sample = self.boxed(sample(kind), opening);
            }
            Tag::Table(_) => {
                self.boxed("Table", opening);
            }
            Tag::BlockQuote(_) => {
                let notice = notice(rest);
                self.in_notice = notice.is_some();
                self.out.push(notice.unwrap_or(opening));
            }
            _ => self.out.push(opening),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let closing = Event::End(tag);
        match tag {
            TagEnd::Heading(level) if level != HeadingLevel::H1 => {
                self.out.extend([raw("</a>"), closing])
            }
            TagEnd::Image => self.in_image = false,
            TagEnd::Table => self.out.extend([closing, raw("</div>")]),
            TagEnd::CodeBlock => {
                let button = raw(&copy_button(&self.sample));
                self.out
                    .extend([closing, raw("</div>"), button, raw("</div>\n")]);
            }
            TagEnd::BlockQuote(_) if std::mem::take(&mut self.in_notice) => {
                self.out.push(raw("</div>"))
            }
            _ => self.out.push(closing),
        }
    }

    /// A heading with an anchor. All headings but the title are links to themselves.
    fn heading(&mut self, level: HeadingLevel, name: &str) {
        let anchor = slug(name);
        let id = Some(CowStr::from(anchor.clone()));
        self.out.push(Event::Start(Tag::Heading {
            level,
            id,
            classes: Vec::new(),
            attrs: Vec::new(),
        }));
        if level == HeadingLevel::H1 {
            name.clone_into(&mut self.text.title);
            return;
        }
        let to = format!("#{anchor}");
        self.out.push(raw(&format!("<a href=\"{to}\">")));
        if level == HeadingLevel::H2 {
            self.text.sections.push(Link {
                to,
                name: name.to_owned(),
            });
        }
    }

    /// A box that scrolls. It can have the keyboard focus, so it needs a unique name for screen
    /// readers, which this returns.
    fn boxed(&mut self, what: &str, opening: Event<'a>) -> String {
        self.boxes += 1;
        let name = format!("{what} {}", self.boxes);
        let start =
            format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{name}\">");
        self.out.extend([raw(&start), opening]);
        name
    }
}

fn raw(markup: &str) -> Event<'static> {
    Event::Html(markup.to_owned().into())
}

/// The text up to the end of an element.
fn plain(rest: &[Event<'_>], tag: &Tag<'_>) -> String {
    let end = tag.to_end();
    let inside = rest
        .iter()
        .take_while(|event| !matches!(event, Event::End(found) if *found == end));
    inside.fold(String::new(), |mut text, event| {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
        text
    })
}

/// The anchor of a heading: `Regular Rotation` is at `#regular-rotation`.
pub fn slug(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// `api-keys.md#regular-rotation` is at `/docs/api-keys#regular-rotation`.
fn target(link: &str) -> String {
    let (file, anchor) = link
        .split_once('#')
        .map_or((link, String::new()), |(file, at)| {
            (file, format!("#{at}"))
        });
    match file.strip_suffix(".md") {
        Some(name) => page_url(name) + &anchor,
        None => link.to_owned(),
    }
}

/// An image with its alternative text, and with its size if it is one of the documentation.
fn image(target: &str, alt: &str) -> Event<'static> {
    let size = pictures::size(target)
        .map(|(width, height)| format!(" width=\"{width}\" height=\"{height}\""));
    let words = alt
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    raw(&format!(
        "<img src=\"{target}\" alt=\"{words}\"{} loading=\"lazy\">",
        size.unwrap_or_default()
    ))
}

fn sample(kind: &CodeBlockKind<'_>) -> &'static str {
    match kind {
        CodeBlockKind::Fenced(language) => match &**language {
            "bash" | "sh" => "Shell sample",
            "javascript" => "JavaScript sample",
            "python" => "Python sample",
            "json" => "JSON sample",
            _ => "Sample",
        },
        CodeBlockKind::Indented => "Sample",
    }
}

/// The opening tag of a notice, if the blockquote starts with one of its words in bold.
fn notice(inside: &[Event<'_>]) -> Option<Event<'static>> {
    let [
        Event::Start(Tag::Paragraph),
        Event::Start(Tag::Strong),
        Event::Text(word),
        ..,
    ] = inside
    else {
        return None;
    };
    let (_, class, icon) = NOTICES
        .iter()
        .find(|(name, ..)| **name == **word)?;
    let icon = format!(
        "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"/icons.svg#{icon}\"></use></svg>"
    );
    Some(raw(&format!(
        "<div class=\"{class}\" role=\"note\">{icon}\n"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_rendered() {
        let text = render(
            "# T & t\n\nOne *line*\nmore.\n\n## Regular Rotation\n\n> **Warning** Take care.\n\n> Quoted.\n\n\
             [a](api-keys.md#x) [b](index.md) [c](/docs/api)\n\n![A *\"b\"* & c](x.png)\n\n```bash\na < b\n```\n\n| a |\n|---|\n| b |\n",
        );
        assert_eq!(
            (text.title.as_str(), text.lede.as_str()),
            ("T & t", "One line more.")
        );
        insta::assert_snapshot!(text.markup, @r##"
        <h1 id="t--t">T &amp; t</h1>
        <p class="lede">One <em>line</em>
        more.</p>
        <h2 id="regular-rotation"><a href="#regular-rotation">Regular Rotation</a></h2>
        <div class="notice warning" role="note"><svg class="icon" aria-hidden="true"><use href="/icons.svg#warning"></use></svg>
        <p><strong>Warning</strong> Take care.</p>
        </div>
        <blockquote>
        <p>Quoted.</p>
        </blockquote>
        <p><a href="/docs/api-keys#x">a</a> <a href="/docs">b</a> <a href="/docs/api">c</a></p>
        <p><img src="x.png" alt="A “b” &amp; c" loading="lazy"></p>
        <div class="sample"><div class="scroll" role="region" tabindex="0" aria-label="Shell sample 1">
        <pre><code class="language-bash">a &lt; b
        </code></pre>
        </div><button type="button" data-copy-sample="" aria-label="Copy Shell sample 1" class="icon-button copy-sample needs-script"><svg aria-hidden="true" class="icon"><use href="/icons.svg#copy"></use></svg></button></div>
        <div class="scroll" role="region" tabindex="0" aria-label="Table 2"><table><thead><tr><th>a</th></tr></thead><tbody>
        <tr><td>b</td></tr>
        </tbody></table>
        </div>
        "##);
    }
}
