//! How many leads there are of a kind.

use branchline_domain::{lead::LeadState, nearest};

use crate::{words::Wrong, world::World};

/// Words that count leads by where they stand. A removed lead counts as `removed` only, as in the
/// API. Source: CONTRACT.md 9, counts.
const KINDS: [&str; 7] =
    ["enrolled", "pending", "active", "completed", "dropped", "removed", "held"];

/// How many leads there are of this kind: a status, `enrolled`, `held`, or `at <node>`.
pub(crate) fn count(kind: &str, world: &mut dyn World) -> Result<u64, Wrong> {
    let names: Vec<String> = world.names().leads().map(|(_, name)| name.to_owned()).collect();
    let mut leads = Vec::new();
    for name in &names {
        leads.push(world.lead(name)?);
    }
    let of = |wanted: &dyn Fn(&LeadState) -> bool| {
        leads.iter().filter(|lead| !lead.withdrawn && wanted(lead)).count() as u64
    };
    if let Some(node) = kind.strip_prefix("at ") {
        let id = world.names().known_node(node);
        let id = id.ok_or_else(|| format!("counts: there is no node `{node}`"))?;
        return Ok(of(&|lead| !lead.removed && lead.node == Some(id)));
    }
    Ok(match kind {
        "enrolled" => of(&|_| true),
        "removed" => of(&|lead| lead.removed),
        "held" => of(&|lead| !lead.removed && lead.hold.is_some()),
        "pending" | "active" | "completed" | "dropped" => {
            of(&|lead| !lead.removed && lead.status.as_str() == kind)
        }
        _ => {
            let advice = nearest::advice(kind, &KINDS);
            return Err(format!("counts: `{kind}` counts nothing; {advice}, or `at <node>`"));
        }
    })
}
