//! Which keys need attention, and what to do about them.

use crate::id::KeyId;
use crate::key::{SOON_DAYS, UNUSED_DAYS};
use crate::moment::Moment;

/// Days after its creation from which a key that was never used is worth checking.
pub const NEVER_USED_DAYS: i64 = 30;
/// Days after its creation from which a key without expiration should be rotated.
pub const ROTATE_DAYS: i64 = 90;

/// The lifetime, from its creation to its expiration, up to which the expiration of a key is not
/// reported.
pub const SHORT_LIFE_SECONDS: i64 = SOON_DAYS * 86_400;

/// Why an active key needs attention; the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// It was sent in a URL, where logs keep it.
    Exposed,
    /// It expires within this period, was not made for so short a time, and has no successor.
    Expires(Notice),
    /// It was used before, but not in the last 90 days.
    Unused,
    /// It was created more than 30 days ago and was never used.
    NeverUsed,
    /// It was created more than 90 days ago and never expires.
    NeverExpires,
}

/// How long before its expiration a key is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// Within a day.
    Day,
    /// Within a week.
    Week,
    /// Within 14 days.
    TwoWeeks,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rotate it.
    Rotate,
    /// Revoke it.
    Revoke,
    /// Check whether it is needed.
    Look,
}

/// The properties of an active key that decide whether it needs attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// When it was created.
    pub created_at: Moment,
    /// When it last authenticated a request.
    pub last_used: Option<Moment>,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// Whether it was sent in a URL.
    pub is_exposed: bool,
    /// Whether it has a successor.
    pub has_successor: bool,
}

impl Facts {
    /// Whether it was created for 14 days or less: it would need attention from its creation on.
    fn is_short_lived(&self) -> bool {
        self.expires_at
            .is_some_and(|end| end <= self.created_at.plus_seconds(SHORT_LIFE_SECONDS))
    }
}

/// The points in time that separate keys that need attention from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// A key that expires before this time expires within a day.
    pub day: Moment,
    /// Within a week.
    pub week: Moment,
    /// Within 14 days.
    pub two_weeks: Moment,
    /// A key that was last used before this time counts as unused.
    pub unused: Moment,
    /// A key that was created before this time should have been used by now.
    pub never_used: Moment,
    /// A key without expiration that was created before this time should have been rotated.
    pub never_expires: Moment,
}

impl Horizon {
    /// The points in time, counted from `now`.
    pub const fn at(now: Moment) -> Self {
        Self {
            day: days(now, 1),
            week: days(now, 7),
            two_weeks: days(now, SOON_DAYS),
            unused: days(now, -UNUSED_DAYS),
            never_used: days(now, -NEVER_USED_DAYS),
            never_expires: days(now, -ROTATE_DAYS),
        }
    }
}

const fn days(now: Moment, days: i64) -> Moment {
    now.plus_seconds(days * 86_400)
}

impl Attention {
    /// The most urgent reason why an active key needs attention. A key that has a successor needs
    /// attention only if it was exposed.
    pub fn of(key: &Facts, now: Moment) -> Option<Self> {
        let at = Horizon::at(now);
        let expires_before = |time: Moment| {
            key.expires_at
                .is_some_and(|expires| expires < time)
        };
        Some(match key.last_used {
            _ if key.is_exposed => Self::Exposed,
            _ if key.has_successor => return None,
            _ if key.is_short_lived() => return None,
            _ if expires_before(at.day) => Self::Expires(Notice::Day),
            _ if expires_before(at.week) => Self::Expires(Notice::Week),
            _ if expires_before(at.two_weeks) => Self::Expires(Notice::TwoWeeks),
            Some(used) if used < at.unused => Self::Unused,
            None if key.created_at < at.never_used => Self::NeverUsed,
            _ if key.expires_at.is_none() && key.created_at < at.never_expires => {
                Self::NeverExpires
            }
            _ => return None,
        })
    }

