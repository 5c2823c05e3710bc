//! The API reference: every operation in a `<details>` of its own, which a link to the operation
//! opens. The server reads the operations from the OpenAPI description.

use leptos::prelude::*;

use super::Link;
use super::sample::{Sample, box_of};
use crate::shell::fragment;
use crate::words::api_reference as words;

/// What the reference shows.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// The public URL of the installation.
    pub url: String,
    /// What applies to all operations: trusted markup.
    pub about: String,
    /// The operations, by subject.
    pub groups: Vec<Group>,
    /// The headers of responses.
    pub headers: Vec<SchemaField>,
    /// The fields of an error.
    pub error: Vec<SchemaField>,
    /// The statuses of errors that most operations share.
    pub errors: Vec<Outcome>,
}

/// The operations of one subject.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its anchor and name.
    pub here: Link,
    /// The page of the documentation about it, if there is one.
    pub guide: Option<Link>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// An operation.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Its name, which is its anchor.
    pub id: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// What it does: trusted markup.
    pub about: String,
    /// The credential that it needs.
    pub credential: &'static str,
    /// The scope that a restricted key needs.
    pub scope: Option<String>,
    /// Its cost.
    pub cost: String,
    /// Its path, query and header parameters.
    pub parameters: Vec<SchemaField>,
    /// The body of the request.
    pub body: Option<Body>,
    /// Its successful responses.
    pub responses: Vec<Outcome>,
    /// Its errors that not all operations share.
    pub errors: Vec<Outcome>,
    /// The statuses of its other errors.
    pub other_errors: Vec<String>,
    /// A request in each of the languages, or nothing if only a page can send it.
    pub samples: Vec<Sample>,
}

/// The body of a request or a response.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Its content types.
    pub kinds: Vec<String>,
    /// Whether it can be absent.
    pub is_optional: bool,
    /// The type of a body without fields.
    pub kind: String,
    /// Its fields.
    pub fields: Vec<SchemaField>,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its status.
    pub status: String,
    /// When it is sent: trusted markup.
    pub about: String,
    /// Its body.
    pub body: Option<Body>,
}

/// A field of a body, a parameter or a header.
#[derive(Clone, Debug, Default)]
pub struct SchemaField {
    /// Its name.
    pub name: String,
    /// Where a parameter is: `path`, `query` or `header`.
    pub place: Option<String>,
    /// Its type, in words.
    pub kind: String,
    /// Whether a request must contain it.
    pub is_required: bool,
    /// Its limits, in words.
    pub limits: Vec<String>,
    /// The words that it accepts.
    pub values: Vec<String>,
    /// What it is: trusted markup.
    pub about: String,
    /// The fields of an object.
    pub fields: Vec<SchemaField>,
}

/// Renders the article of the reference.
pub fn markup(reference: &Reference) -> String {
    fragment(|| article(reference))
}

fn article(reference: &Reference) -> AnyView {
    view! {
        <h1>{words::TITLE}</h1>
        <p class="lede">
            {words::LEDE}
            " "
            {words::DESCRIPTION}
            <a href="/api/v1/openapi.json"><code>"/api/v1/openapi.json"</code></a>
            "."
        </p>
        <div class="about" inner_html=reference.about.clone()></div>
        <p>{words::BASE_URL}": "<code class="id">{reference.url.clone()}</code></p>
        {contents(&reference.groups)}
        {reference.groups.iter().map(group).collect_view()}
        {common(reference)}
    }
    .into_any()
}

fn contents(groups: &[Group]) -> AnyView {
    let entry = |group: &Group| {
        let count = group.operations.len().to_string();
        view! { <li><a href=group.here.to.clone()>{group.here.name.clone()}</a>" "<span class="muted">{count}</span></li> }
    };
    view! {
        <nav class="contents" aria-label=words::CONTENTS>
            <ul class="contents-list">
                {groups.iter().map(entry).collect_view()}
                <li><a href="#all-responses">{words::COMMON}</a></li>
            </ul>
        </nav>
    }
    .into_any()
}

