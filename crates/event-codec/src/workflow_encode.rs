//! Workflow events to their newest layout.

use branchline_domain::{
    graph::{Edge, GraphChange, Node, NodeType},
    id::{ImportId, OrganisationId, WorkflowId},
    workflow::{
        ImportFault, ImportOpening, ImportRefusal, REFUSAL_FAULTS_MAX, REFUSAL_ROWS_MAX, Settings,
        WorkflowEvent,
    },
};
use branchline_journal::record::Event;

use crate::{
    EncodeError, SCHEMA, binary, document, event_type::WorkflowEventType, limits,
    words::write_output, workflow_v1 as v1,
};

/// Writes one event of a workflow. Nothing in it is sealed: no person is in it.
///
/// # Errors
///
/// [`EncodeError::TooLarge`] when a field, or the event as a whole, goes beyond its limit.
/// [`EncodeError::Unwritable`] for a bug of this crate.
pub fn encode_workflow(event: &WorkflowEvent) -> Result<Event, EncodeError> {
    let kind = WorkflowEventType::of(event);
    let payload = Writing { event_type: kind.name() }.event(event)?;
    limits::within(kind.name(), "event", payload.len(), limits::PAYLOAD_BYTES_MAX)?;
    Ok(Event { event_type: kind.shared_name(), schema: SCHEMA, payload: payload.into() })
}

type Written = Result<Vec<u8>, EncodeError>;

/// One event on its way out.
#[derive(Clone, Copy)]
struct Writing {
    event_type: &'static str,
}

