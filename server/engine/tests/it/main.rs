//! What the engine promises, on both databases. One test, one guarantee, said in its name; handles such as `rk_24` are
//! those of the contract.
//!
//! [`app`] gives every test an installation of its own. Write a guarantee inside [`both!`], and it is proven on
//! SQLite and on Postgres.

#[macro_use]
mod test_app;
mod intruder;

mod audit;
mod clocks;
mod drafts;
mod dump;
mod ends;
mod finding;
mod histories;
mod invitations;
mod keys;
mod live;
mod log;
mod log_chain;
mod members;
mod offboarding;
mod organizations;
mod overview;
mod own_sessions;
mod people;
mod prove;
mod pypi;
mod races;
mod restore;
mod ring;
mod rollback;
mod rotations;
mod runs;
mod schema;
mod scopes;
mod sealed;
mod service_accounts;
mod sessions;
mod settings;
mod step_up;
mod storage;
mod tamper;
mod tokens;
mod workspaces;