fn group(group: &Group) -> AnyView {
    let id = group.here.to.trim_start_matches('#').to_owned();
    let guide = group.guide.clone().map(
        |guide| view! { <p class="docs-note">{words::GUIDE}<a href=guide.to>{guide.name}</a></p> },
    );
    view! {
        <section class="group" aria-labelledby=id.clone()>
            <h2 id=id.clone()><a href=group.here.to.clone()>{group.here.name.clone()}</a></h2>
            {guide}
            {group.operations.iter().map(operation).collect_view()}
        </section>
    }
    .into_any()
}

/// The anchor is inside of the `<details>`: a browser opens it to show a target within.
fn operation(one: &Operation) -> AnyView {
    let Operation {
        id, method, path, ..
    } = one;
    view! {
        <details class="operation">
            <summary>
                <span class="method" data-method=method.clone()>{method.clone()}</span>
                <h3>{one.summary.clone()}</h3>
                <code class="path">{broken(path)}</code>
            </summary>
            <div class="operation-body" id=id.clone()>
                <div class="operation-text">
                    <p class="docs-note"><a href=format!("#{id}")><code>{id.clone()}</code></a></p>
                    {about(&one.about)}
                    {facts(one)}
                    {fields(words::PARAMETERS, &one.parameters)}
                    {request(one.body.as_ref())}
                    {one.responses.iter().map(response).collect_view()}
                    {errors(one)}
                </div>
                {samples(one)}
            </div>
        </details>
    }
    .into_any()
}

/// Trusted markup, if there is any.
fn about(markup: &str) -> Option<AnyView> {
    let markup = markup.to_owned();
    (!markup.is_empty()).then(|| view! { <div class="about" inner_html=markup></div> }.into_any())
}

/// A path that may break after each slash.
fn broken(path: &str) -> Vec<AnyView> {
    path.split_inclusive('/')
        .map(|step| view! { {step.to_owned()}<wbr/> }.into_any())
        .collect()
}

fn facts(one: &Operation) -> AnyView {
    let scope = match one.scope.clone() {
        Some(scope) => view! { <code>{scope}</code> }.into_any(),
        None => words::NO_SCOPE.into_any(),
    };
    view! {
        <dl class="facts-line">
            <div><dt>{words::CREDENTIAL}</dt><dd>{one.credential}</dd></div>
            <div><dt>{words::SCOPE}</dt><dd>{scope}</dd></div>
            <div><dt>{words::COST}</dt><dd>{one.cost.clone()}</dd></div>
        </dl>
    }
    .into_any()
}

fn fields(title: &'static str, fields: &[SchemaField]) -> Option<AnyView> {
    (!fields.is_empty()).then(|| view! { <h4>{title}</h4>{list(fields)} }.into_any())
}

fn list(fields: &[SchemaField]) -> AnyView {
    view! { <dl class="fields">{fields.iter().map(field).collect_view()}</dl> }.into_any()
}

fn field(field: &SchemaField) -> AnyView {
    let required = field
        .is_required
        .then(|| view! { <span class="required">{words::REQUIRED}</span> });
    let place = field
        .place
        .clone()
        .map(|place| view! { <span class="muted">{place}</span> });
    let limits = field
        .limits
        .iter()
        .map(|limit| view! { <span class="muted">{limit.clone()}</span> })
        .collect_view();
    let values = (!field.values.is_empty()).then(|| {
        let words = field
            .values
            .iter()
            .map(|word| view! { <code>{word.clone()}</code>" " });
        view! { <p class="values">{words::ONE_OF}{words.collect_view()}</p> }
    });
    let inside = (!field.fields.is_empty()).then(|| list(&field.fields));
    view! {
        <div class="field-of">
            <dt><code>{field.name.clone()}</code>{place}<span class="muted">{field.kind.clone()}</span>{limits}{required}</dt>
            <dd>{about(&field.about)}{values}{inside}</dd>
        </div>
    }
    .into_any()
}

