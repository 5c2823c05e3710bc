//! Tests of `in_flight` with the locks of the standard library.

use domain::{ActorId, ApiId, KeyId};

use crate::in_flight::{Authority, InFlightRequests, KeyAuthority, RequestGuard};

const OWNER: ActorId = ActorId(7);

// RK-24
const fn of(key: KeyId, owner: ActorId) -> KeyAuthority {
    KeyAuthority {
        key,
        owner,
        api: None,
    }
}

#[tokio::test]
async fn cancelling_a_key_cancels_its_requests_and_waits_for_them() {
    let in_flight = InFlightRequests::default();
    let guard = in_flight.register(of(KeyId(1), OWNER));
    let bystander = in_flight.register(of(KeyId(2), OWNER));
    let running = tokio::spawn(async move { guard.cancelled().await });
    let ended = [Authority::Key(KeyId(1))];
    in_flight.cancel(&ended, None);
    in_flight.wait_for_cancelled().await;
    assert_eq!(in_flight.count(KeyId(1)), 0);
    running.await.expect("cancelled");
    assert!(!bystander.is_cancelled());
}

#[tokio::test]
async fn cancelling_an_owner_cancels_the_requests_of_all_their_keys() {
    let in_flight = InFlightRequests::default();
    let guards = [1, 2, 65].map(|key| in_flight.register(of(KeyId(key), OWNER)));
    let bystander = in_flight.register(of(KeyId(3), ActorId(8)));
    in_flight.cancel(&[Authority::Owner(OWNER)], None);
    assert!(guards.iter().all(RequestGuard::is_cancelled));
    assert!(!bystander.is_cancelled());
}

#[tokio::test]
async fn a_request_that_revokes_its_own_key_does_not_wait_for_itself() {
    let in_flight = InFlightRequests::default();
    let guard = in_flight.register(of(KeyId(1), OWNER));
    let ended = [Authority::Key(KeyId(1))];
    in_flight.cancel(&ended, Some(guard.id));
    in_flight.wait_for_cancelled().await;
    assert!(!guard.is_cancelled());
}

#[test]
fn a_change_of_an_api_cancels_the_requests_with_its_keys() {
    let in_flight = InFlightRequests::default();
    let for_api = |key, api| KeyAuthority {
        api: Some(ApiId(api)),
        ..of(KeyId(key), OWNER)
    };
    let orders = in_flight.register(for_api(1, 1));
    let others = [
        in_flight.register(for_api(2, 2)),
        in_flight.register(of(KeyId(3), OWNER)),
    ];
    in_flight.cancel(&[Authority::Api(ApiId(1))], None);
    assert!(orders.is_cancelled());
    assert!(others.iter().all(|other| !other.is_cancelled()));
}
