//! How the operator reaches a running server: files in its data directory, which say where it
//! listens, what it wants to hear, and how it is known.
//!
//! `admin-token` has a word that is drawn at each start, `admin-url` the address, `admin-cert` the
//! certificate if it speaks TLS. Only the user of the server can read and write them, so whoever may
//! read the data directory may give orders, and nobody else. They are deleted when the server stops; those of a server that was killed are replaced by
//! the next one, and until then name a server that does not answer or does not know the word.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use branchline_admin_files::{certificate_file, token_file, url_file};
use branchline_evidence::hex;
use branchline_http_api::admin::AdminToken;
use branchline_vault::{Entropy as _, SystemEntropy};
use rustls::pki_types::CertificateDer;

/// Readable and writable by their owner only.
const MODE: u32 = 0o600;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The files of a running server, deleted when it stops.
#[derive(Debug)]
pub(crate) struct Access {
    token: AdminToken,
    token_file: PathBuf,
    url_file: PathBuf,
    certificate_file: PathBuf,
}

impl Access {
    /// Draws a token and writes the files. The caller has the data directory open, so no other
    /// server uses them, and listens at the URL, with this certificate if it speaks TLS.
    pub(crate) fn open(
        data_dir: &Path,
        url: &str,
        certificate: Option<&CertificateDer<'_>>,
    ) -> anyhow::Result<Self> {
        let data_dir = fs::canonicalize(data_dir)
            .with_context(|| format!("cannot find {}", data_dir.display()))?;
        let mut drawn = [0; TOKEN_BYTES];
        SystemEntropy.fill(&mut drawn);
        let text = hex::text(&drawn);
        let access = Self {
            token: AdminToken::new(&text),
            token_file: token_file(&data_dir),
            url_file: url_file(&data_dir),
            certificate_file: certificate_file(&data_dir),
        };
        // The address last: whoever finds it finds the token that belongs to it.
        remove(&access.url_file)?;
        replace(&access.token_file, &text)?;
        match certificate {
            Some(certificate) => access.show_certificate(certificate)?,
            None => remove(&access.certificate_file)?,
        }
        replace(&access.url_file, url)?;
        Ok(access)
    }

    /// Says by which certificate the server is known from now on.
    pub(crate) fn show_certificate(&self, certificate: &CertificateDer<'_>) -> anyhow::Result<()> {
        replace(&self.certificate_file, &pem(certificate))
    }

    /// What a request must bring.
    pub(crate) fn token(&self) -> AdminToken {
        self.token.clone()
    }

    /// Where the token lies.
    pub(crate) fn token_file(&self) -> &Path {
        &self.token_file
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        for file in [&self.url_file, &self.certificate_file, &self.token_file] {
            if let Err(error) = remove(file) {
                tracing::warn!("{error:#}");
            }
        }
    }
}

/// A certificate as text.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let packed = STANDARD.encode(certificate);
    // Lines of 64 characters, as RFC 7468 wants them.
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END CERTIFICATE-----");
    text
}

/// Puts a line in the place of a file: whole, and never readable by others, also where a file with
/// other rights was.
fn replace(file: &Path, line: &str) -> anyhow::Result<()> {
    let aside = file.with_extension("new");
    remove(&aside)?;
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(MODE)
        .open(&aside)
        .and_then(|mut opened| writeln!(opened, "{line}"))
        .and_then(|()| fs::rename(&aside, file))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(wrong) if wrong.kind() != ErrorKind::NotFound => {
            Err(wrong).with_context(|| format!("cannot delete {}", file.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    const URL: &str = "http://127.0.0.1:8080";

    #[test]
    fn the_files_are_their_owners_alone_and_go_with_the_server() {
        let dir = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["calls.example.com".to_owned()]).unwrap();
        let access = Access::open(dir.path(), URL, Some(made.cert.der())).unwrap();
        let url = fs::read_to_string(url_file(dir.path())).unwrap();
        assert_eq!(url, "http://127.0.0.1:8080\n");
        let token = fs::read_to_string(access.token_file()).unwrap();
        assert_eq!(token.trim_end().len(), 2 * TOKEN_BYTES);
        let certificate = fs::read(certificate_file(dir.path())).unwrap();
        assert_eq!(&CertificateDer::from_pem_slice(&certificate).unwrap(), made.cert.der());
        for file in [url_file, token_file, certificate_file].map(|file| file(dir.path())) {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, MODE);
        }
        drop(access);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_server_left_is_replaced_also_when_others_could_read_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["admin-token", "admin-url", "admin-cert", "admin-token.new"] {
            let left = dir.path().join(name);
            fs::write(&left, "stale").unwrap();
            fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let first = Access::open(dir.path(), URL, None).unwrap();
        assert!(!certificate_file(dir.path()).exists(), "without TLS there is none");
        let token = fs::read_to_string(first.token_file()).unwrap();
        assert_ne!(token, "stale");
        let mode = fs::metadata(first.token_file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        std::mem::forget(first);
        let second = Access::open(dir.path(), URL, None).unwrap();
        assert_ne!(fs::read_to_string(second.token_file()).unwrap(), token, "drawn anew");
        assert!(!dir.path().join("admin-token.new").exists());
    }
}
