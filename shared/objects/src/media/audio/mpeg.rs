//! MP3 and its elder layers, and what else may follow an ID3 tag.

use super::super::window::{Stop, Window};
use super::super::{FIRST_READ, Media, millis};
use super::flac;

/// Tags skipped before the sound.
const MAX_TAGS: usize = 8;

/// Whether bytes without a tag are a stream: three frames in a row are no chance.
pub(in super::super) fn starts(head: &[u8]) -> bool {
    frames(head, 0).take(3).count() == 3
}

/// Finds the duration: as the encoder noted it, or from the bit rate of the first frames.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let at = after_tags(window)?;
    let piece = window.up_to(at, FIRST_READ)?;
    match piece {
        [b'f', b'L', b'a', b'C', ..] => {
            "audio/flac".clone_into(&mut media.content_type);
            return flac::examine(window, at, media);
        }
        [0xff, 0xf1 | 0xf9 | 0xf0 | 0xf8, ..] => {
            "audio/aac".clone_into(&mut media.content_type);
            return Ok(());
        }
        _ => {}
    }
    let rest = window.size() - at;
    let all = rest <= piece.len() as u64;
    let Some((start, frame)) = first_frame(piece, all) else {
        let cut = !all && (piece.len() as u64) < FIRST_READ;
        return if cut { Err(Stop::Missing(at)) } else { Ok(()) };
    };
    let noted = frame.noted_frames(&piece[start..]);
    media.duration_ms = match noted {
        Some(frames) => millis(u64::from(frames) * frame.samples, frame.rate),
        None => estimate(&piece[start..], rest - start as u64, frame),
    };
    Ok(())
}

/// Where the sound starts: `ID3v2` tags are stepped over, pictures and all.
fn after_tags(window: &Window) -> Result<u64, Stop> {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        let [b'I', b'D', b'3', _, _, flags, a, b, c, d] = window.array::<10>(at)? else {
            break;
        };
        let len = [a, b, c, d].iter().fold(0, |len, byte| len << 7 | u64::from(byte & 0x7f));
        at += 10 + len + if flags & 0x10 == 0 { 0 } else { 10 };
    }
    Ok(at)
}

/// The length of `len` bytes at the bit rate of the frames that are at hand.
fn estimate(piece: &[u8], len: u64, first: Frame) -> Option<u64> {
    let (count, bytes) = frames(piece, 0).fold((0, 0), |(n, sum), f| (n + 1, sum + f.len as u64));
    let samples = u128::from(len) * count * u128::from(first.samples);
    millis(u64::try_from(samples.checked_div(bytes.into())?).ok()?, first.rate)
}

/// The first frame, and where it is: one that another follows, or the end of the object.
fn first_frame(piece: &[u8], all: bool) -> Option<(usize, Frame)> {
    (0..piece.len()).find_map(|at| {
        let frame = Frame::parse(piece.get(at..)?)?;
        let next = piece.get(at + frame.len..).unwrap_or_default();
        let ended = all && next.len() < 4;
        let followed = Frame::parse(next).is_some_and(|next| next.like(&frame));
        (ended || followed).then_some((at, frame))
    })
}

/// Frames of one stream, one behind the other.
fn frames(bytes: &[u8], mut at: usize) -> impl Iterator<Item = Frame> {
    let first = Frame::parse(bytes);
    std::iter::from_fn(move || {
        let frame = Frame::parse(bytes.get(at..)?)?;
        at += frame.len;
        first.filter(|first| frame.like(first)).map(|_| frame)
    })
}

/// What a frame's header says.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The header's bits that are the same for all frames of a stream.
    stream: [u8; 2],
    len: usize,
    samples: u64,
    rate: u64,
    /// Where an encoder notes the number of frames.
    note: usize,
}

/// kbit/s by layer and bit rate index: version 1 layers I, II, III; version 2 layer I, and II and III.
const RATES: [[u16; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

impl Frame {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xff, b, c, d, ..] = *bytes else {
            return None;
        };
        let (version, layer) = (b >> 3 & 3, b >> 1 & 3);
        if b & 0xe0 != 0xe0 || version == 1 || layer == 0 || d & 3 == 2 {
            return None;
        }
        let first = version == 3;
        let table = match (first, layer) {
            (true, _) => usize::from(3 - layer),
            (false, 3) => 3,
            (false, _) => 4,
        };
        // Index 0 is a rate of one's own, which nobody uses; a frame's length is then unknown.
        let kilobits =
            usize::from(*RATES[table].get(usize::from(c >> 4)).filter(|rate| **rate > 0)?);
        let base: usize = *[44_100, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
        let rate = match version {
            3 => base,
            2 => base / 2,
            _ => base / 4,
        };
        let samples = match (layer, first) {
            (3, _) => 384,
            (1, false) => 576,
            _ => 1152,
        };
        let slot = if layer == 3 { 4 } else { 1 };
        let padding = usize::from(c >> 1 & 1);
        let mono = d >> 6 == 3;
        Some(Self {
            stream: [b & 0xfe, c & 0x0c],
            len: (samples / 8 * kilobits * 1000 / slot / rate + padding) * slot,
            samples: samples as u64,
            rate: rate as u64,
            note: match (first, mono) {
                (true, false) => 36,
                (true, true) | (false, false) => 21,
                (false, true) => 13,
            },
        })
    }

    /// Whether both may be of one stream.
    fn like(&self, other: &Self) -> bool {
        self.stream == other.stream
    }

    /// The number of frames, as LAME and others (Xing, Info) or Fraunhofer's encoder (VBRI) note it
    /// in the first one.
    fn noted_frames(&self, frame: &[u8]) -> Option<u32> {
        let number = |at: usize| frame.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        let frames = match frame.get(self.note..self.note + 4)? {
            b"Xing" | b"Info" if number(self.note + 4)? & 1 == 1 => number(self.note + 8)?,
            _ if frame.get(36..40)? == b"VBRI" => number(50)?,
            _ => return None,
        };
        (frames > 0).then_some(frames)
    }
}
