//! B16: mass assignment. Additional fields in a request, such as column names or names of
//! principals, are rejected or have no effect.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Map, Value, json};
use server::http::api as rest;

use crate::matrix::oracle::{Kind, Requirement};
use crate::matrix::world::{Which, World};
use crate::matrix::{api, forms};
use crate::operations::{MARKS, TABLE};
use crate::test_app::TestResponse;

/// Names of principals, permissions and states in other products.
const PRINCIPALS: [&str; 26] = [
    "user_id",
    "userId",
    "user",
    "owner",
    "owner_id",
    "org_id",
    "orgId",
    "organization_id",
    "organization",
    "tenant",
    "actor_id",
    "created_by",
    "role",
    "roles",
    "role_cap",
    "is_admin",
    "admin",
    "permissions",
    "scope",
    "status",
    "state",
    "is_active",
    "active",
    "created_at",
    "row_mac",
    "audit_n",
];

/// Optional fields of forms that the examples omit.
const OWN: [(&str, &str); 20] = [
    ("/ui/cancel_run", "environment"),
    ("/ui/change_api", "allowed_ips"),
    ("/ui/change_api", "signed_assertion"),
    ("/ui/change_api", "environments"),
    ("/ui/change_api", "key_header"),
    ("/ui/change_api", "scopes"),
    ("/ui/change_consumer", "allowed_ips"),
    ("/ui/change_consumer", "metadata"),
    ("/ui/change_workspace", "environment"),
    ("/ui/create_api", "key_prefix"),
    ("/ui/create_api", "scopes"),
    ("/ui/create_api_key", "actor_id"),
    ("/ui/create_api_key", "allowed_ips"),
    ("/ui/create_api_key", "environment"),
    ("/ui/create_consumer", "metadata"),
    ("/ui/create_key", "environment"),
    ("/ui/create_service_account", "allow_overlap"),
    ("/ui/create_workspace", "environment"),
    ("/ui/create_workspace", "model"),
    ("/ui/delete_workspace", "environment"),
];

type Cells = BTreeMap<(String, String), Vec<String>>;

/// All names to try, with a plausible value.
fn names(cells: &Cells, world: &World) -> BTreeMap<String, String> {
    let columns = cells
        .keys()
        .map(|(_, column)| column.as_str())
        .chain(PRINCIPALS);
    columns
        .map(|name| (name.to_owned(), value(name, world)))
        .collect()
}

fn value(name: &str, world: &World) -> String {
    match name {
        "organization" | "organization_id" | "org_id" | "orgId" | "tenant" => {
            world.orbit.to_string()
        }
        "role" | "role_cap" | "roles" => "owner".into(),
        "environment" => "test".into(),
        "kind" => "sk".into(),
        "email" | "claim_email" => "evil@evil.test".into(),
        "permissions" | "scope" | "scopes" => "*".into(),
        "status" | "state" => "revoked".into(),
        name if name.ends_with("_at") => "1".into(),
        name if name.starts_with("is_") || name.starts_with("allow_") => "true".into(),
        "admin" | "active" | "sole" | "keys_make_keys" => "true".into(),
        name if name == "id"
            || name.ends_with("_id")
            || name.ends_with("Id")
            || name.ends_with("_by") =>
        {
            world.stranger.ctx.actor().id.to_string()
        }
        _ => "7777".into(),
    }
}

