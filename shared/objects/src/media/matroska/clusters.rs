//! The length of a recording whose head does not tell it: when the last frames of its last clusters end.

use memchr::memmem;

use super::super::window::{Stop, Window};
use super::super::{Media, millis};
use super::{Element, Head, element, id, unsigned};

/// Objects up to this are read whole.
const WHOLE: u64 = 2 * 1024 * 1024;
/// Bytes looked at at the end, until one of them holds the start of a cluster.
const TAILS: [u64; 3] = [256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
/// Elements looked at in what is read.
const MAX_ELEMENTS: usize = 200_000;
/// Tracks whose ends are kept.
const MAX_TRACKS: usize = 64;
/// The start of a cluster.
const CLUSTER: [u8; 4] = id::CLUSTER.to_be_bytes();
/// The longest that a frame is taken to last, in nanoseconds.
const LONGEST: u64 = 1_000_000_000;

/// The last two times of one track.
#[derive(Default, Clone, Copy)]
struct Times {
    number: u64,
    last: u64,
    before: u64,
    /// The end of the last block, where it says so.
    end: u64,
}

/// Finds the duration; `first` is where the clusters start.
pub(super) fn measure(
    window: &Window,
    first: u64,
    end: u64,
    head: &Head,
    media: &mut Media,
) -> Result<(), Stop> {
    if window.size() <= WHOLE {
        window.peek(0, WHOLE)?;
        media.lasts(last_end(window, first, end, head)?);
        return Ok(());
    }
    for len in TAILS {
        let (start, tail) = window.tail(len)?;
        for at in memmem::find_iter(tail, &CLUSTER) {
            let at = start + at as u64;
            if is_cluster(window, at, end)? {
                media.lasts(last_end(window, at, end, head)?);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// True if a cluster starts here: one that begins with its time.
fn is_cluster(window: &Window, at: u64, end: u64) -> Result<bool, Stop> {
    let inside = |at| match element(window, at, end) {
        Err(Stop::Malformed) => Ok(None),
        read => read.map(Some),
    };
    let Some(cluster) = inside(at)? else { return Ok(false) };
    // A checksum may come first.
    let mut at = cluster.start;
    for _ in 0..3 {
        match inside(at)? {
            Some(child) if child.id == id::TIMESTAMP => return Ok(child.end - child.start <= 8),
            Some(child) => at = child.end,
            None => break,
        }
    }
    Ok(false)
}

/// The end of the last frame that starts behind `at`, in milliseconds.
fn last_end(window: &Window, mut at: u64, end: u64, head: &Head) -> Result<Option<u64>, Stop> {
    let (mut time, mut tracks) = (0, Vec::new());
    for _ in 0..MAX_ELEMENTS {
        if at >= end {
            break;
        }
        let inner = match element(window, at, end) {
            // A recording that broke off.
            Err(Stop::Malformed) => break,
            inner => inner?,
        };
        at = inner.end;
        match inner.id {
            // Gone through from the inside, whether or not they say where they end.
            id::CLUSTER | id::BLOCK_GROUP => at = inner.start,
            id::TIMESTAMP => time = unsigned(window, &inner)?,
            id::SIMPLE_BLOCK | id::BLOCK => block(window, &inner, time, &mut tracks)?,
            id::BLOCK_DURATION => {
                let length = unsigned(window, &inner)?;
                if let Some(track) = tracks.last_mut() {
                    track.end = track.end.max(track.last.saturating_add(length));
                }
            }
            _ if !inner.sized => break,
            _ => {}
        }
    }
    let ends = tracks.iter().filter_map(|track: &Times| {
        let default = head.frames.iter().find(|(number, _)| *number == track.number);
        let nanos = |units: u64| units.checked_mul(head.scale);
        let gap = nanos(track.last.saturating_sub(track.before))?;
        let length = match default {
            Some((_, length @ 1..)) => *length,
            _ => gap,
        };
        let end = nanos(track.last)?.checked_add(length.min(LONGEST))?;
        Some(end.max(nanos(track.end)?))
    });
    Ok(ends.max().and_then(|end| millis(end, 1_000_000_000)))
}

/// Notes when a block is shown. Tracks are kept in the order of their last blocks.
fn block(window: &Window, block: &Element, time: u64, tracks: &mut Vec<Times>) -> Result<(), Stop> {
    let number = window.be::<1>(block.start)?;
    // Numbers over 126 take more bytes, and nobody has so many tracks.
    let offset = i16::from_be_bytes(window.array(block.start + 1)?);
    let shown = time.saturating_add_signed(offset.into());
    let number = number & 0x7f;
    let at = tracks.iter().position(|track| track.number == number);
    let mut track = match at {
        Some(at) => tracks.remove(at),
        None if tracks.len() == MAX_TRACKS => return Ok(()),
        None => Times { number, ..Times::default() },
    };
    if shown > track.last || at.is_none() {
        (track.before, track.last) = (if at.is_none() { shown } else { track.last }, shown);
    } else if shown > track.before {
        track.before = shown;
    }
    tracks.push(track);
    Ok(())
}
