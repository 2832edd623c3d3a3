//! How a call of the benchmark's campaign ends.

use std::collections::BTreeMap;

use branchline_domain::{call_status::CallStatus, id::LeadId, lead::CallReport};

/// 50 % take the branch `COMPLETED`, 30 % `DNP`, 20 % `FAILED`, drawn from seed, lead and call.
pub(crate) fn outcome(seed: u64, lead: LeadId, call: u32) -> CallReport {
    let (high, low) = lead.as_uuid().as_u64_pair();
    let mut mixed = seed ^ high ^ low.rotate_left(17) ^ u64::from(call).wrapping_mul(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let status = match (mixed ^ (mixed >> 31)) % 10 {
        0..=4 => CallStatus::Completed,
        5 | 6 => CallStatus::DidNotPick,
        7 => CallStatus::Busy,
        8 => CallStatus::Failed,
        _ => CallStatus::NoAnswer,
    };
    CallReport {
        status,
        occurred_at: None,
        end_reason: None,
        attributes: BTreeMap::new(),
        provider_ref: None,
        heard: None,
    }
}
