//! Writes a JSON value as JSON, or as a literal of Python.

use serde_json::Value;

/// The longest literal on one line.
const LINE: usize = 56;

/// A language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON, which is JavaScript too.
    Json,
    /// Python.
    Python,
}

impl Language {
    const fn word(self, value: Option<bool>) -> &'static str {
        match (self, value) {
            (Self::Json, Some(true)) => "true",
            (Self::Json, Some(false)) => "false",
            (Self::Json, None) => "null",
            (Self::Python, Some(true)) => "True",
            (Self::Python, Some(false)) => "False",
            (Self::Python, None) => "None",
        }
    }
}

/// The literal of a value, on one line if it is short. Further lines are indented by `outer` and
/// steps of `step` spaces.
pub fn literal(value: &Value, language: Language, outer: usize, step: usize) -> String {
    let short = parts(value, language, |inside| {
        literal(inside, language, 0, step)
    });
    let line = short.joined("", ", ", "");
    let is_short = !line.contains('\n') && outer + line.len() <= LINE;
    if is_short || short.items.is_empty() {
        return line;
    }
    let inner = outer + step;
    let broken = parts(value, language, |inside| {
        literal(inside, language, inner, step)
    });
    let before = format!("\n{}", " ".repeat(inner));
    let comma = if language == Language::Python {
        ","
    } else {
        ""
    };
    let after = format!("{comma}\n{}", " ".repeat(outer));
    broken.joined(&before, &format!(",{before}"), &after)
}

/// The brackets and the items of an array or an object. Another value has no items.
struct Parts {
    open: String,
    items: Vec<String>,
    close: &'static str,
}

impl Parts {
    fn joined(&self, before: &str, between: &str, after: &str) -> String {
        if self.items.is_empty() {
            return format!("{}{}", self.open, self.close);
        }
        let items = self.items.join(between);
        format!("{}{before}{items}{after}{}", self.open, self.close)
    }
}

fn parts(value: &Value, language: Language, inside: impl Fn(&Value) -> String) -> Parts {
    let alone = |text: String| Parts {
        open: text,
        items: Vec::new(),
        close: "",
    };
    match value {
        Value::Null => alone(language.word(None).into()),
        Value::Bool(value) => alone(language.word(Some(*value)).into()),
        Value::Number(_) | Value::String(_) => alone(value.to_string()),
        Value::Array(items) => Parts {
            open: "[".into(),
            items: items.iter().map(inside).collect(),
            close: "]",
        },
        Value::Object(fields) => Parts {
            open: "{".into(),
            items: fields
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), inside(value)))
                .collect(),
            close: "}",
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_in_both_languages() {
        let value = json!({"a": [1, "b's"], "c": null, "d": true, "e": {}});
        assert_eq!(
            literal(&value, Language::Json, 0, 2),
            r#"{"a": [1, "b's"], "c": null, "d": true, "e": {}}"#
        );
        assert_eq!(
            literal(&value, Language::Python, 0, 4),
            r#"{"a": [1, "b's"], "c": None, "d": True, "e": {}}"#
        );
        let long =
            json!({"first": "a text that is long enough", "second": ["for", "several", "lines"]});
        assert_eq!(
            literal(&long, Language::Json, 2, 2),
            "{\n    \"first\": \"a text that is long enough\",\n    \"second\": [\"for\", \"several\", \"lines\"]\n  }"
        );
        assert_eq!(
            literal(&long, Language::Python, 0, 4),
            "{\n    \"first\": \"a text that is long enough\",\n    \"second\": [\"for\", \"several\", \"lines\"],\n}"
        );
    }
}
