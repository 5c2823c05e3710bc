//! Completes the schemas with what utoipa's macros cannot express: the values that a text field
//! accepts, and that a response always contains all of its fields.

use domain::key::RevokeReason;
use domain::organization::KeyMakers;
use domain::scope::Template;
use domain::view::RefusalCause;
use domain::workspace::{Provider, WorkspaceStatus};
use domain::{ActorKind, Code, Role, Scope};
use serde_json::Value;
use utoipa::openapi::schema::{ArrayItems, Components, Object, Schema, SchemaType};
use utoipa::openapi::{RefOr, Type};

/// The accepted values of a field.
type Words = (&'static str, &'static str, Vec<Value>);

/// All text fields that accept only the words of a closed set.
fn words() -> Vec<Words> {
    let of = |words: &[&str]| {
        words
            .iter()
            .map(|word| Value::from(*word))
            .collect::<Vec<_>>()
    };
    let scopes = of(&Scope::WORDS);
    let roles = of(&[Role::Member.as_str(), Role::Admin.as_str()]);
    vec![
        ("ProblemBody", "code", of(&Code::WORDS)),
        ("NewKeyRequest", "scopes", scopes.clone()),
        ("NewKeyRequest", "template", of(&Template::WORDS)),
        ("KeyChange", "scopes", scopes.clone()),
        ("KeyBody", "scopes", [of(&["*"]), scopes].concat()),
        (
            "KeyLineBody",
            "revoke_reason",
            of(&RevokeReason::WORDS),
        ),
        ("RefusalBody", "cause", of(&RefusalCause::WORDS)),
        ("NewWorkspace", "provider", of(&Provider::WORDS)),
        (
            "WorkspaceChange",
            "status",
            of(&WorkspaceStatus::WORDS),
        ),
        ("NewServiceAccount", "role", roles.clone()),
        ("ServiceAccountChange", "role", roles),
        ("MemberChange", "role", of(&Role::WORDS)),
        ("NewInvitationRequest", "role", of(&Role::WORDS)),
        ("KeyLeftBehind", "then", of(&["end", "hand_over"])),
        (
            "OrganizationChange",
            "key_makers",
            of(&KeyMakers::WORDS),
        ),
        (
            "OrganizationBody",
            "key_makers",
            of(&KeyMakers::WORDS),
        ),
        ("RunBody", "trigger", of(&["api", "hook"])),
        ("MeBody", "kind", of(&ActorKind::WORDS)),
        ("MeBody", "credential", of(&["api_key", "id_token"])),
        ("RevokedBody", "status", of(&["revoked"])),
    ]
}

/// Completes the schemas.
pub(super) fn complete(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        // Only an error response omits a field: `fields`, if it is empty.
        if let RefOr::T(schema) = schema
            && let Some(object) =
                own(schema).filter(|_| name.ends_with("Body") && name != "ProblemBody")
        {
            object.required = object.properties.keys().cloned().collect();
        }
    }
    for (name, field, words) in words() {
        if let Some(RefOr::T(schema)) = components.schemas.get_mut(name)
            && let Some(RefOr::T(field)) =
                own(schema).and_then(|object| object.properties.get_mut(field))
        {
            limit(field, &words);
        }
    }
}

/// The part of a schema that it adds to the schema that it extends.
fn own(schema: &mut Schema) -> Option<&mut Object> {
    match schema {
        Schema::Object(object) => Some(object),
        Schema::AllOf(all) => all.items.iter_mut().find_map(|item| match item {
            RefOr::T(Schema::Object(object)) => Some(object),
            _ => None,
        }),
        _ => None,
    }
}

fn limit(schema: &mut Schema, words: &[Value]) {
    match schema {
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items
                && let RefOr::T(items) = &mut **items
            {
                limit(items, words);
            }
        }
        Schema::Object(object) => {
            let nullable = matches!(&object.schema_type, SchemaType::Array(types) if types.contains(&Type::Null));
            let mut values = words.to_vec();
            if nullable {
                values.push(Value::Null);
            }
            object.enum_values = Some(values);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_table_is_there() {
        let mut components = super::super::super::description()
            .components
            .expect("components");
        for (name, field, words) in words() {
            let Some(RefOr::T(schema)) = components.schemas.get_mut(name) else {
                panic!("no {name}")
            };
            let found = own(schema).and_then(|object| object.properties.get(field));
            let Some(RefOr::T(found)) = found else {
                panic!("no {name}.{field}")
            };
            let text = serde_json::to_string(found).expect("json");
            assert!(
                words
                    .iter()
                    .all(|word| text.contains(&word.to_string())),
                "{name}.{field}: {text}"
            );
        }
    }
}
