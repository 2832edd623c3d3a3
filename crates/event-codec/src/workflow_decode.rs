//! Workflow events from every layout.

use branchline_domain::{
    graph::{CanvasPosition, Edge, GraphChange, Node, NodeType},
    id::{EdgeId, ImportId, NodeId, OrganisationId, WorkflowId},
    output::Output,
    workflow::{ImportFault, ImportOpening, ImportRefusal, WorkflowEvent},
};
use branchline_journal::record::Event;
use uuid::Uuid;

use crate::{
    DecodeError, binary, document,
    event_type::{WorkflowEventType, schema_is_known},
    workflow_v1 as v1,
};

/// Reads one event of a workflow.
///
/// # Errors
///
/// [`DecodeError`], with the name of the event's type in every case; never
/// [`DecodeError::Seal`].
pub fn decode_workflow(event: &Event) -> Result<WorkflowEvent, DecodeError> {
    let Some(kind) = WorkflowEventType::named(&event.event_type) else {
        return Err(DecodeError::UnknownType { event_type: event.event_type.as_ref().into() });
    };
    schema_is_known(kind.name(), event.schema)?;
    Reading { event_type: kind.name(), payload: &event.payload }.event(kind)
}

fn node_id(bytes: [u8; 16]) -> NodeId {
    NodeId::from_uuid(Uuid::from_bytes(bytes))
}

fn edge_id(bytes: [u8; 16]) -> EdgeId {
    EdgeId::from_uuid(Uuid::from_bytes(bytes))
}

fn import_id(bytes: [u8; 16]) -> ImportId {
    ImportId::from_uuid(Uuid::from_bytes(bytes))
}

/// One event of schema 1 on its way in.
#[derive(Clone, Copy)]
struct Reading<'a> {
    event_type: &'static str,
    payload: &'a [u8],
}

