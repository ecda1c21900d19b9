//! Sound in frames, one behind the other, that each say how long they are: counted where the object is
//! small enough to be read, and estimated by some of them where it is not.

use super::super::window::{Stop, Window};
use super::super::{FIRST_READ, Media};

/// Objects up to this are read whole, and their frames counted.
pub(in super::super) const COUNTED: u64 = 6 * 1024 * 1024;
/// Places in a larger one whose frames stand for the others.
const SAMPLES: u64 = 8;
/// Units of time of which every sample rate makes a whole number of: 1/705,600,000 s.
pub(in super::super) const FLICKS: u64 = 705_600_000;
/// Frames that must follow each other where one is looked for.
const IN_A_ROW: usize = 3;

/// A frame's header.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Frame {
    /// Bytes, its header among them.
    pub(in super::super) len: usize,
    /// The time that it sounds.
    pub(in super::super) flicks: u64,
    /// The bits that all frames of a stream have in common.
    pub(in super::super) stream: u32,
}

impl Frame {
    /// A frame of a number of samples, of which `rate` make a second.
    pub(super) fn new(len: usize, samples: u64, rate: u64, stream: u32) -> Option<Self> {
        let flicks = (samples * FLICKS).checked_div(rate)?;
        (len > 0).then_some(Self { len, flicks, stream })
    }
}

/// Reads the header of the frame that bytes start with.
pub(in super::super) type Parse = fn(&[u8]) -> Option<Frame>;

/// Frames and what they sum up to.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Count {
    pub(in super::super) frames: u64,
    pub(in super::super) bytes: u64,
    pub(in super::super) flicks: u64,
}

impl Count {
    /// Milliseconds.
    pub(in super::super) fn millis(self) -> Option<u64> {
        super::super::millis(self.flicks, FLICKS)
    }

    /// The milliseconds of `len` bytes of such frames.
    fn millis_of(self, len: u64) -> Option<u64> {
        let flicks = u128::from(self.flicks) * u128::from(len);
        let flicks = flicks.checked_div(self.bytes.into())?;
        super::super::millis(u64::try_from(flicks).ok()?, FLICKS)
    }
}

/// True if bytes start with a stream of such frames. Where they end, fewer are enough: two, or one that
/// ends there too.
pub(in super::super) fn starts(bytes: &[u8], parse: Parse) -> bool {
    let (mut at, mut first) = (0, None);
    for seen in 0..IN_A_ROW {
        let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else {
            return seen > 1 || (seen == 1 && at == bytes.len());
        };
        let Some(frame) = parse(rest) else { return false };
        if *first.get_or_insert(frame.stream) != frame.stream {
            return false;
        }
        at += frame.len;
    }
    true
}

/// Finds the start of such a stream.
pub(in super::super) fn find(bytes: &[u8], parse: Parse) -> Option<usize> {
    (0..bytes.len()).find(|at| parse(&bytes[*at..]).is_some() && starts(&bytes[*at..], parse))
}

/// Counts frames. What lies between them, as tags do where files were joined, is stepped over.
pub(in super::super) fn count(bytes: &[u8], parse: Parse) -> Count {
    let (mut count, mut at) = (Count::default(), 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some(frame) = parse(rest).filter(|frame| frame.len <= rest.len()) {
            count.frames += 1;
            count.bytes += frame.len as u64;
            count.flicks += frame.flicks;
            at += frame.len;
        } else if let Some(tag) = id3_len(rest) {
            at = at.saturating_add(tag);
        } else {
            let Some(gap) = find(&rest[1..], parse) else { break };
            at += 1 + gap;
        }
    }
    count
}

/// The length of the `ID3v2` tag that bytes start with.
pub(super) fn id3_len(bytes: &[u8]) -> Option<usize> {
    let [b'I', b'D', b'3', _, _, flags, a, b, c, d] = *bytes.first_chunk::<10>()? else {
        return None;
    };
    let len = [a, b, c, d].iter().fold(0, |len, byte| len << 7 | usize::from(byte & 0x7f));
    Some(10 + len + if flags & 0x10 == 0 { 0 } else { 10 })
}

/// Finds the duration of the frames from `at` on.
pub(in super::super) fn measure(
    window: &Window,
    at: u64,
    parse: Parse,
    media: &mut Media,
) -> Result<(), Stop> {
    let len = window.size().saturating_sub(at);
    if len <= COUNTED {
        let bytes = window.peek(at, len)?;
        media.lasts(count(bytes, parse).millis());
        return Ok(());
    }
    media.lasts_about(estimate(window, at, parse)?);
    Ok(())
}

/// About how many milliseconds the frames from `at` on last.
pub(super) fn estimate(window: &Window, at: u64, parse: Parse) -> Result<Option<u64>, Stop> {
    let len = window.size().saturating_sub(at);
    let mut sum = Count::default();
    for part in 0..SAMPLES {
        let piece = window.peek(at + len / SAMPLES * part, FIRST_READ)?;
        let piece = find(piece, parse).map_or(&[][..], |start| &piece[start..]);
        let found = count(piece, parse);
        sum.bytes += found.bytes;
        sum.flicks += found.flicks;
    }
    Ok(sum.millis_of(len))
}
