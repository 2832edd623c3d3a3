//! What was looked at, what was found, and what to do about it.

use std::fmt::Write as _;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It could not be looked at, and why is told.
    Skipped,
    /// A server works, and somebody will be sorry.
    Warn,
    /// A server does not start, or loses what it should keep.
    Fail,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skip",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at: a stable word for programs.
    pub(super) check: &'static str,
    pub(super) level: Level,
    /// What was found.
    pub(super) found: String,
    /// What to do; nothing when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), advice: None }
    }

    pub(super) fn skipped(check: &'static str, why: impl Into<String>) -> Self {
        Self { check, level: Level::Skipped, found: why.into(), advice: None }
    }

    pub(super) fn warn(
        check: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, level: Level::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn fail(
        check: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, level: Level::Fail, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

/// The JSON shape of a report.
#[derive(Serialize)]
struct ReportShape<'a> {
    version: &'static str,
    failures: usize,
    warnings: usize,
    findings: &'a [Finding],
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// 1 when something fails, 5 when something warns, else 0.
    pub(super) fn exit_code(&self) -> u8 {
        match self.findings.iter().map(|finding| finding.level).max() {
            None | Some(Level::Ok | Level::Skipped) => 0,
            Some(Level::Warn) => 5,
            Some(Level::Fail) => 1,
        }
    }

    /// A line for each finding, and one more for what to do.
    pub(super) fn text(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        let mut text = String::new();
        for Finding { check, level, found, advice } in &self.findings {
            let _ = writeln!(text, "{:<4}  {check:<width$}  {found}", level.word());
            if let Some(advice) = advice {
                let _ = writeln!(text, "{:<4}  {:<width$}  -> {advice}", "", "");
            }
        }
        let _ = writeln!(
            text,
            "\n{} checks: {} failed, {} warnings, {} skipped",
            self.findings.len(),
            self.count(Level::Fail),
            self.count(Level::Warn),
            self.count(Level::Skipped)
        );
        text
    }

    /// The same for programs, on one line.
    pub(super) fn json(&self) -> String {
        let shape = ReportShape {
            version: env!("CARGO_PKG_VERSION"),
            failures: self.count(Level::Fail),
            warnings: self.count(Level::Warn),
            findings: &self.findings,
        };
        // Texts and numbers always become JSON.
        let mut text = serde_json::to_string(&shape).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_the_exit_code() {
        let mut report = Report::default();
        assert_eq!(report.exit_code(), 0);
        report.add(Finding::ok("a", "fine"));
        report.add(Finding::skipped("b", "no such program"));
        assert_eq!(report.exit_code(), 0);
        report.add(Finding::warn("disk.space", "little", "make room"));
        assert_eq!(report.exit_code(), 5);
        report.add(Finding::fail("journal", "gone", "restore it"));
        report.add(Finding::ok("z", "fine"));
        assert_eq!(report.exit_code(), 1);
        let text = report.text();
        assert!(
            text.contains("WARN  disk.space  little\n                  -> make room"),
            "{text}"
        );
        assert!(text.ends_with("5 checks: 1 failed, 1 warnings, 1 skipped\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["failures"], 1);
        assert_eq!(json["findings"][3]["level"], "fail");
        assert_eq!(json["findings"][3]["advice"], "restore it");
    }
}
