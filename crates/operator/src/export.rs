//! Exports: files that a server writes while they are read.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use indicatif::ProgressBar;
use tempfile::NamedTempFile;

use crate::{
    client::{Ask, Server, ServerFlags},
    fault::Fault,
    progress,
};

/// Longest wait for the next piece of an export.
const SILENCE_MAX: Duration = Duration::from_mins(2);
/// Read at once. Unit: bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// Where an export goes, and how.
#[derive(Debug, Args)]
pub(crate) struct ExportFlags {
    /// The file to make, for its owner's eyes only; else it goes to the standard output. One that is
    /// there is left as it is.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave cells as they are that a spreadsheet would run as a formula; such a file can be imported
    /// again. Else they get a `'` in front.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
}

impl ExportFlags {
    /// The server, once it is clear that there is something to write to.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] when JSON is wanted; [`Fault::Failed`] when the file is there.
    pub(crate) fn server(&self) -> Result<Server, Fault> {
        if self.server.json {
            let told = "an export is CSV; `lead list --json` and `call list --json` give JSON";
            return Err(Fault::Misused(told.into()));
        }
        if let Some(out) = self.out.as_ref().filter(|out| out.symlink_metadata().is_ok()) {
            let out = out.display();
            return Err(Fault::Failed(format!("{out} is there already and is left as it is")));
        }
        self.server.server()
    }

    /// Writes what the server answers. A file appears once it is whole.
    ///
    /// # Errors
    ///
    /// What the server says; [`Fault::Unanswered`] when it breaks off; [`Fault::Failed`] when the
    /// file cannot be written.
    pub(crate) fn write(&self, server: &Server, ask: Ask) -> Result<(), Fault> {
        let ask = ask.query("raw", self.raw.then_some(true));
        let Some(path) = &self.out else {
            return copy(server, &ask, &mut io::stdout().lock(), "the standard output");
        };
        let place = path.display().to_string();
        let unwritten = |error: io::Error| Fault::io(&format!("cannot write {place}"), &error);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file =
            NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new("."))).map_err(unwritten)?;
        copy(server, &ask, file.as_file_mut(), &place)?;
        file.as_file().sync_all().map_err(unwritten)?;
        let _: File = file.persist_noclobber(path).map_err(|error| unwritten(error.error))?;
        eprintln!("branchline: {place} is written");
        Ok(())
    }
}

/// Writes what the server answers to `out`, which people call `place`.
///
/// # Errors
///
/// What the server says; [`Fault::Unanswered`] when it breaks off; [`Fault::Failed`] when it cannot be
/// written.
pub(crate) fn copy(
    server: &Server,
    ask: &Ask,
    out: &mut dyn Write,
    place: &str,
) -> Result<(), Fault> {
    let mut answer = server.open(ask, SILENCE_MAX)?;
    let bar = progress::received("receiving");
    let copied = pieces(&mut answer, out, &bar).map_err(|wrong| match wrong {
        Wrong::Read(error) => {
            let reason = format!("the export broke off: {error}");
            Fault::Unanswered { url: server.base().into(), reason }
        }
        Wrong::Written(error) => Fault::io(&format!("cannot write {place}"), &error),
    });
    bar.finish_and_clear();
    copied
}

enum Wrong {
    Read(io::Error),
    Written(io::Error),
}

fn pieces(answer: &mut dyn io::Read, out: &mut dyn Write, bar: &ProgressBar) -> Result<(), Wrong> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = answer.read(&mut piece).map_err(Wrong::Read)?;
        let Some(taken) = piece.get(..read).filter(|taken| !taken.is_empty()) else {
            return out.flush().map_err(Wrong::Written);
        };
        out.write_all(taken).map_err(Wrong::Written)?;
        bar.inc(taken.len() as u64);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::stub::stub;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        export: ExportFlags,
    }

    fn exported(url: &str, out: &Path) -> Result<(), Fault> {
        let flags = ["t", "--url", url, "--retries", "0", "--raw", "--out"];
        let flags = flags.into_iter().chain(out.to_str());
        let Flags { export } = Flags::parse_from(flags);
        export.write(&export.server()?, Ask::get("/call-logs.csv"))
    }

    fn chunked(chunks: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{chunks}"
        )
    }

    #[test]
    fn a_file_appears_once_it_is_whole_and_one_that_is_there_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("calls.csv");
        let (url, serving) =
            stub(vec![chunked("3\r\nid\n\r\n"), chunked("3\r\nid\n\r\n0\r\n\r\n")]);
        let broken = exported(&url, &file).unwrap_err();
        assert!(matches!(broken, Fault::Unanswered { .. }), "{broken}");
        assert_eq!(directory.path().read_dir().unwrap().count(), 0, "no half of it is left");
        exported(&url, &file).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"id\n");
        assert_eq!(serving.join().unwrap()[1].line, "GET /v1/call-logs.csv?raw=true HTTP/1.1");
        let told = exported(&url, &file).unwrap_err().to_string();
        assert!(told.contains("left as it is"), "{told}");
    }
}
