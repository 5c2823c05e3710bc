//! The tests of the domain, the engine and the server with full counts.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::cluster::Cluster;
use crate::report::Report;
use crate::stage::DATABASE;
use crate::{Outcome, Run};

pub const ABOUT: &str = "Tests that `make test` runs with some of their cases, here with all cases (`ROUNDTABLE_PROVE=1`): forged and \
old rows, swapped ciphertexts, random histories, races, failed calls to the database, malformed headers, hostile names, requests in flight.";

/// The tested packages. Separate runs would compile the dependencies with different features.
const PACKAGES: [&str; 12] = [
    "-p", "domain", "-p", "oidc", "-p", "engine", "-p", "app", "-p", "server", "-p", "prove",
];

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    let cluster = Cluster::start(&run.postgres, &run.folder)?;
    let mut test = all_tests(&cluster.database(DATABASE).await?);
    let output = tokio::task::block_in_place(|| {
        test.stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()
    })?;
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    let proofs = report_proofs(&said, report);
    report_totals(&said, output.status.success(), report);
    report.row(
        "tests that tell their counts",
        "both",
        proofs,
        "see above",
        proofs > 0,
    );
    report_injection(&run.binary, report)
}

/// Reports that the release program has no code that lets calls to the database fail. Debug builds
/// have it, for the tests.
fn report_injection(program: &Path, report: &mut Report) -> Outcome<()> {
    const ERROR: &[u8] = b"an injected failure of the database";
    let program = std::fs::read(program)?;
    let is_absent = !program
        .windows(ERROR.len())
        .any(|text| text == ERROR);
    let result = if is_absent { "absent" } else { "present" };
    report.row(
        "code that injects failures, in the program",
        "both",
        1,
        result,
        is_absent,
    );
    Ok(())
}

/// The command that runs the tests with their full counts, on SQLite and on this Postgres database.
fn all_tests(postgres: &str) -> Command {
    let mut test = Command::new("cargo");
    test.args(["test", "--quiet", "--locked"])
        .args(PACKAGES)
        .args([
            "--features",
            "app/ssr,server/otlp",
            "--no-fail-fast",
            "--",
            "--nocapture",
        ]);
    test.env("ROUNDTABLE_PROVE", "1")
        .env("ROUNDTABLE_TEST_POSTGRES", postgres);
    test
}

/// Reports each proof that the tests print. Returns their number.
fn report_proofs(said: &str, report: &mut Report) -> usize {
    let mut lines: Vec<_> = said.lines().filter_map(proof).collect();
    lines.sort();
    lines.dedup();
    for Proof {
        name,
        count,
        on,
        result,
    } in &lines
    {
        report.row(name, on, count, result.as_str(), is_good(result));
    }
    lines.len()
}

/// Reports how many tests passed and failed. If some failed, the first panics are reported, also
/// those that a test expects.
fn report_totals(said: &str, is_success: bool, report: &mut Report) {
    let (passed, failed) = totals(said);
    let failures: Vec<_> = said
        .lines()
        .filter(|line| failed > 0 && line.contains("panicked at"))
        .take(5)
        .collect();
    let result = format!(
        "{passed} passed, {failed} failed {}",
        failures.join("; ")
    );
    report.row(
        "tests",
        "both",
        passed + failed,
        result.trim(),
        is_success,
    );
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Proof {
    name: String,
    on: String,
    count: String,
    result: String,
}

/// Reads a line `proof: <name> <count> on <database>: <result>`; other output may stand before it.
fn proof(line: &str) -> Option<Proof> {
    let (_, rest) = line.split_once("proof: ")?;
    let (head, result) = rest
        .split_once(": ")
        .unwrap_or((rest.trim_end_matches(':'), ""));
    let (named, on) = head.rsplit_once(" on ").unwrap_or((head, "-"));
    let (name, count) = named.rsplit_once(' ')?;
    let text = |text: &str| text.trim().to_owned();
    Some(Proof {
        name: text(name),
        on: text(on),
        count: text(count),
        result: text(result),
    })
}

/// A failed test prints no such line. A line that reports failures does not count either.
fn is_good(result: &str) -> bool {
    !result.is_empty() && !result.to_lowercase().contains("fail")
}

/// The total numbers of passed and failed tests.
fn totals(said: &str) -> (u64, u64) {
    let number = |line: &str, word: &str| -> u64 {
        let before = line.split(word).next().unwrap_or_default();
        before
            .split_whitespace()
            .next_back()
            .and_then(|number| number.parse().ok())
            .unwrap_or_default()
    };
    let results = said
        .lines()
        .filter(|line| line.contains("test result: "));
    results.fold((0, 0), |(passed, failed), line| {
        (
            passed + number(line, " passed"),
            failed + number(line, " failed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proof_is_read() {
        let found = proof(".proof: forged rows 1000 on SQLite: 0 admitted").expect("a proof");
        let texts = [
            found.name.as_str(),
            found.count.as_str(),
            found.on.as_str(),
            found.result.as_str(),
        ];
        assert_eq!(texts, ["forged rows", "1000", "SQLite", "0 admitted"]);
        assert_eq!(proof("test result: ok"), None);
    }

    #[test]
    fn results_are_added_up() {
        let said = "test result: ok. 12 passed; 0 failed; 1 ignored\nx\ntest result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(totals(said), (15, 2));
    }
}
