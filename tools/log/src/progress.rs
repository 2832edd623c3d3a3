//! How far a long reading is, on standard error, where that is a terminal.
//!
//! Nothing of it ever goes to standard output, and nothing at all is written where standard error is
//! a file or a pipe.

use std::{
    fmt,
    io::Write,
    time::{Duration, Instant},
};

use indicatif::{
    ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, style::TemplateError,
};

/// Records, or bytes, between two looks at the clock at most.
const STRIDE_MAX: u64 = 1 << 20;
/// A look that comes sooner after the one before makes the next one come later. Unit: milliseconds.
const GLANCE_MS: u64 = 20;
/// Draws a second.
const DRAWS_HZ: u8 = 8;
/// A reading that is over sooner shows nothing. Unit: milliseconds.
const PATIENCE_MS: u64 = 400;

/// Whether long readings show how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chatter {
    /// Where standard error is a terminal.
    #[default]
    OnTerminal,
    /// Never.
    Quiet,
}

/// One reading, with its rate and, where the end is known, how long it still takes.
///
/// Taken off the terminal when it is dropped, so that the answer stands alone.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Below this neither clock nor bar is asked.
    next: u64,
    /// From one look at the clock to the next: one where a record takes long, many where it does
    /// not.
    stride: u64,
    looked: Instant,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Records,
    Bytes,
}

impl Unit {
    /// With and without a known end.
    const fn templates(self) -> (&'static str, &'static str) {
        match self {
            Self::Records => (
                "{msg}  {bar:32} {percent:>3} %  {human_pos} of {human_len} records  {rate}  \
                 {eta} left",
                "{msg}  {human_pos} records  {rate}  {elapsed}",
            ),
            Self::Bytes => (
                "{msg}  {bar:32} {percent:>3} %  {binary_bytes} of {binary_total_bytes}  \
                 {binary_bytes_per_sec}  {eta} left",
                "{msg}  {binary_bytes}  {binary_bytes_per_sec}  {elapsed}",
            ),
        }
    }
}

impl Progress {
    /// Over the records of a journal, of which there are `total`, if that is known. `what` is said
    /// before the numbers, for example `verifying`.
    pub fn over_records(what: &'static str, total: Option<u64>, chatter: Chatter) -> Self {
        Self::new(what, total, Unit::Records, chatter)
    }

    /// Over bytes that are copied or fetched.
    pub fn over_bytes(what: &'static str, total: Option<u64>, chatter: Chatter) -> Self {
        Self::new(what, total, Unit::Bytes, chatter)
    }

    /// Shows nothing.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), next: u64::MAX, stride: 1, looked: Instant::now() }
    }

    fn new(what: &'static str, total: Option<u64>, unit: Unit, chatter: Chatter) -> Self {
        if chatter == Chatter::Quiet {
            return Self::hidden();
        }
        let bar =
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(DRAWS_HZ));
        if bar.is_hidden() {
            return Self::hidden();
        }
        let (bounded, open) = unit.templates();
        let template = if total.is_some() { bounded } else { open };
        let bar = match style(template) {
            Ok(style) => bar.with_style(style),
            // A slip of this file, which the test below finds.
            Err(_) => bar,
        };
        Self { bar: bar.with_message(what), next: 0, stride: 1, looked: Instant::now() }
    }

    /// This many records, or bytes, are done. Cheap enough to be told of each one.
    #[inline]
    pub fn at(&mut self, done: u64) {
        if done >= self.next {
            self.draw(done);
        }
    }

    #[cold]
    fn draw(&mut self, done: u64) {
        let glance = Duration::from_millis(GLANCE_MS);
        self.stride = if self.looked.elapsed() < glance {
            (self.stride * 2).min(STRIDE_MAX)
        } else {
            (self.stride / 2).max(1)
        };
        self.next = done.saturating_add(self.stride);
        self.looked = Instant::now();
        if self.bar.elapsed() >= Duration::from_millis(PATIENCE_MS) {
            self.bar.set_position(done);
        }
    }

    /// Does something that writes to the terminal, without the bar in its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Says a line on standard error, above the bar.
    pub fn say(&self, line: &str) {
        self.aside(|| eprintln!("{line}"));
    }

    /// Writes a part of the answer to `out`, which may be the same terminal: then at once, and
    /// without the bar in its way.
    ///
    /// # Errors
    ///
    /// What `write` says, and when `out` takes no more.
    pub fn beside<T>(
        &self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        if self.bar.is_hidden() {
            return write(out);
        }
        self.aside(|| {
            let written = write(&mut *out)?;
            out.flush()?;
            Ok(written)
        })
    }
}

fn style(template: &str) -> Result<ProgressStyle, TemplateError> {
    let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
        // A rate that cannot be shown is no reason to stop.
        let _ = write!(text, "{:.0} records/s", state.per_sec());
    };
    Ok(ProgressStyle::with_template(template)?.with_key("rate", rate).progress_chars("#>-"))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads_and_shows_what_it_names() {
        for unit in [Unit::Records, Unit::Bytes] {
            let (bounded, open) = unit.templates();
            for template in [bounded, open] {
                style(template).unwrap();
            }
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_drawn() {
        // Tests have no terminal on standard error, or they ask for none.
        let mut quiet = Progress::over_records("reading", Some(3), Chatter::Quiet);
        quiet.at(2);
        assert!(quiet.bar.is_hidden());
        assert_eq!(quiet.aside(|| 7), 7);
    }
}
