//! The page of a list: a cursor is accepted only as the `Link` header of the previous page has it.
#![no_main]

use arbitrary::Arbitrary;
use domain::command::{ListPage, RunQuery};
use libfuzzer_sys::fuzz_target;

/// A parameter of a query.
#[derive(Arbitrary, Debug)]
enum Value {
    Text(String),
    Number(i64),
    /// A number with text around it.
    Around(String, i64, String),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Around(before, number, after) => format!("{before}{number}{after}"),
        }
    }
}

fuzz_target!(
    |input: (Option<Value>, Option<Value>, [Option<String>; 2])| {
        let (limit, cursor, [state, workspace]) = input;
        let limit = limit.as_ref().map(Value::text);
        let cursor = cursor.as_ref().map(Value::text);
        match ListPage::read(limit.as_deref(), cursor.as_deref()) {
            Ok(page) => {
                assert!((1..=ListPage::MAX_LIMIT).contains(&page.limit));
                assert_eq!(page.before.map(|number| number.to_string()), cursor);
                assert!(page.before.is_none_or(|number| number > 0));
                match limit {
                    Some(limit) => assert_eq!(page.limit.to_string(), limit),
                    None => assert_eq!(page.limit, ListPage::DEFAULT_LIMIT),
                }
            }
            // A number in its range is not refused.
            Err(faults) => {
                let is_good = |text: &Option<String>, max: i64| {
                    text.as_ref().is_none_or(|text| {
                        let number = text.parse::<i64>().ok();
                        number.is_some_and(|number| {
                            (1..=max).contains(&number) && number.to_string() == *text
                        })
                    })
                };
                let bad = [
                    is_good(&limit, ListPage::MAX_LIMIT),
                    is_good(&cursor, i64::MAX),
                ];
                let fields: Vec<_> = faults
                    .iter()
                    .map(|fault| fault.field.as_str())
                    .collect();
                let expected: Vec<_> = ["limit", "cursor"]
                    .into_iter()
                    .zip(bad)
                    .filter_map(|(field, is_good)| (!is_good).then_some(field))
                    .collect();
                assert_eq!(fields, expected);
            }
        }
        // A filter that is accepted finds only what it names.
        if let Ok(query) = RunQuery::read(state.as_deref(), workspace.as_deref()) {
            assert_eq!(
                query.state.map(|state| state.as_str()),
                state.as_deref()
            );
            assert_eq!(query.workspace.map(|id| id.to_string()), workspace);
        }
    }
);
