//! FLAC: the stream information tells all, or what wrote it could not go back, and the last frame does.

use crc::{CRC_8_SMBUS, CRC_16_UMTS, Crc};

use super::super::window::{Stop, Window, be};
use super::super::{Media, millis};

/// The length of the tail in which the last frame is looked for: the longest that encoders make, of eight channels, is
/// half of it.
const TAIL: u64 = 1024 * 1024;
/// The checksum of a frame's header, and of all of it.
const HEADER: Crc<u8> = Crc::<u8>::new(&CRC_8_SMBUS);
const FRAME: Crc<u16> = Crc::<u16>::new(&CRC_16_UMTS);

/// Finds the duration of a stream that starts at `at`.
pub(in super::super) fn examine(window: &Window, at: u64, media: &mut Media) -> Result<(), Stop> {
    let block: [u8; 18] = window.array(at.saturating_add(8))?;
    let (rate, samples) = stream_info(block);
    media.lasts(millis(samples, rate));
    // Zero is unknown, as in a stream that was never rewound.
    if samples == 0 {
        let longest = u64::from(u16::from_be_bytes([block[2], block[3]]));
        let (_, tail) = window.tail(TAIL)?;
        media.lasts(last_sample(tail, longest).and_then(|samples| millis(samples, rate)));
    }
    Ok(())
}

/// Sample rate and number of samples in the first bytes of a STREAMINFO block.
pub(super) fn stream_info(block: [u8; 18]) -> (u64, u64) {
    let bits = be(&block[10..]);
    (bits >> 44, bits & 0xf_ffff_ffff)
}

/// The end of the last frame, in samples; `longest` is the length of the stream's blocks.
fn last_sample(tail: &[u8], longest: u64) -> Option<u64> {
    // A tag of another format may stand behind the stream.
    let tail = tail
        .len()
        .checked_sub(128)
        .filter(|at| tail[*at..].starts_with(b"TAG"))
        .map_or(tail, |at| &tail[..at]);
    tail.windows(2)
        .enumerate()
        .rev()
        .filter(|(_, sync)| matches!(sync, [0xff, 0xf8 | 0xf9]))
        .find_map(|(at, _)| {
            let frame = &tail[at..];
            let end = frame_end(frame, longest)?;
            // Of a frame and its checksum together, the checksum is none.
            (FRAME.checksum(frame) == 0).then_some(end)
        })
}

/// The end of the frame that bytes start with, in samples, if its header is one (RFC 9639, 9.1).
fn frame_end(frame: &[u8], longest: u64) -> Option<u64> {
    let (variable, coded, rate) = (frame[1] & 1 == 1, *frame.get(2)? >> 4, *frame.get(2)? & 15);
    let (number, mut at) = coded_number(frame.get(4..)?)?;
    at += 4;
    let samples = match coded {
        0 => return None,
        1 => 192,
        2..=5 => 576 << (coded - 2),
        6 => u64::from(*frame.get(at)?) + 1,
        7 => be(frame.get(at..at + 2)?) + 1,
        _ => 256 << (coded - 8),
    };
    at += match coded {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    at += match rate {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let valid = HEADER.checksum(frame.get(..at)?) == *frame.get(at)?;
    let start = if variable { number } else { number.checked_mul(longest)? };
    valid.then(|| start.checked_add(samples)).flatten()
}

/// A number coded as UTF-8 codes characters, but up to 36 bits long, and its length in bytes.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = match first.leading_ones() as usize {
        0 => return Some((first.into(), 1)),
        len @ 2..=7 => len,
        _ => return None,
    };
    let start = u64::from(first) & (0x7f >> len);
    let rest = bytes.get(1..len)?;
    let number = rest.iter().fold(start, |number, byte| number << 6 | u64::from(byte & 0x3f));
    rest.iter().all(|byte| byte >> 6 == 2).then_some((number, len))
}
