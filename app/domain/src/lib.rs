//! Values and rules of Roundtable, without side effects.
//!
//! This crate contains ids, names, the key format, roles, the policy, events, views and problems:
//! everything that can be decided from its arguments. It has no database, clock, randomness or I/O,
//! and it also compiles for the browser. To add a rule, write a pure function next to the type that
//! it concerns, and test it there.

pub mod actor;
pub mod api;
pub mod attention;
pub mod closed_set;
pub mod command;
pub mod consumer;
pub mod device;
pub mod environment;
pub mod event;
pub mod id;
pub mod ip;
pub mod key;
pub mod moment;
pub mod organization;
pub mod policy;
pub mod problem;
pub mod run;
pub mod scope;
pub mod sealed;
pub mod session;
pub mod text;
pub mod token;
pub mod view;
pub mod workspace;

pub use actor::{Actor, ActorKind, Role};
pub use api::Slug;
pub use environment::Environment;
pub use id::{
    ActorId, ApiId, InvitationId, ItemId, KeyId, OrganizationId, PersonId, RunId, SessionId,
    WorkspaceId,
};
pub use ip::IpBlocks;
pub use moment::Moment;
pub use problem::{Code, ConflictReason, Fault, FieldFault, Problem};
pub use scope::{Permissions, Scope, ScopeSet};
pub use sealed::{SealedCounts, SealedKind};
pub use text::{Description, Name};
