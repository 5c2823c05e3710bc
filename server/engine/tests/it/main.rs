//! Tests of the engine, on both databases. The name of a test states the guarantee. Comments such
//! as `RK-24` refer to the requirements.
//!
//! [`TestApp`](test_app::TestApp) gives every test its own installation. A test inside [`both!`]
//! runs on SQLite and on Postgres.

#[macro_use]
mod test_app;
mod intruder;

mod apis;
mod audit;
mod backups;
mod clocks;
mod devices;
mod drafts;
mod dump;
mod expiration;
#[cfg(debug_assertions)]
mod faults;
mod finding;
mod histories;
mod invitations;
mod ip_lists;
mod key_cache;
mod keys;
mod live;
mod log;
mod log_chain;
mod members;
mod nodes;
mod offboarding;
mod organizations;
mod overview;
mod own_sessions;
mod owners;
mod people;
mod prove;
mod pypi;
mod races;
mod restore;
mod retention;
mod ring;
mod ring_rotation;
mod rollback;
mod rotations;
mod runs;
mod schema;
mod scopes;
mod sealed;
mod sealed_kinds;
mod sealed_overview;
mod service_accounts;
mod sessions;
mod settings;
mod step_up;
mod storage;
mod tamper;
mod tokens;
mod upgrade;
mod workers;
mod workspaces;
mod wycheproof;
