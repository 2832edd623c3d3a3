//! A file's text, and complaints that show their place in it.

use std::{fmt, ops::Range};

use branchline_domain::nearest;

/// A file as it was read.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// What complaints call it.
    pub name: &'a str,
    /// All of it.
    pub text: &'a str,
}

/// What is wrong with a file, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file.
    pub file: String,
    /// Where in the file; `None` when it is about the whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What would be right, when that can be told.
    pub help: Option<String>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1. Unit: characters.
    pub column: usize,
    /// How much of the line is meant. Unit: characters, at least 1.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

impl Complaint {
    /// About a whole file.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), help: None }
    }

    /// The same with what would be right.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as JSON: `{file, line, column, message, help}`, null where nothing can be told.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "line": self.place.as_ref().map(|place| place.line),
            "column": self.place.as_ref().map(|place| place.column),
            "message": self.message,
            "help": self.help,
        })
    }

    /// Line of its place; 1 when it is about the whole file.
    pub fn line(&self) -> usize {
        self.place.as_ref().map_or(1, |place| place.line)
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else {
            write!(f, "{}: {}", self.file, self.message)?;
            return match &self.help {
                Some(help) => write!(f, "\n  = {help}"),
                None => Ok(()),
            };
        };
        let Place { line, column, width, text } = place;
        let gutter = " ".repeat(line.to_string().len());
        writeln!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {text}")?;
        write!(f, "{gutter} | {}{}", " ".repeat(column - 1), "^".repeat(*width))?;
        match &self.help {
            Some(help) => write!(f, "\n{gutter} = {help}"),
            None => Ok(()),
        }
    }
}

impl SourceText<'_> {
    /// A complaint about these bytes of the text. Of a span over many lines the first is shown.
    pub fn complain(&self, span: &Range<usize>, message: impl Into<String>) -> Complaint {
        let start = span.start.min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(line_start..).unwrap_or_default();
        let line_text = rest.lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let meant = self.text.get(start..span.end.min(self.text.len())).unwrap_or_default();
        let width = meant.lines().next().unwrap_or_default().chars().count().max(1);
        Complaint {
            file: self.name.into(),
            place: Some(Place {
                line: before.matches('\n').count() + 1,
                column,
                width,
                // A tab would move the caret to another column.
                text: line_text.replace('\t', " "),
            }),
            message: message.into(),
            help: None,
        }
    }

    /// A complaint of the reader of TOML.
    pub fn complain_of_toml(&self, wrong: &toml::de::Error) -> Complaint {
        let span = wrong.span().unwrap_or(0..0);
        self.complain_in(span, wrong.message())
    }

    /// A complaint of the reader of JSON.
    pub fn complain_of_json(&self, wrong: &serde_json::Error) -> Complaint {
        let lines = self.text.split_inclusive('\n');
        let before: usize = lines.take(wrong.line().saturating_sub(1)).map(str::len).sum();
        let at = before + wrong.column().saturating_sub(1);
        let told = wrong.to_string();
        let message = told.split(" at line ").next().unwrap_or(&told);
        let mut complaint = self.complain_in(at..at + 1, message);
        // The reader stops behind a key that it does not know.
        if let Some(unknown) = unknown_name(message) {
            let line = self.text.get(before..=at).unwrap_or_default();
            if let Some(found) = line.rfind(&format!("\"{unknown}\"")) {
                let start = before + found + 1;
                complaint.place = self.complain(&(start..start + unknown.len()), "").place;
            }
        }
        complaint
    }

    /// A complaint of a reader about this span. Where it names a word within the span, that word is
    /// meant.
    fn complain_in(&self, span: Range<usize>, message: &str) -> Complaint {
        let within = self.text.get(span.clone()).unwrap_or_default();
        let span = match unknown_name(message).and_then(|name| Some((name, within.find(name)?))) {
            Some((name, at)) => span.start + at..span.start + at + name.len(),
            None => span,
        };
        let (message, help) = in_our_words(message);
        Complaint { help, ..self.complain(&span, message) }
    }

    /// Where this text stands in quotes for the first time.
    pub fn quoted(&self, text: &str) -> Option<Range<usize>> {
        let at = self.text.find(&format!("\"{text}\""))?;
        Some(at..at + text.len() + 2)
    }
}

/// The name in ``unknown field `x`, expected …`` and ``unknown variant `x`, …``.
fn unknown_name(message: &str) -> Option<&str> {
    let rest = ["unknown field `", "unknown variant `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    rest?.split('`').next()
}

/// The reader's message as people say it, and what would be right. The words of serde are part of
/// its interface: <https://docs.rs/serde/1/serde/de/trait.Error.html>.
fn in_our_words(message: &str) -> (String, Option<String>) {
    let message = message.trim_end();
    let Some(unknown) = unknown_name(message) else { return (message.into(), None) };
    let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
    let what = if message.starts_with("unknown field") { "key" } else { "word" };
    let help = nearest::advice(unknown, &known);
    (format!("unknown {what} `{unknown}`"), Some(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: SourceText<'_> = SourceText { name: "a.toml", text: "one = 1\ntwo = \"zwei\"\n" };

    #[test]
    fn a_complaint_shows_line_column_and_caret() {
        let complaint = SOURCE.complain(&(14..20), "not a number").with_help("write 2");
        assert_eq!(
            complaint.to_string(),
            "a.toml:2:7: not a number\n  |\n2 | two = \"zwei\"\n  |       ^^^^^^\n  = write 2"
        );
    }

    #[test]
    fn a_place_outside_the_text_is_its_end() {
        let complaint = SOURCE.complain(&(500..600), "gone");
        assert_eq!(complaint.place.map(|place| (place.line, place.column)), Some((3, 1)));
        let empty = SourceText { name: "a.toml", text: "" }.complain(&(0..0), "empty");
        assert_eq!(empty.place.map(|place| (place.line, place.width)), Some((1, 1)));
    }

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_one() {
        let message = "unknown field `titel`, expected one of `title`, `source`";
        assert_eq!(
            in_our_words(message),
            ("unknown key `titel`".into(), Some("did you mean `title`?".into()))
        );
    }
}
