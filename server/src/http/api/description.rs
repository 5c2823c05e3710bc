//! Completes the OpenAPI description of every operation: the scope that it requires, its cost, and
//! its errors.

mod shapes;

use axum::http::Method;
use domain::policy::Action;
use domain::{Scope, closed_set};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Content, HeaderBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response,
    ResponseBuilder, Schema, Type,
};

use crate::http::sessions;

/// What an operation requires of the caller. Each handler declares it next to its path, in the
/// extension `x-needs`: an action of the policy, or another kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Action(Action),
    Access(Access),
}

closed_set! {
    /// A kind of access that is not an action of the policy.
    pub enum Access {
        /// Any API key, regardless of its scopes.
        AnyKey = "any_key",
        /// Only a person, who needs no organization. API keys are rejected.
        Person = "person",
        /// Only a page of this installation, with its session cookie.
        Browser = "browser",
        /// The setup token in the body.
        SetupToken = "setup_token",
    }
}

impl Needs {
    /// What the handler of an operation declares.
    fn of(operation: &Operation) -> Option<Self> {
        let word = operation
            .extensions
            .as_ref()?
            .get("x-needs")?
            .as_str()?;
        word.parse()
            .map(Self::Action)
            .or_else(|_| word.parse().map(Self::Access))
            .ok()
    }

    /// The scope that a restricted key needs.
    const fn scope(self) -> Option<Scope> {
        match self {
            Self::Action(action) => action.scope(),
            Self::Access(_) => None,
        }
    }

    fn sentence(self) -> String {
        match (self, self.scope()) {
            (_, Some(scope)) => format!("Scope: `{scope}`."),
            (Self::Access(Access::SetupToken), _) => "Requires the setup token.".into(),
            (Self::Access(Access::Browser), _) => "Requires a browser session.".into(),
            (Self::Access(Access::Person), _) => {
                "Requires an ID token. API keys are rejected.".into()
            }
            (Self::Access(Access::AnyKey) | Self::Action(_), _) => "Works with any key.".into(),
        }
    }

    /// The security schemes that an operation accepts. The setup token is not one of them, because
    /// it is part of the body.
    fn security(self) -> Vec<SecurityRequirement> {
        let schemes: &[&str] = match self {
            Self::Access(Access::SetupToken) => return vec![SecurityRequirement::default()],
            Self::Access(Access::Browser) => &["session"],
            Self::Access(Access::Person) => &["bearer"],
            Self::Access(Access::AnyKey) | Self::Action(_) => &["bearer", "api_key"],
        };
        schemes
            .iter()
            .map(|scheme| SecurityRequirement::new(*scheme, [""; 0]))
            .collect()
    }
}

/// Completes the description that utoipa generates from the handlers.
pub fn complete(mut description: OpenApi) -> OpenApi {
    for (path, item) in &mut description.paths.paths {
        for (method, operation) in operations(item) {
            describe(&method, path, operation);
        }
    }
    let components = description
        .components
        .get_or_insert_with(Default::default);
    shapes::complete(components);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or an ID token"))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let session = ApiKeyValue::with_description(
        sessions::SECURE_COOKIE,
        "The session cookie, only for pages of this installation",
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(session)),
    );
    components.add_security_scheme(
        "api_key",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))),
    );
    description
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

fn describe(method: &Method, path: &str, operation: &mut Operation) {
    let Some(needs) = Needs::of(operation) else {
        return;
    };
    let cost = super::cost::cost(method, path);

    let text = operation
        .description
        .take()
        .map(|text| format!("{text}\n\n"))
        .unwrap_or_default();
    operation.description = Some(format!("{text}{} Cost: {cost}.", needs.sentence()));
    operation.security = Some(needs.security());

    let extensions = ExtensionsBuilder::new().add("x-cost", cost);
    let extensions = match needs.scope() {
        Some(scope) => extensions.add("x-scope", scope.as_str()),
        None => extensions,
    };
    operation.extensions = Some(extensions.build());

    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(without_null);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            if response.description.is_empty() {
                response.description = outcome(status).into();
            }
            headers(status, response);
        }
    }

    for (status, what) in common_errors(needs, operation) {
        let response = RefOr::T(error_response(status, what));
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert(response);
    }
}

/// An optional body can be absent, but not `null`.
fn without_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
        let shape = either
            .items
            .iter()
            .find(|item| matches!(item, RefOr::Ref(_)))
            .cloned();
        content.schema = shape.or_else(|| content.schema.clone());
    }
}

/// The description of a status that the handler does not describe.
fn outcome(status: &str) -> &'static str {
    match status {
        "200" => "Success",
        "201" => "Created",
        "204" => "Success, without a body",
        "505" => "The file cannot be sent safely over HTTP/1.0",
        "404" => "The resource does not exist, or you do not have access to it",
        "409" => "The request conflicts with the current state. `code` contains the reason",
        _ => "Some fields are invalid. `fields` lists them",
    }
}

/// The errors that all operations of a kind have in common.
fn common_errors(needs: Needs, operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        (
            "400",
            "The request is malformed, or a key was sent in the URL",
        ),
        (
            "429",
            "Too many requests, or too many failed attempts from this IP address",
        ),
        ("500", "An internal error. Nothing was changed"),
        (
            "503",
            "The service is temporarily unavailable. Try again",
        ),
    ];
    if needs != Needs::Access(Access::SetupToken) {
        all.push(("401", "The credential is missing or invalid"));
        all.push((
            "403",
            "The credential does not have the required permission",
        ));
    }
    if operation.request_body.is_some() {
        all.push((
            "408",
            "The body took more than 30 seconds to arrive. Nothing was changed",
        ));
        all.push(("413", "The body is larger than 64 KiB"));
        all.push(("415", "The body is not JSON"));
        all.push(("422", "Some fields are invalid"));
    }
    all
}

fn error_response(status: &str, what: &str) -> Response {
    let body = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemBody"))));
    let mut response = ResponseBuilder::new()
        .description(what)
        .content("application/json", body)
        .build();
    headers(status, &mut response);
    response
}

/// Adds the headers of a response.
fn headers(status: &str, response: &mut Response) {
    let mut texts = vec![
        ("X-Environment", "`production` or `test`"),
        (
            "X-Request-Id",
            "The request ID, which is also in the log",
        ),
    ];
    texts.extend(match status {
        "401" | "403" => Some((
            "WWW-Authenticate",
            "How to authenticate, and the scope that the key lacks",
        )),
        "409" => Some((
            "Location",
            "The URL of the key that the same request already created",
        )),
        "429" | "503" => Some(("Retry-After", "Seconds to wait")),
        _ => None,
    });
    for (name, what) in texts {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .build();
        let header = HeaderBuilder::new()
            .schema(Some(text))
            .description(Some(what))
            .build();
        response
            .headers
            .insert(name.into(), header.into());
    }
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .build();
    let cost = HeaderBuilder::new()
        .schema(Some(number))
        .description(Some(
            "The cost of the operation; 0 for a rejected request",
        ));
    response
        .headers
        .insert("X-Cost".into(), cost.build().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handler_declares_what_a_caller_needs() {
        let mut described = super::super::described();

        let missing: Vec<_> = described
            .paths
            .paths
            .values_mut()
            .flat_map(operations)
            .filter(|(_, operation)| Needs::of(operation).is_none())
            .map(|(_, operation)| operation.operation_id.clone())
            .collect();

        assert!(
            missing.is_empty(),
            "missing or unknown `x-needs`: {missing:?}"
        );
    }
}
