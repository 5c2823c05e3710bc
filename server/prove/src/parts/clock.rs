//! The clock jumps while the program runs.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::api::{Api, OLIVIA};
use crate::fake_clock::FakeClock;
use crate::person::Browser;
use crate::report::Report;
use crate::stage::{BOTH, On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "The program runs on a simulated clock (libfaketime). The clock moves past the expiration of a key and of a \
session and back, an hour back and forth, 400 days ahead for 17 seconds, to 1970 and to 2038. A credential that was rejected \
as expired stays rejected, a key without an expiration always works, and a last use in the future is corrected.";

/// How long to wait for the maintenance that runs every 15 seconds.
const MAINTENANCE: Duration = Duration::from_secs(17);
/// The number of repetitions of each jump that needs no waiting.
const JUMPS: u64 = 5;

/// Absolute times.
const MOMENTS: [(&str, &str); 4] = [
    ("1970", "@1970-01-02 00:00:00"),
    ("the last second of 32 bits", "@2038-01-19 03:14:05"),
    ("2038", "@2038-06-01 00:00:00"),
    ("2100", "@2100-01-01 00:00:00"),
];

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    for on in BOTH {
        jumps(run, on, report).await?;
    }
    Ok(())
}

async fn jumps(run: &Run, on: On, report: &mut Report) -> Outcome<()> {
    let clock = FakeClock::new(run.folder.join(format!("clock-{}", on.name())))?;
    let settings = clock.settings()?;
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut stage = Stage::up(run, on, &settings).await?;
    let mut look = Look {
        api: stage.api()?,
        owner: stage.owner.key.clone(),
        asked: 0,
        faults: Vec::new(),
    };
    expiring(&clock, &mut look, run.share_of(JUMPS)).await?;
    sessions(&clock, &mut look).await?;
    last_use(&clock, &mut look).await?;
    moments(&clock, &mut look).await?;
    clock.set("+0")?;
    let alive = stage.program.lives();
    let log = std::fs::read_to_string(stage.program.log())?;
    let panics = log
        .lines()
        .filter(|line| line.contains("panicked") || line.contains("integrity failure"))
        .count();
    let what = "expired stays expired, a key without an end works, last use heals";
    report.faults(
        what,
        on.name(),
        format!("{} answers", look.asked),
        &look.faults,
    );
    let result = format!(
        "{panics} complaints, the process {}",
        if alive { "lives" } else { "ended" }
    );
    report.row(
        "the program through all jumps",
        on.name(),
        1,
        result,
        alive && panics == 0,
    );
    Ok(())
}

/// Sends calls and collects faults.
struct Look {
    api: Api,
    owner: String,
    asked: u64,
    faults: Vec<String>,
}

impl Look {
    async fn status(&mut self, when: &str, what: &str, key: &str, expected: u16) {
        let given = self.api.tried(key).await;
        self.asked += 1;
        if given != Some(expected) {
            self.faults.push(format!(
                "{when}: {what} answers {given:?} instead of {expected}"
            ));
        }
    }

    async fn key(&self, label: &str, expires_at: Option<&str>) -> Outcome<(String, i64)> {
        let body = json!({ "label": label, "expires_at": expires_at });
        let made = self
            .api
            .must(Method::POST, "/api/v1/keys", &self.owner, body)
            .await?;
        Ok((made.text("api_key"), made.number("key_id")))
    }

    /// Makes a key. A change at that time is kept afterwards.
    async fn change(&mut self, when: &str) {
        let made = self
            .api
            .call(
                Method::POST,
                "/api/v1/keys",
                &self.owner,
                json!({ "label": when }),
            )
            .await;
        self.asked += 1;
        if made.status != Some(201) {
            self.faults.push(format!(
                "{when}: making a key answers {:?}",
                made.status
            ));
        }
        sleep(Duration::from_millis(200)).await;
        self.status(
            when,
            "the key that was made then",
            &made.text("api_key"),
            200,
        )
        .await;
    }

