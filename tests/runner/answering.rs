//! Applications that answer what a story says, each time they are tried.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use branchline_domain::{graph::HttpAction, id::NodeId, lead::ApplicationOutcome};
use branchline_engine::{
    applications::{
        ApplicationAction, ApplicationReply, ApplicationRequest, Applications, HttpRunner,
    },
    ports::BoxFuture,
};
use branchline_scenarios::command::Answer;

/// What applications answer, by node.
#[derive(Clone, Debug, Default)]
struct Answers(Arc<Mutex<BTreeMap<NodeId, Answer>>>);

impl Answers {
    fn reply(&self, node: NodeId) -> ApplicationReply {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(answer) = answers.get(&node) else {
            return ApplicationReply::unavailable("the story has no answer for the node");
        };
        let reply = match answer.outcome {
            ApplicationOutcome::Succeeded => ApplicationReply::success(),
            ApplicationOutcome::Failed => ApplicationReply::failure("the story says so"),
            ApplicationOutcome::Unavailable | ApplicationOutcome::Interrupted => {
                ApplicationReply::unavailable("the story says so")
            }
        };
        ApplicationReply { fields: answer.fields.clone(), ..reply }
    }
}

impl HttpRunner for Answers {
    fn takes(&self, _: &HttpAction) -> bool {
        true
    }

    fn run(&self, request: ApplicationRequest, _: HttpAction) -> BoxFuture<ApplicationReply> {
        let reply = self.reply(request.node_id);
        Box::pin(async move { reply })
    }
}

/// The applications of a story; they outlive the engine.
#[derive(Debug)]
pub(crate) struct Answering {
    answers: Answers,
    applications: Applications,
}

impl Default for Answering {
    fn default() -> Self {
        let answers = Answers::default();
        let applications = Applications::default().with_http(Arc::new(answers.clone()));
        Self { answers, applications }
    }
}

impl Answering {
    /// What an engine is started with.
    pub(crate) fn applications(&self) -> Applications {
        self.applications.clone()
    }

    /// From now on the application of a node answers like this.
    pub(crate) fn answer(&self, node: NodeId, action: &ApplicationAction, answer: Answer) {
        let mut answers = self.answers.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(node, answer);
        drop(answers);
        match action {
            ApplicationAction::Handler { key } => {
                let answers = self.answers.clone();
                self.applications.register(key.clone(), move |request| {
                    let reply = answers.reply(request.node_id);
                    async move { reply }
                });
            }
            // Whoever sends requests is there from the beginning.
            ApplicationAction::Http(_) => {}
        }
    }
}