/// The fields of the request body according to the description.
fn described_fields(operation: &str) -> Option<BTreeSet<String>> {
    let text = serde_json::to_value(rest::description()).expect("json");
    let items = text["paths"].as_object().expect("paths").values();
    let mut all = items.flat_map(|item| item.as_object().expect("an item").values());
    let found = all
        .find(|described| described["operationId"] == operation)
        .expect("described");
    let schema = &found["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    let fields = text["components"]["schemas"][name]["properties"]
        .as_object()
        .expect("fields");
    Some(fields.keys().cloned().collect())
}

async fn send(world: &World, row: usize, query: &str, body: Option<&Value>) -> TestResponse {
    let (id, method, path, ..) = TABLE[row].clone();
    let part = &world.parts[0];
    let line = api::LINES
        .iter()
        .find(|line| line.0 == id)
        .expect("a line");
    let which = if line.2 == Kind::None
        || matches!(
            line.2,
            Kind::Key | Kind::Message | Kind::Note | Kind::Todo
        ) {
        Which::Own
    } else {
        Which::Other
    };
    let thing = api::id(world, line.2, which, Some(part)).expect("an id");
    let path = MARKS.iter().fold(path.to_owned(), |path, mark| {
        path.replace(mark, &thing)
    });
    let bearer = if line.1 == Requirement::Person {
        world.token("olivia")
    } else {
        part.credential.clone()
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}{query}"))
        .header("authorization", format!("Bearer {bearer}"));
    let request = match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    world.app.send(request.expect("a request")).await
}

/// A valid body.
fn valid_body(operation: &str) -> Map<String, Value> {
    let body = match operation {
        "create_key" => json!({ "label": "Mine" }),
        "rotate_calling_key" => json!({ "confirm_message_loss": true }),
        "change_member" => json!({ "role": "member" }),
        _ => match TABLE[api::row(operation)].3 {
            "" => json!({}),
            body => serde_json::from_str(body).expect("json"),
        },
    };
    body.as_object().expect("an object").clone()
}

// The API rejects unknown fields.
// B16
#[tokio::test]
async fn bodies_with_unknown_fields_are_rejected() {
    let world = World::new().await;
    let names = names(&world.cells().await, &world);
    assert!(names.len() > 80, "{}", names.len());
    let before = world.picture().await;
    let mut refused = 0;
    for line in api::LINES
        .iter()
        .filter(|line| !matches!(line.1, Requirement::Nothing | Requirement::Browser))
    {
        let Some(own) = described_fields(line.0) else {
            continue;
        };
        for (name, value) in names
            .iter()
            .filter(|(name, _)| !own.contains(*name))
            // Another name of the label.
            .filter(|(name, _)| *name != "name" || !own.contains("label"))
        {
            let number = value
                .parse::<i64>()
                .map_or(Value::Null, Value::from);
            for value in [json!(value), number, json!(true)] {
                let mut body = valid_body(line.0);
                body.insert(name.clone(), value);
                let answer = send(&world, api::row(line.0), "", Some(&body.into())).await;
                assert_eq!(
                    answer.status.as_u16(),
                    422,
                    "{} with {name}: {}",
                    line.0,
                    answer.text
                );
                assert!(
                    answer
                        .text
                        .to_lowercase()
                        .contains("unknown field"),
                    "{} with {name}: {}",
                    line.0,
                    answer.text
                );
                refused += 1;
            }
        }
        assert_eq!(world.picture().await, before, "{}", line.0);
    }
    assert!(refused > 3_000, "{refused}");
}

/// The changes of a request in the database, without random values.
struct Effect {
    cells: Cells,
    random: BTreeSet<(String, String, usize)>,
}

impl Effect {
    fn of(one: Cells, other: &Cells) -> Self {
        let mut random = BTreeSet::new();
        for ((table, column), values) in &one {
            let again = &other[&(table.clone(), column.clone())];
            assert_eq!(values.len(), again.len(), "{table}");
            let differ = values
                .iter()
                .zip(again)
                .enumerate()
                .filter(|(_, (one, other))| one != other);
            random.extend(differ.map(|(at, _)| (table.clone(), column.clone(), at)));
        }
        Self { cells: one, random }
    }

    /// Whether the database has changed.
    fn differs(&self, now: &Cells) -> Option<String> {
        // The sealed value of a session contains the message of the form, with the milliseconds that
        // a revocation took. It is written again if they differ from those of the form before.
        let is_compared = |(table, column): &(String, String)| {
            (table.as_str(), column.as_str()) != ("sessions", "sealed")
        };
        for ((table, column), values) in self
            .cells
            .iter()
            .filter(|(at, _)| is_compared(at))
        {
            let again = &now[&(table.clone(), column.clone())];
            if again.len() != values.len() {
                return Some(format!(
                    "{} rows of {table}, not {}",
                    again.len(),
                    values.len()
                ));
            }
            for (at, (value, other)) in values.iter().zip(again).enumerate() {
                let random = self
                    .random
                    .contains(&(table.clone(), column.clone(), at));
                if !random && value != other {
                    return Some(format!("{table}.{column} is {other}, not {value}"));
                }
            }
        }
        None
    }
}

/// Sends a request twice unchanged, then with each of the names, each time with the same database.
async fn compare(
    world: &World,
    case: &str,
    names: &BTreeMap<String, String>,
    send: impl AsyncFn(Option<(&str, &str)>) -> TestResponse,
) {
    let untouched = world.things().await;
    let first = send(None).await;
    assert!(
        first.status.is_success() || first.status.as_u16() == 409,
        "{case}: {} {}",
        first.status,
        first.text
    );
    let one = world.cells().await;
    world.restore().await;
    send(None).await;
    let effect = Effect::of(one, &world.cells().await);
    world.restore().await;
    for (name, value) in names {
        let answer = send(Some((name, value))).await;
        if answer.status.is_success() {
            assert_eq!(
                effect.differs(&world.cells().await),
                None,
                "{case} with {name}={value}"
            );
        } else {
            assert_eq!(
                world.things().await,
                untouched,
                "{case} with {name}={value}: {}",
                answer.text
            );
        }
        world.restore().await;
    }
}

// The query of changing requests, and the body of requests that have none.
// B16
#[tokio::test]
async fn additional_parameters_have_no_effect() {
    let world = World::new().await;
    let all = names(&world.cells().await, &world);
    let names: BTreeMap<_, _> = all
        .into_iter()
        .filter(|(name, _)| PRINCIPALS.contains(&name.as_str()) || name == "id" || name == "key_id")
        .collect();
    for line in api::LINES
        .iter()
        .filter(|line| !matches!(line.1, Requirement::Nothing | Requirement::Browser))
    {
        let row = api::row(line.0);
        if TABLE[row].1 == axum::http::Method::GET
            || matches!(
                line.0,
                "accept_invitation" | "leave_organization" | "end_session" | "end_other_sessions"
            )
        {
            continue;
        }
        let own = described_fields(line.0);
        let body = own
            .as_ref()
            .map(|_| Value::from(valid_body(line.0)));
        compare(&world, line.0, &names, async |more| {
            let query = more.map_or_else(String::new, |(name, value)| {
                format!("?{name}={value}")
            });
            send(&world, row, &query, body.as_ref()).await
        })
        .await;
        if body.is_none() {
            compare(&world, line.0, &names, async |more| {
                let body = more.map(|(name, value)| json!({ name: value }));
                send(&world, row, "", body.as_ref()).await
            })
            .await;
        }
    }
}

// Forms of the dashboard ignore unknown fields.
// B16
#[tokio::test]
async fn additional_form_fields_have_no_effect() {
    let world = World::new().await;
    let names = names(&world.cells().await, &world);
    for (subject, at) in [("olivia", 0), ("mina", 2)] {
        let cookie = world.cookie(subject).await;
        let part = &world.parts[at];
        // The sign-in was recorded. From here on the database is compared.
        world.restore().await;
        for (line, form) in forms::LINES
            .iter()
            .filter(|(line, _)| !matches!(line.1, Requirement::Nothing | Requirement::Person))
        {
            if at > 0 && line.1 == Requirement::Admin {
                continue;
            }
            let which = if matches!(
                line.2,
                Kind::None | Kind::Key | Kind::Workspace | Kind::Run
            ) {
                Which::Own
            } else {
                Which::Other
            };
            let id = api::id(&world, line.2, which, Some(part)).expect("an id");
            let form = form
                .replace("ORG", world.acme.as_str())
                .replace("ID", &id);
            let own: BTreeSet<_> = form
                .split('&')
                .filter_map(|pair| pair.split('=').next())
                .collect();
            let foreign = |name: &String| {
                let known = own.contains(name.as_str()) || OWN.contains(&(line.0, name.as_str()));
                // All names are tried for members and owners.
                !known && (at == 0 || PRINCIPALS.contains(&name.as_str()))
            };
            let names = names
                .iter()
                .filter(|(name, _)| foreign(name))
                .map(|(name, value)| (name.clone(), value.clone()));
            compare(&world, line.0, &names.collect(), async |more| {
                let more = more.map_or_else(String::new, |(name, value)| {
                    format!("&{name}={}", value.replace('*', "%2A"))
                });
                forms::answer(
                    &world,
                    line.0,
                    &format!("{form}{more}"),
                    &cookie,
                    "same-origin",
                )
                .await
            })
            .await;
        }
    }
}
