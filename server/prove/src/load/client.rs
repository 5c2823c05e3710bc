//! A client sends one call after the other on objects of its own, so that the expected state is
//! known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Call, Entry, Kind, Orders};
use crate::rng::Rng;

/// A key that was shown.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The key.
    pub secret: String,
}

/// The pause of a persistent client after a failed call.
const PAUSE: Duration = Duration::from_millis(20);

/// A client and everything that it did.
pub struct Client {
    orders: Orders,
    number: u64,
    rng: Rng,
    leaver: Option<i64>,
    sent: u64,
    keys: Vec<Key>,
    accounts: Vec<String>,
    bare_accounts: Vec<String>,
    workspaces: Vec<String>,
    invitations: Vec<String>,
    pub(super) entries: Vec<Entry>,
    pub(super) shown: Vec<Key>,
}

impl Client {
    pub(super) const fn new(orders: Orders, number: u64, rng: Rng, leaver: Option<i64>) -> Self {
        Self {
            orders,
            number,
            rng,
            leaver,
            sent: 0,
            keys: Vec::new(),
            accounts: Vec::new(),
            bare_accounts: Vec::new(),
            workspaces: Vec::new(),
            invitations: Vec::new(),
            entries: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Sends calls until it is stopped or a call fails.
    pub(super) async fn run(mut self, stop: Arc<AtomicBool>) -> Self {
        while !stop.load(Ordering::Relaxed) {
            let (call, credential) = self.next();
            let what = format!(
                "{} {} {:?} {} {}",
                self.orders.round, self.number, call.kind, call.target, call.label
            );
            self.orders
                .journal
                .add(format!("intent {what}"))
                .await;
            let (method, path, body) = call.request();
            let reply = self
                .orders
                .api
                .call(method, &path, &credential, body)
                .await;
            let status = reply
                .status
                .map_or_else(|| "none".into(), |status| status.to_string());
            self.orders
                .journal
                .add(format!("answer {what} {status}"))
                .await;
            let entry = Entry {
                call,
                status: reply.status,
                made: reply.body,
            };
            self.learn(&entry);
            let failed = !entry.is_acknowledged();
            self.entries.push(entry);
            if failed && !self.orders.stubborn {
                break;
            }
            if failed {
                tokio::time::sleep(PAUSE).await;
            }
        }
        self
    }

    /// The next call, and the key to make it with.
    fn next(&mut self) -> (Call, String) {
        self.sent += 1;
        let label = format!(
            "r{} c{} n{}",
            self.orders.round, self.number, self.sent
        );
        let (kind, target, credential) = self.choose();
        let call = Call {
            kind,
            target,
            label,
        };
        (
            call,
            credential.unwrap_or_else(|| self.orders.owner.key.clone()),
        )
    }

    /// The next operation, its object, and its key if that is not the owner's.
    fn choose(&mut self) -> (Kind, String, Option<String>) {
        if self.sent == 2
            && let Some(leaver) = self.leaver.take()
        {
            return (Kind::RemoveMember, leaver.to_string(), None);
        }
        let (kind, target) = match self.rng.below(16) {
            0..=2 if !self.keys.is_empty() => (Kind::Revoke, self.take_key().id),
            3..=4 if !self.keys.is_empty() => (Kind::Rotate, self.take_key().id),
            5 if !self.keys.is_empty() => {
                let key = self.take_key();
                return (Kind::RotateItself, key.id, Some(key.secret));
            }
            6..=7 if !self.keys.is_empty() => {
                let at = self.rng.index(self.keys.len());
                (Kind::Rename, self.keys[at].id.clone())
            }
            8 => (Kind::CreateAccount, String::new()),
            9 if !self.bare_accounts.is_empty() => {
                let at = self.rng.index(self.bare_accounts.len());
                (Kind::CreateKeyFor, self.bare_accounts.swap_remove(at))
            }
            10 if !self.accounts.is_empty() => {
                let at = self.rng.index(self.accounts.len());
                let account = self.accounts[at].clone();
                // A disabled account gets no key.
                self.bare_accounts.retain(|bare| *bare != account);
                (self.switch(), account)
            }
            11 => (Kind::CreateWorkspace, String::new()),
            12 if !self.workspaces.is_empty() => {
                let at = self.rng.index(self.workspaces.len());
                (Kind::DeleteWorkspace, self.workspaces.swap_remove(at))
            }
            // An organization has at most 500 pending invitations, and each kill leaves some behind.
            13 if self.number.is_multiple_of(4) => (Kind::Invite, String::new()),
            14 if !self.invitations.is_empty() => {
                let at = self.rng.index(self.invitations.len());
                (Kind::Withdraw, self.invitations.swap_remove(at))
            }
            _ => (Kind::CreateKey, String::new()),
        };
        (kind, target, None)
    }

    /// Disables or enables a service account.
    const fn switch(&mut self) -> Kind {
        if self.rng.below(2) == 0 {
            Kind::Disable
        } else {
            Kind::Enable
        }
    }

    /// A revoked or rotated key is not used again. The check verifies its state.
    fn take_key(&mut self) -> Key {
        let at = self.rng.index(self.keys.len());
        self.keys.swap_remove(at)
    }

    fn learn(&mut self, entry: &Entry) {
        if !entry.is_acknowledged() {
            // The state of the object is unknown, so it is not used again.
            self.keys
                .retain(|key| entry.call.kind != Kind::Rename || key.id != entry.call.target);
            self.accounts
                .retain(|account| *account != entry.call.target);
            return;
        }
        match entry.call.kind {
            Kind::CreateKey | Kind::Rotate | Kind::RotateItself => self.keep_key(entry, true),
            // The key of an account that may be disabled sends no calls.
            Kind::CreateKeyFor => self.keep_key(entry, false),
            Kind::CreateAccount => {
                self.accounts.push(entry.id("actor_id"));
                self.bare_accounts.push(entry.id("actor_id"));
            }
            Kind::CreateWorkspace => self.workspaces.push(entry.id("id")),
            Kind::Invite => self.invitations.push(entry.id("id")),
            _ => {}
        }
    }

    fn keep_key(&mut self, entry: &Entry, use_it: bool) {
        let secret = entry.made["api_key"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let key = Key {
            id: entry.id("key_id"),
            secret,
        };
        if use_it {
            self.keys.push(key.clone());
        }
        self.shown.push(key);
    }
}
