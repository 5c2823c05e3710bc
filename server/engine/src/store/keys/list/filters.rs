//! The filters of a list of keys.

use domain::Moment;
use domain::command::StatusFilter;
use domain::environment::Environment;
use domain::policy::Reach;

use super::super::super::query_builder::QueryBuilder;
use super::super::{EXPIRED, REVOKED, USABLE};

/// The placeholder of the organization. It is the first value, and its condition is the first one.
pub(super) const ORGANIZATION: &str = "$1";

impl QueryBuilder {
    /// The keys within reach.
    pub(in super::super) fn keys_of(reach: &Reach) -> Self {
        let mut query_builder = Self::keys_within(reach);
        query_builder.environment_of(reach);
        query_builder
    }

    /// The keys of the organization, or of the only owner within reach, in all environments.
    pub(super) fn keys_within(reach: &Reach) -> Self {
        let mut query_builder = Self::default();
        let organization = query_builder.text(reach.organization().as_str());
        query_builder.and(format!("k.organization_id = {organization}"));
        if let Some(owner) = reach.owner() {
            let owner = query_builder.number(owner.0);
            query_builder.and(format!("k.actor_id = {owner}"));
        }
        query_builder
    }

    pub(super) fn environment_of(&mut self, reach: &Reach) {
        if reach.environment() == Environment::Test {
            self.and("k.kind = 'test'".into());
        }
    }

    /// The state that a filter names.
    pub(super) fn state(&mut self, status: StatusFilter, now: Moment) {
        let state = match status {
            StatusFilter::Expired => format!("k.rank = {EXPIRED}"),
            StatusFilter::Revoked => format!("k.rank = {REVOKED}"),
            StatusFilter::Inactive => format!("k.rank > {USABLE}"),
            StatusFilter::Active
            | StatusFilter::Attention
            | StatusFilter::Exposed
            | StatusFilter::Expiring
            | StatusFilter::Unused
            | StatusFilter::NeverUsed => self.usable(now),
        };
        self.and(state);
    }

    /// What a filter requires besides the state.
    pub(super) fn detail(&mut self, status: StatusFilter, now: Moment) {
        let detail = match status {
            StatusFilter::Active
            | StatusFilter::Expired
            | StatusFilter::Revoked
            | StatusFilter::Inactive => return,
            StatusFilter::Exposed => "k.exposed_at IS NOT NULL".into(),
            StatusFilter::Expiring => self.expiring(now),
            StatusFilter::Unused => self.unused(now),
            StatusFilter::NeverUsed => "k.last_used_at IS NULL".into(),
            StatusFilter::Attention => format!("({}) IS NOT NULL", self.urgency(now)),
        };
        self.and(detail);
    }
}
