//! An example of each command: what `--help` ends with, and what a wrong command line is answered
//! with.

use clap::Command;

/// Command, and a line of its arguments that works.
const EXAMPLES: &[(&str, &str)] = &[
    ("list", "branchline-data"),
    ("show", "branchline-data lead_0192f3a1-0000-7000-8000-000000000002"),
    ("tail", "http://127.0.0.1:8080 --follow --token-file branchline-data/admin-token"),
    ("grep", "branchline-data --event-type call_concluded --since 2026-11-24T09:30:00Z"),
    ("replay", "branchline-data lead_0192f3a1-0000-7000-8000-000000000002 --until 57"),
    ("diff", "branchline-data 57 2026-11-24T09:30:00Z"),
    (
        "explain",
        "branchline-data lead_0192f3a1-0000-7000-8000-000000000002 --at 2026-11-24T09:30:00Z",
    ),
    ("history", "branchline-data lead_0192f3a1-0000-7000-8000-000000000002 --json"),
    ("stats", "branchline-data"),
    ("verify", "branchline-data --head head.txt"),
    ("head", "branchline-data --sign-with journal.key --out monday.head"),
    (
        "prove",
        "branchline-data lead_0192f3a1-0000-7000-8000-000000000002 --head monday.head --out \
         lead.dossier",
    ),
    ("check", "lead.dossier --head monday.head --key journal.key.pub"),
    ("consistency", "monday.head tuesday.head --source branchline-data --key journal.key.pub"),
    ("torture", "branchline-data --acks acks.jsonl --carrier-ledger dials.jsonl"),
    ("export", "branchline-data all.blocks"),
    ("import", "all.blocks copied-data"),
];

/// The example of a command, as it is typed.
pub(crate) fn of(command: &str) -> Option<String> {
    let (name, arguments) = EXAMPLES.iter().find(|(name, _)| *name == command)?;
    Some(format!("Example:\n  branchline-log {name} {arguments}"))
}

/// The command line, with its examples at the end of each command's help.
pub(crate) fn attached(cli: Command) -> Command {
    cli.mut_subcommands(|command| match of(command.get_name()) {
        Some(example) => command.after_help(example),
        None => command,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::Cli;

    #[test]
    fn every_command_has_an_example_and_every_example_is_taken() {
        let cli = attached(Cli::command());
        for command in cli.get_subcommands() {
            let name = command.get_name();
            let Some((_, arguments)) = EXAMPLES.iter().find(|(known, _)| *known == name) else {
                panic!("`{name}` has no example; give it one in cli/examples.rs");
            };
            let line = ["branchline-log", name].into_iter().chain(arguments.split_whitespace());
            Cli::command().try_get_matches_from(line).unwrap();
        }
        for (name, _) in EXAMPLES {
            assert!(cli.find_subcommand(name).is_some(), "`{name}` is no command");
        }
    }
}
