//! `branchline-log tail`: the last records, and those to come.

use std::{collections::VecDeque, io::Write, sync::Arc, thread, time::Duration};

use branchline_journal::record::{Position, Record};

use crate::{
    Evidence, Fault, Format, Soundness,
    server::{Server, ServerError},
    told::tell,
};

/// How long a server that does not answer is left alone at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Writes the last `count` records. The whole journal is read for that: only the chain from the
/// first block on says that the last ones are what was written.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(
    evidence: &Evidence,
    count: u64,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut soundness = Soundness::Sound;
    let mut last: VecDeque<Arc<Record>> = VecDeque::new();
    let mut progress = evidence.progress("reading");
    for record in evidence.records() {
        match record {
            Ok(record) => {
                progress.at(record.position.0);
                last.push_back(record);
                if last.len() as u64 > count {
                    last.pop_front();
                }
            }
            Err(error) => {
                progress.say(&format!("{error:#}; the last records before that follow"));
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    drop(progress);
    for record in &last {
        if tell(record, format, out)? == Soundness::Damaged {
            soundness = Soundness::Damaged;
        }
    }
    Ok(soundness)
}

/// Writes the last `count` records of a running server, and, when `follow`, every later one as it
/// is recorded, for ever. A server that goes away is waited for: what it recorded meanwhile is
/// written then, without a gap.
///
/// # Errors
///
/// [`ServerError`], unless it may pass and the server answered before; [`Fault::Damaged`] when the
/// journal has become shorter; when `out` takes no more.
pub fn of_server(
    server: &Server,
    count: u64,
    follow: bool,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let head = server.head()?;
    let mut told =
        Told { last: Position(head.0.saturating_sub(count)), soundness: Soundness::Sound };
    // How long the server was left alone last, while it does not answer.
    let mut lost: Option<Duration> = None;
    while follow || told.last < head {
        // A server that is back is asked what it tells at once: for records it may wait half a minute.
        let page = match lost {
            Some(_) => server.head().map(drop).map_err(anyhow::Error::from),
            None => told.next_page(server, format, out),
        };
        out.flush()?;
        let Err(error) = page else {
            if lost.take().is_some() {
                eprintln!("the server answers again");
            }
            continue;
        };
        match error.downcast_ref::<ServerError>() {
            Some(silence) if follow && silence.may_pass() => {
                if lost.is_none() {
                    eprintln!("{silence}; asking again for what comes after record {}", told.last);
                }
                let pause = lost.map_or(FIRST_PAUSE, |before| (before * 2).min(LONGEST_PAUSE));
                lost = Some(pause);
                thread::sleep(pause);
            }
            Some(_) | None => return Err(error),
        }
    }
    Ok(told.soundness)
}

/// What was written so far.
struct Told {
    last: Position,
    soundness: Soundness,
}

impl Told {
    /// Writes what comes next, as far as it came.
    fn next_page(
        &mut self,
        server: &Server,
        format: Format,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let page = server.records_after(self.last)?;
        let (head, before) = (page.head, self.last);
        if head < before {
            return Err(Fault::Damaged(format!(
                "the journal ends at position {head} now, and record {before} was read from it: \
                 records are lost, or it is another journal"
            ))
            .into());
        }
        for record in page {
            let record = Arc::new(record?);
            if tell(&record, format, out)? == Soundness::Damaged {
                self.soundness = Soundness::Damaged;
            }
            self.last = record.position;
        }
        if self.last == before && before < head {
            return Err(Fault::Damaged(format!(
                "the server has {head} records, and gives none after position {before}"
            ))
            .into());
        }
        Ok(())
    }
}
