//! One operation, and what it needs.

use std::pin::Pin;

use domain::Code;
use domain::token::PlainKey;
use engine::keyring::{RingFault, RotationFault};
use engine::{Db, Engine, StoreError};

use crate::test_app::TestApp;

/// A future that can be dropped at any moment.
pub type Running<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The engine and the database that an operation runs on.
#[derive(Clone)]
pub struct On {
    pub engine: Engine,
    pub db: Db,
}

/// How an operation ended, if not with success.
#[derive(Debug, PartialEq, Eq)]
pub enum Failed {
    /// The database does not answer: 503.
    Busy,
    /// Anything else.
    Refused(String),
}

/// How an operation ended.
pub type Done = Result<(), Failed>;

/// Runs the operation, any number of times.
pub type Attempt = Box<dyn Fn(On) -> Running<'static, Done> + Send + Sync>;

/// Everything that one run of the operation needs, freshly made.
pub struct Scene {
    pub attempt: Attempt,
    /// Keys about which memory and database must agree.
    pub keys: Vec<PlainKey>,
    /// Sessions about which they must agree.
    pub sessions: Vec<[u8; 32]>,
}

/// An operation in the table.
pub struct Operation {
    pub name: &'static str,
    /// What it does, if the table has several scenes of it.
    pub about: &'static str,
    pub prepare: for<'a> fn(&'a TestApp) -> Running<'a, Scene>,
    /// Whether it succeeds although a part of it fails, and does that part later.
    pub is_best_effort: bool,
    /// Whether it makes more calls in each scene, because it looks at all that was ever revoked.
    pub is_growing: bool,
}

impl Operation {
    pub const fn best_effort(self) -> Self {
        Self {
            is_best_effort: true,
            ..self
        }
    }

    pub const fn growing(self) -> Self {
        Self {
            is_growing: true,
            ..self
        }
    }

    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

/// Results of the operations of the engine and of the ring.
pub trait Settled {
    fn settled(self) -> Done;
}

impl<T> Settled for engine::Result<T> {
    fn settled(self) -> Done {
        match self {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Code::Unavailable => Err(Failed::Busy),
            Err(error) => Err(Failed::Refused(error.to_string())),
        }
    }
}

impl<T> Settled for Result<T, StoreError> {
    fn settled(self) -> Done {
        self.map_err(engine::Error::from).settled()
    }
}

impl<T> Settled for Result<T, RotationFault> {
    fn settled(self) -> Done {
        match self {
            Err(RotationFault::Store(error)) => Err::<(), _>(error).settled(),
            Err(fault) if is_lost(&fault) => Err(Failed::Busy),
            other => other
                .map(drop)
                .map_err(|fault| Failed::Refused(fault.to_string())),
        }
    }
}

impl<T> Settled for Result<T, RingFault> {
    fn settled(self) -> Done {
        match self {
            Err(RingFault::Store(error)) => Err::<(), _>(error).settled(),
            other => other
                .map(drop)
                .map_err(|fault| Failed::Refused(fault.to_string())),
        }
    }
}

fn is_lost(fault: &RotationFault) -> bool {
    matches!(fault, RotationFault::Ring(RingFault::Store(_)))
}

/// An operation with its scene: `operation!(name, app => { preparation } (kept, kept) on =>
/// call, keys: […], sessions: […])`. The call may be made several times.
macro_rules! operation {
    (
        $name:ident, $app:ident => { $($preparation:tt)* } ($($kept:ident),*) $on:ident => $call:expr
        $(, keys: [$($key:expr),*])? $(, sessions: [$($session:expr),*])?
    ) => {
        $crate::faults::scene::Operation {
            name: stringify!($name),
            about: "",
            prepare: |$app| Box::pin(async move {
                $($preparation)*
                let keys = vec![$($($key),*)?];
                let sessions = vec![$($($session),*)?];
                let attempt: $crate::faults::scene::Attempt = Box::new(move |$on| {
                    $(let $kept = $kept.clone();)*
                    Box::pin(async move {
                        $crate::faults::scene::Settled::settled($call.await)
                    })
                });
                $crate::faults::scene::Scene { attempt, keys, sessions }
            }),
            is_best_effort: false,
            is_growing: false,
        }
    };
}
pub(super) use operation;
