//! Writes a request for an operation in curl, JavaScript and Python, with the URL of this
//! installation and the examples of the description.

use app::pages::docs::sample::Sample;
use app::words::api_reference::LANGUAGES;
use serde_json::{Map, Value};

use super::fields::Schemas;
use super::literal::{Language, literal};

const JSON: &str = "application/json";
/// The optional fields that the example of a body without required fields contains at most.
const MOST_OPTIONAL: usize = 2;

/// A request to write.
pub struct Request {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The variable with the credential.
    pub credential: Option<&'static str>,
    /// The body, which is JSON.
    pub body: Option<Value>,
    /// The content type of the response, if it has a body.
    pub response: Option<String>,
}

/// The request in each language.
pub fn samples(request: &Request) -> Vec<Sample> {
    let codes = [curl(request), javascript(request), python(request)];
    LANGUAGES
        .into_iter()
        .zip(codes)
        .map(|(language, code)| Sample { language, code })
        .collect()
}

fn curl(request: &Request) -> String {
    let method = if request.method == "GET" {
        String::new()
    } else {
        format!("-X {} ", request.method)
    };
    let mut lines = vec![format!("curl {method}\"{}\"", request.url)];
    if let Some(variable) = request.credential {
        lines.push(format!("-H \"Authorization: Bearer ${variable}\""));
    }
    if let Some(value) = &request.body {
        let body = literal(value, Language::Json, 2, 2).replace('\'', "'\\''");
        lines.push(format!("-H \"Content-Type: {JSON}\""));
        lines.push(format!("-d '{body}'"));
    }
    lines.join(" \\\n  ")
}

fn javascript(request: &Request) -> String {
    let mut options = Vec::new();
    if request.method != "GET" {
        options.push(format!("method: \"{}\"", request.method));
    }
    let mut headers = Vec::new();
    if let Some(variable) = request.credential {
        headers.push(format!(
            "\"Authorization\": `Bearer ${{process.env.{variable}}}`"
        ));
    }
    if request.body.is_some() {
        headers.push(format!("\"Content-Type\": \"{JSON}\""));
    }
    if !headers.is_empty() {
        let headers = headers.join(",\n    ");
        options.push(format!("headers: {{\n    {headers},\n  }}"));
    }
    if let Some(value) = &request.body {
        let value = literal(value, Language::Json, 2, 2);
        options.push(format!("body: JSON.stringify({value})"));
    }
    let options = options.join(",\n  ");
    let read = match request.response.as_deref() {
        Some(JSON) => "console.log(response.status, await response.json());",
        Some(_) => "console.log(response.status, await response.text());",
        None => "console.log(response.status);",
    };
    format!(
        "const response = await fetch(\"{}\", {{\n  {options},\n}});\n{read}",
        request.url
    )
}

fn python(request: &Request) -> String {
    let mut arguments = vec![format!("\"{}\"", request.url)];
    if let Some(variable) = request.credential {
        arguments.push(format!(
            "headers={{\"Authorization\": f\"Bearer {{os.environ['{variable}']}}\"}}"
        ));
    }
    if let Some(value) = &request.body {
        let value = literal(value, Language::Python, 4, 4);
        arguments.push(format!("json={value}"));
    }
    let imports = if request.credential.is_some() {
        "import os\nimport requests"
    } else {
        "import requests"
    };
    let read = match request.response.as_deref() {
        Some(JSON) => "print(response.status_code, response.json())",
        Some(_) => "print(response.status_code, response.text)",
        None => "print(response.status_code)",
    };
    format!(
        "{imports}\n\nresponse = requests.{}(\n    {},\n)\n{read}",
        request.method.to_lowercase(),
        arguments.join(",\n    ")
    )
}

/// An example of a value.
pub fn example(schemas: Schemas<'_>, schema: &Value) -> Value {
    if !schema["example"].is_null() {
        return schema["example"].clone();
    }
    let (schema, _) = schemas.without_null(schema);
    let schema = schemas.resolved(schema);
    let kind = match &schema["type"] {
        Value::Array(kinds) => &kinds[0],
        kind => kind,
    };
    match (kind.as_str(), &schema["enum"]) {
        (_, Value::Array(words)) => words.first().cloned().unwrap_or_default(),
        (Some("array"), _) => Value::Array(vec![example(schemas, &schema["items"])]),
        (Some("object"), _) => object(schemas, schema),
        (Some("integer"), _) => Value::from(schema["minimum"].as_i64().unwrap_or(1)),
        (Some("boolean"), _) => Value::from(true),
        (Some("string"), _) => Value::from("…"),
        _ => Value::Null,
    }
}

