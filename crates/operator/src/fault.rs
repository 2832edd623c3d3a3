//! Why a command could not be done, in words, and the exit code that says so to scripts.

use std::{fmt::Write as _, io};

use crate::client::Problem;

/// The command could not be done: the server refused, or a file could not be read.
pub const FAILED: u8 = 1;
/// The command line is wrong. The same code as that of every other wrong command line.
pub const MISUSED: u8 = 2;
/// No server answered.
pub const UNANSWERED: u8 = 3;
/// The server wants a key, another key, or one with another scope.
pub const UNAUTHORISED: u8 = 4;

/// HTTP statuses that speak of the key, not of what was asked.
const ABOUT_THE_KEY: [u16; 2] = [401, 403];

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What was asked makes no sense, with what would.
    #[error("{0}")]
    Misused(String),
    /// Nobody answered, or the answer broke off.
    #[error(
        "{url} gives no answer: {reason}\n  is it running there? `--url` or BRANCHLINE_URL says where to ask"
    )]
    Unanswered {
        /// Where it was asked.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The server said no.
    #[error("{}", told(.0))]
    Refused(Box<Problem>),
    /// The answer is not what such a server says.
    #[error("{url} is no Branchline server, or of another release: {reason}")]
    Strange {
        /// Which route.
        url: String,
        /// What does not fit.
        reason: String,
    },
    /// Everything else, such as a file that cannot be read, or a part that was refused.
    #[error("{0}")]
    Failed(String),
    /// Whoever reads our output has seen enough: no fault of anybody.
    #[error("the reader of the output has gone")]
    Closed,
}

impl Fault {
    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Misused(_) => MISUSED,
            Self::Unanswered { .. } => UNANSWERED,
            Self::Refused(problem) if ABOUT_THE_KEY.contains(&problem.status) => UNAUTHORISED,
            Self::Refused(_) | Self::Strange { .. } | Self::Failed(_) => FAILED,
        }
    }

    /// A file or a stream that could not be read or written.
    pub(crate) fn io(what: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        Self::Failed(format!("{what}: {error}"))
    }
}

/// A refusal as people read it: the sentence and its code, then everything that is wrong, a line
/// each, then how the server's log names the request.
fn told(problem: &Problem) -> String {
    let Problem { status, code, detail, .. } = problem;
    let code = if code.is_empty() { format!("HTTP {status}") } else { code.clone() };
    let mut text = format!("{detail} ({code})");
    // Writing to a `String` does not fail.
    for fault in problem.errors.iter().filter(|fault| fault.detail != *detail) {
        let place = fault.pointer.as_ref().or(fault.parameter.as_ref());
        let _ = match place {
            Some(place) => write!(text, "\n  {place}  {}", fault.detail),
            None => write!(text, "\n  {}", fault.detail),
        };
    }
    for fault in problem.faults.iter().flatten() {
        let _ = write!(text, "\n  {}", fault.in_words());
    }
    if *status == 401 {
        text.push_str("\n  a key is taken from --key-file FILE or from BRANCHLINE_API_KEY");
    }
    if let Some(id) = &problem.request_id {
        let _ = write!(text, "\n  request {id}");
    }
    plain_lines(&text)
}

/// The text without control characters, which a terminal would obey; line feeds stay.
fn plain_lines(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Fault {
        Fault::Refused(Box::new(Problem::read(status, body.as_bytes(), Some("req-1".into()))))
    }

    #[test]
    fn a_refusal_is_told_with_every_fault_on_a_line_of_its_own() {
        let fault = refused(
            400,
            r#"{"status": 400, "code": "invalid_body", "detail": "2 things are wrong with the request",
                "errors": [{"pointer": "/title", "detail": "title: is missing"},
                           {"parameter": "limit", "detail": "limit: is 0"}], "new_field": [1]}"#,
        );
        assert_eq!(
            fault.to_string(),
            "2 things are wrong with the request (invalid_body)\n  /title  title: is missing\n  \
             limit  limit: is 0\n  request req-1"
        );
        assert_eq!(fault.exit_code(), FAILED);
    }

    #[test]
    fn faults_of_graphs_and_rows_are_told_in_their_own_words() {
        let graph = refused(
            400,
            r#"{"code": "invalid_graph", "detail": "the graph has faults", "faults": [
                {"code": "missing_number", "node_id": "node_1", "message": "no number", "fix": "give one"}]}"#,
        );
        assert!(graph.to_string().contains("missing_number at node_1: no number; give one"));
        let rows = refused(
            400,
            r#"{"code": "faulty_rows", "detail": "2 rows", "faults": [{"reason": "no number", "rows": [3, 7]}]}"#,
        );
        assert!(rows.to_string().contains("rows 3, 7: no number"), "{rows}");
    }

    #[test]
    fn a_key_that_is_not_taken_has_a_code_of_its_own_and_says_where_keys_come_from() {
        let fault = refused(401, r#"{"code": "unauthorized", "detail": "no key"}"#);
        assert_eq!(fault.exit_code(), UNAUTHORISED);
        assert!(fault.to_string().contains("BRANCHLINE_API_KEY"));
        assert_eq!(refused(403, "{}").exit_code(), UNAUTHORISED);
    }

    #[test]
    fn what_a_server_says_commands_no_terminal() {
        let fault = refused(409, "{\"code\": \"x\", \"detail\": \"a\\u001b[2Jb\"}");
        assert!(!fault.to_string().contains('\u{1b}'));
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_a_refusal_all_the_same() {
        let fault = refused(502, "<html>bad gateway</html>");
        assert!(fault.to_string().contains("HTTP 502"), "{fault}");
    }
}
