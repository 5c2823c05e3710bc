//! The check that a revoked key is refused. A person revokes it.

use std::time::Duration;

use engine::Runtime;

use super::{Ask, Fault, NO_VALID_KEY, Probe, Session, Verdict, judge};

/// How long to wait for the person.
const LIMIT: Duration = Duration::from_secs(2 * 60);
/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(100);
/// How many requests follow the first refusal.
const AFTER: u32 = 20;

impl Session<'_> {
    /// Asks the person to revoke the key, and sends requests until the first refusal and some more.
    pub async fn wait_for_revoke(&mut self, runtime: &Runtime) {
        let verdict = if self.valid_key_passes {
            ask_to_revoke();
            self.revoked(runtime).await
        } else {
            Verdict::not_checked(NO_VALID_KEY)
        };
        self.note(Probe::Revoked, verdict);
    }

    async fn revoked(&mut self, runtime: &Runtime) -> Verdict {
        let start = runtime.elapsed();
        let waited = || runtime.elapsed().saturating_sub(start);
        let mut requests = 0_u32;
        let refused_at = loop {
            if waited() > LIMIT {
                return Verdict::not_checked("the key was not refused within two minutes");
            }
            requests += 1;
            let sent = self.send_valid(Ask::default()).await;
            if judge::passes(&sent.reply) == Some(false) {
                break waited();
            }
            tokio::time::sleep(PAUSE).await;
        };
        let moment = runtime.now().to_rfc3339();
        let mut passed_again = 0_u32;
        for _ in 0..AFTER {
            let sent = self.send_valid(Ask::default()).await;
            passed_again += u32::from(judge::passes(&sent.reply) == Some(true));
        }
        let after = waited().saturating_sub(refused_at).as_millis();
        let found = format!(
            "the first refusal was the answer to request {requests}, at {moment}, {} ms after the start. Of {AFTER} requests in the {after} ms after it, {passed_again} passed",
            refused_at.as_millis()
        );
        if passed_again > 0 {
            return Verdict::failed(found, [Fault::Cached]);
        }
        Verdict {
            found: Some(found),
            ..Verdict::passed()
        }
    }
}

#[expect(clippy::print_stderr, reason = "standard output has the report only")]
fn ask_to_revoke() {
    eprintln!("Revoke the key in the dashboard now. The command waits for two minutes.");
}
