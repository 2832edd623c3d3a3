//! Where workflows are made: a new one, its graph, and the leads that are brought in.
//!
//! With a script the graph is drawn on a canvas; without one it is a list with forms. Both are judged
//! by the validation that activation uses, and both save what the HTTP API would save.

mod canvas;
mod config_fields;
mod config_form;
mod config_reading;
mod demo;
mod drawn;
mod edit;
mod import;
mod import_form;
mod judging;
mod new;
mod newest;
mod plain;
mod plain_writes;
mod trial;

pub use demo::{DemoFiles, FILES as DEMO_FILES};
pub(crate) use demo::{create as create_demo, offer as demo_offer};
pub(crate) use edit::page as edit_page;
pub(crate) use import::{change_country, faults_as_csv, page as import_page, upload};
pub(crate) use judging::{check, tidy};
pub(crate) use new::{create, page as new_page};
pub(crate) use newest::newest;
pub(crate) use plain_writes::{add_edge, add_node, change_node, remove_edge, remove_node};
pub(crate) use trial::walk;

use std::{collections::BTreeSet, sync::Arc};

use actix_web::HttpRequest;
use branchline_domain::{
    graph::Graph,
    id::WorkflowId,
    organisation::Scope,
    workflow::{Settings, WorkflowStatus},
};
use branchline_http_api::pages::{self, Visitor};

use crate::{
    shell::{PageError, id},
    workflow::Head,
};

/// The workflow that a page of the builder is about.
struct Subject {
    id: WorkflowId,
    /// What stands on top of its pages.
    head: Head,
    status: WorkflowStatus,
    settings: Settings,
    graph: Arc<Graph>,
    /// Names of variables that its leads came with.
    variable_keys: BTreeSet<String>,
}

impl Subject {
    /// That of the request's path.
    ///
    /// # Errors
    ///
    /// 404 for one that is not there, or another organisation's.
    async fn of(request: &HttpRequest, visitor: &Visitor) -> Result<Self, PageError> {
        let workflow: WorkflowId = id(request, "workflow", "workflow")?;
        let organisation = visitor.organisation();
        let found = pages::engine(request)?
            .read(|projections| {
                let row = projections.workflow(workflow)?;
                (row.organisation == organisation).then(|| Self {
                    id: workflow,
                    head: Head::of(&row),
                    status: row.state.status,
                    settings: row.state.settings.clone(),
                    graph: Arc::clone(&row.state.graph),
                    variable_keys: row.state.variable_keys.iter().cloned().collect(),
                })
            })
            .await?;
        found.ok_or_else(|| PageError::not_found("workflow", &workflow.to_string()))
    }

    fn path(&self) -> String {
        format!("/workflows/{}", self.id)
    }
}

/// Says whether the visitor may build, and who they are.
fn builder(request: &HttpRequest, action: &'static str) -> Result<Visitor, PageError> {
    let visitor = Visitor::of(request)?;
    visitor.check(request, action, &[Scope::Operate])?;
    Ok(visitor)
}
