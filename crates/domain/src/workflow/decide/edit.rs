//! A workflow's beginning, and its words and settings.

use super::{Decision, limits, revision::revised, wrong_status};
use crate::{
    graph::{Graph, GraphChange},
    id::{OrganisationId, WorkflowId},
    workflow::{Settings, WorkflowEvent, WorkflowRejection, WorkflowState},
};

/// A workflow to make.
pub(super) struct New<'a> {
    pub(super) organisation: &'a OrganisationId,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) settings: &'a Settings,
    pub(super) graph: &'a [GraphChange],
    pub(super) source: &'a Option<WorkflowId>,
}

/// The first graph that is not empty is revision 1: revision 0 is the empty one of every workflow.
pub(super) fn create(state: &WorkflowState, new: &New<'_>) -> Decision {
    if state.exists {
        return Err(WorkflowRejection::AlreadyExists);
    }
    let title = limits::title(new.title)?;
    limits::check_description(new.description)?;
    let settings = limits::settings(new.settings)?;
    limits::check_graph(&Graph::default().revised(1, new.graph))?;
    let bytes = title.len() + new.description.len();
    let created = WorkflowEvent::WorkflowCreated {
        organisation: *new.organisation,
        title,
        description: new.description.to_owned(),
        settings,
        source: *new.source,
    };
    if new.graph.is_empty() {
        return Ok(vec![created]);
    }
    // Parts of a large graph come before the creation: until then there is no such workflow.
    Ok(revised(state, new.graph.to_vec(), vec![created], bytes))
}

/// Title and description may change at any time. Settings steer what leads do, so they stay as they
/// were once a workflow has ended; the same settings again are no change.
pub(super) fn edit(
    state: &WorkflowState,
    title: Option<&str>,
    description: Option<&str>,
    settings: Option<&Settings>,
) -> Decision {
    let title = title.map_or_else(|| Ok(state.title.clone()), limits::title)?;
    let description = description.unwrap_or(&state.description);
    limits::check_description(description)?;
    let settings = settings.map(limits::settings).transpose()?;
    let settings = settings.filter(|settings| *settings != state.settings);
    if settings.is_some() && state.status.is_final() {
        return Err(wrong_status(state, "change the settings of"));
    }
    let mut events = Vec::new();
    if title != state.title || description != state.description {
        events.push(WorkflowEvent::WorkflowRenamed { title, description: description.to_owned() });
    }
    events.extend(settings.map(|settings| WorkflowEvent::SettingsChanged { settings }));
    Ok(events)
}
