//! The findings of the second audit of PyPI (TOB-PYPI26) that concern the HTTP endpoints. Findings
//! 1, 2, 3, 9, 12 and 13 also have tests in the engine. `domain::text` defines what a valid email
//! or name is (9).

mod controls;
mod events;
mod persons;
mod rights;