    async fn seen(&self, key: i64) -> Outcome<Value> {
        Ok(self
            .api
            .must(
                Method::GET,
                &format!("/api/v1/keys/{key}"),
                &self.owner,
                Value::Null,
            )
            .await?
            .body)
    }
}

/// A key that expires in 90 minutes. Once rejected, it stays rejected, even before the expiry is
/// recorded.
async fn expiring(clock: &FakeClock, look: &mut Look, jumps: u64) -> Outcome<()> {
    let now = date("+90 minutes")?;
    for jump in 0..jumps {
        let (key, _) = look
            .key(&format!("ends {jump}"), Some(&now))
            .await?;
        look.status("before its end", "a key with an end", &key, 200)
            .await;
        for back in ["-1h", "+0", "+1h"] {
            clock.set("+2h")?;
            look.status("after its end", "a key with an end", &key, 401)
                .await;
            clock.set(back)?;
            look.status(
                &format!("after its end, back at {back}"),
                "the same key",
                &key,
                401,
            )
            .await;
            let owner = look.owner.clone();
            look.status(
                &format!("at {back}"),
                "a key without an end",
                &owner,
                200,
            )
            .await;
        }
        clock.set("+0")?;
    }
    Ok(())
}

/// A session expires and stays expired.
async fn sessions(clock: &FakeClock, look: &mut Look) -> Outcome<()> {
    let api = look.api.clone();
    let browser = Browser::signed_in(&api, OLIVIA, "Olivia Owens").await?;
    let mut expect = async |when: &str, lives: bool| -> Outcome<()> {
        let (status, _) = browser.asked_for_token().await?;
        look.asked += 1;
        if (status == 200) != lives {
            look.faults
                .push(format!("{when}: a session answers {status}"));
        }
        Ok(())
    };
    expect("signed in", true).await?;
    clock.set("+400d")?;
    expect("400 days later", false).await?;
    clock.set("+0")?;
    expect("400 days later and back", false).await
}

/// The clock is 400 days ahead while a key is used, until the use is recorded. Then the clock is
/// corrected.
async fn last_use(clock: &FakeClock, look: &mut Look) -> Outcome<()> {
    let (key, id) = look.key("used", None).await?;
    clock.set("+400d")?;
    look.status("400 days ahead", "a key without an end", &key, 200)
        .await;
    sleep(MAINTENANCE).await;
    clock.set("+0")?;
    look.status("back again", "a key without an end", &key, 200)
        .await;
    sleep(MAINTENANCE).await;
    look.status("back for a while", "a key without an end", &key, 200)
        .await;
    let (last, latest) = (
        look.seen(id).await?["last_used"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        date("+5 minutes")?,
    );
    look.asked += 1;
    if last.is_empty() || last > latest {
        look.faults.push(format!(
            "last used at {last}, which is later than {latest}"
        ));
    }
    Ok(())
}

/// Times far away: nothing breaks, and no revoked or expired credential is accepted again.
async fn moments(clock: &FakeClock, look: &mut Look) -> Outcome<()> {
    let (short, _) = look
        .key("short", Some(&date("+90 minutes")?))
        .await?;
    look.status(
        "after all jumps so far",
        "a new key with an end",
        &short,
        200,
    )
    .await;
    clock.set("+2h")?;
    look.status("after its end", "a key with an end", &short, 401)
        .await;
    for (name, moment) in MOMENTS {
        clock.set(moment)?;
        let owner = look.owner.clone();
        look.status(name, "a key without an end", &owner, 200)
            .await;
        look.status(name, "a key that had ended", &short, 401)
            .await;
        look.change(name).await;
    }
    clock.set("+0")?;
    look.status("back again", "a key that had ended", &short, 401)
        .await;
    Ok(())
}

/// A time near now in the format of the API.
fn date(distance: &str) -> Outcome<String> {
    let output = std::process::Command::new("date")
        .args(["-u", "-d", distance, "+%Y-%m-%dT%H:%M:%SZ"])
        .output()?;
    Ok(String::from_utf8(output.stdout)?
        .trim()
        .to_owned())
}
