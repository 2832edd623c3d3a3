//! How far long work is, on standard error, where that is a terminal. Nothing of it goes to standard
//! output, and nothing at all is written where standard error is a file or a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws a second.
const DRAWS_HZ: u8 = 8;
const BYTES: &str =
    "{msg}  {bar:32} {percent:>3} %  {binary_bytes} of {binary_total_bytes}  {eta} left";
const RECEIVED: &str = "{msg}  {binary_bytes}  {binary_bytes_per_sec}  {elapsed}";
const LEADS: &str = "{msg}  {bar:32} {percent:>3} %  {human_pos} of {human_len} leads  {eta} left";

fn bar(what: &'static str, total: u64, template: &str) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_HZ);
    let bar = ProgressBar::with_draw_target(Some(total), target).with_message(what);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("#>-")),
        // A slip of this file, which the test below finds.
        Err(_) => bar,
    }
}

/// Over bytes that are sent.
pub(crate) fn bytes(what: &'static str, total: u64) -> ProgressBar {
    bar(what, total, BYTES)
}

/// Over bytes that come in, nobody knows how many.
pub(crate) fn received(what: &'static str) -> ProgressBar {
    bar(what, 0, RECEIVED)
}

/// Over leads.
pub(crate) fn leads(what: &'static str, total: u64) -> ProgressBar {
    bar(what, total, LEADS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads() {
        for template in [BYTES, RECEIVED, LEADS] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
