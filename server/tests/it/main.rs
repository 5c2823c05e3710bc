//! The doors, through the router that also serves real requests: nobody, a browser session, a key, an ID token.

mod api;
mod attempts;
mod browser;
mod docs;
mod edge;
mod forms;
mod in_flight;
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
mod pypi;
mod server_fns;
mod service_accounts;
mod sessions;
mod sign_in;
mod test_app;
mod threats;
mod tokens;