impl<'a> Reading<'a> {
    fn get<T: bincode::BorrowDecode<'a, ()>>(self) -> Result<T, DecodeError> {
        binary::read(self.event_type, self.payload)
    }

    fn event(self, kind: WorkflowEventType) -> Result<WorkflowEvent, DecodeError> {
        Ok(match kind {
            WorkflowEventType::WorkflowCreated => self.created()?,
            WorkflowEventType::WorkflowRenamed => {
                let v1::Renamed { title, description } = self.get()?;
                let (title, description) = (title.into(), description.into());
                WorkflowEvent::WorkflowRenamed { title, description }
            }
            WorkflowEventType::SettingsChanged => {
                let v1::SettingsChanged { settings } = self.get()?;
                let settings = document::read_settings(self.event_type, settings)?;
                WorkflowEvent::SettingsChanged { settings }
            }
            WorkflowEventType::GraphRevised => {
                let v1::GraphRevised { revision, changes } = self.get()?;
                WorkflowEvent::GraphRevised { revision, changes: self.changes(changes)? }
            }
            WorkflowEventType::GraphStaged => {
                let v1::GraphStaged { part, changes } = self.get()?;
                WorkflowEvent::GraphStaged { part, changes: self.changes(changes)? }
            }
            WorkflowEventType::NodeReplaced => {
                let v1::NodeReplaced { node, by } = self.get()?;
                WorkflowEvent::NodeReplaced { node: node_id(node), by: node_id(by) }
            }
            WorkflowEventType::WorkflowActivated => self.bare(WorkflowEvent::WorkflowActivated)?,
            WorkflowEventType::WorkflowPaused => self.bare(WorkflowEvent::WorkflowPaused)?,
            WorkflowEventType::WorkflowResumed => self.bare(WorkflowEvent::WorkflowResumed)?,
            WorkflowEventType::WorkflowCompleted => {
                let v1::Completed { automatic } = self.get()?;
                WorkflowEvent::WorkflowCompleted { automatic }
            }
            WorkflowEventType::WorkflowCancelled => self.bare(WorkflowEvent::WorkflowCancelled)?,
            WorkflowEventType::WorkflowDeleted => self.bare(WorkflowEvent::WorkflowDeleted)?,
            WorkflowEventType::ImportOpened => self.opened()?,
            WorkflowEventType::ImportClosed => {
                let v1::ImportClosed { import, enrolled, duplicates_skipped } = self.get()?;
                let import = import_id(import);
                WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped }
            }
            WorkflowEventType::ImportCancelled => {
                let v1::ImportCancelled { import, reason } = self.get()?;
                let (import, reason) = (import_id(import), reason.into());
                WorkflowEvent::ImportCancelled { import, reason }
            }
            WorkflowEventType::ImportRefused => self.refused()?,
        })
    }

    /// An event without fields, once its payload has turned out to be empty.
    fn bare(self, event: WorkflowEvent) -> Result<WorkflowEvent, DecodeError> {
        self.get().map(|v1::Nothing| event)
    }

    fn created(self) -> Result<WorkflowEvent, DecodeError> {
        let layout: v1::Created<'_> = self.get()?;
        Ok(WorkflowEvent::WorkflowCreated {
            organisation: OrganisationId::from_uuid(Uuid::from_bytes(layout.organisation)),
            title: layout.title.into(),
            description: layout.description.into(),
            settings: document::read_settings(self.event_type, layout.settings)?,
            source: layout.source.map(|source| WorkflowId::from_uuid(Uuid::from_bytes(source))),
        })
    }

    fn opened(self) -> Result<WorkflowEvent, DecodeError> {
        let layout: v1::ImportOpened<'_> = self.get()?;
        Ok(WorkflowEvent::ImportOpened {
            import: import_id(layout.import),
            opening: ImportOpening {
                file_name: layout.file_name.map(Into::into),
                rows: layout.rows,
                duplicates_skipped: layout.duplicates_skipped,
                variable_keys: layout.variable_keys.into_iter().map(Into::into).collect(),
            },
        })
    }

    fn refused(self) -> Result<WorkflowEvent, DecodeError> {
        let layout: v1::ImportRefused<'_> = self.get()?;
        let fault = |fault: v1::ImportFault<'_>| ImportFault {
            reason: fault.reason.into(),
            rows: fault.rows,
        };
        Ok(WorkflowEvent::ImportRefused {
            import: import_id(layout.import),
            refusal: ImportRefusal {
                file_name: layout.file_name.map(Into::into),
                rows: layout.rows,
                faults: layout.faults.into_iter().map(fault).collect(),
                reasons: layout.reasons,
            },
        })
    }

    fn changes(self, changes: Vec<v1::GraphChange<'_>>) -> Result<Vec<GraphChange>, DecodeError> {
        changes.into_iter().map(|change| self.change(change)).collect()
    }

    fn change(self, change: v1::GraphChange<'_>) -> Result<GraphChange, DecodeError> {
        Ok(match change {
            v1::GraphChange::NodePut(node) => GraphChange::NodePut(self.node(&node)?),
            v1::GraphChange::NodeRemoved(id) => GraphChange::NodeRemoved(node_id(id)),
            v1::GraphChange::EdgeAdded(edge) => GraphChange::EdgeAdded(Edge {
                id: edge_id(edge.id),
                from_node_id: node_id(edge.from),
                to_node_id: node_id(edge.to),
                label: edge.label.map(Output::from),
            }),
            v1::GraphChange::EdgeRemoved(id) => GraphChange::EdgeRemoved(edge_id(id)),
        })
    }

    fn node(self, node: &v1::Node<'_>) -> Result<Node, DecodeError> {
        let id = node_id(node.id);
        let node_type = (&node.kind).into();
        Ok(Node {
            id,
            label: node.label.into(),
            position: CanvasPosition { x_milli: node.x_milli, y_milli: node.y_milli },
            config: document::read_config(
                self.event_type,
                id,
                node_type,
                &node.config,
                &node.numbers,
            )?,
            entry: node.entry,
        })
    }
}

impl From<&v1::NodeType> for NodeType {
    fn from(node_type: &v1::NodeType) -> Self {
        match node_type {
            v1::NodeType::VoiceCall => Self::VoiceCall,
            v1::NodeType::Conditional => Self::Conditional,
            v1::NodeType::Time => Self::Time,
            v1::NodeType::Application => Self::Application,
            v1::NodeType::Converted => Self::Converted,
            v1::NodeType::Dropped => Self::Dropped,
        }
    }
}
