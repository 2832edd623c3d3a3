//! What became of many scenarios, for people and for machines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{
    difference::{Difference, Mark},
    source_text::Complaint,
};

/// What became of one scenario file.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Everything came as promised.
    Passed,
    /// Something came otherwise.
    Failed(Difference),
    /// It is not for the rules alone; the reason.
    Skipped(String),
    /// It is no scenario.
    Unreadable(Vec<Complaint>),
}

/// A scenario file and what became of it.
#[derive(Clone, Debug)]
pub struct Played {
    /// The file.
    pub file: String,
    /// What it promises; empty when it cannot be read.
    pub title: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of all.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order they were played.
    pub played: Vec<Played>,
}

/// How many became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// As promised.
    pub passed: usize,
    /// Otherwise than promised.
    pub failed: usize,
    /// Not played.
    pub skipped: usize,
    /// Not understood.
    pub unreadable: usize,
}

/// Colours of a terminal. Source: ECMA-48, SGR.
const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

impl Report {
    /// How many became what.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for played in &self.played {
            let count = match played.verdict {
                Verdict::Passed => &mut summary.passed,
                Verdict::Failed(_) => &mut summary.failed,
                Verdict::Skipped(_) => &mut summary.skipped,
                Verdict::Unreadable(_) => &mut summary.unreadable,
            };
            *count += 1;
        }
        summary
    }

    /// One line a scenario, what differs below it, and a line for all.
    pub fn text(&self, colours: bool) -> String {
        let paint = |colour: &str, text: &str| {
            if colours { format!("{colour}{text}{PLAIN}") } else { text.to_owned() }
        };
        let mut text = String::new();
        for Played { file, title, verdict } in &self.played {
            // Writing to a text does not fail.
            let _ = match verdict {
                Verdict::Passed => {
                    writeln!(text, "{} {file}  {title}", paint(GREEN, "pass"))
                }
                Verdict::Skipped(reason) => {
                    writeln!(text, "{} {file}  {title}: {reason}", paint(YELLOW, "skip"))
                }
                Verdict::Failed(difference) => {
                    let _ = writeln!(text, "{} {file}  {title}", paint(RED, "FAIL"));
                    let _ = writeln!(text, "     {file}:{} {}", difference.line, difference.when);
                    for line in &difference.lines {
                        let colour = match line.mark {
                            Mark::Missing => RED,
                            Mark::Unexpected => GREEN,
                            Mark::Same | Mark::LeftOut => "",
                        };
                        let line = line.to_string();
                        let line = if colour.is_empty() { line } else { paint(colour, &line) };
                        let _ = writeln!(text, "       {line}");
                    }
                    Ok(())
                }
                Verdict::Unreadable(complaints) => {
                    let _ = writeln!(text, "{} {file}", paint(RED, "BAD "));
                    for complaint in complaints {
                        for line in complaint.to_string().lines() {
                            let _ = writeln!(text, "     {line}");
                        }
                    }
                    Ok(())
                }
            };
        }
        let Summary { passed, failed, skipped, unreadable } = self.summary();
        let _ = write!(text, "{passed} passed, {failed} failed");
        if skipped > 0 {
            let _ = write!(text, ", {skipped} skipped");
        }
        if unreadable > 0 {
            let _ = write!(text, ", {unreadable} unreadable");
        }
        if failed > 0 {
            text.push_str("  (- promised, + came)");
        }
        text.push('\n');
        text
    }

    /// One JSON document: `{summary, scenarios: [{file, title, verdict, …}]}`.
    pub fn json(&self) -> String {
        let scenarios: Vec<serde_json::Value> = self.played.iter().map(shape).collect();
        let document = serde_json::json!({ "summary": self.summary(), "scenarios": scenarios });
        format!("{document:#}\n")
    }

    /// The form that build servers read. Source: the schema of the Jenkins xUnit plugin.
    pub fn junit(&self) -> String {
        let Summary { failed, skipped, unreadable, .. } = self.summary();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite \
             name=\"branchline\" tests=\"{}\" failures=\"{failed}\" errors=\"{unreadable}\" \
             skipped=\"{skipped}\">\n",
            self.played.len()
        );
        for Played { file, title, verdict } in &self.played {
            let inside = match verdict {
                Verdict::Passed => String::new(),
                Verdict::Skipped(reason) => format!("<skipped message=\"{}\"/>", xml(reason)),
                Verdict::Failed(difference) => {
                    let message = format!("line {}: {}", difference.line, difference.when);
                    let lines: Vec<String> =
                        difference.lines.iter().map(ToString::to_string).collect();
                    let lines = xml(&lines.join("\n"));
                    format!("<failure message=\"{}\">{lines}</failure>", xml(&message))
                }
                Verdict::Unreadable(complaints) => {
                    let told: Vec<String> = complaints.iter().map(ToString::to_string).collect();
                    format!("<error message=\"unreadable\">{}</error>", xml(&told.join("\n")))
                }
            };
            let (file, title) = (xml(file), xml(title));
            let _ = writeln!(
                text,
                "    <testcase classname=\"{file}\" name=\"{title}\">{inside}</testcase>"
            );
        }
        text.push_str("  </testsuite>\n</testsuites>\n");
        text
    }
}

