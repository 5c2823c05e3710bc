//! Load: sixteen clients that create and change objects as fast as they can.

mod call;
mod client;
mod journal;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

pub use call::{Call, Entry, Kind};
pub use client::Key;
pub use journal::Journal;

use crate::api::{Api, Owner};
use crate::rng::Rng;
use client::Client;

/// The number of clients.
pub const CLIENTS: u64 = 16;

/// The parameters of all clients of a run.
#[derive(Clone)]
pub struct Orders {
    /// The installation.
    pub api: Api,
    /// The owner whose key is used.
    pub owner: Owner,
    /// The journal of the calls.
    pub journal: Journal,
    /// A prefix that makes names unique among the loads of an installation.
    pub round: u64,
    /// The seed of the random number generators.
    pub seed: u64,
    /// Whether the clients continue after a failed call until they are stopped.
    pub stubborn: bool,
}

/// A running load.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<Client>,
}

/// The result of a load.
#[derive(Default)]
pub struct Done {
    /// Every call, grouped by client, in the order of each client.
    pub entries: Vec<Entry>,
    /// Every key that was shown.
    pub keys: Vec<Key>,
}

impl Load {
    /// Starts the clients. The first of them also removes `leaver`, a member.
    pub fn start(orders: &Orders, leaver: Option<i64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let rng = Rng::new(orders.seed ^ (orders.round << 8) ^ number);
            let client = Client::new(
                orders.clone(),
                number,
                rng,
                leaver.filter(|_| number == 0),
            );
            clients.spawn(client.run(stop.clone()));
        }
        Self { stop, clients }
    }

    /// Waits for the current call of every client, and returns the result.
    pub async fn end(self) -> Done {
        self.stop.store(true, Ordering::Relaxed);
        let mut done = Done::default();
        for client in self.clients.join_all().await {
            done.entries.extend(client.entries);
            done.keys.extend(client.shown);
        }
        done
    }
}
