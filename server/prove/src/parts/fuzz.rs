//! The fuzz targets, guided by coverage.

use std::process::Command;

use crate::report::Report;
use crate::{Outcome, Run, say};

pub const ABOUT: &str = "libFuzzer looks for input that breaks a rule of the format of keys, of the headers of a request, of the URL of a \
gate, of the page of a list, of names and log lines, or of tokens (`server/fuzz/targets`). It keeps each input that reaches new code, and varies it.";

/// The targets, and what each of them asserts.
const TARGETS: [(&str, &str); 6] = [
    (
        "keys",
        "a key is parsed as it was presented, and redacted text has no secret",
    ),
    (
        "headers",
        "a request has one credential at most, and only trusted proxies set its address",
    ),
    (
        "gate",
        "nothing in the URL of a gate that is not understood lets a request pass",
    ),
    (
        "cursors",
        "a cursor is accepted only as the previous page wrote it, and every invalid field is named",
    ),
    (
        "text",
        "names, addresses and times stay what they are, and logged text has no key",
    ),
    (
        "tokens",
        "only what the key has signed is accepted, with the claims that it has signed",
    ),
];
/// How long each target runs, in seconds.
const SECONDS: u64 = 60;
/// Fewer inputs say that a target does not work. The slowest signs each of its inputs.
const FEWEST: u64 = 1_000;

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    for (target, what) in TARGETS {
        let corpus = run.folder.join(target);
        std::fs::create_dir_all(&corpus)?;
        let mut fuzz = cargo_fuzz(target);
        fuzz.arg(&corpus).arg("--").args([
            &format!("-max_total_time={}", run.share_of(SECONDS)),
            &format!("-seed={}", run.seed),
            "-print_final_stats=1",
            "-max_len=2048",
        ]);
        let output = tokio::task::block_in_place(|| fuzz.output())?;
        let said = String::from_utf8_lossy(&output.stderr);
        let inputs = number_after(&said, "stat::number_of_executed_units:");
        let is_kept = output.status.success() && inputs >= run.share_of(FEWEST);
        let result = if is_kept {
            "0 violations"
        } else {
            // The last lines have the input, also as base64.
            let lines: Vec<_> = said.lines().rev().take(40).collect();
            lines.iter().rev().for_each(|line| say(line));
            "violated"
        };
        report.row(what, "-", inputs, result, is_kept);
    }
    Ok(())
}

/// The command that runs a target. The stable compiler measures coverage, but has no sanitizers.
fn cargo_fuzz(target: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args([
        "fuzz",
        "run",
        "--fuzz-dir",
        "server/fuzz",
        "--sanitizer",
        "none",
        target,
    ]);
    command
}

/// The number after a label, or zero.
fn number_after(text: &str, label: &str) -> u64 {
    let rest = text.split(label).nth(1).unwrap_or_default();
    let number = rest.split_whitespace().next().unwrap_or_default();
    number.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_inputs_is_read() {
        let said =
            "Done 7 runs\nstat::number_of_executed_units: 4711\nstat::average_exec_per_sec: 3\n";
        let label = "stat::number_of_executed_units:";
        assert_eq!(number_after(said, label), 4711);
        assert_eq!(number_after("nothing", label), 0);
    }
}