/// The required fields of an object. Without any, texts and lists of words, which are safe to try:
/// an example of an IP address or an ID would not fit another installation.
fn object(schemas: Schemas<'_>, schema: &Value) -> Value {
    let all: Vec<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .collect();
    let required: Vec<_> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut chosen: Vec<_> = all
        .iter()
        .filter(|(name, _)| required.contains(&name.as_str()))
        .collect();
    if chosen.is_empty() {
        chosen = all
            .iter()
            .filter(|(_, schema)| is_safe(schema))
            .take(MOST_OPTIONAL)
            .collect();
    }
    if chosen.is_empty() {
        chosen = all
            .iter()
            .filter(|(_, schema)| !schema["example"].is_null())
            .take(1)
            .collect();
    }
    let fields: Map<_, _> = chosen
        .into_iter()
        .map(|(name, schema)| ((*name).clone(), example(schemas, schema)))
        .collect();
    Value::Object(fields)
}

fn is_safe(schema: &Value) -> bool {
    let is_plain = schema["format"].is_null() && schema["pattern"].is_null();
    match &schema["example"] {
        Value::String(_) => is_plain && schema["enum"].is_null(),
        Value::Array(_) => schema["items"]["enum"].is_array(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(body: Option<Value>) -> Request {
        Request {
            method: if body.is_some() { "POST" } else { "GET" }.into(),
            url: "https://keys.example.com/api/v1/keys".into(),
            credential: Some("ROUNDTABLE_API_KEY"),
            body,
            response: Some(JSON.into()),
        }
    }

    #[test]
    fn a_request_is_written_in_three_languages() {
        let all = samples(&request(Some(
            json!({"label": "It's CI", "active": true}),
        )));
        let all: Vec<_> = all
            .into_iter()
            .map(|sample| format!("# {}\n{}", sample.language, sample.code))
            .collect();
        insta::assert_snapshot!(all.join("\n\n"), @r#"
        # curl
        curl -X POST "https://keys.example.com/api/v1/keys" \
          -H "Authorization: Bearer $ROUNDTABLE_API_KEY" \
          -H "Content-Type: application/json" \
          -d '{"active": true, "label": "It'\''s CI"}'

        # JavaScript
        const response = await fetch("https://keys.example.com/api/v1/keys", {
          method: "POST",
          headers: {
            "Authorization": `Bearer ${process.env.ROUNDTABLE_API_KEY}`,
            "Content-Type": "application/json",
          },
          body: JSON.stringify({"active": true, "label": "It's CI"}),
        });
        console.log(response.status, await response.json());

        # Python
        import os
        import requests

        response = requests.post(
            "https://keys.example.com/api/v1/keys",
            headers={"Authorization": f"Bearer {os.environ['ROUNDTABLE_API_KEY']}"},
            json={"active": True, "label": "It's CI"},
        )
        print(response.status_code, response.json())
        "#);
        insta::assert_snapshot!(curl(&request(None)), @r#"
        curl "https://keys.example.com/api/v1/keys" \
          -H "Authorization: Bearer $ROUNDTABLE_API_KEY"
        "#);
    }

    #[test]
    fn an_example_has_the_required_fields_or_harmless_ones() {
        let schemas = json!({});
        let of = |schema: Value| example(Schemas(&schemas), &schema);
        let optional = json!({"type": "object", "properties": {
            "actor_id": {"type": "integer", "example": 14},
            "label": {"type": ["string", "null"], "example": "CI"},
            "until": {"type": "string", "format": "date-time", "example": "2099-12-31T23:59:59Z"},
        }});
        assert_eq!(of(optional), json!({"label": "CI"}));
        let required = json!({"type": "object", "required": ["ids", "kind"], "properties": {
            "ids": {"type": "array", "items": {"type": "integer", "minimum": 3}},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "label": {"type": "string", "example": "CI"},
        }});
        assert_eq!(of(required), json!({"ids": [3], "kind": "a"}));
    }
}
