//! The filters in a URL of the audit log.

use domain::command::AuditQuery;
use domain::event::ObjectKind;
use domain::{ActorId, KeyId, Moment, OrganizationId};

use super::period::{DAY, Period};
use super::{Location, Screen};

/// The query parameters that filter events.
pub const LOG_FILTERS: [&str; 6] = ["action", "actor", "object", "period", "from", "until"];

impl Location {
    /// The events of one key.
    pub fn log_of(organization: OrganizationId, key: KeyId) -> Self {
        let object = format!("{}:{key}", ObjectKind::Key.as_str());
        Self::top(Screen::AuditLog(organization)).with("object", Some(&object))
    }

    /// The filters of this location. The first and the last day are included.
    pub fn audit_query(&self, now: Moment) -> AuditQuery {
        let day = |name| self.get(name).and_then(Moment::start_of_day);
        let period = self
            .get("period")
            .and_then(|word| word.parse().ok());
        let since = period.map(|period: Period| now.plus_seconds(-period.seconds()));
        AuditQuery {
            action: self
                .get("action")
                .and_then(|word| word.parse().ok()),
            actor: self.number("actor").map(ActorId),
            object: self
                .get("object")
                .and_then(|word| word.parse().ok()),
            from: day("from").or(since),
            until: day("until").map(|last| last.plus_seconds(DAY)),
            before: self.before(),
        }
    }

    /// Whether any filter is set.
    pub fn has_log_filters(&self) -> bool {
        LOG_FILTERS
            .into_iter()
            .any(|name| self.get(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    fn of(query: &str) -> AuditQuery {
        Location::parse(&format!("/o/org_a/settings/audit-log?{query}"))
            .expect("a place")
            .audit_query(NOW)
    }

    #[test]
    fn an_address_asks_for_events() {
        let query =
            of("action=keys&actor=4&object=key:12&from=2026-04-01&until=2026-04-08&before=9");
        let filters = query
            .filters()
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        let whole = "action=keys actor=4 object=key:12 from=2026-04-01T00:00:00Z until=2026-04-09T00:00:00Z";
        assert_eq!(
            (filters.join(" ").as_str(), query.before),
            (whole, Some(9))
        );
        for (period, since) in Period::ALL
            .into_iter()
            .zip(["04-07", "04-01", "03-09", "01-08"])
        {
            let query = of(&format!("period={}", period.as_str()));
            assert_eq!(
                query.from.map(Moment::to_date),
                Some(format!("2026-{since}"))
            );
            assert_eq!(query.until, None);
        }
    }
}
