//! What a check of a whole journal found out, and how it is told.

use std::{io::Write, time::Duration};

use branchline_evidence::hex;
use branchline_journal::{merkle::TreeHead, record::Position};
use serde_json::json;

use super::checks::{Found, Row};
use crate::{Format, Soundness};

/// What a check of a whole journal found out.
#[derive(Clone, Debug)]
pub struct Report {
    /// Each check, with how much it looked at and found.
    pub rows: Vec<Row>,
    /// The first things that are wrong, in the order of their positions.
    pub findings: Vec<Found>,
    /// Records that are proven, and the root of their hash tree.
    pub head: TreeHead,
    /// Records that were looked into.
    pub records: u64,
    /// Their events.
    pub events: u64,
    /// Streams that they begin.
    pub streams: u64,
    /// Blocks that were read; 0 for lines.
    pub blocks: u64,
    /// Bytes in blocks.
    pub bytes: u64,
    /// Last record up to which nothing is wrong.
    pub sound_until: Position,
    /// What is not wrong, and worth knowing.
    pub notes: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether nothing at all is wrong.
    pub fn soundness(&self) -> Soundness {
        if self.rows.iter().all(|row| row.found == 0) {
            Soundness::Sound
        } else {
            Soundness::Damaged
        }
    }

    /// Things that are wrong.
    pub fn found(&self) -> u64 {
        self.rows.iter().map(|row| row.found).sum()
    }

    /// Writes it: for people a line for each thing that is wrong, a line that sums up, a table of
    /// the checks, and size and root; for programs one object.
    ///
    /// # Errors
    ///
    /// When `out` takes no more.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
        match format {
            Format::Text => self.write_text(out),
            Format::Json => self.write_json(out),
        }
    }

    fn write_text(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        for found in &self.findings {
            let (check, position) = (found.check.as_str(), found.position);
            writeln!(out, "{check} at {position}: {}", found.problem)?;
        }
        let told = self.findings.len() as u64;
        if self.found() > told {
            writeln!(out, "… and {} more", self.found() - told)?;
        }
        let verdict = match self.found() {
            0 => "sound".to_owned(),
            found => format!("{found} things are wrong"),
        };
        let Self { events, records, streams, blocks, .. } = self;
        let (checks, sound_until) = (self.rows.len(), self.sound_until);
        writeln!(
            out,
            "{verdict}: {checks} checks  {events} events  {records} records  {streams} streams  \
             {blocks} blocks  sound until {sound_until}"
        )?;
        let wide = |text: fn(&Row) -> &str| self.rows.iter().map(text).map(str::len).max();
        let name = wide(|row| row.check.as_str()).unwrap_or_default();
        let says = wide(|row| row.check.words().0).unwrap_or_default();
        for row in &self.rows {
            let (words, things) = row.check.words();
            let (check, looked) = (row.check.as_str(), row.looked);
            let verdict = match row.found {
                0 if looked == 0 => "nothing to look at".to_owned(),
                0 => "ok".to_owned(),
                found => format!("{found} WRONG"),
            };
            writeln!(
                out,
                "  {check:<name$}  {words:<says$}  {looked:>10} {things:<21}  {verdict}"
            )?;
        }
        writeln!(out, "size {}  root {}", self.head.size, hex::text(&self.head.root))?;
        Ok(())
    }

    fn write_json(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let row = |row: &Row| {
            let (says, things) = row.check.words();
            json!({
                "check": row.check.as_str(), "says": says, "things": things,
                "looked_at": row.looked, "found": row.found,
            })
        };
        let found = |found: &Found| {
            json!({
                "check": found.check.as_str(), "position": found.position.0,
                "problem": found.problem,
            })
        };
        let document = json!({
            "sound": self.soundness() == Soundness::Sound,
            "found": self.found(),
            "findings": self.findings.iter().map(found).collect::<Vec<_>>(),
            "checks": self.rows.iter().map(row).collect::<Vec<_>>(),
            "events": self.events,
            "records": self.records,
            "streams": self.streams,
            "blocks": self.blocks,
            "bytes": self.bytes,
            "sound_until": self.sound_until.0,
            "size": self.head.size,
            "root": hex::text(&self.head.root),
            "notes": self.notes,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)?;
        Ok(())
    }
}
