//! Statuses and reasons by their place in lists of words.

use branchline_domain::{
    call_status::CallStatus,
    lead::{ApplicationStage, HoldCode, LeadStatus},
};

use super::wire::{FormatError, Input, put_len, put_text};
use crate::{imports::ImportStatus, stored::DispatchStage};

/// Longest word. Unit: bytes.
const WORD_BYTES_MAX: usize = 64;

const UNKNOWN: FormatError = FormatError("a word is not one of this release");

/// What the numbers of a checkpoint's rows mean.
pub(super) struct Words {
    calls: Vec<CallStatus>,
    leads: Vec<LeadStatus>,
    holds: Vec<HoldCode>,
}

pub(super) fn put_words(out: &mut Vec<u8>) {
    put_list(out, &CallStatus::ALL.map(CallStatus::as_str));
    put_list(out, &LeadStatus::ALL.map(LeadStatus::as_str));
    put_list(out, &HoldCode::ALL.map(HoldCode::as_str));
}

fn put_list(out: &mut Vec<u8>, words: &[&str]) {
    put_len(out, words.len());
    for word in words {
        put_text(out, word);
    }
}

impl Words {
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self, FormatError> {
        let calls = read_list(input, |word| word.parse().ok())?;
        let leads = read_list(input, |word| word.parse().ok())?;
        let holds =
            read_list(input, |word| HoldCode::ALL.into_iter().find(|code| code.as_str() == word))?;
        Ok(Self { calls, leads, holds })
    }

    pub(super) fn call_status(&self, place: u8) -> Result<CallStatus, FormatError> {
        self.calls.get(usize::from(place)).copied().ok_or(UNKNOWN)
    }

    pub(super) fn lead_status(&self, place: u8) -> Result<LeadStatus, FormatError> {
        self.leads.get(usize::from(place)).copied().ok_or(UNKNOWN)
    }

    /// A hold from its place counted from 1; 0 is none.
    pub(super) fn hold(&self, place: u8) -> Result<Option<HoldCode>, FormatError> {
        match place.checked_sub(1) {
            Some(place) => self.holds.get(usize::from(place)).copied().map(Some).ok_or(UNKNOWN),
            None => Ok(None),
        }
    }
}

fn read_list<T>(
    input: &mut Input<'_>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, FormatError> {
    let count: u8 = input.small()?;
    (0..count).map(|_| read(input.text(WORD_BYTES_MAX)?).ok_or(UNKNOWN)).collect()
}

/// The place of a word in the list that [`put_words`] writes. Lists are far below 256 words.
fn place<T: PartialEq>(all: &[T], wanted: &T) -> u8 {
    let place = all.iter().position(|one| one == wanted).unwrap_or(all.len());
    u8::try_from(place).unwrap_or(u8::MAX)
}

pub(super) fn place_of_call_status(status: CallStatus) -> u8 {
    place(&CallStatus::ALL, &status)
}

pub(super) fn place_of_lead_status(status: LeadStatus) -> u8 {
    place(&LeadStatus::ALL, &status)
}

pub(super) fn place_of_hold(hold: Option<HoldCode>) -> u8 {
    hold.map_or(0, |code| place(&HoldCode::ALL, &code) + 1)
}

/// The words below have few values and no text form: their numbers are part of the format.
pub(super) const fn code_of_dispatch(stage: DispatchStage) -> u8 {
    match stage {
        DispatchStage::Requested => 0,
        DispatchStage::Started => 1,
        DispatchStage::Dispatched => 2,
        DispatchStage::Refused => 3,
        DispatchStage::Unknown => 4,
    }
}

pub(super) const fn read_dispatch(code: u8) -> Result<DispatchStage, FormatError> {
    Ok(match code {
        0 => DispatchStage::Requested,
        1 => DispatchStage::Started,
        2 => DispatchStage::Dispatched,
        3 => DispatchStage::Refused,
        4 => DispatchStage::Unknown,
        _ => return Err(UNKNOWN),
    })
}

pub(super) const fn code_of_stage(stage: ApplicationStage) -> u8 {
    match stage {
        ApplicationStage::Requested => 0,
        ApplicationStage::Started => 1,
        ApplicationStage::Tried => 2,
    }
}

pub(super) const fn read_stage(code: u8) -> Result<ApplicationStage, FormatError> {
    Ok(match code {
        0 => ApplicationStage::Requested,
        1 => ApplicationStage::Started,
        2 => ApplicationStage::Tried,
        _ => return Err(UNKNOWN),
    })
}

pub(super) const fn code_of_import(status: ImportStatus) -> u8 {
    match status {
        ImportStatus::Running => 0,
        ImportStatus::Done => 1,
        ImportStatus::Cancelled => 2,
        ImportStatus::Refused => 3,
    }
}

pub(super) const fn read_import(code: u8) -> Result<ImportStatus, FormatError> {
    Ok(match code {
        0 => ImportStatus::Running,
        1 => ImportStatus::Done,
        2 => ImportStatus::Cancelled,
        3 => ImportStatus::Refused,
        _ => return Err(UNKNOWN),
    })
}
