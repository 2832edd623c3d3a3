//! Leads and calls as bytes: each is told by what differs from the row before it in its piece, so
//! that times and positions, which hardly differ, take a byte or two.

use branchline_domain::{id::LeadId, time::Timestamp};

use super::{
    wire::{FormatError, Input, put_signed, put_varint},
    words::{
        Words, code_of_dispatch, place_of_call_status, place_of_hold, place_of_lead_status,
        read_dispatch,
    },
};
use crate::{
    arena::NONE,
    stored::{Moment, StoredCall, StoredLead},
};

const REMOVED: u8 = 1;
const WITHDRAWN: u8 = 2;
const IN_OPEN_IMPORT: u8 = 4;
const ANSWERED: u8 = 8;

pub(super) fn put_id(out: &mut Vec<u8>, id: u128) {
    out.extend_from_slice(&id.to_be_bytes());
}

pub(super) fn read_id(input: &mut Input<'_>) -> Result<u128, FormatError> {
    input.array().map(u128::from_be_bytes)
}

/// A row's number or none.
pub(super) fn put_row(out: &mut Vec<u8>, row: u32) {
    // `NONE` is the highest number, so that it becomes 0.
    put_varint(out, u64::from(row.wrapping_add(1)));
}

pub(super) fn read_row(input: &mut Input<'_>) -> Result<u32, FormatError> {
    Ok(input.small::<u32>()?.wrapping_sub(1))
}

/// A row of which there are `count`, or none.
pub(super) fn read_row_below(input: &mut Input<'_>, count: u32) -> Result<u32, FormatError> {
    let row = read_row(input)?;
    if row == NONE || row < count {
        Ok(row)
    } else {
        Err(FormatError("a row is named and not there"))
    }
}

pub(super) fn put_time(out: &mut Vec<u8>, at: Timestamp, base: Timestamp) {
    put_signed(out, at.as_micros().wrapping_sub(base.as_micros()));
}

pub(super) fn read_time(input: &mut Input<'_>, base: Timestamp) -> Result<Timestamp, FormatError> {
    let micros = base.as_micros().wrapping_add(input.signed()?);
    let at = Timestamp::from_micros(micros);
    if at.as_micros() == micros {
        Ok(at)
    } else {
        Err(FormatError("a time is beyond the calendar"))
    }
}

fn put_moment(out: &mut Vec<u8>, moment: Moment, base: Timestamp) {
    match moment.get() {
        None => out.push(0),
        Some(at) => {
            out.push(1);
            put_time(out, at, base);
        }
    }
}

fn read_moment(input: &mut Input<'_>, base: Timestamp) -> Result<Moment, FormatError> {
    match input.byte()? {
        0 => Ok(Moment::NEVER),
        1 => read_time(input, base).map(Moment::from),
        _ => Err(FormatError("a mark is neither 0 nor 1")),
    }
}

/// What a row is told against.
#[derive(Default)]
pub(super) struct Before {
    at: Timestamp,
    position: u64,
    key_slot: u32,
}

pub(super) fn put_lead(out: &mut Vec<u8>, lead: &StoredLead, before: &mut Before) {
    let StoredLead {
        id,
        contact_tag,
        enrolled_at,
        enrolled_position,
        entered_at,
        release_at,
        passed,
        workflow,
        node,
        visit,
        key_slot,
        import,
        call,
        last_call,
        same_contact,
        status,
        hold,
        answered,
        removed,
        withdrawn,
        in_open_import,
    } = *lead;
    put_id(out, id.as_uuid().as_u128());
    out.extend_from_slice(&contact_tag);
    put_time(out, enrolled_at, before.at);
    put_signed(out, enrolled_position.wrapping_sub(before.position).cast_signed());
    put_signed(out, i64::from(key_slot) - i64::from(before.key_slot));
    *before = Before { at: enrolled_at, position: enrolled_position, key_slot };
    put_moment(out, entered_at, enrolled_at);
    put_moment(out, release_at, enrolled_at);
    put_varint(out, passed);
    for number in [workflow, visit, call] {
        put_varint(out, u64::from(number));
    }
    for row in [node, import, last_call, same_contact] {
        put_row(out, row);
    }
    let flags = [
        (removed, REMOVED),
        (withdrawn, WITHDRAWN),
        (in_open_import, IN_OPEN_IMPORT),
        (answered, ANSWERED),
    ];
    let flags = flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).sum();
    out.extend([place_of_lead_status(status), place_of_hold(hold), flags]);
}

