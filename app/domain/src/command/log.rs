//! Filters of the audit log.

use std::fmt;
use std::str::FromStr;

use super::Faults;
use crate::closed_set;
use crate::event::{AuditAction, EventCategory, ObjectId, ObjectKind};
use crate::id::ActorId;
use crate::moment::Moment;
use crate::problem::{Fault, FieldFault};

/// Filters and position of a list or an export of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only events with this action.
    pub action: Option<ActionFilter>,
    /// Only events of this actor.
    pub actor: Option<ActorId>,
    /// Only events about this object.
    pub object: Option<ObjectFilter>,
    /// Only events at this time or later.
    pub from: Option<Moment>,
    /// Only events before this time.
    pub until: Option<Moment>,
    /// Only events before the event with this number.
    pub before: Option<i64>,
}

/// One action, or every action of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionFilter {
    /// Only this action.
    One(AuditAction),
    /// Every action of this category.
    Any(EventCategory),
}

impl ActionFilter {
    /// The word in URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::One(action) => action.as_str(),
            Self::Any(category) => category.as_str(),
        }
    }

    /// Every action it matches.
    pub fn actions(self) -> Vec<AuditAction> {
        match self {
            Self::One(action) => vec![action],
            Self::Any(category) => category.actions().collect(),
        }
    }

    /// Every word that is accepted.
    pub fn words() -> impl Iterator<Item = &'static str> {
        EventCategory::WORDS
            .into_iter()
            .chain(AuditAction::WORDS)
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for ActionFilter {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        closed_set::one_of(Self::words()).into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for ActionFilter {
    fn name() -> std::borrow::Cow<'static, str> {
        "ActionWord".into()
    }
}

impl FromStr for ActionFilter {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        if let Ok(action) = text.parse() {
            return Ok(Self::One(action));
        }

        match text.parse() {
            Ok(category) => Ok(Self::Any(category)),
            Err(_) => Err(Fault::Unknown {
                known: Self::words().collect::<Vec<_>>().join(", "),
            }),
        }
    }
}

/// A kind of object, or one object of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFilter {
    /// The kind.
    pub kind: ObjectKind,
    /// The id; every object of the kind if there is none.
    pub id: Option<ObjectId>,
}

impl fmt::Display for ObjectFilter {
    /// `key`, or `key:12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        self.id
            .as_ref()
            .map_or(Ok(()), |id| write!(f, ":{id}"))
    }
}

impl FromStr for ObjectFilter {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text.split_once(':') {
            None => Ok(Self {
                kind: text.parse()?,
                id: None,
            }),
            Some((kind, id)) => {
                let id = id.parse().map_err(|_| Fault::NotAnId)?;
                Ok(Self {
                    kind: kind.parse()?,
                    id: Some(id),
                })
            }
        }
    }
}

/// The filters of a request, not validated yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditDraft<'a> {
    /// A word of [`ActionFilter`].
    pub action: Option<&'a str>,
    /// An actor's id.
    pub actor_id: Option<&'a str>,
    /// A word of [`ObjectKind`].
    pub object_kind: Option<&'a str>,
    /// The id of an object of that kind.
    pub object_id: Option<&'a str>,
    /// A point in time (RFC 3339).
    pub from: Option<&'a str>,
    /// A point in time (RFC 3339).
    pub until: Option<&'a str>,
}

impl AuditQuery {
    /// Reads the filters.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(draft: &AuditDraft<'_>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let action = faults.take("action", draft.action.map(str::parse).transpose());
        let actor = draft
            .actor_id
            .map(|id| id.parse().map_err(|_| Fault::NotAnId));
        let actor = faults.take("actor_id", actor.transpose());
        let kind = draft
            .object_kind
            .map(|word| word.parse().map_err(Fault::from))
            .transpose();
        // An id without a kind is ambiguous: keys and actors are both numbered from 1.
        let kind = if draft.object_id.is_some() && draft.object_kind.is_none() {
            Err(Fault::Missing)
        } else {
            kind
        };
        let kind = faults.take("object_kind", kind);
        let id = draft
            .object_id
            .map(|id| id.parse().map_err(|_| Fault::NotAnId));
        let id = faults.take("object_id", id.transpose());
        let from = faults.take("from", read_bound(draft.from));
        let until = faults.take("until", read_bound(draft.until));
        faults.done(|| {
            let id = id?;
            let object = kind?.map(|kind| ObjectFilter { kind, id });
            Some(Self {
                action: action?,
                actor: actor?,
                object,
                from: from?,
                until: until?,
                before: None,
            })
        })
    }
}

/// A bound of a period from a URL. Blank means no bound. A plus sign that was not percent-encoded
/// arrives as a space.
fn read_bound(text: Option<&str>) -> Result<Option<Moment>, Fault> {
    let Some(text) = text
        .map(str::trim)
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let sent = match text.rsplit_once(' ') {
        Some((time, offset)) if offset.len() == "02:00".len() => format!("{time}+{offset}"),
        _ => text.to_owned(),
    };
    Moment::read(&sent).map(Some)
}

