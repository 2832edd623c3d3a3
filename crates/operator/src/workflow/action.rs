//! What changes the status of a workflow.

use clap::Args;
use reqwest::Method;

use super::shape;
use crate::{
    client::{Ask, ServerFlags},
    confirm::ConfirmFlags,
    fault::Fault,
    names,
    out::Out,
    write::WriteFlags,
};

/// An action without choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Activate,
    Pause,
    Resume,
    Cancel,
    Complete { force: bool },
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Complete { .. } => "complete",
        }
    }
}

/// Flags of `workflow activate`, `pause` and `resume`.
#[derive(Debug, Args)]
pub struct ActionArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl ActionArgs {
    pub(super) fn run(&self, action: Action) -> Result<(), Fault> {
        self.run_if_meant(action, None)
    }

    fn run_if_meant(
        &self,
        action: Action,
        confirm: Option<(ConfirmFlags, &str)>,
    ) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        if let Some((flags, consequence)) = confirm {
            flags.check(&format!("This will {} {id}: {consequence}.", action.word()))?;
        }
        let path = format!("/workflows/{id}/{}", action.word());
        let force = matches!(action, Action::Complete { force: true }).then_some(true);
        let ask = Ask::write(Method::POST, path, &self.write.key()?).query("force", force);
        shape::standing(&server.ask(&ask)?, &mut Out::standard(self.server.json))
    }
}

/// Flags of `workflow cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    #[command(flatten)]
    confirm: ConfirmFlags,
    #[command(flatten)]
    action: ActionArgs,
}

impl CancelArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let consequence = "its leads move no more, and that cannot be taken back";
        self.action.run_if_meant(Action::Cancel, Some((self.confirm, consequence)))
    }
}

/// Flags of `workflow complete`.
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// Also while leads are under way: they stay where they are, for good.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    confirm: ConfirmFlags,
    #[command(flatten)]
    action: ActionArgs,
}

impl CompleteArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let force = self.force;
        let consequence = "leads that are under way stay where they are, for good";
        let confirm = force.then_some((self.confirm, consequence));
        self.action.run_if_meant(Action::Complete { force }, confirm)
    }
}
