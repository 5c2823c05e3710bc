//! Notifications within one organization, without any data. A subscriber reads what changed.

use std::sync::{Arc, PoisonError, RwLock};

use domain::OrganizationId;
use foldhash::HashMap;
use tokio::sync::watch;

/// The channels of the organizations. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hints {
    channels: Arc<RwLock<HashMap<OrganizationId, watch::Sender<()>>>>,
}

impl Hints {
    /// Notifies the subscribers of an organization. Without subscribers it costs almost nothing;
    /// notifications that a subscriber has not handled yet are merged.
    pub fn notify(&self, organization: &OrganizationId) {
        let channels = self
            .channels
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(organization) {
            channel.send_replace(());
        }
    }

    /// Subscribes to the notifications of an organization.
    pub fn subscribe(&self, organization: &OrganizationId) -> watch::Receiver<()> {
        let mut channels = self
            .channels
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels
            .entry(organization.clone())
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    /// Whether both notify the same subscribers.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channels, &other.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(text: &str) -> OrganizationId {
        text.parse().expect("an id")
    }

    #[tokio::test]
    async fn notifications_stay_in_their_organization_and_are_merged() {
        let (hints, here, there) = (
            Hints::default(),
            organization("org_a"),
            organization("org_b"),
        );
        let (mut own, other) = (hints.subscribe(&here), hints.subscribe(&there));
        for _ in 0..100_000 {
            hints.notify(&here);
        }
        own.changed().await.expect("a notification");
        assert!(
            !own.has_changed().expect("the channel is open"),
            "they were merged"
        );
        assert!(
            !other.has_changed().expect("the channel is open"),
            "not the other's"
        );
    }

    #[test]
    fn an_organization_without_subscribers_is_dropped() {
        let hints = Hints::default();
        for n in 0..100 {
            drop(hints.subscribe(&organization(&format!("org_{n}"))));
        }
        let _kept = hints.subscribe(&organization("org_kept"));
        let channels = hints.channels.read().expect("not poisoned");
        assert_eq!(channels.len(), 1);
    }
}
