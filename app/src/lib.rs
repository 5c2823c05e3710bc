//! The pages of Roundtable: everything the browser may see.
//!
//! Here belong pages, their parts, the islands that react in the browser, the sentences, and the thin doors (server
//! functions) that greet, call the engine and answer. No SQL, no secrets, no decisions. Only `islands` is compiled for
//! the browser; a page is written in `pages`, linked through `routes`, worded in `words`.

#[cfg(feature = "ssr")]
pub mod doors;