impl AuditQuery {
    /// Every event about one object.
    pub fn about(kind: ObjectKind, id: impl Into<ObjectId>) -> Self {
        Self {
            object: Some(ObjectFilter {
                kind,
                id: Some(id.into()),
            }),
            ..Self::default()
        }
    }

    /// The filters by field, as the audit event of an export lists them.
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        let filters = [
            (
                "action",
                self.action
                    .map(|action| action.as_str().to_owned()),
            ),
            ("actor", self.actor.map(|actor| actor.to_string())),
            (
                "object",
                self.object.as_ref().map(ToString::to_string),
            ),
            ("from", self.from.map(Moment::to_rfc3339)),
            ("until", self.until.map(Moment::to_rfc3339)),
        ];
        filters
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .collect()
    }
}

closed_set! {
    /// The format of an exported file.
    pub enum ExportFormat as "FormatWord" {
        /// Comma-separated values (RFC 4180), for spreadsheets.
        Csv = "csv",
        /// One JSON object per line, for programs and for verifying the chain.
        JsonLines = "jsonl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // F13: the bounds of a period are parsed in the same way as every other point in time.
    #[test]
    fn bounds_of_a_period_are_parsed_as_rfc_3339() {
        let read = |from| {
            AuditQuery::read(&AuditDraft {
                from: Some(from),
                ..AuditDraft::default()
            })
        };
        let from = |text| {
            read(text)
                .map(|query| query.from.map(Moment::to_rfc3339))
                .map_err(|mut faults| faults.remove(0).fault)
        };
        for text in [
            "2026-04-08T21:51:19+02:00",
            "2026-04-08T21:51:19 02:00",
            "2026-04-08t19:51:19z",
            "2026-04-08 19:51:19Z",
        ] {
            assert_eq!(
                from(text),
                Ok(Some("2026-04-08T19:51:19Z".into())),
                "{text}"
            );
        }
        assert_eq!(
            from("9999-12-31T23:59:59Z"),
            Ok(Some("9999-12-31T23:59:59Z".into()))
        );
        assert_eq!(from(" "), Ok(None));
        assert_eq!(from("soon"), Err(Fault::NotATime));
        assert!(matches!(
            from("1969-12-31T00:00:00Z"),
            Err(Fault::TimeOutOfRange { .. })
        ));
    }

    #[test]
    fn a_filter_is_parsed_and_displayed_as_the_same_text() {
        for word in ActionFilter::words() {
            assert_eq!(
                word.parse::<ActionFilter>()
                    .map(ActionFilter::as_str),
                Ok(word)
            );
        }
        for word in ["key", "key:12", "workspace:ws_abc", "audit_log"] {
            assert_eq!(
                word.parse::<ObjectFilter>()
                    .map(|filter| filter.to_string()),
                Ok(word.into())
            );
        }
        for bad in ["", "keys", ":12", "key:", "key:0", "key:12:3", "key 12"] {
            assert!(bad.parse::<ObjectFilter>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "keys"
                .parse::<ActionFilter>()
                .expect("a category")
                .actions()
                .len(),
            10
        );
    }

    #[test]
    fn a_query_lists_its_filters() {
        let query = AuditQuery {
            action: "keys".parse().ok(),
            actor: Some(ActorId(5)),
            from: Some(Moment(0)),
            ..AuditQuery::about(ObjectKind::Key, crate::id::KeyId(12))
        };
        let filters = query
            .filters()
            .into_iter()
            .map(|(field, value)| format!("{field}={value}"))
            .collect::<Vec<_>>();
        assert_eq!(
            filters.join(" "),
            "action=keys actor=5 object=key:12 from=1970-01-01T00:00:00Z"
        );
        for format in ExportFormat::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }

    #[test]
    fn every_invalid_filter_of_a_query_is_reported() {
        let draft = AuditDraft {
            action: Some("key.unknown"),
            actor_id: Some("me"),
            object_kind: None,
            object_id: Some("x"),
            from: Some("yesterday"),
            until: Some("2026-04-08"),
        };
        let faults = AuditQuery::read(&draft).expect_err("faults");
        let fields: Vec<_> = faults
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "action",
                "actor_id",
                "object_kind",
                "object_id",
                "from",
                "until"
            ]
        );
        let draft = AuditDraft {
            object_kind: Some("key"),
            object_id: Some("12"),
            ..AuditDraft::default()
        };
        let query = AuditQuery::read(&draft).expect("a query");
        assert_eq!(
            query.object.map(|object| object.to_string()),
            Some("key:12".into())
        );
        assert_eq!(
            AuditQuery::read(&AuditDraft::default()).expect("a query"),
            AuditQuery::default()
        );
    }
}
