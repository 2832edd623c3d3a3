//! Asks whether what cannot be taken back is meant.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::Args;

use crate::{fault::Fault, out::shown};

/// Whether to ask.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ConfirmFlags {
    /// Do not ask whether it is meant.
    #[arg(long)]
    yes: bool,
}

impl ConfirmFlags {
    /// Goes on when it is meant. `what` is a sentence.
    ///
    /// # Errors
    ///
    /// [`Fault::Failed`] when it is not, or nobody can be asked.
    pub(crate) fn check(self, what: &str) -> Result<(), Fault> {
        if self.yes {
            return Ok(());
        }
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            let told =
                format!("{} Nobody can be asked whether this is meant: add --yes", shown(what));
            return Err(Fault::Failed(told));
        }
        eprint!("{} Type yes to go on: ", shown(what));
        let mut answer = String::new();
        let read = stdin.lock().read_line(&mut answer);
        read.map_err(|error| Fault::io("cannot read the answer", &error))?;
        if answer.trim() == "yes" {
            return Ok(());
        }
        Err(Fault::Failed("nothing was changed".into()))
    }
}
