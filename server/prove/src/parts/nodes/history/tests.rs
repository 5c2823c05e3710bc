//! Short histories, right and wrong ones.

use super::*;

const CREATED: Operation = operation(Act::Create, 0, 0, 10, Given::Success);
const ENDED: Operation = operation(Act::End, 0, 100, 120, Given::Success);

const fn operation(act: Act, node: usize, begun: u64, ended: u64, given: Given) -> Operation {
    Operation {
        subject: 0,
        node,
        act,
        begun,
        ended,
        given,
    }
}

const fn check(node: usize, begun: u64, ended: u64, given: Given) -> Operation {
    operation(Act::Check, node, begun, ended, given)
}

const fn window(node: Option<usize>, from: u64, until: u64, is_pause: bool) -> Window {
    Window {
        node,
        from,
        until,
        is_pause,
    }
}

fn judged(operations: &[Operation], windows: &[Window]) -> Judgement {
    Judgement::of(&Record {
        subjects: vec!["a key".into()],
        operations: operations.to_vec(),
        windows: windows.to_vec(),
    })
}

/// The number of violations in each list of a judgement, in the order of its fields.
fn violations(operations: &[Operation], windows: &[Window]) -> [usize; 6] {
    let judgement = judged(operations, windows);
    let lists = [
        &judgement.late,
        &judgement.resumed,
        &judgement.revived,
        &judgement.refused,
        &judgement.unavailable,
        &judgement.odd,
    ];
    lists.map(Vec::len)
}

#[test]
fn a_right_history_has_no_violation() {
    let history = [
        CREATED,
        check(0, 20, 30, Given::Success),
        check(1, 95, 105, Given::Success),
        check(2, 95, 110, Given::Refusal),
        ENDED,
        check(1, 130, 140, Given::Refusal),
    ];
    assert_eq!(violations(&history, &[]), [0; 6]);
    let judgement = judged(&history, &[]);
    assert_eq!((judgement.operations, judgement.ends), (6, 1));
    assert_eq!(judgement.overlapping, 0);
}

#[test]
fn a_success_that_begins_after_the_answer_is_found() {
    let late = check(2, 121, 130, Given::Success);
    assert_eq!(
        violations(&[CREATED, ENDED, late], &[]),
        [1, 0, 0, 0, 0, 0]
    );
    // The order of the record does not matter.
    assert_eq!(
        violations(&[late, ENDED, CREATED], &[]),
        [1, 0, 0, 0, 0, 0]
    );
    let judgement = judged(&[CREATED, ENDED, late], &[]);
    assert_eq!(judgement.wrong_successes(), judgement.late);
}

#[test]
fn a_success_that_began_before_the_answer_is_only_counted() {
    let overlapping = check(2, 119, 130, Given::Success);
    let judgement = judged(&[CREATED, ENDED, overlapping], &[]);
    assert_eq!(judgement.overlapping, 1);
    assert!(judgement.wrong_successes().is_empty());
}

#[test]
fn a_success_before_the_creation_is_found() {
    let created = operation(Act::Create, 0, 50, 60, Given::Success);
    let early = check(0, 10, 20, Given::Success);
    assert_eq!(violations(&[created, early], &[]), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_refusal_of_an_active_key_is_found() {
    let refused = check(1, 20, 30, Given::Refusal);
    assert_eq!(
        violations(&[CREATED, refused, ENDED], &[]),
        [0, 0, 0, 1, 0, 0]
    );
    // A fault excuses 503, but no refusal.
    let outage = [window(None, 0, 200, false)];
    assert_eq!(
        violations(&[CREATED, refused], &outage),
        [0, 0, 0, 1, 0, 0]
    );
    // A key without a creation existed before the record.
    assert_eq!(violations(&[refused], &[]), [0, 0, 0, 1, 0, 0]);
    // Before the creation was answered the key may be unknown.
    let early = check(1, 5, 30, Given::Refusal);
    assert_eq!(violations(&[CREATED, early], &[]), [0; 6]);
}

#[test]
fn an_end_without_an_answer_may_have_happened() {
    let lost = operation(Act::End, 0, 40, 50, Given::Unavailable);
    let outage = [window(Some(0), 40, 50, false)];
    let between = [
        CREATED,
        lost,
        check(1, 60, 70, Given::Success),
        check(2, 60, 70, Given::Refusal),
    ];
    assert_eq!(violations(&between, &outage), [0; 6]);
    let repeated = [CREATED, lost, ENDED, check(1, 130, 140, Given::Success)];
    assert_eq!(violations(&repeated, &outage), [1, 0, 0, 0, 0, 0]);
    // A refused end had no effect.
    let refused = [
        CREATED,
        operation(Act::End, 0, 40, 50, Given::Refusal),
        check(1, 60, 70, Given::Refusal),
    ];
    assert_eq!(violations(&refused, &[]), [0, 0, 0, 2, 0, 0]);
}

#[test]
fn a_node_does_not_let_a_key_pass_that_it_has_refused() {
    let refused = check(1, 101, 105, Given::Refusal);
    let again = check(1, 106, 110, Given::Success);
    let elsewhere = check(2, 106, 110, Given::Success);
    assert_eq!(
        violations(&[CREATED, refused, again, ENDED], &[]),
        [0, 0, 1, 0, 0, 0]
    );
    assert_eq!(
        violations(&[CREATED, refused, elsewhere, ENDED], &[]),
        [0; 6]
    );
}

#[test]
fn unavailable_is_allowed_only_while_something_has_failed() {
    let away = check(1, 20, 30, Given::Unavailable);
    for (windows, expected) in [
        (vec![], 1),
        (vec![window(Some(1), 25, 40, false)], 0),
        (vec![window(None, 5, 20, false)], 0),
        (vec![window(Some(2), 25, 40, false)], 1),
        (vec![window(None, 31, 40, false)], 1),
        (vec![window(Some(1), 25, 40, true)], 1),
    ] {
        assert_eq!(
            violations(&[CREATED, away], &windows),
            [0, 0, 0, 0, expected, 0],
            "{windows:?}"
        );
    }
    assert_eq!(judged(&[CREATED, away], &[]).operations, 1);
}

#[test]
fn a_node_that_continues_after_a_pause_lets_no_ended_key_pass() {
    let across = check(1, 90, 160, Given::Success);
    let pause = |node| [window(Some(node), 95, 150, true)];
    assert_eq!(
        violations(&[CREATED, ENDED, across], &pause(1)),
        [0, 1, 0, 0, 0, 0]
    );
    assert_eq!(
        violations(&[CREATED, ENDED, across], &pause(2)),
        [0; 6]
    );
    // Answered only after the pause.
    let later = operation(Act::End, 0, 100, 155, Given::Success);
    assert_eq!(
        violations(&[CREATED, later, across], &pause(1)),
        [0; 6]
    );
}

#[test]
fn another_status_is_found() {
    let broken = check(1, 20, 30, Given::of(Some(500)));
    assert_eq!(
        violations(&[CREATED, broken], &[]),
        [0, 0, 0, 0, 0, 1]
    );
    let given = [Some(204), Some(403), Some(503), None].map(Given::of);
    let expected = [
        Given::Success,
        Given::Refusal,
        Given::Unavailable,
        Given::Unavailable,
    ];
    assert_eq!(given, expected);
}

#[test]
fn rates_are_per_key_and_node() {
    let checks: Vec<_> = (0..50)
        .map(|number| {
            check(
                1,
                number * 20_000,
                number * 20_000 + 20_000,
                Given::Success,
            )
        })
        .collect();
    assert_eq!(judged(&checks, &[]).rates, [50]);
}
