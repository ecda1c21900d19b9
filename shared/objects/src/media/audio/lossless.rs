//! True Audio, `WavPack` and Monkey's Audio: what their first header says.

use memchr::memmem;

use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Finds the duration of True Audio at `at`.
pub(in super::super) fn true_audio(
    window: &Window,
    at: u64,
    media: &mut Media,
) -> Result<(), Stop> {
    media.lasts(millis(window.le::<4>(at + 14)?, window.le::<4>(at + 10)?));
    Ok(())
}

/// The start of each block of `WavPack`.
pub(in super::super) const WAVPACK: &[u8] = b"wvpk";
/// Hz, by index.
const RATES: [u64; 15] = [
    6_000, 8_000, 9_600, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000,
    88_200, 96_000, 192_000,
];
/// Bytes of a block's header.
const HEADER: u64 = 32;
/// A block's part that holds a rate of one's own.
const RATE: u64 = 0x27;
/// Parts of a block looked at.
const MAX_PARTS: usize = 64;
/// The length of the tail in which the last block is looked for: one holds at most a second, or a megabyte.
const TAIL: u64 = 1024 * 1024;
/// The flag of one-bit sound, whose rate is counted in other units.
const ONE_BIT: u64 = 1 << 31;

/// Finds the duration of `WavPack`.
pub(in super::super) fn wavpack(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let flags = window.le::<4>(24)?;
    if flags & ONE_BIT != 0 {
        return Ok(());
    }
    let index = usize::try_from(flags >> 23 & 15).unwrap_or_default();
    let rate = match RATES.get(index) {
        Some(rate) => *rate,
        None => own_rate(window)?,
    };
    let total = window.le::<4>(12)?;
    let samples = if total == u64::from(u32::MAX) {
        last_sample(window)?
    } else {
        Some(total | window.le::<1>(11)? << 32)
    };
    media.lasts(samples.and_then(|samples| millis(samples, rate)));
    Ok(())
}

/// The rate that the first block names.
fn own_rate(window: &Window) -> Result<u64, Stop> {
    let mut at = HEADER;
    for _ in 0..MAX_PARTS {
        let id = window.le::<1>(at)?;
        let large = id & 0x80 != 0;
        let words = if large { window.le::<3>(at + 1)? } else { window.le::<1>(at + 1)? };
        at += if large { 4 } else { 2 };
        if id & 0x3f == RATE {
            return window.le::<3>(at);
        }
        at += words * 2;
    }
    Err(Stop::Malformed)
}

/// The end of the last block, in samples: told where the encoder could not go back to say how many.
fn last_sample(window: &Window) -> Result<Option<u64>, Stop> {
    let (_, tail) = window.tail(TAIL)?;
    let number = |block: &[u8], at: usize| {
        block.get(at..at + 4)?.try_into().ok().map(|bytes| u64::from(u32::from_le_bytes(bytes)))
    };
    let end = |block: &[u8]| {
        // Its length, a version that there is, and samples.
        let fits = number(block, 4)? + 8 <= block.len() as u64 && block.get(9)? == &4;
        let samples = number(block, 20).filter(|samples| fits && *samples > 0)?;
        Some(number(block, 16)? + samples)
    };
    Ok(memmem::rfind_iter(tail, WAVPACK).find_map(|at| end(&tail[at..])))
}

/// Finds the duration of Monkey's Audio, versions 3.98 and later.
pub(in super::super) fn monkeys(window: &Window, media: &mut Media) -> Result<(), Stop> {
    if window.le::<2>(4)? < 3980 {
        return Ok(());
    }
    let at = window.le::<4>(8)?;
    let (blocks, last, frames) =
        (window.le::<4>(at + 4)?, window.le::<4>(at + 8)?, window.le::<4>(at + 12)?);
    let samples = frames.checked_sub(1).map(|frames| frames * blocks + last);
    let rate = window.le::<4>(at + 20)?;
    media.lasts(samples.and_then(|samples| millis(samples, rate)));
    Ok(())
}
