//! The pages of Roundtable: everything the browser may see.
//!
//! `pages` holds one folder for each resource and one file for each page, `components` what several
//! pages share, `islands` what reacts in the browser, and `words` every text. `server_fns` are
//! thin: each opens the context of the request, calls the engine and answers. There is no SQL here,
//! no secret and no rule. To add a page, add a line in `routes`, a file in `pages` and its texts in
//! `words`. Only `islands`, `shared_view` and `words` are compiled for the browser.
//!
//! A page is loaded first and rendered afterwards, by a plain function from views to markup. So its
//! status is known before the first byte, and rendering never waits. One enum of screens reads and
//! writes all paths, so a link cannot lead to a page that does not exist.

// An island's markup is one type; laying out its drawing on the server goes deeper than 128 steps.
#![recursion_limit = "256"]

pub mod islands;
pub mod shared_view;
#[expect(missing_docs, reason = "a text needs no description")]
pub mod words;

#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
pub mod form_error;
#[cfg(feature = "ssr")]
pub mod form_result;
#[cfg(feature = "ssr")]
mod join;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod server_fns;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod theme;
