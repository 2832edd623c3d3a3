//! What providers told an organisation, and the names that they gave calls.
//!
//! ```text
//! desk    words: provider, then word and meaning of each · kept: how far its position lies behind the
//!         one before, id, reason, what was told, decision with time and position or none · positions
//!         of settled ones in the order of that
//! refs    organisation, name, call's row: the oldest first
//! ```
//!
//! Statuses, meanings and reasons are their text.

use std::{collections::BTreeMap, str::FromStr};

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, OrganisationId, ProviderEventId},
    organisation::{KeptEvent, ProviderDesk, ProviderTold, Settled, UnmatchedReason},
    provider::{WordMeaning, WordTables},
    time::Timestamp,
};

use super::{
    loading::read_at,
    row_format::{put_id, read_id},
    saving::put_at,
    wire::{FormatError, Input, put_len, put_text, put_varint},
    workflow::{TEXT_BYTES_MAX, put_optional, read_optional},
};
use crate::provider_refs::ProviderRefs;

pub(super) fn put_desk(out: &mut Vec<u8>, desk: &ProviderDesk) {
    put_len(out, desk.words.len());
    for (provider, words) in &desk.words {
        put_text(out, provider);
        put_len(out, words.len());
        for (word, meaning) in words {
            put_text(out, word);
            put_text(out, meaning.as_str());
        }
    }
    put_len(out, desk.events().count());
    let mut before = 0;
    for (position, kept) in desk.events() {
        put_varint(out, position.saturating_sub(before));
        before = position;
        put_kept(out, kept);
    }
    put_len(out, desk.settled_order().len());
    desk.settled_order().for_each(|position| put_varint(out, position));
}

pub(super) fn read_desk(input: &mut Input<'_>) -> Result<ProviderDesk, FormatError> {
    let mut words = WordTables::new();
    for _ in 0..input.small::<u32>()? {
        let provider = text(input)?;
        let table = words.entry(provider).or_default();
        for _ in 0..input.small::<u32>()? {
            table.insert(text(input)?, word::<WordMeaning>(input)?);
        }
    }
    let (mut kept, mut before) = (Vec::new(), 0_u64);
    for _ in 0..input.small::<u32>()? {
        let next = before.checked_add(input.varint()?);
        before = next.ok_or(FormatError("a number is larger than its field"))?;
        kept.push((before, read_kept(input)?));
    }
    let settled = (0..input.small::<u32>()?).map(|_| input.varint());
    let settled = settled.collect::<Result<Vec<_>, _>>()?;
    Ok(ProviderDesk::restored(words, kept, settled))
}

fn put_kept(out: &mut Vec<u8>, kept: &KeptEvent) {
    put_id(out, kept.id.as_uuid().as_u128());
    put_text(out, kept.reason.as_str());
    put_at(out, kept.received_at);
    let told = &kept.told;
    put_text(out, &told.provider);
    put_text(out, &told.word);
    put_optional(out, told.provider_call_id.as_deref(), put_text);
    put_optional(out, told.call, put_call);
    put_optional(out, told.event_id.as_deref(), put_text);
    put_optional(out, told.end_reason.as_deref(), put_text);
    put_optional(out, told.occurred_at, put_at);
    put_len(out, told.facts.len());
    for (name, value) in &told.facts {
        put_text(out, name);
        put_text(out, value);
    }
    put_optional(out, kept.settled.as_ref(), |out, (how, at, position)| {
        match how {
            Settled::Matched { call, status } => {
                out.push(0);
                put_call(out, *call);
                put_text(out, status.as_str());
            }
            Settled::Dismissed { note } => {
                out.push(1);
                put_text(out, note);
            }
        }
        put_at(out, *at);
        put_varint(out, *position);
    });
}

fn read_kept(input: &mut Input<'_>) -> Result<KeptEvent, FormatError> {
    let id = ProviderEventId::from_u128(read_id(input)?);
    let reason = reason(&text(input)?)?;
    let received_at = read_at(input)?;
    let mut told = ProviderTold {
        provider: text(input)?,
        word: text(input)?,
        provider_call_id: read_optional(input, text)?,
        call: read_optional(input, read_call)?,
        event_id: read_optional(input, text)?,
        end_reason: read_optional(input, text)?,
        occurred_at: read_optional(input, read_at)?,
        facts: BTreeMap::new(),
    };
    for _ in 0..input.small::<u32>()? {
        told.facts.insert(text(input)?, text(input)?);
    }
    let settled = read_optional(input, read_settled)?;
    Ok(KeptEvent { id, reason, told, received_at, settled })
}

fn read_settled(input: &mut Input<'_>) -> Result<(Settled, Timestamp, u64), FormatError> {
    let how = match input.byte()? {
        0 => Settled::Matched { call: read_call(input)?, status: word::<CallStatus>(input)? },
        1 => Settled::Dismissed { note: text(input)? },
        _ => return Err(FormatError("there is no such decision")),
    };
    Ok((how, read_at(input)?, input.varint()?))
}

fn put_call(out: &mut Vec<u8>, call: CallId) {
    put_id(out, call.lead.as_uuid().as_u128());
    put_varint(out, call.number.into());
}

fn read_call(input: &mut Input<'_>) -> Result<CallId, FormatError> {
    Ok(CallId { lead: LeadId::from_u128(read_id(input)?), number: input.small()? })
}

fn reason(text: &str) -> Result<UnmatchedReason, FormatError> {
    let reason = UnmatchedReason::ALL.into_iter().find(|reason| reason.as_str() == text);
    reason.ok_or(FormatError("there is no such reason"))
}

fn text(input: &mut Input<'_>) -> Result<String, FormatError> {
    input.text(TEXT_BYTES_MAX).map(Into::into)
}

fn word<T: FromStr>(input: &mut Input<'_>) -> Result<T, FormatError> {
    input.text(TEXT_BYTES_MAX)?.parse().map_err(|_| FormatError("there is no such word"))
}

/// One name, for a piece of many.
pub(super) fn put_ref(out: &mut Vec<u8>, (organisation, name, call): (OrganisationId, &str, u32)) {
    put_id(out, organisation.as_uuid().as_u128());
    put_text(out, name);
    put_varint(out, call.into());
}

pub(super) fn read_ref(input: &mut Input<'_>, refs: &mut ProviderRefs) -> Result<(), FormatError> {
    let organisation = OrganisationId::from_u128(read_id(input)?);
    let name = input.text(TEXT_BYTES_MAX)?;
    refs.note(organisation, name, input.small()?);
    Ok(())
}
