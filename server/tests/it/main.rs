//! HTTP tests through the same router that serves real requests: anonymous, with a browser session,
//! a key or an ID token.

mod api;
mod apis;
mod attempts;
mod audit_findings;
mod browser;
mod docs;
mod edge;
mod forms;
mod gate;
mod in_flight;
mod introspection;
mod key_checks;
mod keys;
mod live;
mod log;
mod matrix;
mod members;
mod operations;
mod organizations;
mod overview;
mod process;
mod provider;
mod server_fns;
mod service_accounts;
mod sessions;
mod sign_in;
mod test_app;
mod threats;
mod tokens;
