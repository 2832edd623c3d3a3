//! From pieces to read models.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{ImportId, WorkflowId},
    lead::ApplicationStage,
    time::Timestamp,
    workflow::{ImportFault, WorkflowState},
};
use branchline_journal::record::Position;

use super::{
    Kind, Piece,
    insights::read_insights,
    organisation::read_organisation,
    provider::read_ref,
    row_format::{Before, Known, read_call, read_id, read_lead, read_time},
    wire::{FormatError, Input},
    words::{Words, read_import, read_stage},
    workflow::{TEXT_BYTES_MAX, Unfinished, read_optional},
};
use crate::{
    Projections,
    arena::{Index, NONE},
    imports::{ImportRow, StoredImport},
    standing::{Arrival, Standing},
    stored::StoredCall,
};

/// Reads a checkpoint piece by piece. Total: any pieces give read models or an error.
#[derive(Default)]
pub struct CheckpointReader {
    read: Projections,
    head: Option<Head>,
    workflow: Option<Unfinished>,
    /// Workflows whose insights were read.
    with_insights: u32,
    ended: bool,
}

struct Head {
    words: Words,
    known: Known,
}

impl std::fmt::Debug for CheckpointReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckpointReader").field("read", &self.read).finish_non_exhaustive()
    }
}

impl CheckpointReader {
    /// Before any piece.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// When it is not what a checkpoint of this release has there.
    pub fn take(&mut self, piece: Piece) -> Result<(), FormatError> {
        match piece {
            Piece::Event(event) => {
                let workflow = self.workflow.as_mut();
                workflow.ok_or(FormatError("an event is of no workflow"))?.take(event)
            }
            Piece::Bytes(bytes) => self.take_bytes(&bytes),
        }
    }

    fn take_bytes(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        if self.ended {
            return Err(FormatError("a piece comes after the end"));
        }
        let mut input = Input::new(bytes);
        let kind = Kind::of(input.byte()?)?;
        self.end_workflow()?;
        let Some(head) = self.head.take() else {
            if kind != Kind::Head {
                return Err(FormatError("the head is missing"));
            }
            self.head = Some(self.read_head(&mut input)?);
            return Ok(());
        };
        let read = self.read_rows(kind, &mut input, &head);
        self.head = Some(head);
        read
    }

    fn end_workflow(&mut self) -> Result<(), FormatError> {
        let Some(workflow) = self.workflow.take() else { return Ok(()) };
        if self.read.workflows.add(workflow.finish()?) {
            return Ok(());
        }
        Err(FormatError("a workflow is there twice"))
    }

    fn read_head(&mut self, input: &mut Input<'_>) -> Result<Head, FormatError> {
        self.read.position = Position(input.varint()?);
        self.read.latest_at = read_at(input)?;
        let words = Words::read(input)?;
        let known = Known {
            workflows: input.small()?,
            imports: input.small()?,
            leads: input.small()?,
            calls: input.small()?,
        };
        Ok(Head { words, known })
    }

