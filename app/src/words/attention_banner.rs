//! The banner above the list of keys.

use std::mem::discriminant;

use domain::Moment;
use domain::attention::Attention;
use domain::view::{AttentionBanner, Reason};

use super::format::{ahead, grouped};

pub const REVIEW: &str = "Review";
pub const DISMISS: &str = "Dismiss";
/// The maximum number of reasons that the banner lists.
const MOST_REASONS: usize = 2;

/// The text of the banner: how many keys need attention, and the most urgent reasons. If there are
/// too many keys to list reasons, it only says how many.
pub fn sentence(attention_banner: &AttentionBanner, now: Moment) -> String {
    let need = if attention_banner.total == 1 {
        "1 key needs".into()
    } else {
        format!("{} keys need", grouped(attention_banner.total))
    };
    if i64::try_from(attention_banner.reasons.len()).ok() != Some(attention_banner.total) {
        return format!("{need} attention.");
    }
    let alike = |one: &Reason, next: &Reason| discriminant(&one.why) == discriminant(&next.why);
    let groups = || attention_banner.reasons.chunk_by(alike);
    let mut reasons_text: Vec<_> = groups()
        .take(MOST_REASONS)
        .filter_map(|these| shared_reason(these, attention_banner.total == 1, now))
        .collect();
    let others: usize = groups()
        .skip(MOST_REASONS)
        .map(<[Reason]>::len)
        .sum();
    reasons_text.extend((others > 0).then(|| format!("{others} for other reasons")));
    format!("{need} attention: {}.", reasons_text.join(", "))
}

/// A reason that several keys share.
fn shared_reason(these: &[Reason], alone: bool, now: Moment) -> Option<String> {
    let one = these.len() == 1;
    let who = if alone {
        "it".to_owned()
    } else {
        these.len().to_string()
    };
    let (is, has) = if one { ("is", "has") } else { ("are", "have") };
    let first = these.first()?;
    Some(match (first.why, first.expires_at) {
        (Attention::Exposed, _) => format!("{who} {is} exposed"),
        (Attention::Expires(_), Some(end)) if one => format!("{who} expires {}", ahead(now, end)),
        (Attention::Expires(_), _) => format!("{who} expire within 14 days"),
        (Attention::Unused, _) => format!("{who} {has} not been used for 90 days"),
        (Attention::NeverUsed, _) => format!("{who} {has} never been used"),
        (Attention::NeverExpires, _) if one => {
            format!("{who} is older than 90 days and never expires")
        }
        (Attention::NeverExpires, _) => format!("{who} are older than 90 days and never expire"),
    })
}

#[cfg(test)]
mod tests {
    use domain::KeyId;
    use domain::attention::Notice;

    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    fn reasons_text(reasons: &[(Attention, Option<i64>)], total: i64) -> String {
        let reason = |&(why, days): &(Attention, Option<i64>)| {
            let expires_at = days.map(|days| NOW.plus_seconds(days * 86_400));
            Reason {
                key: KeyId(1),
                why,
                expires_at,
            }
        };
        sentence(
            &AttentionBanner {
                reasons: reasons.iter().map(reason).collect(),
                total,
            },
            NOW,
        )
    }

    #[test]
    fn the_line_says_how_many_and_why() {
        let week = Attention::Expires(Notice::Week);
        let two = [(Attention::Exposed, None), (week, Some(3))];
        assert_eq!(
            reasons_text(&two, 2),
            "2 keys need attention: 1 is exposed, 1 expires in 3 days."
        );
        assert_eq!(
            reasons_text(&[(week, Some(3))], 1),
            "1 key needs attention: it expires in 3 days."
        );
        let many = [
            (week, Some(5)),
            (week, Some(4)),
            (Attention::Unused, None),
            (Attention::NeverUsed, None),
        ];
        let words = "4 keys need attention: 2 expire within 14 days, 1 has not been used for 90 days, 1 for other reasons.";
        assert_eq!(reasons_text(&many, 4), words);
        assert_eq!(
            reasons_text(&[(Attention::NeverExpires, None); 2], 2),
            "2 keys need attention: 2 are older than 90 days and never expire."
        );
        assert_eq!(reasons_text(&two, 1204), "1,204 keys need attention.");
    }
}