/// How many rows there are of what a row names.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) workflows: u32,
    pub(super) imports: u32,
    pub(super) leads: u32,
    pub(super) calls: u32,
}

/// Reads the lead at `row`.
pub(super) fn read_lead(
    input: &mut Input<'_>,
    words: &Words,
    known: Known,
    row: u32,
    before: &mut Before,
) -> Result<StoredLead, FormatError> {
    let id = LeadId::from_u128(read_id(input)?);
    let contact_tag = input.array()?;
    let enrolled_at = read_time(input, before.at)?;
    let enrolled_position = before.position.wrapping_add(input.signed()?.cast_unsigned());
    let key_slot = i64::from(before.key_slot).checked_add(input.signed()?);
    let key_slot = key_slot
        .and_then(|slot| u32::try_from(slot).ok())
        .ok_or(FormatError("a number is larger than its field"))?;
    *before = Before { at: enrolled_at, position: enrolled_position, key_slot };
    let entered_at = read_moment(input, enrolled_at)?;
    let release_at = read_moment(input, enrolled_at)?;
    let passed = input.varint()?;
    let workflow = input.small()?;
    if workflow >= known.workflows {
        return Err(FormatError("a lead is of no workflow"));
    }
    let (visit, call) = (input.small()?, input.small()?);
    let node = read_row(input)?;
    let import = read_row_below(input, known.imports)?;
    let last_call = read_row_below(input, known.calls)?;
    // Backwards only, so that no walk along these goes round in a circle.
    let same_contact = read_row_below(input, row)?;
    let status = words.lead_status(input.byte()?)?;
    let hold = words.hold(input.byte()?)?;
    let flags = input.byte()?;
    if flags > (REMOVED | WITHDRAWN | IN_OPEN_IMPORT | ANSWERED) {
        return Err(FormatError("there is no such flag"));
    }
    Ok(StoredLead {
        id,
        contact_tag,
        enrolled_at,
        enrolled_position,
        entered_at,
        release_at,
        passed,
        workflow,
        node,
        visit,
        key_slot,
        import,
        call,
        last_call,
        same_contact,
        status,
        hold,
        answered: flags & ANSWERED != 0,
        removed: flags & REMOVED != 0,
        withdrawn: flags & WITHDRAWN != 0,
        in_open_import: flags & IN_OPEN_IMPORT != 0,
    })
}

pub(super) fn put_call(out: &mut Vec<u8>, call: &StoredCall, before: &mut Before) {
    let StoredCall {
        created_at,
        started_at,
        lease_until,
        ended_at,
        lead,
        number,
        node,
        visit,
        previous,
        status,
        dispatch,
        concluded,
    } = *call;
    put_time(out, created_at, before.at);
    before.at = created_at;
    for moment in [started_at, lease_until, ended_at] {
        put_moment(out, moment, created_at);
    }
    for number in [lead, number, visit] {
        put_varint(out, u64::from(number));
    }
    put_row(out, node);
    put_row(out, previous);
    out.extend([place_of_call_status(status), code_of_dispatch(dispatch), u8::from(concluded)]);
}

/// Reads the call at `row`.
pub(super) fn read_call(
    input: &mut Input<'_>,
    words: &Words,
    known: Known,
    row: u32,
    before: &mut Before,
) -> Result<StoredCall, FormatError> {
    let created_at = read_time(input, before.at)?;
    before.at = created_at;
    let started_at = read_moment(input, created_at)?;
    let lease_until = read_moment(input, created_at)?;
    let ended_at = read_moment(input, created_at)?;
    let lead = input.small()?;
    if lead >= known.leads {
        return Err(FormatError("a call is of no lead"));
    }
    let (number, visit) = (input.small()?, input.small()?);
    let node = read_row(input)?;
    let previous = read_row_below(input, row)?;
    let status = words.call_status(input.byte()?)?;
    let dispatch = read_dispatch(input.byte()?)?;
    let concluded = match input.byte()? {
        0 => false,
        1 => true,
        _ => return Err(FormatError("a mark is neither 0 nor 1")),
    };
    Ok(StoredCall {
        created_at,
        started_at,
        lease_until,
        ended_at,
        lead,
        number,
        node,
        visit,
        previous,
        status,
        dispatch,
        concluded,
    })
}