    fn read_rows(
        &mut self,
        kind: Kind,
        input: &mut Input<'_>,
        Head { words, known }: &Head,
    ) -> Result<(), FormatError> {
        let read = &mut self.read;
        let mut before = Before::default();
        if kind == Kind::Workflow {
            self.workflow = Some(Unfinished::read(input)?);
        }
        while input.left() > 0 {
            match kind {
                Kind::Head | Kind::Workflow | Kind::End => {
                    return Err(FormatError("bytes are left over"));
                }
                Kind::Imports => {
                    let (import, unfinished) = read_one_import(input)?;
                    if !read.imports.restore(import, unfinished) {
                        return Err(FormatError("an import is there twice"));
                    }
                }
                Kind::Organisations => {
                    let (id, stored) = read_organisation(input)?;
                    read.organisations.insert(id, stored);
                }
                Kind::Insights => {
                    let stored = read.workflows.get_mut(self.with_insights);
                    let stored = stored.ok_or(FormatError("insights are of no workflow"))?;
                    stored.insights = read_insights(input, words)?;
                    self.with_insights += 1;
                }
                Kind::ProviderRefs => read_ref(input, &mut read.provider_refs)?,
                Kind::Leads => {
                    let row = read.leads.len();
                    read.leads.push(read_lead(input, words, *known, row, &mut before)?);
                }
                Kind::Calls => {
                    let row = read.calls.len();
                    read.calls.push(read_call(input, words, *known, row, &mut before)?);
                }
                Kind::Wakes => {
                    read.wakes.insert(input.small()?, read_at(input)?);
                }
                Kind::NotBefore => {
                    read.not_before.insert(input.small()?, read_at(input)?);
                }
                Kind::Applications => {
                    read.applications.insert(input.small()?, read_stage(input.byte()?)?);
                }
                Kind::Erased => {
                    let row = input.small()?;
                    read.erased.insert(row, (read_at(input)?, Position(input.varint()?)));
                }
                Kind::Passed => {
                    let lead = input.small()?;
                    read.passed_beyond.entry(lead).or_default().insert(read_node(input)?);
                }
            }
        }
        self.ended = kind == Kind::End;
        Ok(())
    }

    /// The read models, with everything that follows from what was read.
    ///
    /// # Errors
    ///
    /// When something is missing.
    pub fn finish(mut self) -> Result<Projections, FormatError> {
        let Some(Head { known, .. }) = self.head.filter(|_| self.ended) else {
            return Err(FormatError("the end is missing"));
        };
        let read = &mut self.read;
        let whole = read.workflows.all().count() == known.workflows as usize
            && self.with_insights == known.workflows
            && read.imports.all().len() == known.imports as usize
            && read.leads.len() == known.leads
            && read.calls.len() == known.calls;
        if !whole {
            return Err(FormatError("rows are missing"));
        }
        read.index_leads();
        read.derive_from_workflows();
        read.derive_from_leads();
        read.derive_from_calls();
        Ok(self.read)
    }
}

impl Projections {
    fn index_leads(&mut self) {
        let leads = &self.leads;
        let mut by_id = Index::with_room_for(leads.len());
        let mut by_contact = Index::with_room_for(leads.len());
        let mut has_newer = vec![false; leads.len() as usize];
        for (_, lead) in leads.iter() {
            if let Some(older) = has_newer.get_mut(lead.same_contact as usize) {
                *older = true;
            }
        }
        for ((row, lead), has_newer) in leads.iter().zip(has_newer) {
            // The indexes have room for all: none grows, and none asks for a key.
            by_id.insert(lead.id.as_uuid().into_bytes(), row, |_| [0; 16]);
            if !has_newer {
                by_contact.insert(lead.contact_tag, row, |_| [0; 16]);
            }
        }
        (self.leads_by_id, self.leads_by_contact) = (by_id, by_contact);
    }

    fn derive_from_workflows(&mut self) {
        let unheard_of = WorkflowState::default();
        for (number, stored) in self.workflows.all() {
            if stored.state != unheard_of {
                let deadline_s = stored.state.settings.call_deadline_s;
                self.releases.set_lane(number, stored.is_moving(), 0);
                self.deadlines.set_lane(number, stored.is_moving(), deadline_s);
            }
        }
        for (number, import) in (0..).zip(self.imports.all()) {
            let workflow = self.workflows.number(import.row.workflow_id);
            if let Some(stored) = workflow.and_then(|number| self.workflows.get_mut(number)) {
                stored.imports.push(number);
            }
        }
    }

