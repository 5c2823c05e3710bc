//! Sixteen clients that make and end things as fast as they are answered.

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

/// How many clients there are.
pub const CLIENTS: u64 = 16;

/// What every client of a run needs.
#[derive(Clone)]
pub struct Orders {
    /// Where to call.
    pub api: Api,
    /// Whose key the calls are made with.
    pub owner: Owner,
    /// Where they are written down.
    pub journal: Journal,
    /// Makes names unique: no two loads of an installation have the same.
    pub round: u64,
    /// Of what the clients' choices come.
    pub seed: u64,
    /// Whether they go on after a call without success, until they are stopped.
    pub stubborn: bool,
}

/// A load that runs.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<Client>,
}

/// What a load came to.
#[derive(Default)]
pub struct Done {
    /// Every call, client after client, each client's in its order.
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
            let client = Client::new(orders.clone(), number, rng, leaver.filter(|_| number == 0));
            clients.spawn(client.run(stop.clone()));
        }
        Self { stop, clients }
    }

    /// Lets every client finish its call, and gives what they did.
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
