//! The locks and atomics of `in_flight`, `key_table` and `sharded`. `server/prove` compiles these
//! modules again with the locks of a scheduler that tries their interleavings.

pub(crate) use std::sync::atomic;
pub(crate) use std::sync::{Mutex, MutexGuard};
