//! The page of a list.

use super::Faults;
use crate::problem::{Fault, FieldFault};

/// Which rows of a list a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The number of rows.
    pub limit: i64,
    /// The cursor: only rows before this one.
    pub before: Option<i64>,
}

impl ListPage {
    /// The default number of rows.
    pub const DEFAULT_LIMIT: i64 = 100;
    /// The maximum number of rows.
    pub const MAX_LIMIT: i64 = 200;

    /// Reads the parameters of a query: a number of rows from 1 to 200, and a cursor as the `Link`
    /// header of the previous page has it.
    ///
    /// # Errors
    /// The invalid fields: `OutOfRange`, `NotACursor`.
    pub fn read(limit: Option<&str>, cursor: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let limit = faults.take("limit", read_limit(limit));
        let before = faults.take("cursor", read_cursor(cursor));
        faults.done(|| {
            Some(Self {
                limit: limit?,
                before: before?,
            })
        })
    }
}

fn read_limit(text: Option<&str>) -> Result<i64, Fault> {
    let Some(text) = text else {
        return Ok(ListPage::DEFAULT_LIMIT);
    };
    number(text)
        .filter(|limit| *limit <= ListPage::MAX_LIMIT)
        .ok_or(Fault::OutOfRange {
            min: 1,
            max: ListPage::MAX_LIMIT,
        })
}

fn read_cursor(text: Option<&str>) -> Result<Option<i64>, Fault> {
    text.map(|text| number(text).ok_or(Fault::NotACursor))
        .transpose()
}

/// A positive number, written as a program writes it: without a sign and without leading zeros.
fn number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read() {
        let page =
            |limit, cursor| ListPage::read(limit, cursor).map(|page| (page.limit, page.before));
        assert_eq!(page(None, None), Ok((100, None)));
        assert_eq!(page(Some("1"), Some("1")), Ok((1, Some(1))));
        assert_eq!(
            page(Some("200"), Some("9223372036854775807")),
            Ok((200, Some(i64::MAX)))
        );
    }

    #[test]
    fn every_invalid_field_is_named() {
        for text in [
            "",
            "0",
            "-5",
            "+5",
            "05",
            " 5",
            "5 ",
            "5.0",
            "1e2",
            "٥",
            "0x1",
            "abc",
            "9223372036854775808",
        ] {
            let faults = ListPage::read(Some(text), Some(text)).expect_err("not a page");
            assert_eq!(
                faults,
                [
                    FieldFault::new("limit", Fault::OutOfRange { min: 1, max: 200 }),
                    FieldFault::new("cursor", Fault::NotACursor)
                ],
                "{text}"
            );
        }
        assert!(ListPage::read(Some("201"), None).is_err());
    }
}