    fn derive_from_leads(&mut self) {
        // Chunks are shared, so that rows can be walked while the rest changes.
        let leads = self.leads.clone();
        let mut arrivals: BTreeMap<u32, Vec<(u32, Arrival)>> = BTreeMap::new();
        for (row, lead) in leads.iter() {
            let mut standing = self.standing(row, lead);
            if let Some(stored) = self.workflows.get_mut(lead.workflow) {
                stored.leads.push(row);
            }
            if let Some(arrival) = standing.arrival.take() {
                arrivals.entry(lead.workflow).or_default().push((row, arrival));
            }
            self.restand(row, lead.workflow, &Standing::default(), &standing);
        }
        for (workflow, arrivals) in arrivals {
            if let Some(stored) = self.workflows.get_mut(workflow) {
                stored.rows.fill_nodes(arrivals);
            }
        }
        for (&row, &stage) in &self.applications {
            let workflow = leads.get(row).map_or(NONE, |lead| lead.workflow);
            if let (ApplicationStage::Requested, Some(stored)) =
                (stage, self.workflows.get_mut(workflow))
            {
                stored.applications.insert(row);
            }
        }
        for (&row, nodes) in &self.passed_beyond {
            let workflow = leads.get(row).map_or(NONE, |lead| lead.workflow);
            let Some(stored) = self.workflows.get_mut(workflow) else { continue };
            for &node in nodes {
                stored.count_passed(node, true);
            }
        }
    }

    fn derive_from_calls(&mut self) {
        for (row, call) in self.calls.iter() {
            let workflow = self.leads.get(call.lead).map_or(NONE, |lead| lead.workflow);
            if let Some(stored) = self.workflows.get_mut(workflow) {
                stored.calls.push(row);
                stored.count_call(call.status, true);
                match self.not_before.get(&row) {
                    Some(&not_before) => drop(stored.scheduled.insert((not_before, row))),
                    None if call.is_requested() => drop(stored.requested.insert(row)),
                    None => {}
                }
                if call.is_in_progress() {
                    stored.in_progress.insert(row);
                }
            }
            if call.is_unanswered() {
                self.unanswered.insert(row);
                self.leases.extend(lease_of(call).map(|until| (until, row)));
            }
        }
    }
}

const fn lease_of(call: &StoredCall) -> Option<Timestamp> {
    call.lease_until.get()
}

pub(super) fn read_at(input: &mut Input<'_>) -> Result<Timestamp, FormatError> {
    read_time(input, Timestamp::default())
}

/// Counts have a slot for each node up to the highest, so that a node beyond all graphs is refused.
fn read_node(input: &mut Input<'_>) -> Result<u32, FormatError> {
    let node = input.small()?;
    if node < NODES_MAX { Ok(node) } else { Err(FormatError("there is no such node")) }
}

/// Far above the nodes that a workflow ever had.
const NODES_MAX: u32 = 1 << 20;

fn read_one_import(input: &mut Input<'_>) -> Result<(StoredImport, bool), FormatError> {
    let text = |input: &mut Input<'_>| input.text(TEXT_BYTES_MAX).map(str::to_owned);
    let mut row = ImportRow {
        id: ImportId::from_u128(read_id(input)?),
        workflow_id: WorkflowId::from_u128(read_id(input)?),
        file_name: read_optional(input, text)?,
        at: read_at(input)?,
        status: read_import(input.byte()?)?,
        rows: input.small()?,
        leads_enrolled: input.small()?,
        duplicates_skipped: input.small()?,
        reason: read_optional(input, text)?,
        faults: Vec::new(),
    };
    for _ in 0..input.small::<u32>()? {
        let mut fault = ImportFault { reason: text(input)?, rows: Vec::new() };
        for _ in 0..input.small::<u32>()? {
            fault.rows.push(input.varint()?);
        }
        row.faults.push(fault);
    }
    let unfinished = input.byte()? == 1;
    let mut import = StoredImport { row, leads: std::collections::BTreeSet::new() };
    let mut before = 0_u32;
    for _ in 0..input.small::<u32>()? {
        before = before
            .checked_add(input.small()?)
            .ok_or(FormatError("a number is larger than its field"))?;
        import.leads.insert(before);
    }
    Ok((import, unfinished))
}
