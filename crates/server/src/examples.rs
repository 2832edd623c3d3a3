//! An example of each command: what `--help` ends with, and what a wrong command line is answered
//! with.

use std::ffi::OsString;

use clap::Command;

/// A command, and a line of its arguments that works. A command may bring its own instead.
const EXAMPLES: &[(&str, &str)] = &[
    ("demo", "--leads 200 --review --exit-when-done"),
    ("serve", "--data-dir my-data --listen 127.0.0.1:8080"),
    ("test", "config/demo/scenarios"),
    ("workflow list", "--status active"),
    ("workflow show", "Spring"),
    ("workflow create", "--title Spring --set default_country=US"),
    ("workflow edit", "Spring --set auto_complete:=true"),
    ("workflow activate", "Spring"),
    ("workflow pause", "Spring"),
    ("workflow resume", "Spring"),
    ("workflow cancel", "Spring --yes"),
    ("workflow complete", "Spring"),
    ("workflow duplicate", "Spring"),
    ("workflow delete", "Spring --yes"),
    ("workflow counts", "Spring"),
    ("workflow insights", "Spring --csv hours"),
    ("workflow graph get", "Spring --json"),
    ("workflow graph put", "Spring workflow.json"),
    ("workflow graph check", "Spring"),
    ("workflow validate", "config/demo/workflow.json"),
    ("workflow export", "wf_0192f3a1-0000-7000-8000-000000000001 --data-dir my-data"),
    ("workflow import", "config/demo/workflow.json --data-dir my-data"),
    ("keys list", "--data-dir my-data"),
    ("keys rotate", "key_0192f3a1-0000-7000-8000-000000000003 --overlap 24h"),
    ("keys revoke", "key_0192f3a1-0000-7000-8000-000000000003"),
    ("keys new", "--name example.com/journal --out /etc/branchline/journal.key"),
    ("keys backup", "monday.keys --data-dir my-data"),
    ("keys restore", "monday.keys --data-dir my-data"),
    ("lead list", "Spring --held"),
    ("lead find", "+12125550123"),
    ("lead show", "+12125550123 --workflow Spring"),
    ("lead history", "lead_0192f3a1-0000-7000-8000-000000000002"),
    ("lead explain", "lead_0192f3a1-0000-7000-8000-000000000002"),
    ("lead add", "Spring +12125550123 --var name=Asha --var age:=42"),
    ("lead import", "Spring leads.csv"),
    ("lead imports", "Spring --sort -at"),
    ("lead export", "Spring --held --out held.csv"),
    ("lead edit", "+12125550123 --var city=Pune --unset age"),
    ("lead remove", "+12125550123 --yes"),
    ("lead resolve", "lead_0192f3a1-0000-7000-8000-000000000002 --output DNP"),
    ("lead act", "Spring resolve --held review_required --output DNP --dry-run"),
    ("lead erase", "lead_0192f3a1-7c1e-7000-8000-000000000001 --data-dir my-data --yes"),
    ("call list", "--workflow Spring --status created"),
    ("call show", "call_0192f3a1-0000-7000-8000-000000000002_1"),
    ("call export", "--workflow Spring --out calls.csv"),
    ("call report", "call_0192f3a1-0000-7000-8000-000000000002_1 completed"),
    ("call claim", "--max 10 --lease 60"),
    ("provider-event list", "--state unmatched --provider twilio"),
    (
        "provider-event match",
        "pe_0192f3a1-0000-7000-8000-000000000007 --call call_0192f3a1-0000-7000-8000-000000000007_1",
    ),
    ("provider-event dismiss", "pe_0192f3a1-0000-7000-8000-000000000007 --note test"),
    ("provider-words list", "--provider twilio"),
    ("provider-words set", "twilio rang-out=did_not_pick heartbeat=ignore"),
    ("call dispatched", "call_0192f3a1-0000-7000-8000-000000000002_1 --provider-ref CA123"),
    ("call refused", "call_0192f3a1-0000-7000-8000-000000000002_1 --reason blocked"),
    ("events", "--follow --type lead.branch_taken"),
    ("backup", "monday.blocks --data-dir my-data"),
    ("restore", "--blocks monday.blocks --keys monday.keys --data-dir new-data"),
    ("completions", "bash"),
    ("man", "--dir man1"),
];

/// What an example begins with, at the end of a command's help.
const HEADING: &str = "Example:\n";

/// The command line, with an example at the end of the help of each command that has none.
pub(crate) fn attached(cli: Command) -> Command {
    below(cli, "")
}

fn below(command: Command, path: &str) -> Command {
    command.mut_subcommands(|sub| {
        let name = format!("{path}{}", sub.get_name());
        let example = EXAMPLES.iter().find(|(command, _)| *command == name);
        let sub = match example.filter(|_| sub.get_after_help().is_none()) {
            Some((name, arguments)) => {
                sub.after_help(format!("{HEADING}  branchline {name} {arguments}"))
            }
            None => sub,
        };
        below(sub, &format!("{name} "))
    })
}

/// The example of the command that a command line names, or begins to name; of several commands
/// the first one's.
pub(crate) fn nearest(cli: &Command, arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let mut command = cli;
    for argument in arguments.skip(1) {
        if let Some(sub) = argument.to_str().and_then(|name| command.find_subcommand(name)) {
            command = sub;
        }
    }
    // A command line that names none is answered with the list of all.
    let is_named = command.get_name() != cli.get_name();
    is_named.then(|| first(command)).flatten()
}

fn first(command: &Command) -> Option<String> {
    let own = command.get_after_help().and_then(|help| {
        let help = help.to_string();
        help.find(HEADING).and_then(|at| help.get(at..)).map(ToOwned::to_owned)
    });
    own.or_else(|| command.get_subcommands().find_map(first))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::Cli;

    fn commands<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
        for sub in command.get_subcommands() {
            let name = format!("{path}{}", sub.get_name());
            if sub.has_subcommands() {
                commands(sub, &format!("{name} "), found);
            } else {
                found.push((name, sub));
            }
        }
    }

    #[test]
    fn every_command_has_an_example_and_every_example_is_taken() {
        let cli = attached(Cli::command());
        let mut all = Vec::new();
        commands(&cli, "", &mut all);
        for (name, command) in &all {
            let example = first(command).unwrap_or_else(|| panic!("{name} has no example"));
            let lines = example.lines().skip(1).map(str::trim).filter(|line| !line.is_empty());
            for line in lines {
                assert!(line.starts_with(&format!("branchline {name}")), "{line}");
                Cli::command().try_get_matches_from(line.split_whitespace()).unwrap();
            }
        }
        let unknown = EXAMPLES.iter().find(|(name, _)| all.iter().all(|(known, _)| known != name));
        assert_eq!(unknown, None, "an example of no command");
    }

    #[test]
    fn a_wrong_command_line_is_answered_with_the_nearest_example() {
        let cli = attached(Cli::command());
        let nearest = |line: &str| nearest(&cli, line.split(' ').map(OsString::from));
        assert!(nearest("branchline lead show").unwrap().contains("branchline lead show "));
        assert!(nearest("branchline workflow graph put --x").unwrap().contains("graph put "));
        assert!(nearest("branchline lead dance").unwrap().contains("branchline lead list"));
        assert!(nearest("branchline healthcheck --x").unwrap().starts_with("Example:"));
        assert_eq!(nearest("branchline dance"), None);
    }
}