fn shape(played: &Played) -> serde_json::Value {
    let Played { file, title, verdict } = played;
    match verdict {
        Verdict::Passed => {
            serde_json::json!({ "file": file, "title": title, "verdict": "passed" })
        }
        Verdict::Skipped(reason) => serde_json::json!({
            "file": file, "title": title, "verdict": "skipped", "reason": reason,
        }),
        Verdict::Failed(Difference { line, when, lines }) => {
            let lines: Vec<serde_json::Value> = lines
                .iter()
                .map(|line| {
                    let mark = line.mark.letter().to_string();
                    serde_json::json!({ "mark": mark, "text": line.text })
                })
                .collect();
            serde_json::json!({
                "file": file, "title": title, "verdict": "failed",
                "line": line, "when": when, "difference": lines,
            })
        }
        Verdict::Unreadable(complaints) => {
            let complaints: Vec<serde_json::Value> =
                complaints.iter().map(Complaint::json).collect();
            serde_json::json!({ "file": file, "verdict": "unreadable", "complaints": complaints })
        }
    }
}

/// Text inside XML. Letters that XML 1.0 has no place for become `?`.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('?');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::DiffLine;

    fn report() -> Report {
        let line = |mark, text: &str| DiffLine { mark, text: text.into() };
        let difference = Difference {
            line: 7,
            when: "report asha.1 busy".into(),
            lines: vec![line(Mark::Missing, "a <b> --> c"), line(Mark::Unexpected, "d")],
        };
        let played = |file: &str, verdict| Played {
            file: file.into(),
            title: "a \"title\"".into(),
            verdict,
        };
        Report {
            played: vec![
                played("a.toml", Verdict::Passed),
                played("b.toml", Verdict::Failed(difference)),
                played("c.toml", Verdict::Skipped("needs an engine".into())),
                played("d.toml", Verdict::Unreadable(vec![Complaint::of_file("d.toml", "noise")])),
            ],
        }
    }

    #[test]
    fn a_text_has_a_line_for_each_and_a_diff_below_a_failure() {
        assert_eq!(
            report().text(false),
            "pass a.toml  a \"title\"\n\
             FAIL b.toml  a \"title\"\n     b.toml:7 report asha.1 busy\n\
             \x20      - a <b> --> c\n       + d\n\
             skip c.toml  a \"title\": needs an engine\n\
             BAD  d.toml\n     d.toml: noise\n\
             1 passed, 1 failed, 1 skipped, 1 unreadable  (- promised, + came)\n"
        );
        assert!(!report().text(false).contains('\u{1b}'));
        assert!(report().text(true).contains("\u{1b}[31mFAIL\u{1b}[0m"));
    }

    #[test]
    fn machines_read_the_same() {
        let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(json.pointer("/summary/failed"), Some(&1.into()));
        assert_eq!(json.pointer("/scenarios/1/line"), Some(&7.into()));
        assert_eq!(json.pointer("/scenarios/1/difference/0/mark"), Some(&"-".into()));
        assert_eq!(json.pointer("/scenarios/3/complaints/0/message"), Some(&"noise".into()));
        let junit = report().junit();
        assert!(junit.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{junit}");
        assert!(junit.contains("- a &lt;b&gt; --&gt; c\n+ d</failure>"), "{junit}");
        assert!(junit.contains("name=\"a &quot;title&quot;\""), "{junit}");
    }
}
