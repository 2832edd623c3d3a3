//! Settings, and the secret files that they name.

use std::{
    fs::File,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::finding::{Finding, Report};
use crate::config::Config;

/// Rights of others than the owner.
const OTHERS: u32 = 0o077;

/// The configuration is read: which it is, and whether the files that it names are kept well.
pub(super) fn examine(report: &mut Report, file: Option<&Path>, config: &Config) {
    report.add(match file {
        Some(file) => Finding::ok("config", format!("{}: every key is known", file.display())),
        None => Finding::ok("config", "the defaults and the environment; no --config"),
    });
    for (key, path) in [
        ("server.tls_key_path", &config.server.tls_key_path),
        ("audit.signing_key_path", &config.audit.signing_key_path),
    ] {
        if !path.as_os_str().is_empty() {
            report.add(secret_file(key, path));
        }
    }
}

/// The configuration cannot be used.
pub(super) fn refused(report: &mut Report, error: &anyhow::Error) {
    report.add(Finding::fail(
        "config",
        format!("{error:#}"),
        "mend it; what follows was looked at with the defaults",
    ));
}

/// A file with a key in it: it can be read, and by nobody else.
fn secret_file(key: &str, path: &PathBuf) -> Finding {
    let shown = path.display();
    match File::open(path).and_then(|file| file.metadata()) {
        Err(error) => Finding::fail(
            "config.secrets",
            format!("{key}: {shown} cannot be read: {error}"),
            "name a file that the user of the server can read",
        ),
        Ok(metadata) if metadata.mode() & OTHERS != 0 => Finding::warn(
            "config.secrets",
            format!("{key}: others than its owner have rights to {shown} ({:o})", mode(&metadata)),
            format!("chmod 600 {shown}, or 640 with a group that only the server is in"),
        ),
        Ok(_) => Finding::ok("config.secrets", format!("{key}: {shown} is its owner's alone")),
    }
}

fn mode(metadata: &std::fs::Metadata) -> u32 {
    metadata.mode() & 0o7777
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::{super::finding::Level, *};

    #[test]
    fn a_secret_that_others_can_read_is_a_warning_and_a_missing_one_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key.pem");
        let found = secret_file("server.tls_key_path", &file);
        assert_eq!(found.level, Level::Fail, "{found:?}");
        fs::write(&file, "secret").unwrap();
        for (mode, level) in [(0o600, Level::Ok), (0o640, Level::Warn), (0o604, Level::Warn)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let found = secret_file("server.tls_key_path", &file);
            assert_eq!(found.level, level, "{found:?}");
            assert!(
                found.found.contains("key.pem") && !found.found.contains("secret"),
                "{found:?}"
            );
        }
    }
}
