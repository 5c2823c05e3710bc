//! The pages of Roundtable: everything the browser may see.
//!
//! Here belong pages, their parts, the islands that react in the browser, the sentences, and the thin doors (server
//! functions) that greet, call the engine and answer. No SQL, no secrets, no decisions. To add a page: a line in
//! `routes`, a file in `pages`, its sentences in `words`; what must react in the browser is an island, and only
//! `islands`, `shared_view` and `words` are compiled for it.
//!
//! A page is loaded first and drawn afterwards, by a plain function from views to markup: its status is known before
//! the first byte, and nothing is resolved while drawing. The screens are one enum that reads and writes paths, so a
//! link cannot lead nowhere.

// An island's markup is one type; laying out its drawing on the server goes deeper than 128 steps.
#![recursion_limit = "256"]

pub mod islands;
pub mod shared_view;
#[expect(missing_docs, reason = "a text needs no description")]
pub mod words;

#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
mod shell;