    /// The position in the order of urgency; 0 is the most urgent.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Exposed => 0,
            Self::Expires(Notice::Day) => 1,
            Self::Expires(Notice::Week) => 2,
            Self::Expires(Notice::TwoWeeks) => 3,
            Self::Unused => 4,
            Self::NeverUsed => 5,
            Self::NeverExpires => 6,
        }
    }

    /// What to do about it.
    pub const fn step(self, has_successor: bool) -> Step {
        match self {
            Self::Exposed if has_successor => Step::Revoke,
            Self::Exposed | Self::Expires(_) | Self::NeverExpires => Step::Rotate,
            Self::Unused => Step::Revoke,
            Self::NeverUsed => Step::Look,
        }
    }

    /// A number for this key and this reason. It identifies a dismissal, so that another reason for
    /// the same key counts as new.
    pub const fn mark(self, key: KeyId) -> i64 {
        key.0 * 8 + self.rank()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    fn ago(days: i64) -> Moment {
        NOW.plus_seconds(-days * 86_400)
    }

    fn fresh() -> Facts {
        Facts {
            created_at: ago(20),
            last_used: Some(ago(0)),
            expires_at: Some(ago(-90)),
            ..Facts::default()
        }
    }

    fn of(key: Facts) -> Option<Attention> {
        Attention::of(&key, NOW)
    }

    #[test]
    fn a_key_in_use_that_does_not_expire_soon_needs_no_attention() {
        assert_eq!(of(fresh()), None);
        assert_eq!(
            of(Facts {
                created_at: ago(400),
                ..fresh()
            }),
            None
        );
        assert_eq!(
            of(Facts {
                expires_at: None,
                ..fresh()
            }),
            None
        );
        assert_eq!(
            of(Facts {
                last_used: None,
                ..fresh()
            }),
            None,
            "it was created 20 days ago"
        );
    }

    #[test]
    fn the_expiration_of_a_key_that_was_made_for_14_days_is_not_reported() {
        let made = |created_at: Moment| {
            of(Facts {
                created_at,
                expires_at: Some(ago(-1)),
                ..fresh()
            })
        };
        assert_eq!(made(ago(13)), None);
        assert_eq!(
            made(ago(13).plus_seconds(-1)),
            Some(Attention::Expires(Notice::Week))
        );
        assert_eq!(
            of(Facts {
                created_at: ago(1),
                expires_at: Some(ago(-1)),
                is_exposed: true,
                ..fresh()
            }),
            Some(Attention::Exposed)
        );
    }

    #[test]
    fn an_expiration_is_reported_14_days_7_days_and_a_day_before() {
        let reported = |days: i64, seconds: i64| {
            of(Facts {
                expires_at: Some(ago(-days).plus_seconds(seconds)),
                ..fresh()
            })
        };
        assert_eq!(reported(14, 0), None);
        assert_eq!(
            reported(14, -1),
            Some(Attention::Expires(Notice::TwoWeeks))
        );
        assert_eq!(
            reported(7, 0),
            Some(Attention::Expires(Notice::TwoWeeks))
        );
        assert_eq!(
            reported(7, -1),
            Some(Attention::Expires(Notice::Week))
        );
        assert_eq!(reported(1, 0), Some(Attention::Expires(Notice::Week)));
        assert_eq!(reported(1, -1), Some(Attention::Expires(Notice::Day)));
    }

    #[test]
    fn unused_and_never_used_are_different_reasons() {
        assert_eq!(
            of(Facts {
                last_used: Some(ago(90)),
                ..fresh()
            }),
            None
        );
        let unused = Some(ago(90).plus_seconds(-1));
        assert_eq!(
            of(Facts {
                last_used: unused,
                created_at: ago(400),
                ..fresh()
            }),
            Some(Attention::Unused)
        );
        assert_eq!(
            of(Facts {
                last_used: None,
                created_at: ago(30),
                ..fresh()
            }),
            None
        );
        let old = ago(30).plus_seconds(-1);
        assert_eq!(
            of(Facts {
                last_used: None,
                created_at: old,
                ..fresh()
            }),
            Some(Attention::NeverUsed)
        );
    }

    #[test]
    fn an_old_key_without_expiration_should_be_rotated() {
        let old = Facts {
            expires_at: None,
            created_at: ago(90).plus_seconds(-1),
            ..fresh()
        };
        assert_eq!(of(old), Some(Attention::NeverExpires));
        assert_eq!(
            of(Facts {
                created_at: ago(90),
                ..old
            }),
            None
        );
        assert_eq!(
            of(Facts {
                expires_at: Some(ago(-200)),
                ..old
            }),
            None
        );
    }

    #[test]
    fn the_most_urgent_reason_is_reported() {
        let all = Facts {
            created_at: ago(400),
            last_used: Some(ago(200)),
            expires_at: Some(ago(-3)),
            is_exposed: true,
            has_successor: false,
        };
        assert_eq!(of(all), Some(Attention::Exposed));
        assert_eq!(
            of(Facts {
                is_exposed: false,
                ..all
            }),
            Some(Attention::Expires(Notice::Week))
        );
        assert_eq!(
            of(Facts {
                is_exposed: false,
                expires_at: None,
                ..all
            }),
            Some(Attention::Unused)
        );
    }

    #[test]
    fn a_key_with_a_successor_needs_attention_only_if_it_was_exposed() {
        let rotated = Facts {
            has_successor: true,
            expires_at: Some(ago(-1)),
            ..fresh()
        };
        assert_eq!(of(rotated), None);
        assert_eq!(
            of(Facts {
                is_exposed: true,
                ..rotated
            }),
            Some(Attention::Exposed)
        );
        assert_eq!(Attention::Exposed.step(true), Step::Revoke);
        assert_eq!(Attention::Exposed.step(false), Step::Rotate);
    }

    #[test]
    fn ranks_and_marks_are_unique_and_ordered_by_urgency() {
        use Attention::{Expires, Exposed, NeverExpires, NeverUsed, Unused};
        let all = [
            Exposed,
            Expires(Notice::Day),
            Expires(Notice::Week),
            Expires(Notice::TwoWeeks),
            Unused,
            NeverUsed,
            NeverExpires,
        ];
        assert!(all.is_sorted());
        assert!(all.into_iter().map(Attention::rank).eq(0..7));
        let marks: std::collections::BTreeSet<_> = (1..4)
            .flat_map(|key| all.map(|reason| reason.mark(KeyId(key))))
            .collect();
        assert_eq!(marks.len(), 21, "every mark is unique");
    }
}
