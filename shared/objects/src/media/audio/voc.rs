//! Creative Voice: blocks of sound and of silence.

use super::super::window::{Stop, Window};
use super::super::{Media, millis};
use super::frames::{COUNTED, FLICKS};

/// The start of a file.
pub(in super::super) const START: &[u8] = b"Creative Voice File\x1a";

/// Blocks looked at.
const MAX_BLOCKS: usize = 65_536;
/// Kinds of blocks.
const SOUND: u64 = 1;
const MORE: u64 = 2;
const SILENCE: u64 = 3;
/// Of the rate and the channels of the sound behind it.
const RATE: u64 = 8;
const NEW: u64 = 9;

/// Bytes of a block in front of its sound, at most.
const FRONT: u64 = 12;

/// Finds the duration: of all blocks, or of a long file by the coding of its first sound.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let size = window.size();
    if size <= COUNTED {
        window.peek(0, size)?;
    }
    let (mut at, mut flicks) = (window.le::<2>(20)?, 0);
    // Samples of a second, of all channels, and the bits of a second.
    let (mut samples, mut second) = (None, 0);
    for _ in 0..MAX_BLOCKS {
        if at + 4 >= size || window.le::<1>(at)? == 0 {
            media.lasts(millis(flicks, FLICKS));
            break;
        }
        let (kind, len, content) = (window.le::<1>(at)?, window.le::<3>(at + 1)?, at + 4);
        let left = size - content;
        if flicks > 0 && (len > left || (left < FRONT && kind != SILENCE)) {
            // sox counts a few samples too few, so that they look like a block.
            media.lasts(millis(flicks, FLICKS));
            break;
        }
        // What was written to a pipe may have no length.
        let len = if len == 0 { left } else { len.min(left) };
        let front = match kind {
            SOUND => {
                let noted = 1_000_000 / (256 - window.le::<1>(content)?);
                second = samples.take().unwrap_or(noted) * bits(window.le::<1>(content + 1)?);
                2
            }
            NEW => {
                let (rate, channels) = (window.le::<4>(content)?, window.le::<1>(content + 5)?);
                second = rate * channels * bits(window.le::<2>(content + 6)?);
                FRONT
            }
            MORE => 0,
            RATE => {
                samples = Some(256_000_000 / (65_536 - window.le::<2>(content)?));
                len
            }
            SILENCE => {
                let rate = 1_000_000 / (256 - window.le::<1>(content + 2)?);
                flicks += (window.le::<2>(content)? + 1) * (FLICKS / rate);
                len
            }
            _ => len,
        };
        let sound = len.saturating_sub(front) * 8;
        if sound > 0 && second == 0 {
            break;
        }
        if sound > 0 && size > COUNTED {
            // What lies between blocks of sound is little.
            media.lasts_about(millis((size - content) * 8, second));
            break;
        }
        // A block is at most as long as what is counted, and its product fits.
        flicks += (sound * FLICKS).checked_div(second).unwrap_or(0);
        at = content + len;
    }
    Ok(())
}

/// Bits of a sample, by its coding; none of what is unknown.
fn bits(coding: u64) -> u64 {
    match coding {
        0 | 6 | 7 => 8,
        // Packed by Creative's own ways.
        1 | 0x200 => 4,
        3 => 2,
        4 => 16,
        _ => 0,
    }
}
