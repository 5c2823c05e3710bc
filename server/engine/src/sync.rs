//! The locks and atomics of `in_flight` and `key_table`. `server/prove` compiles these two modules
//! again with the locks of a scheduler that tries their interleavings.

pub(crate) use std::sync::atomic;
pub(crate) use std::sync::{Mutex, MutexGuard};
