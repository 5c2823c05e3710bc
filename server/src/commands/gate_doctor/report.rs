//! The report: a line for each check on standard output, or one JSON object.

#[cfg(test)]
mod tests;

use serde::Serialize;

use super::advice::advice;
use super::fault::Fault;
use super::probes::Probe;
use super::proxy::Proxy;

domain::closed_set! {
    /// The result of a check.
    pub(super) enum Outcome(
        /// As the report shows it.
        label: &'static str,
    ) {
        /// The proxy does what it must do.
        Passed = "passed" ("passed"),
        /// It does not.
        Failed = "failed" ("failed"),
        /// The check was not possible.
        NotChecked = "not_checked" ("not checked"),
        /// The proxy cannot do better, and the API must take care.
        Note = "note" ("note"),
    }
}

/// The result of a check, with what was found and what is wrong.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The result.
    pub outcome: Outcome,
    /// What was found, unless the check passed.
    pub found: Option<String>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// The check passed.
    pub const fn passed() -> Self {
        Self {
            outcome: Outcome::Passed,
            found: None,
            faults: Vec::new(),
        }
    }

    /// The check failed.
    pub fn failed(found: impl Into<String>, faults: impl IntoIterator<Item = Fault>) -> Self {
        Self {
            outcome: Outcome::Failed,
            found: Some(found.into()),
            faults: faults.into_iter().collect(),
        }
    }

    /// The check was not possible.
    pub fn not_checked(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::NotChecked,
            found: Some(why.into()),
            faults: Vec::new(),
        }
    }

    /// The check failed if there are faults.
    pub fn of(found: impl Into<String>, faults: Vec<Fault>) -> Self {
        if faults.is_empty() {
            Self::passed()
        } else {
            Self::failed(found, faults)
        }
    }
}

/// The results of all checks.
#[derive(Debug)]
pub(super) struct Report {
    /// The URL, without its query.
    pub url: String,
    /// The address of `--app`.
    pub app: Option<String>,
    /// The program of the proxy, and how it was recognized.
    pub proxy: Option<(Proxy, &'static str)>,
    /// The results, in the order of [`Probe::ALL`].
    pub verdicts: Vec<(Probe, Verdict)>,
}

#[derive(Serialize)]
struct Document<'a> {
    url: &'a str,
    app: Option<&'a str>,
    proxy: Option<Proxy>,
    passed: usize,
    failed: usize,
    not_checked: usize,
    notes: usize,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    check: Probe,
    title: &'static str,
    outcome: Outcome,
    found: Option<&'a str>,
    advice: Vec<Line>,
}

/// What to change in the configuration of a proxy.
#[derive(Serialize)]
struct Line {
    proxy: Proxy,
    change: String,
}

impl Report {
    /// How many checks failed.
    pub fn failed(&self) -> usize {
        self.count(Outcome::Failed)
    }

    fn count(&self, outcome: Outcome) -> usize {
        let results = self.verdicts.iter();
        results
            .filter(|(_, verdict)| verdict.outcome == outcome)
            .count()
    }

    /// The advice for the program of the proxy, or for each program if it is unknown.
    fn lines(&self, verdict: &Verdict) -> Vec<Line> {
        let proxies = match &self.proxy {
            Some((proxy, _)) => std::slice::from_ref(proxy),
            None => &Proxy::ALL[..],
        };
        let mut lines: Vec<Line> = Vec::new();
        for &proxy in proxies {
            for fault in &verdict.faults {
                let change = advice(fault, proxy);
                if lines.iter().all(|line| line.change != change) {
                    lines.push(Line { proxy, change });
                }
            }
        }
        lines
    }

    /// The report for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.url);
        text.push_str(&match self.proxy {
            Some((proxy, source)) => format!("The proxy is {} ({source}).\n\n", proxy.label()),
            None => "The program of the proxy is unknown. Set it with --proxy to see only its advice.\n\n".to_owned(),
        });
        for (probe, verdict) in &self.verdicts {
            text.push_str(&format!(
                "{:<11}  {}\n",
                verdict.outcome.label(),
                probe.title()
            ));
            if let Some(found) = &verdict.found {
                text.push_str(&format!("{:13}{found}\n", ""));
            }
            for line in self.lines(verdict) {
                text.push_str(&format!(
                    "{:13}{}: {}\n",
                    "",
                    line.proxy.label(),
                    line.change
                ));
            }
        }
        text.push_str(&format!(
            "\n{} passed, {} failed, {} not checked",
            self.count(Outcome::Passed),
            self.failed(),
            self.count(Outcome::NotChecked),
        ));
        match self.count(Outcome::Note) {
            0 => {}
            1 => text.push_str(", 1 note"),
            notes => text.push_str(&format!(", {notes} notes")),
        }
        if self.app.is_none() {
            text.push_str("\nTo check what the proxy passes on, stop your API and run the command with --app and its address.");
        }
        text
    }

    /// The report for programs.
    pub fn to_json(&self) -> String {
        let checks = self
            .verdicts
            .iter()
            .map(|(probe, verdict)| Check {
                check: *probe,
                title: probe.title(),
                outcome: verdict.outcome,
                found: verdict.found.as_deref(),
                advice: self.lines(verdict),
            });
        let document = Document {
            url: &self.url,
            app: self.app.as_deref(),
            proxy: self.proxy.map(|(proxy, _)| proxy),
            passed: self.count(Outcome::Passed),
            failed: self.failed(),
            not_checked: self.count(Outcome::NotChecked),
            notes: self.count(Outcome::Note),
            checks: checks.collect(),
        };
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}