fn request(body: Option<&Body>) -> Option<AnyView> {
    let body = body?;
    let optional = body
        .is_optional
        .then(|| view! { <p>{words::OPTIONAL_BODY}</p> });
    Some(view! { <h4>{words::BODY}</h4>{optional}{content(body)} }.into_any())
}

/// The content types of a body unless it is JSON, and its fields.
fn content(body: &Body) -> AnyView {
    let kinds = body.kinds.join(", ");
    let kinds = (kinds != "application/json")
        .then(|| view! { <p class="muted">{words::content_type(&kinds)}</p> });
    let inside = if body.fields.is_empty() {
        view! { <p class="muted">{body.kind.clone()}</p> }.into_any()
    } else {
        let array = body.kind.clone();
        let array = (!array.is_empty()).then(|| view! { <p class="muted">{array}</p> });
        view! { {array}{list(&body.fields)} }.into_any()
    };
    view! { {kinds}{inside} }.into_any()
}

fn response(outcome: &Outcome) -> AnyView {
    let body = match &outcome.body {
        Some(body) => content(body),
        None => view! { <p class="muted">{words::NO_FIELDS}</p> }.into_any(),
    };
    view! {
        <h4>{words::RESPONSE}" "<code>{outcome.status.clone()}</code></h4>
        <div inner_html=outcome.about.clone()></div>
        {body}
    }
    .into_any()
}

fn outcomes(all: &[Outcome]) -> Option<AnyView> {
    let entry = |one: &Outcome| {
        view! { <div><dt><code>{one.status.clone()}</code></dt><dd><div inner_html=one.about.clone()></div></dd></div> }
    };
    (!all.is_empty()).then(|| {
        view! { <dl class="statuses">{all.iter().map(entry).collect_view()}</dl> }.into_any()
    })
}

fn errors(one: &Operation) -> AnyView {
    let others = one
        .other_errors
        .iter()
        .map(|status| view! { <code>{status.clone()}</code>" " })
        .collect_view();
    view! {
        <h4>{words::ERRORS}</h4>
        {outcomes(&one.errors)}
        <p class="values">{words::ALSO}{others}<a href="#all-responses">{words::AS_FOR_ALL}</a>"."</p>
    }
    .into_any()
}

/// One sample at a time. Radio buttons choose it, so the choice needs no script.
fn samples(one: &Operation) -> AnyView {
    if one.samples.is_empty() {
        return view! { <p class="operation-samples muted">{words::ONLY_PAGES}</p> }.into_any();
    }
    let group = format!("sample-{}", one.id);
    let id = |at: usize| format!("{group}-{at}");
    let choice = |(at, sample): (usize, &Sample)| {
        view! {
            <input type="radio" name=group.clone() id=id(at) value=sample.language checked=at == 0 data-language=""/>
            <label for=id(at)>{sample.language}</label>
        }
    };
    view! {
        <fieldset class="operation-samples">
            <legend class="visually-hidden">{words::SAMPLES}</legend>
            {one.samples.iter().enumerate().map(choice).collect_view()}
            {one.samples.iter().map(|sample| box_of(sample, &words::sample(sample.language, &one.summary))).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// What all responses have in common.
fn common(reference: &Reference) -> AnyView {
    view! {
        <section class="group" aria-labelledby="all-responses">
            <h2 id="all-responses"><a href="#all-responses">{words::COMMON}</a></h2>
            <h3>{words::HEADERS}</h3>
            {list(&reference.headers)}
            <h3>{words::ERRORS}</h3>
            <p>{words::ERRORS_LEDE}</p>
            {outcomes(&reference.errors)}
            {list(&reference.error)}
            <p><a href="/docs/errors">{words::ABOUT_ERRORS}</a></p>
        </section>
    }
    .into_any()
}
