//! Reads the fields of a schema: their types, limits and accepted words, in words for people.

use app::pages::docs::reference::SchemaField;
use app::words::api_reference as words;
use serde_json::Value;

use crate::http::docs::markdown;

/// How deep fields are shown inside fields.
const DEEPEST: usize = 5;

/// The schemas of the description, which others refer to.
#[derive(Clone, Copy)]
pub struct Schemas<'a>(pub &'a Value);

/// What a schema says.
#[derive(Default)]
pub struct Shape {
    /// The type, in words.
    pub kind: String,
    /// The limits, in words.
    pub limits: Vec<String>,
    /// The accepted words.
    pub values: Vec<String>,
    /// The fields of an object, or of the objects in an array.
    pub fields: Vec<SchemaField>,
}

impl<'a> Schemas<'a> {
    /// The schema itself, or the one that it refers to.
    pub fn resolved(self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next());
        name.map_or(schema, |name| self.resolved(&self.0[name]))
    }

    /// The schema without the alternative `null`, and whether there is one.
    pub fn without_null(self, schema: &'a Value) -> (&'a Value, bool) {
        let Some(either) = schema["oneOf"].as_array() else {
            return (schema, false);
        };
        let is_null = |one: &&Value| one["type"] == "null";
        let value = either.iter().find(|one| !is_null(one));
        (
            value.unwrap_or(schema),
            either.iter().any(|one| is_null(&one)),
        )
    }

    /// Reads a schema.
    pub fn shape(self, schema: &'a Value) -> Shape {
        self.shape_at(schema, DEEPEST)
    }

    fn shape_at(self, schema: &'a Value, deep: usize) -> Shape {
        let (schema, mut is_nullable) = self.without_null(schema);
        let schema = self.resolved(schema);
        is_nullable |= types(schema).contains(&"null");
        let mut shape = Shape {
            limits: limits(schema),
            values: accepted(schema),
            ..Shape::default()
        };
        match types(schema)
            .into_iter()
            .find(|kind| *kind != "null")
        {
            Some("array") => {
                let items = self.shape_at(&schema["items"], deep);
                shape.kind = words::array_of(&items.kind);
                shape.values.extend(items.values);
                shape.fields = items.fields;
            }
            Some("object") if schema["additionalProperties"].is_object() => {
                let value = self.shape_at(&schema["additionalProperties"], deep);
                shape.kind = words::map_of(&value.kind);
            }
            Some("string") if schema["format"] == "date-time" => shape.kind = "date-time".into(),
            Some(kind) => shape.kind = kind.into(),
            None if schema["allOf"].is_array() => shape.kind = "object".into(),
            None => shape.kind = words::ANY.into(),
        }
        if shape.kind == "object" && deep > 0 {
            shape.fields = self.fields_at(schema, deep - 1);
        }
        if is_nullable {
            shape.kind.push_str(words::OR_NULL);
        }
        shape
    }

    /// The fields of an object: the required ones first if only some are.
    fn fields_at(self, schema: &'a Value, deep: usize) -> Vec<SchemaField> {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let mut fields: Vec<_> = parts
            .flat_map(|part| self.fields_at(self.resolved(part), deep))
            .collect();
        let properties = schema["properties"]
            .as_object()
            .into_iter()
            .flatten();
        let is_required = |name: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|required| required.iter().any(|one| one == name))
        };
        fields.extend(properties.map(|(name, schema)| {
            let shape = self.shape_at(schema, deep);
            SchemaField {
                name: name.clone(),
                is_required: is_required(name),
                about: markdown::inline(self.about(schema)),
                ..field(shape)
            }
        }));
        fields.sort_by_key(|field| !field.is_required);
        fields
    }

    /// The description of a schema, or of the one that it refers to.
    pub fn about(self, schema: &'a Value) -> &'a str {
        let (inner, _) = self.without_null(schema);
        [schema, inner, self.resolved(inner)]
            .iter()
            .find_map(|one| one["description"].as_str())
            .unwrap_or_default()
    }
}

/// A field of this shape, without a name.
pub fn field(shape: Shape) -> SchemaField {
    SchemaField {
        kind: shape.kind,
        limits: shape.limits,
        values: shape.values,
        fields: shape.fields,
        ..SchemaField::default()
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn accepted(schema: &Value) -> Vec<String> {
    let words = schema["enum"].as_array().into_iter().flatten();
    words
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn limits(schema: &Value) -> Vec<String> {
    let range = |least: &str, most: &str, unit: fn(&str) -> String| {
        let number = |name: &str| schema[name].as_i64().map(|n| n.to_string());
        match (number(least), number(most)) {
            (Some(least), Some(most)) => Some(unit(&words::from_to(&least, &most))),
            (Some(least), None) => Some(words::at_least(&unit(&least))),
            (None, Some(most)) => Some(words::at_most(&unit(&most))),
            (None, None) => None,
        }
    };
    [
        range("minLength", "maxLength", words::characters),
        range("minItems", "maxItems", words::items),
        range("minimum", "maximum", str::to_owned),
        schema["pattern"].as_str().map(words::matching),
        (!schema["default"].is_null()).then(|| words::default(&schema["default"].to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_read() {
        let all = json!({
            "Word": {"description": "A word.", "type": "string", "enum": ["a", "b"]},
            "Base": {"type": "object", "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["id"]},
            "Loop": {"type": "object", "properties": {"next": {"$ref": "#/x/Loop"}}},
        });
        let schema = json!({"allOf": [{"$ref": "#/x/Base"}, {"type": "object", "properties": {
            "maybe": {"oneOf": [{"$ref": "#/x/Word", "description": "Or `null`."}, {"type": "null"}]},
            "name": {"type": ["string", "null"], "minLength": 1, "maxLength": 100, "description": "The name."},
            "words": {"type": "array", "items": {"$ref": "#/x/Word"}, "maxItems": 3},
        }, "required": ["words"]}]});
        let shape = Schemas(&all).shape(&schema);
        let lines: Vec<_> = shape
            .fields
            .iter()
            .map(|field| {
                format!(
                    "{} | {} | {} | {:?} | {:?} | {}",
                    field.name,
                    field.kind,
                    field.is_required,
                    field.limits,
                    field.values,
                    field.about.trim_end()
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        id | integer | true | ["1 to 9"] | [] | 
        words | array of string | true | ["at most 3 items"] | ["a", "b"] | 
        maybe | string or null | false | [] | ["a", "b"] | <p>Or <code>null</code>.</p>
        name | string or null | false | ["1 to 100 characters"] | [] | <p>The name.</p>
        "#);
        // A schema that contains itself ends.
        let mut deep = Schemas(&all)
            .shape(&json!({"$ref": "#/x/Loop"}))
            .fields;
        let mut steps = 0;
        while let Some(field) = deep.pop() {
            deep = field.fields;
            steps += 1;
        }
        assert_eq!(steps, DEEPEST);
    }
}
