//! Consumers, the users of the organization's APIs (decision D33): one file per operation.

mod change;
mod create;
mod get;
mod list;
