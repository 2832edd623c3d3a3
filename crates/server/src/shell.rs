//! What the shell and its user get beside the commands: completions, manual pages, and an answer to
//! a command line that is none.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use branchline_operator::{Fault, MISUSED};
use clap::{Args, Command, CommandFactory as _, error::ErrorKind};
use clap_complete::Shell;

use crate::{Cli, examples, print};

/// What the process ends with, for `--help` and the manual page.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it could not be done, or a part of it was refused; standard error says why
  2  wrong usage
  3  no server answered
  4  the server wants a key, another key, or one with another scope
  5  doctor found nothing but warnings

Environment:
  BRANCHLINE_URL      where the server is that a command asks
  BRANCHLINE_API_KEY  the key it is shown; --key-file FILE is read instead";

/// Flags of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(&self, mut command: Command) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        let name = command.get_name().to_owned();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        print::bytes(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Flags of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write branchline.1 and a page for each command into this directory, made when it is missing;
    /// else branchline.1 is printed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<ExitCode> {
        if let Some(dir) = &self.dir {
            pages(command, dir).with_context(|| format!("cannot write to {}", dir.display()))?;
        } else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            print::bytes(&page)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn pages(command: Command, dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    clap_mangen::generate_to(command, dir)
}

/// Answers what is no command line with an example, and a question about one with its answer.
pub(crate) fn refused(slip: &clap::Error) -> ExitCode {
    // There is nowhere to tell that it cannot be told.
    let _ = slip.print();
    if !slip.use_stderr() {
        return ExitCode::SUCCESS;
    }
    // Else its help was shown, which ends with the example.
    if slip.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        show_example();
    }
    ExitCode::from(MISUSED)
}

/// Ends a command that asked a server.
pub(crate) fn ended(asked: Result<(), Fault>) -> ExitCode {
    let misused = matches!(asked, Err(Fault::Misused(_)));
    let code = branchline_operator::end(asked);
    if misused {
        show_example();
    }
    code
}

fn show_example() {
    let cli = examples::attached(Cli::command());
    if let Some(example) = examples::nearest(&cli, std::env::args_os()) {
        eprintln!("\n{example}");
    }
}
