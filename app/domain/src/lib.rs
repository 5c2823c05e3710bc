//! What Roundtable talks about: values and rules, and nothing that touches the world.
//!
//! Here belong ids, names, the grammar of a key, roles, the policy, events, views and problems: anything that can
//! be decided from its arguments. No database, no clock, no randomness, no I/O; it compiles for the browser too.
//! To add a rule, write it as a pure function beside the value it speaks of and test it there.

pub mod actor;
pub mod attention;
pub mod command;
pub mod event;
pub mod id;
pub mod key;
pub mod moment;
pub mod policy;
pub mod problem;
pub mod scope;
pub mod session;
pub mod text;
pub mod token;
pub mod view;
pub mod workspace;

pub use actor::{Actor, ActorKind, Role};
pub use id::{ActorId, InvitationId, ItemId, KeyId, OrganizationId, PersonId, RunId, SessionId, WorkspaceId};
pub use moment::Moment;
pub use problem::{Code, Fault, FieldFault, Problem};
pub use scope::{Permissions, Scope, ScopeSet};
pub use text::Name;
