//! Damage inside and around the last block of the engine's file: what a broken disk leaves.

use std::{fs, path::Path};

use anyhow::Context as _;
use branchline_journal::{sled_store::SledStore, store::ReadError};

use super::{
    Cut, Failure, Options, Outcome, Random,
    prefixes::Grown,
    store::{Expected, copy_image, judge, options},
};

/// First bytes of a block, and where it says its length and first position. Source:
/// `branchline_journal::block`.
const MAGIC: &[u8] = b"BLBK";
const LENGTH_AT: usize = 6;
const FIRST_AT: usize = 10;

/// Bytes before and after the block that are damaged too: the engine's own words about it.
const AROUND: usize = 64;

/// A disk writes as many bytes at once.
const SECTOR: usize = 512;

/// What came of the damages that were no failure.
#[derive(Debug, Default)]
struct Counts {
    harmless: u64,
    refused: u64,
}

/// Damages copies of the file of a closed journal, and opens each.
pub(super) fn run(grown: &Grown, wanted: &Options, outcome: &mut Outcome) -> anyhow::Result<()> {
    let tries = match wanted.only {
        Some(Cut::Tail(number)) => number..number.saturating_add(1),
        Some(Cut::Prefix(_)) => return Ok(()),
        None => 0..wanted.cuts,
    };
    let directory = grown.place.path().join("journal");
    let bytes = fs::read(directory.join("db/db"))?;
    let (start, length) = last_block(&bytes).context("the file of the copy holds no block")?;
    let expected = Expected { last: grown.last, root: grown.root, read: &grown.read, next: None };
    let image = grown.place.path().join("image");
    let mut counts = Counts::default();
    let tried = tries.end - tries.start;
    for number in tries {
        let mut random = Random(wanted.seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let from = start.saturating_sub(AROUND);
        let span = (length + 2 * AROUND).min(bytes.len() - from);
        let offset = from + usize::try_from(random.below(span as u64))?;
        copy_image(&directory, &image)?;
        let what = damage(&image.join("db/db"), &bytes, offset, number, &mut random)?;
        match look(&image, &expected) {
            Ok(Seen::Whole) => counts.harmless += 1,
            Ok(Seen::Refused) => counts.refused += 1,
            Err(error) => outcome.failures.push(Failure {
                cut: Some(Cut::Tail(number)),
                problem: format!("{what} at byte {offset} of the engine's file: {error:#}"),
            }),
        }
        fs::remove_dir_all(&image)?;
    }
    let Counts { harmless, refused } = counts;
    outcome.lines.push(format!(
        "last block: {tried} damages; {refused} refused with a reason, {harmless} changed nothing"
    ));
    Ok(())
}

/// Where the block with the highest positions lies. Of two copies the later one counts.
fn last_block(bytes: &[u8]) -> Option<(usize, usize)> {
    let at = |start: usize| -> Option<(u64, usize, usize)> {
        let block = bytes.get(start..)?;
        let length = u16::from_be_bytes(*block.get(LENGTH_AT..)?.first_chunk()?);
        let first = u64::from_be_bytes(*block.get(FIRST_AT..)?.first_chunk()?);
        block.get(..usize::from(length)).map(|block| (first, start, block.len()))
    };
    let starts = bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC);
    let (_, start, length) = starts.filter_map(|(start, _)| at(start)).max()?;
    Some((start, length))
}

/// One of three damages, in turn. Says which.
fn damage(
    file: &Path,
    bytes: &[u8],
    offset: usize,
    number: u64,
    random: &mut Random,
) -> anyhow::Result<&'static str> {
    let mut damaged = bytes.to_vec();
    let what = match number % 3 {
        0 => {
            damaged.truncate(offset);
            "cut off"
        }
        1 => {
            let end = (offset / SECTOR + 1) * SECTOR;
            damaged.iter_mut().take(end).skip(offset).for_each(|byte| *byte = 0);
            "a sector zeroed"
        }
        _ => {
            if let Some(byte) = damaged.get_mut(offset) {
                *byte ^= 1 << random.below(8);
            }
            "a bit flipped"
        }
    };
    fs::write(file, damaged)?;
    Ok(what)
}

/// What the store makes of a damaged copy, when it does what it must.
enum Seen {
    /// Everything is there.
    Whole,
    /// It says that something is wrong.
    Refused,
}

/// Opens a damaged copy: whole, or refused, and nothing between.
fn look(image: &Path, expected: &Expected<'_>) -> anyhow::Result<Seen> {
    match SledStore::open(&options(image)) {
        Ok(store) => match judge(&store, expected) {
            Ok(()) => Ok(Seen::Whole),
            // The store names the place when it comes to it.
            Err(error) if error.chain().any(<dyn std::error::Error>::is::<ReadError>) => {
                Ok(Seen::Refused)
            }
            Err(error) => Err(error),
        },
        Err(_) => Ok(Seen::Refused),
    }
}
