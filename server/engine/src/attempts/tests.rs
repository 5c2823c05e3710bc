use std::sync::Arc;
use std::time::Duration;

use domain::{Moment, PersonId};
use proptest::prelude::*;

use super::counts::{Bucket, Counts, Decision};
use super::{Attempts, Client, Kind, Limits};
use crate::ctx::Origin;
use crate::runtime::{FrozenClock, SeededRng};
use crate::{Error, Runtime};

const HERE: Client = Client::V4([203, 0, 113, 7]);

fn attempts(clients: usize, known: usize) -> (Arc<Attempts>, Arc<FrozenClock>) {
    let clock = FrozenClock::at(Moment(0));
    let attempts = Attempts::sized(
        Runtime::of(clock.clone(), SeededRng::new(1)),
        clients,
        known,
    );
    attempts.set_limits(Limits {
        credentials: 3,
        secrets: 2,
    });
    (attempts, clock)
}

fn client(address: &str) -> Client {
    Client::of(&Origin {
        address: Some(address.into()),
        ..Origin::default()
    })
}

fn seconds(refused: Result<super::Attempt, Error>) -> u64 {
    match refused {
        Err(Error::TooManyAttempts { seconds }) => seconds,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn clients_are_ipv4_addresses_and_networks_of_ipv6() {
    assert_eq!(client("::ffff:203.0.113.7"), HERE);
    assert_eq!(
        client("2001:db8:0:1::1"),
        client("2001:db8:0:1:ffff:ffff:ffff:ffff")
    );
    assert_ne!(client("2001:db8:0:1::1"), client("2001:db8:0:2::1"));
    assert_ne!(client("203.0.113.8"), HERE);
    assert_eq!(client("here"), Client::Unknown);
    assert_eq!(Client::of(&Origin::default()), Client::Unknown);
    assert_ne!(
        Client::Person(PersonId(1)),
        Client::Person(PersonId(2))
    );
}

#[tokio::test]
async fn who_failed_too_often_waits_until_the_minute_is_over() {
    let (attempts, clock) = attempts(10, 10);
    for _ in 0..3 {
        attempts
            .begin(Kind::Key, HERE, b"guess")
            .await
            .expect("begins")
            .failed();
        clock.advance_seconds(10);
    }
    assert_eq!(
        seconds(attempts.begin(Kind::Token, HERE, b"token").await),
        30
    );
    assert!(attempts.fail(Kind::Key, HERE).is_err());
    attempts
        .begin(Kind::Key, client("203.0.113.8"), b"guess")
        .await
        .expect("another address")
        .failed();
    attempts
        .begin(Kind::Invitation, HERE, b"link")
        .await
        .expect("another count")
        .failed();
    // The wall clock is no way around it.
    clock.advance_seconds(-3600);
    assert_eq!(
        seconds(attempts.begin(Kind::Key, HERE, b"guess").await),
        30
    );
    clock.advance_seconds(30);
    attempts
        .begin(Kind::Key, HERE, b"guess")
        .await
        .expect("begins again")
        .failed();
}

// B11: what is known to be good passes, and only as long as it is.
#[tokio::test]
async fn what_was_accepted_passes_beside_guesses() {
    let (attempts, _) = attempts(10, 10);
    attempts
        .begin(Kind::Key, HERE, b"good")
        .await
        .expect("begins")
        .passed();
    for _ in 0..3 {
        attempts.fail(Kind::Key, HERE).expect("counted");
    }
    for _ in 0..100 {
        attempts
            .begin(Kind::Key, HERE, b"good")
            .await
            .expect("passes")
            .passed();
        seconds(attempts.begin(Kind::Key, HERE, b"other").await);
        seconds(attempts.begin(Kind::Session, HERE, b"good").await);
    }
    attempts
        .begin(Kind::Key, HERE, b"good")
        .await
        .expect("passes")
        .failed();
    seconds(attempts.begin(Kind::Key, HERE, b"good").await);
    // What is undecided is not known to be bad.
    attempts.remember(Kind::Key, b"good");
    attempts
        .begin(Kind::Key, HERE, b"good")
        .await
        .expect("passes")
        .undecided();
    attempts
        .begin(Kind::Key, HERE, b"good")
        .await
        .expect("passes")
        .spent();
    seconds(attempts.begin(Kind::Key, HERE, b"good").await);
}

#[tokio::test]
async fn outages_are_no_failures_and_hanging_up_is_one() {
    let (attempts, _) = attempts(10, 10);
    for _ in 0..100 {
        attempts
            .begin(Kind::Key, HERE, b"key")
            .await
            .expect("begins")
            .undecided();
    }
    for _ in 0..3 {
        drop(
            attempts
                .begin(Kind::Key, HERE, b"key")
                .await
                .expect("begins"),
        );
    }
    seconds(attempts.begin(Kind::Key, HERE, b"key").await);
    attempts.refund(Kind::Key, HERE);
    drop(
        attempts
            .begin(Kind::Key, HERE, b"key")
            .await
            .expect("one was given back"),
    );
    seconds(attempts.begin(Kind::Key, HERE, b"key").await);
    attempts.set_limits(Limits::OFF);
    for _ in 0..100 {
        drop(
            attempts
                .begin(Kind::Key, HERE, b"key")
                .await
                .expect("off"),
        );
    }
}

// A limit of three is a limit of three, also for those who come at the same time; and who is good
// waits for the others.
#[tokio::test]
async fn attempts_at_the_same_time_do_not_get_past_the_limit() {
    let (attempts, _) = attempts(10, 10);
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(
            attempts
                .begin(Kind::Key, HERE, b"guess")
                .await
                .expect("begins"),
        );
    }
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let attempts = attempts.clone();
        waiting.spawn(async move {
            attempts
                .begin(Kind::Key, HERE, b"good")
                .await
                .map(super::Attempt::passed)
        });
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(
        waiting.try_join_next().is_none(),
        "an attempt did not wait"
    );
    running.pop().expect("one").failed();
    running.pop().expect("one").undecided();
    while let Some(done) = waiting.join_next().await {
        done.expect("ends").expect("is good");
    }
}

#[test]
fn a_million_addresses_cost_no_more_memory_than_a_few() {
    let (attempts, _) = attempts(1_000, 1_000);
    let many = if std::env::var_os("ROUNDTABLE_PROVE").is_some() {
        1_000_000_u32
    } else {
        50_000
    };
    for n in 0..many {
        attempts
            .fail(Kind::Key, Client::V4(n.to_be_bytes()))
            .expect("its first");
        attempts.remember(Kind::Key, &n.to_be_bytes());
    }
    let kept = attempts.counts(|counts, _| counts.len());
    assert!((1_000..=2_000).contains(&kept), "{kept} clients");
    assert!(
        (1_000..=2_000).contains(&attempts.accepted.len()),
        "{} marks",
        attempts.accepted.len()
    );
    // The one who failed last is not the one who is forgotten.
    let last = Client::V4((many - 1).to_be_bytes());
    attempts.fail(Kind::Key, last).expect("second");
    attempts.fail(Kind::Key, last).expect("third");
    assert!(attempts.fail(Kind::Key, last).is_err());
}

proptest! {
    // Against a model that keeps every failure: within a client's minute no more than the limit
    // fail, and after it the client begins again.
    #[test]
    fn never_more_failures_than_the_limit_within_a_minute(
        limit in 1_u32..8,
        steps in prop::collection::vec((0_u64..20_000, any::<bool>(), any::<bool>()), 1..200),
    ) {
        let counter = (HERE, Bucket::Credentials);
        let mut counts = Counts::new(4);
        let (mut now, mut running, mut failures) = (Duration::ZERO, 0_u32, Vec::<Duration>::new());
        for (millis, begins, fails) in steps {
            now += Duration::from_millis(millis);
            if !begins && running > 0 {
                counts.settle(counter, fails, now);
                running -= 1;
                if fails {
                    failures.push(now);
                }
            } else {
                match counts.reserve(counter, limit, now) {
                    Decision::Begin => running += 1,
                    Decision::Wait => prop_assert!(running > 0),
                    Decision::Refuse { seconds } => {
                        prop_assert!((1..=60).contains(&seconds), "{}", seconds);
                        counts = expect_free_after(counts, counter, limit, now + Duration::from_secs(seconds), running)?;
                    }
                }
            }
            // Two minutes meet in any minute of the clock, so no more than two limits do.
            let recent_use = failures.iter().filter(|then| now.saturating_sub(**then) < Duration::from_secs(60)).count();
            prop_assert!(recent_use <= 2 * limit as usize);
            prop_assert!(running <= limit);
        }
    }
}

/// A refused client may begin again after the wait that the error names; the counts themselves
/// stay as they are.
fn expect_free_after(
    counts: Counts,
    counter: super::counts::CounterKey,
    limit: u32,
    then: Duration,
    running: u32,
) -> Result<Counts, TestCaseError> {
    let mut later = counts.clone();
    let decision = later.reserve(counter, limit, then);
    let expected = if running >= limit {
        Decision::Wait
    } else {
        Decision::Begin
    };
    prop_assert_eq!(decision, expected);
    Ok(counts)
}
