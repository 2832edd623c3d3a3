//! The disk itself: what everything that is durable waits for.

use std::{fs::File, io::Write as _, time::Instant};

use anyhow::Context as _;

use crate::latency::Latency;

/// Writes, of which the median is told.
const WRITES: usize = 200;

/// Unit: bytes.
const PAGE: usize = 4_096;

/// Median time of one write of 4 KiB to the end of a file, and fdatasync. Unit: milliseconds.
pub(crate) fn median_ms() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile().context("no temporary file")?;
    sync_each(&mut file).map(|latency| latency.per_mille_ms(500))
}

fn sync_each(file: &mut File) -> anyhow::Result<Latency> {
    let page = [0x5a; PAGE];
    let mut waits = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let began = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        waits.push(began.elapsed());
    }
    Ok(Latency::of(waits))
}
