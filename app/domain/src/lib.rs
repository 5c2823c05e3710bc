//! Values and rules of Roundtable, without side effects.
//!
//! This crate holds ids, names, the grammar of a key, roles, the policy, events, views and problems: anything that can
//! be decided from its arguments. No database, no clock, no randomness, no I/O; it compiles for the browser as well.
//! To add a rule, write it as a pure function beside the value it is about and test it there.

pub mod actor;
pub mod attention;
pub mod closed_set;
pub mod command;
pub mod environment;
pub mod event;
pub mod id;
pub mod key;
pub mod moment;
pub mod organization;
pub mod policy;
pub mod problem;
pub mod scope;
pub mod session;
pub mod text;
pub mod token;
pub mod view;
pub mod workspace;

pub use actor::{Actor, ActorKind, Role};
pub use environment::Environment;
pub use id::{ActorId, InvitationId, ItemId, KeyId, OrganizationId, PersonId, RunId, SessionId, WorkspaceId};
pub use moment::Moment;
pub use problem::{Code, ConflictReason, Fault, FieldFault, Problem};
pub use scope::{Permissions, Scope, ScopeSet};
pub use text::Name;