impl Writing {
    fn event(self, event: &WorkflowEvent) -> Written {
        match event {
            WorkflowEvent::WorkflowCreated {
                organisation,
                title,
                description,
                settings,
                source,
            } => self.created(*organisation, title, description, settings, *source),
            WorkflowEvent::WorkflowRenamed { title, description } => self.put(v1::Renamed {
                title: self.title(title)?,
                description: self.description(description)?,
            }),
            WorkflowEvent::SettingsChanged { settings } => {
                let settings = document::write_settings(self.event_type, settings)?;
                self.put(v1::SettingsChanged { settings: &settings })
            }
            WorkflowEvent::GraphRevised { revision, changes } => {
                self.put(v1::GraphRevised { revision: *revision, changes: self.changes(changes)? })
            }
            WorkflowEvent::GraphStaged { part, changes } => {
                self.put(v1::GraphStaged { part: *part, changes: self.changes(changes)? })
            }
            WorkflowEvent::NodeReplaced { node, by } => self.put(v1::NodeReplaced {
                node: node.as_uuid().into_bytes(),
                by: by.as_uuid().into_bytes(),
            }),
            WorkflowEvent::WorkflowActivated
            | WorkflowEvent::WorkflowPaused
            | WorkflowEvent::WorkflowResumed
            | WorkflowEvent::WorkflowCancelled
            | WorkflowEvent::WorkflowDeleted => self.put(v1::Nothing),
            &WorkflowEvent::WorkflowCompleted { automatic } => {
                self.put(v1::Completed { automatic })
            }
            WorkflowEvent::ImportOpened { import, opening } => self.opened(*import, opening),
            &WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped } => {
                let import = import.as_uuid().into_bytes();
                self.put(v1::ImportClosed { import, enrolled, duplicates_skipped })
            }
            WorkflowEvent::ImportCancelled { import, reason } => {
                let limit = limits::IMPORT_REASON_BYTES_MAX;
                self.put(v1::ImportCancelled {
                    import: import.as_uuid().into_bytes(),
                    reason: limits::text(self.event_type, "reason", reason, limit)?,
                })
            }
            WorkflowEvent::ImportRefused { import, refusal } => self.refused(*import, refusal),
        }
    }

    fn put(self, layout: impl bincode::Encode) -> Written {
        binary::write(self.event_type, layout)
    }

    fn title(self, title: &str) -> Result<&str, EncodeError> {
        limits::text(self.event_type, "title", title, limits::TITLE_BYTES_MAX)
    }

    fn description(self, description: &str) -> Result<&str, EncodeError> {
        let limit = limits::DESCRIPTION_BYTES_MAX;
        limits::text(self.event_type, "description", description, limit)
    }

    fn created(
        self,
        organisation: OrganisationId,
        title: &str,
        description: &str,
        settings: &Settings,
        source: Option<WorkflowId>,
    ) -> Written {
        self.put(v1::Created {
            organisation: organisation.as_uuid().into_bytes(),
            title: self.title(title)?,
            description: self.description(description)?,
            settings: &document::write_settings(self.event_type, settings)?,
            source: source.map(|source| source.as_uuid().into_bytes()),
        })
    }

    fn opened(self, import: ImportId, opening: &ImportOpening) -> Written {
        let ImportOpening { file_name, rows, duplicates_skipped, variable_keys } = opening;
        let keys_bytes = variable_keys.iter().map(String::len).sum();
        let keys_limit = limits::VARIABLE_KEYS_BYTES_MAX;
        limits::within(self.event_type, "variable_keys", keys_bytes, keys_limit)?;
        let (name, limit) = (file_name.as_deref(), limits::FILE_NAME_BYTES_MAX);
        self.put(v1::ImportOpened {
            import: import.as_uuid().into_bytes(),
            file_name: limits::optional(self.event_type, "file_name", name, limit)?,
            rows: *rows,
            duplicates_skipped: *duplicates_skipped,
            variable_keys: variable_keys.iter().map(String::as_str).collect(),
        })
    }

    fn refused(self, import: ImportId, refusal: &ImportRefusal) -> Written {
        let ImportRefusal { file_name, rows, faults, reasons } = refusal;
        let (name, limit) = (file_name.as_deref(), limits::FILE_NAME_BYTES_MAX);
        limits::within(self.event_type, "faults", faults.len(), REFUSAL_FAULTS_MAX)?;
        let fault = |fault: &'_ ImportFault| {
            limits::within(self.event_type, "rows", fault.rows.len(), REFUSAL_ROWS_MAX)
        };
        faults.iter().try_for_each(fault)?;
        let faults = faults.iter().map(|fault| {
            let limit = limits::REFUSAL_REASON_BYTES_MAX;
            let reason = limits::text(self.event_type, "reason", &fault.reason, limit)?;
            Ok(v1::ImportFault { reason, rows: fault.rows.clone() })
        });
        self.put(v1::ImportRefused {
            import: import.as_uuid().into_bytes(),
            file_name: limits::optional(self.event_type, "file_name", name, limit)?,
            rows: *rows,
            faults: faults.collect::<Result<_, EncodeError>>()?,
            reasons: *reasons,
        })
    }

    fn changes(self, changes: &[GraphChange]) -> Result<Vec<v1::GraphChange<'_>>, EncodeError> {
        changes.iter().map(|change| self.change(change)).collect()
    }

    fn change(self, change: &GraphChange) -> Result<v1::GraphChange<'_>, EncodeError> {
        Ok(match change {
            GraphChange::NodePut(node) => v1::GraphChange::NodePut(self.node(node)?),
            GraphChange::NodeRemoved(id) => v1::GraphChange::NodeRemoved(id.as_uuid().into_bytes()),
            GraphChange::EdgeAdded(edge) => v1::GraphChange::EdgeAdded(self.edge(edge)?),
            GraphChange::EdgeRemoved(id) => v1::GraphChange::EdgeRemoved(id.as_uuid().into_bytes()),
        })
    }

    fn node(self, node: &Node) -> Result<v1::Node<'_>, EncodeError> {
        let config = document::write_config(self.event_type, &node.config)?;
        Ok(v1::Node {
            id: node.id.as_uuid().into_bytes(),
            label: limits::text(self.event_type, "label", &node.label, limits::TITLE_BYTES_MAX)?,
            x_milli: node.position.x_milli,
            y_milli: node.position.y_milli,
            kind: node.node_type().into(),
            config: config.json.into(),
            numbers: config.numbers,
            entry: node.entry,
        })
    }

    fn edge(self, edge: &Edge) -> Result<v1::Edge<'_>, EncodeError> {
        let label = edge.label.as_ref().map(|label| write_output(self.event_type, label));
        Ok(v1::Edge {
            id: edge.id.as_uuid().into_bytes(),
            from: edge.from_node_id.as_uuid().into_bytes(),
            to: edge.to_node_id.as_uuid().into_bytes(),
            label: label.transpose()?,
        })
    }
}

impl From<NodeType> for v1::NodeType {
    fn from(node_type: NodeType) -> Self {
        match node_type {
            NodeType::VoiceCall => Self::VoiceCall,
            NodeType::Conditional => Self::Conditional,
            NodeType::Time => Self::Time,
            NodeType::Application => Self::Application,
            NodeType::Converted => Self::Converted,
            NodeType::Dropped => Self::Dropped,
        }
    }
}
