//! What an HTTP answer means for the step, and what of it conditions can read.

use branchline_domain::{json::Json, lead::Values, value::Value};
use branchline_engine::applications::ApplicationEnd;

/// Most of an answer's body that is read. Unit: bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1_024;

/// The field with the status code.
const STATUS_CODE: &str = "status_code";

/// An answer that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// As far as it was read.
    pub(crate) body: String,
    /// Whether all of it was read.
    pub(crate) whole: bool,
}

impl Answer {
    /// What the status code means for the step. Asking again may help when the other side was too
    /// busy, too slow or broken; other refusals stay what they are, and so do redirects, which are
    /// not followed.
    pub(crate) const fn end(&self) -> ApplicationEnd {
        match self.status {
            200..=299 => ApplicationEnd::Success,
            408 | 425 | 429 | 500.. => ApplicationEnd::Failure { retryable: true },
            0..=199 | 300..=499 => ApplicationEnd::Failure { retryable: false },
        }
    }

    /// The body, when it is a JSON document and all of it is there.
    pub(crate) fn document(&self) -> Option<serde_json::Value> {
        self.whole.then(|| serde_json::from_str(&self.body).ok()).flatten()
    }

    /// The status code, and the members of a JSON object that are texts, numbers, yes or no. The
    /// engine bounds how many and how large.
    pub(crate) fn fields(&self) -> Values {
        let mut fields = Values::new();
        if let Some(serde_json::Value::Object(members)) = self.document() {
            let scalar = |(name, member): (String, _)| {
                serde_json::from_value::<Value>(member).ok().map(|value| (name, value))
            };
            fields.extend(members.into_iter().filter_map(scalar));
        }
        fields.insert(STATUS_CODE.into(), i64::from(self.status).into());
        fields
    }

    /// The body as a document of ours, when it is one; exact numbers only.
    pub(crate) fn shown_document(&self) -> Option<Json> {
        self.whole.then(|| serde_json::from_str(&self.body).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into(), whole: true }
    }

    #[test]
    fn the_status_code_decides_how_it_ended() {
        for (status, end) in [
            (200, ApplicationEnd::Success),
            (204, ApplicationEnd::Success),
            (301, ApplicationEnd::Failure { retryable: false }),
            (400, ApplicationEnd::Failure { retryable: false }),
            (404, ApplicationEnd::Failure { retryable: false }),
            (408, ApplicationEnd::Failure { retryable: true }),
            (429, ApplicationEnd::Failure { retryable: true }),
            (500, ApplicationEnd::Failure { retryable: true }),
            (503, ApplicationEnd::Failure { retryable: true }),
        ] {
            assert_eq!(answer(status, "").end(), end, "{status}");
        }
    }

    #[test]
    fn the_scalars_of_an_object_become_fields() {
        let fields = answer(
            201,
            r#"{"id": "a", "score": 0.5, "vip": true, "none": null, "list": [1], "status_code": 7}"#,
        )
        .fields();
        let half = Value::Number("0.5".parse().unwrap());
        let expected: Values = [
            ("id", Value::from("a")),
            ("score", half),
            ("status_code", Value::from(201)),
            ("vip", Value::Bool(true)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        assert_eq!(fields, expected);
        for body in ["", "[1]", "7", "{", "<html>"] {
            assert_eq!(answer(200, body).fields().len(), 1, "{body}");
        }
        let cut = Answer { whole: false, ..answer(200, r#"{"id": "a"}"#) };
        assert_eq!(cut.fields().len(), 1, "half a document says nothing for sure");
    }
}
