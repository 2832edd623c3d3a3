//! Ids derived from names, so that a test reads as a story and runs the same every time.

use branchline_domain::{
    id::{EdgeId, LeadId, NodeId, WorkflowId},
    time::Timestamp,
};
use uuid::Uuid;

/// When stories start: a Monday morning. 2026-01-05T09:00:00Z.
pub const START: Timestamp = Timestamp::from_micros(1_767_603_600_000_000);

/// One more part of a name in a 128-bit FNV-1a hash. Prime: the FNV specification.
const fn absorb(mut hash: u128, mut bytes: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    while let Some((byte, rest)) = bytes.split_first() {
        hash = (hash ^ *byte as u128).wrapping_mul(PRIME);
        bytes = rest;
    }
    // So that `ab` + `c` is not `a` + `bc`.
    (hash ^ 0xff).wrapping_mul(PRIME)
}

/// The hash of a name of this kind. Offset basis: the FNV specification.
const fn hash(kind: &str, name: &str) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    absorb(absorb(BASIS, kind.as_bytes()), name.as_bytes())
}

/// A `UUIDv8`, the version for ids that people make up, of this name.
const fn uuid(kind: &str, name: &str) -> Uuid {
    uuid::Builder::from_custom_bytes(hash(kind, name).to_be_bytes()).into_uuid()
}

/// The node with this name.
pub const fn node_id(name: &str) -> NodeId {
    NodeId::from_uuid(uuid("node", name))
}

/// The edge with this name.
pub const fn edge_id(name: &str) -> EdgeId {
    EdgeId::from_uuid(uuid("edge", name))
}

/// The lead with this name.
pub const fn lead_id(name: &str) -> LeadId {
    LeadId::from_uuid(uuid("lead", name))
}

/// The workflow with this name.
pub const fn workflow_id(name: &str) -> WorkflowId {
    WorkflowId::from_uuid(uuid("workflow", name))
}

/// A tag of a phone number. Not keyed: no secret is kept in tests.
pub const fn contact_tag(phone_number: &str) -> [u8; 16] {
    hash("contact", phone_number).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_start_on_a_monday_morning() {
        assert_eq!(START.to_string(), "2026-01-05T09:00:00.000Z");
    }

    #[test]
    fn names_and_kinds_give_different_ids() {
        assert_ne!(node_id("intro"), node_id("intra"));
        assert_ne!(node_id("intro").as_uuid(), lead_id("intro").as_uuid());
        assert_ne!(hash("ab", "c"), hash("a", "bc"));
        assert_eq!(node_id("intro"), node_id("intro"));
    }
}
