//! Between the domain's small words and their frozen forms.

use branchline_domain::{call_status::CallStatus, output::Output, time::Timestamp};

use crate::{DecodeError, EncodeError, limits, words_v1 as v1};

pub(crate) fn write_output<'a>(
    event_type: &'static str,
    output: &'a Output,
) -> Result<v1::Output<'a>, EncodeError> {
    Ok(match output {
        Output::Completed => v1::Output::Completed,
        Output::Dnp => v1::Output::Dnp,
        Output::Failed => v1::Output::Failed,
        Output::True => v1::Output::True,
        Output::False => v1::Output::False,
        Output::Next => v1::Output::Next,
        Output::Success => v1::Output::Success,
        Output::Failure => v1::Output::Failure,
        Output::Branch(name) => {
            v1::Output::Branch(limits::text(event_type, "branch", name, limits::BRANCH_BYTES_MAX)?)
        }
    })
}

impl From<v1::Output<'_>> for Output {
    fn from(output: v1::Output<'_>) -> Self {
        match output {
            v1::Output::Completed => Self::Completed,
            v1::Output::Dnp => Self::Dnp,
            v1::Output::Failed => Self::Failed,
            v1::Output::True => Self::True,
            v1::Output::False => Self::False,
            v1::Output::Next => Self::Next,
            v1::Output::Success => Self::Success,
            v1::Output::Failure => Self::Failure,
            v1::Output::Branch(name) => Self::Branch(name.into()),
        }
    }
}

impl From<CallStatus> for v1::CallStatus {
    fn from(status: CallStatus) -> Self {
        match status {
            CallStatus::Created => Self::Created,
            CallStatus::Initiated => Self::Initiated,
            CallStatus::Sent => Self::Sent,
            CallStatus::Received => Self::Received,
            CallStatus::Connected => Self::Connected,
            CallStatus::Waiting => Self::Waiting,
            CallStatus::Completed => Self::Completed,
            CallStatus::DidNotPick => Self::DidNotPick,
            CallStatus::Busy => Self::Busy,
            CallStatus::Failed => Self::Failed,
            CallStatus::NoAnswer => Self::NoAnswer,
            CallStatus::Cancelled => Self::Cancelled,
            CallStatus::RetryExpired => Self::RetryExpired,
        }
    }
}

impl From<v1::CallStatus> for CallStatus {
    fn from(status: v1::CallStatus) -> Self {
        match status {
            v1::CallStatus::Created => Self::Created,
            v1::CallStatus::Initiated => Self::Initiated,
            v1::CallStatus::Sent => Self::Sent,
            v1::CallStatus::Received => Self::Received,
            v1::CallStatus::Connected => Self::Connected,
            v1::CallStatus::Waiting => Self::Waiting,
            v1::CallStatus::Completed => Self::Completed,
            v1::CallStatus::DidNotPick => Self::DidNotPick,
            v1::CallStatus::Busy => Self::Busy,
            v1::CallStatus::Failed => Self::Failed,
            v1::CallStatus::NoAnswer => Self::NoAnswer,
            v1::CallStatus::Cancelled => Self::Cancelled,
            v1::CallStatus::RetryExpired => Self::RetryExpired,
        }
    }
}

/// An instant from its microseconds. One outside the calendar was never written.
pub(crate) fn read_instant(
    event_type: &'static str,
    micros: i64,
) -> Result<Timestamp, DecodeError> {
    let instant = Timestamp::from_micros(micros);
    if instant.as_micros() == micros {
        Ok(instant)
    } else {
        let reason = format!("{micros} microseconds are outside the years 0 to 9999");
        Err(DecodeError::Malformed { event_type, reason })
    }
}

/// Like [`read_instant`], for an instant that may be missing.
pub(crate) fn read_optional_instant(
    event_type: &'static str,
    micros: Option<i64>,
) -> Result<Option<Timestamp>, DecodeError> {
    micros.map(|micros| read_instant(event_type, micros)).transpose()
}
