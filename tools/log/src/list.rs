//! `branchline-log list`: one line a stream.

use std::{collections::BTreeMap, io::Write};

use branchline_domain::{
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
    workflow::WorkflowStatus,
};
use branchline_journal::record::{Position, Record, StreamId, StreamKind};
use branchline_projections::{EveryLead, Projections, WorkflowRow};
use serde::Serialize;

use crate::{AsOf, Evidence, Format, Soundness, World, world::Reading};

/// What a stream consists of.
#[derive(Clone, Copy, Debug)]
struct Extent {
    records: u64,
    events: u64,
    /// Where it began.
    began: Position,
    first_at: Timestamp,
    last_at: Timestamp,
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct Line {
    stream: String,
    records: u64,
    events: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    #[serde(flatten)]
    stands: Option<Stands>,
}

/// Where a stream stands, as far as its line shows it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Stands {
    Workflow {
        title: String,
        status: WorkflowStatus,
        deleted: bool,
        revision: u32,
    },
    Lead {
        workflow_id: WorkflowId,
        status: LeadStatus,
        removed: bool,
        withdrawn: bool,
        current_node_id: Option<NodeId>,
        hold: Option<HoldCode>,
        erased_at: Option<Timestamp>,
    },
    Organisation {
        keys: usize,
        live_keys: usize,
    },
}

/// Writes a line for each stream, in the order in which they began. As JSON, an object a line.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(evidence: &Evidence, format: Format, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    let mut extents = BTreeMap::<StreamId, Extent>::new();
    let mut world = World::default();
    let mut reading = Reading::of(evidence, "reading");
    reading.advance(&mut world, AsOf::Head, |record, _| extend(&mut extents, record))?;
    let soundness = reading.soundness;
    drop(reading);
    let mut streams: Vec<(StreamId, Extent)> = extents.into_iter().collect();
    streams.sort_unstable_by_key(|(_, extent)| extent.began);
    let read = world.projections();
    let workflows: BTreeMap<WorkflowId, WorkflowRow<'_>> =
        read.every_workflow().map(|row| (row.id, row)).collect();
    let widest = |count: fn(&Extent) -> u64| {
        streams.iter().map(|(_, extent)| count(extent)).max().unwrap_or(0).to_string().len()
    };
    let (records, events) = (widest(|extent| extent.records), widest(|extent| extent.events));
    for (stream, extent) in &streams {
        let line = Line {
            stream: stream.to_string(),
            records: extent.records,
            events: extent.events,
            first_at: extent.first_at,
            last_at: extent.last_at,
            stands: stands(*stream, read, &workflows),
        };
        match format {
            Format::Json => {
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")?;
            }
            Format::Text => writeln!(
                out,
                "{:<41}  {:>records$} records  {:>events$} events  {} to {}  {}",
                line.stream,
                line.records,
                line.events,
                line.first_at,
                line.last_at,
                line.stands.map_or_else(
                    || "of a kind that this version does not know".into(),
                    |stands| stands.words()
                )
            )?,
        }
    }
    eprintln!("{} streams", streams.len());
    Ok(soundness)
}

fn extend(extents: &mut BTreeMap<StreamId, Extent>, record: &Record) {
    let at = Timestamp::from_micros(record.body.recorded_at.0);
    let extent = extents.entry(record.body.stream).or_insert(Extent {
        records: 0,
        events: 0,
        began: record.position,
        first_at: at,
        last_at: at,
    });
    extent.records += 1;
    extent.events += record.body.events.len() as u64;
    extent.last_at = at;
}

fn stands(
    stream: StreamId,
    read: &Projections,
    workflows: &BTreeMap<WorkflowId, WorkflowRow<'_>>,
) -> Option<Stands> {
    match stream.kind {
        StreamKind::WORKFLOW => {
            let state = workflows.get(&WorkflowId::from_uuid(stream.id))?.state;
            Some(Stands::Workflow {
                title: state.title.clone(),
                status: state.status,
                deleted: state.deleted,
                revision: state.graph.revision(),
            })
        }
        StreamKind::LEAD => Some(Stands::of_lead(&read.any_lead(LeadId::from_uuid(stream.id))?)),
        StreamKind::ORGANISATION => {
            let state = read.organisation(OrganisationId::from_uuid(stream.id))?;
            let now = read.latest_at();
            Some(Stands::Organisation { keys: state.keys.len(), live_keys: state.live_keys(now) })
        }
        StreamKind(_) => None,
    }
}

impl Stands {
    fn of_lead(lead: &EveryLead) -> Self {
        Self::Lead {
            workflow_id: lead.row.workflow_id,
            status: lead.row.status,
            removed: lead.row.removed,
            withdrawn: lead.withdrawn,
            current_node_id: lead.row.current_node_id,
            hold: lead.row.hold,
            erased_at: lead.row.erased_at,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Workflow { title, status, deleted, revision } => {
                let gone = if *deleted { ", deleted" } else { "" };
                // Quoted and escaped: a title must not pass for another line.
                format!("{status}{gone}  revision {revision}  {title:?}")
            }
            Self::Organisation { keys, live_keys } => {
                format!("{keys} {}, {live_keys} live", if *keys == 1 { "key" } else { "keys" })
            }
            Self::Lead {
                workflow_id,
                status,
                removed,
                withdrawn,
                current_node_id,
                hold,
                erased_at,
            } => {
                let gone = match (withdrawn, removed) {
                    (true, _) => ", withdrawn",
                    (false, true) => ", removed",
                    (false, false) => "",
                };
                let node = current_node_id.map(|node| format!(" at {node}")).unwrap_or_default();
                let held = hold.map(|code| format!(", held: {code}")).unwrap_or_default();
                let erased = if erased_at.is_some() { ", erased" } else { "" };
                format!("{status}{gone}{node}{held}{erased}  in {workflow_id}")
            }
        }
    }
}
