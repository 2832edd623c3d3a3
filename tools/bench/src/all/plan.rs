//! Which benchmarks there are, and with which sizes they run.

/// One benchmark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    /// Its name among the runs.
    pub(super) name: &'static str,
    /// Its command.
    command: &'static [&'static str],
    /// What makes it tiny.
    short: &'static [&'static str],
}

impl Planned {
    /// The command line, without the program.
    pub(super) fn arguments(&self, short: bool) -> Vec<&'static str> {
        let tiny = if short { self.short } else { &[] };
        [self.command, tiny, &["--json"]].concat()
    }
}

/// All of them, in the order in which they run.
pub(super) const PLAN: [Planned; 10] = [
    Planned {
        name: "campaign",
        command: &["campaign"],
        short: &["--leads", "500", "--rounds", "1", "--paced", "1"],
    },
    Planned {
        name: "campaign_4096",
        command: &["campaign", "--in-flight", "4096", "--paced", "0", "--no-postgres"],
        short: &["--leads", "500", "--rounds", "1"],
    },
    Planned { name: "http", command: &["http"], short: &["--leads", "300", "--rounds", "1"] },
    Planned {
        name: "scale",
        command: &["scale"],
        short: &["--leads", "1000", "--touched", "100", "--only"],
    },
    Planned {
        name: "open",
        command: &["open"],
        short: &["--events", "20000", "--tail-leads", "100"],
    },
    Planned {
        name: "herd",
        command: &["herd"],
        short: &["--leads", "4000", "--others-per-s", "100", "--alone-s", "1"],
    },
    Planned {
        name: "pages",
        command: &["pages"],
        short: &["--leads", "2000", "--rounds", "1", "--asks", "2"],
    },
    Planned { name: "import", command: &["import"], short: &["--rows", "2000"] },
    Planned { name: "verify", command: &["verify"], short: &["--events", "5000"] },
    Planned { name: "proof", command: &["proof"], short: &["--records", "100000"] },
];

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Cli;

    #[test]
    fn every_command_line_is_one_that_the_program_understands() {
        for planned in PLAN {
            for short in [false, true] {
                let line = [vec!["branchline-bench"], planned.arguments(short)].concat();
                let parsed = Cli::try_parse_from(&line);
                assert!(parsed.is_ok(), "{line:?}: {}", parsed.unwrap_err());
            }
        }
    }
}
