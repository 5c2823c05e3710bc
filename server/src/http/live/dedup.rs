//! What a page already shows. Relative times such as "just now" are sent again when they are out of
//! date.

use std::collections::HashMap;

use app::words;
use domain::{KeyId, Moment};
use engine::live::{EndedKey, KeyUse, News};
use serde_json::json;

/// The number of keys that are updated. Of more keys, those with the oldest last use keep their
/// text.
const MAX_KEYS: usize = 200;

/// The last use of each key that the page shows, with its text.
#[derive(Default)]
pub struct Dedup {
    uses: HashMap<KeyId, (KeyUse, String)>,
}

impl Dedup {
    /// The news as events. Empty if the page shows them already.
    pub fn news(&mut self, news: News, now: Moment) -> String {
        for one in news.uses {
            match self.uses.get(&one.key) {
                Some((known, _)) if known.at >= one.at => {}
                _ => drop(self.uses.insert(one.key, (one, String::new()))),
            }
        }
        self.forget();
        let ended = news
            .ended
            .into_iter()
            .map(|one| event("ended", &ended(one, now)))
            .collect::<String>();
        let changed = news
            .changed
            .map(|n| event("changed", &json!({ "n": n })));
        let uses = self.uses.values_mut().filter_map(|(one, shown)| {
            let ago = words::format::ago(now, one.at);
            if *shown == ago {
                return None;
            }
            shown.clone_from(&ago);
            Some(event("used", &used(one, &ago)))
        });
        uses.chain([ended]).chain(changed).collect()
    }

    fn forget(&mut self) {
        while self.uses.len() > MAX_KEYS {
            let oldest = self
                .uses
                .values()
                .min_by_key(|(one, _)| one.at)
                .map(|(one, _)| one.key);
            oldest.and_then(|key| self.uses.remove(&key));
        }
    }
}

fn used(one: &KeyUse, ago: &str) -> serde_json::Value {
    json!({
        "key": one.key.0,
        "at": one.at.to_rfc3339(),
        "exact": words::format::exact(one.at),
        "ago": ago,
        "address": one.address,
        "agent": one.agent,
    })
}

/// The badge of a key that is no longer active.
fn ended(one: EndedKey, now: Moment) -> serde_json::Value {
    let (class, text) = words::keys::status(now, one.status);
    json!({ "key": one.key.0, "class": class, "text": text })
}

/// JSON has no line breaks here, so the data cannot end the event early.
fn event(name: &str, data: &serde_json::Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use domain::key::KeyStatus;

    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    fn one(key: i64, at: Moment, agent: &str) -> News {
        let one = KeyUse {
            key: KeyId(key),
            at,
            address: Some("203.0.113.7".into()),
            agent: Some(agent.into()),
        };
        News {
            uses: vec![one],
            ..News::default()
        }
    }

    #[test]
    fn a_use_is_sent_once_and_again_when_its_relative_time_changes() {
        let mut dedup = Dedup::default();
        let text = dedup.news(one(12, NOW, "curl/8"), NOW);
        assert_eq!(
            text,
            "event: used\ndata: {\"address\":\"203.0.113.7\",\"agent\":\"curl/8\",\"ago\":\"just now\",\
             \"at\":\"2026-04-08T19:51:19Z\",\"exact\":\"2026-04-08 19:51:19 UTC\",\"key\":12}\n\n"
        );
        assert_eq!(
            dedup.news(one(12, NOW, "curl/8"), NOW.plus_seconds(5)),
            ""
        );
        assert!(
            dedup
                .news(News::default(), NOW.plus_seconds(60))
                .contains("\"ago\":\"1 minute ago\"")
        );
        assert!(
            dedup
                .news(
                    one(12, NOW.plus_seconds(61), "curl/8"),
                    NOW.plus_seconds(62)
                )
                .contains("just now")
        );
    }

    #[test]
    fn a_key_that_ended_is_sent_with_its_badge() {
        let news = News {
            ended: vec![EndedKey {
                key: KeyId(12),
                status: KeyStatus::Revoked,
            }],
            ..News::default()
        };
        assert_eq!(
            Dedup::default().news(news, NOW),
            "event: ended\ndata: {\"class\":\"badge danger\",\"key\":12,\"text\":\"Revoked\"}\n\n"
        );
    }

    // The caller chooses the user agent.
    #[test]
    fn a_user_agent_cannot_inject_events() {
        let text = Dedup::default().news(
            one(1, NOW, "x\n\nevent: changed\r\ndata: {}\n\n"),
            NOW,
        );
        assert_eq!(text.matches('\n').count(), 3, "{text}");
        assert!(!text.contains('\r'));
    }

    #[test]
    fn the_number_of_keys_is_limited() {
        let mut dedup = Dedup::default();
        for key in 0..1000 {
            dedup.news(
                one(key, NOW.plus_seconds(key), "curl/8"),
                NOW.plus_seconds(key),
            );
        }
        assert_eq!(dedup.uses.len(), MAX_KEYS);
        assert!(dedup.uses.contains_key(&KeyId(999)));
    }
}
