//! What the description of the API says of every operation beyond its own shapes: who may, what it costs, how it is
//! refused. All of it is read from where it is decided.

mod shapes;

use axum::http::Method;
use domain::policy::Action;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Content, HeaderBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};

/// What an operation does, for the policy. An operation that is missing here needs no permission of a key.
fn action(operation: &str) -> Option<Action> {
    Some(match operation {
        "list_keys" | "get_key" => Action::ListKeys,
        "create_key" => Action::CreateKey,
        "change_key" => Action::ChangeKey,
        "rotate_key" => Action::RotateKey,
        "revoke_key" => Action::RevokeKey,
        "list_workspaces" | "get_workspace" | "list_projects" => Action::ListWorkspaces,
        "create_workspace" => Action::CreateWorkspace,
        "delete_workspace" => Action::DeleteWorkspace,
        "list_runs" => Action::ListRuns,
        "create_run" | "create_run_by_hook" => Action::CreateRun,
        "send_message" => Action::SendMessage,
        "read_inbox" => Action::ReadInbox,
        "delete_message" => Action::DeleteMessage,
        "read_notebook" => Action::ReadNotebook,
        "write_note" | "delete_note" => Action::WriteNotebook,
        "list_service_accounts" | "get_service_account" => Action::ListServiceAccounts,
        "create_service_account" | "change_service_account" => Action::ManageServiceAccounts,
        "list_members" | "get_member" => Action::ListMembers,
        "list_invitations" => Action::SeeAddresses,
        "change_member" | "remove_member" | "offboard_member" | "create_invitation" | "revoke_invitation" => {
            Action::ManageMembers
        }
        "read_audit_log" | "export_audit_log" => Action::ReadAudit,
        "see_organization" => Action::SeeOrganization,
        "change_organization" => Action::ChangeOrganization,
        _ => return None,
    })
}

/// What is a person's own, in whatever organization they are, and what they do themselves: no key does it for them.
fn in_person(operation: &str) -> bool {
    matches!(
        operation,
        "list_sessions"
            | "end_session"
            | "end_other_sessions"
            | "accept_invitation"
            | "list_organizations"
            | "create_organization"
            | "leave_organization"
    )
}

/// What only a page of ours can ask for.
fn in_browser(operation: &str) -> bool {
    operation == "issue_token"
}

/// Completes a description that was made from the handlers.
pub fn complete(mut description: OpenApi) -> OpenApi {
    for item in description.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            describe(&method, operation);
        }
    }
    let components = description.components.get_or_insert_with(Default::default);
    shapes::complete(components);
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key or an ID token")).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let session = ApiKeyValue::with_description("__Host-rt_session", "The session's cookie, from a page of ours only");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))));
    description
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

fn describe(method: &Method, operation: &mut Operation) {
    let (name, cost) = (operation.operation_id.clone().unwrap_or_default(), super::cost::cost(method));
    let scope = action(&name).and_then(Action::scope);
    let needs = match scope {
        _ if name == "bootstrap" => "Needs the setup token.".to_owned(),
        _ if in_browser(&name) => "Needs a browser session.".to_owned(),
        _ if in_person(&name) => "Needs a token of a person; no key will do.".to_owned(),
        Some(scope) => format!("Scope: `{scope}`."),
        None => "Any key may.".to_owned(),
    };
    let said = operation.description.take().map(|text| format!("{text}\n\n")).unwrap_or_default();
    operation.description = Some(format!("{said}{needs} Cost: {cost}."));
    let extensions = ExtensionsBuilder::new().add("x-cost", cost);
    let extensions = match scope {
        Some(scope) => extensions.add("x-scope", scope.as_str()),
        None => extensions,
    };
    operation.extensions = Some(extensions.build());
    if in_browser(&name) {
        operation.security = Some(vec![SecurityRequirement::new("session", [""; 0])]);
    } else if in_person(&name) {
        operation.security = Some(vec![SecurityRequirement::new("bearer", [""; 0])]);
    } else if name != "bootstrap" {
        operation.security = Some(["bearer", "api_key"].map(|way| SecurityRequirement::new(way, [""; 0])).into());
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(without_null);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            if response.description.is_empty() {
                response.description = outcome(status).into();
            }
            heads(status, response);
        }
    }
    for (status, what) in refusals(&name, operation) {
        let refusal = RefOr::T(refusal(status, what));
        operation.responses.responses.entry(status.to_owned()).or_insert(refusal);
    }
}

/// A body that may be missing is no `null`.
fn without_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
        let shape = either.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        content.schema = shape.or_else(|| content.schema.clone());
    }
}

/// What a status means where an operation says no more of it.
fn outcome(status: &str) -> &'static str {
    match status {
        "200" => "The answer",
        "201" => "It was made",
        "204" => "It is gone; there is no body",
        "505" => "The file cannot be sent safely over HTTP/1.0",
        "404" => "Nothing of this id is within reach",
        "409" => "The present state does not allow it; `code` says what stands in the way",
        _ => "Some fields are not acceptable; `fields` says which",
    }
}

/// How every operation of its kind may be refused.
fn refusals(name: &str, operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        ("400", "The request could not be read, or a key stood in its query"),
        ("429", "Too many credentials or tokens of this address failed, or too many requests; wait"),
        ("500", "A fault of the product; nothing was changed"),
        ("503", "The database does not answer; try again"),
    ];
    if name != "bootstrap" {
        all.push(("401", "No credential, or one that does not work"));
        all.push(("403", "The credential works, but not for this"));
    }
    if operation.request_body.is_some() {
        all.push(("408", "The body took more than 30 seconds to arrive; nothing was changed"));
        all.push(("413", "The body is larger than 64 KiB"));
        all.push(("415", "The body is not JSON"));
        all.push(("422", "Some fields are not acceptable"));
    }
    all
}

fn refusal(status: &str, what: &str) -> Response {
    let body = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemBody"))));
    let mut response = ResponseBuilder::new().description(what).content("application/json", body).build();
    heads(status, &mut response);
    response
}

/// The headers of an answer.
fn heads(status: &str, response: &mut Response) {
    let mut texts =
        vec![("X-Environment", "`production` or `test`"), ("X-Request-Id", "The request's id, to find it in the log")];
    texts.extend(match status {
        "401" | "403" => Some(("WWW-Authenticate", "How to authenticate, and the scope that a key lacks")),
        "409" => Some(("Location", "Where the key is that the same request made before")),
        "429" | "503" => Some(("Retry-After", "Seconds to wait")),
        _ => None,
    });
    for (name, what) in texts {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        response
            .headers
            .insert(name.into(), HeaderBuilder::new().schema(Some(text)).description(Some(what)).build().into());
    }
    let number = ObjectBuilder::new().schema_type(Type::Integer).build();
    let cost =
        HeaderBuilder::new().schema(Some(number)).description(Some("What the operation cost; 0 if it was refused"));
    response.headers.insert("X-Cost".into(), cost.build().into());
}
