//! The API reference.

pub const TITLE: &str = "API reference";
pub const LEDE: &str = "All operations of the API, generated from the code of this installation.";
pub const DESCRIPTION: &str = "The OpenAPI description, for programs, is at ";
pub const BASE_URL: &str = "Base URL";
pub const CONTENTS: &str = "Operations by subject";
pub const GUIDE: &str = "Guide: ";
pub const COMMON: &str = "All responses";
pub const HEADERS: &str = "Headers";
pub const ERRORS: &str = "Errors";
pub const ERRORS_LEDE: &str =
    "All errors have the same fields. These statuses are possible for most operations:";
pub const ABOUT_ERRORS: &str = "How to solve each error";

pub const CREDENTIAL: &str = "Credential";
pub const SCOPE: &str = "Scope";
pub const NO_SCOPE: &str = "None";
pub const COST: &str = "Cost";
pub const PARAMETERS: &str = "Parameters";
pub const BODY: &str = "Request body";
pub const OPTIONAL_BODY: &str = "The body can be absent.";
pub const RESPONSE: &str = "Response";
pub const NO_FIELDS: &str = "No body.";
pub const REQUIRED: &str = "required";
pub const ALSO: &str = "Also ";
pub const AS_FOR_ALL: &str = "as for all operations";
pub const SAMPLES: &str = "Sample in";
pub const LANGUAGES: [&str; 3] = ["curl", "JavaScript", "Python"];
pub const ONLY_PAGES: &str =
    "Only pages of this installation can send this request, so there is no sample.";

/// The credentials that an operation accepts.
pub const KEY_OR_TOKEN: &str = "API key or user token";
pub const TOKEN: &str = "User token; API keys are rejected";
pub const SESSION: &str = "Browser session";
pub const SETUP_TOKEN: &str = "The setup token in the body";

/// The name of the box with a sample.
pub fn sample(language: &str, operation: &str) -> String {
    format!("{language} sample: {operation}")
}

/// The content type of a body.
pub fn content_type(kind: &str) -> String {
    format!("Content type {kind}")
}

/// The limits of a field.
pub fn at_least(what: &str) -> String {
    format!("at least {what}")
}

pub fn at_most(what: &str) -> String {
    format!("at most {what}")
}

pub fn characters(number: &str) -> String {
    format!("{number} characters")
}

pub fn items(number: &str) -> String {
    format!("{number} items")
}

pub fn from_to(least: &str, most: &str) -> String {
    format!("{least} to {most}")
}

pub fn matching(pattern: &str) -> String {
    format!("matches {pattern}")
}

pub fn default(value: &str) -> String {
    format!("default {value}")
}

pub const ONE_OF: &str = "One of ";

/// The types of fields.
pub const ANY: &str = "any JSON value";
pub const OR_NULL: &str = " or null";

pub fn array_of(kind: &str) -> String {
    format!("array of {kind}")
}

pub fn map_of(kind: &str) -> String {
    format!("object of {kind}")
}
