//! Completions, manual pages and help.

use std::{fs, process::Command};

use super::branchline;

fn done(line: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = branchline(directory.path(), line).output().unwrap();
    assert!(output.status.success(), "{line:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_completes_the_commands_of_files_and_of_servers() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = done(&["completions", shell]);
        for word in ["validate", "explain", "erase", "claim", "--follow", "--key-file"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_reads_its_completions_and_finds_a_command() {
    let script = done(&["completions", "bash"]);
    let asks = format!(
        "{script}\nCOMP_WORDS=(branchline lead exp) COMP_CWORD=2\n_branchline branchline exp lead\n\
         echo \"${{COMPREPLY[*]}}\""
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("asks.bash");
    fs::write(&file, asks).unwrap();
    let output = Command::new("bash").arg(&file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "explain export", "{output:?}");
}

#[test]
fn the_manual_has_a_page_a_command_with_its_example_and_the_exit_codes() {
    let page = done(&["man"]);
    assert!(page.contains(".TH branchline 1") && page.contains("no server answered"), "{page}");
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path().join("share/man1");
    let written = branchline(directory.path(), &["man", "--dir", dir.to_str().unwrap()]).output();
    assert!(written.unwrap().status.success());
    for (name, says) in [
        ("branchline.1", "BRANCHLINE_API_KEY"),
        ("branchline-lead-act.1", "branchline lead act Spring resolve"),
        ("branchline-workflow-graph-put.1", "revision"),
        ("branchline-serve.1", "data\\-dir"),
    ] {
        let page = fs::read_to_string(dir.join(name)).unwrap();
        assert!(page.contains(says), "{name} says {says}:\n{page}");
    }
}

#[test]
fn help_says_what_a_command_works_on() {
    let help = done(&["workflow", "--help"]);
    for says in ["of a server", "stopped data directory", "of a file"] {
        assert!(help.contains(says), "{says} in {help}");
    }
    assert!(done(&["--help"]).contains("Exit codes:"));
    assert!(done(&["lead", "add", "--help"]).contains("Example:\n  branchline lead add Spring "));
}
