//! MP3 and its elder layers, and what else may follow an ID3 tag.

use super::super::window::{Stop, Window};
use super::super::{FIRST_READ, Media, millis};
use super::frames::{self, Frame};
use super::{adts, flac, lossless};

/// Tags skipped before the sound.
const MAX_TAGS: usize = 8;
/// By how much a note may be longer than what is there.
const SLACK: u64 = 4 * 1024;

/// The length behind the end that a file's first frame notes, in which it goes on if another was joined to it.
const SEAM: u64 = 16 * 1024;

/// True if bytes without a tag are a stream: three frames in a row are no chance.
pub(in super::super) fn starts(head: &[u8]) -> bool {
    frames::starts(head, parse)
}

/// Finds the duration: as the encoder noted it, or by counting frames.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let at = after_tags(window)?;
    let piece = window.peek(at, FIRST_READ)?;
    match piece {
        [b'f', b'L', b'a', b'C', ..] => {
            "audio/flac".clone_into(&mut media.content_type);
            return flac::examine(window, at, media);
        }
        [b'T', b'T', b'A', b'1', ..] => {
            "audio/x-tta".clone_into(&mut media.content_type);
            return lossless::true_audio(window, at, media);
        }
        [0xff, 0xf1 | 0xf9 | 0xf0 | 0xf8, ..] => {
            "audio/aac".clone_into(&mut media.content_type);
            return frames::measure(window, at, adts::parse, media);
        }
        _ => {}
    }
    let Some(start) = frames::find(piece, parse) else { return Ok(()) };
    let (at, frame) = (at + start as u64, &piece[start..]);
    if let Some(header) = Header::parse(frame)
        && let Some(note) = header.note(frame)
        && is_whole(window, at, &note)?
    {
        media.lasts(note.millis(&header));
        return Ok(());
    }
    frames::measure(window, at, parse, media)
}

/// True if a note is of the whole object: of neither the first of several files in one, nor of one
/// that was cut off.
fn is_whole(window: &Window, at: u64, note: &Note) -> Result<bool, Stop> {
    let Some(len) = note.bytes else {
        return Ok(window.size() - at > frames::COUNTED);
    };
    let end = at + len;
    if end >= window.size() {
        // Some notes leave out the frame that they are in, or its tag.
        return Ok(end - window.size() < SLACK);
    }
    let behind = window.peek(end, SEAM)?;
    Ok(frames::id3_len(behind).is_none() && frames::find(behind, parse).is_none())
}

/// The start of the sound: `ID3v2` tags are stepped over, pictures and all.
fn after_tags(window: &Window) -> Result<u64, Stop> {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        let Some(len) = frames::id3_len(window.peek(at, 10)?) else { break };
        at += len as u64;
    }
    Ok(at)
}

/// Reads a frame's header. One that holds a note does not sound.
pub(in super::super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let header = Header::parse(bytes)?;
    let samples = if header.note(bytes).is_some() { 0 } else { header.samples };
    Frame::new(header.len, samples, header.rate, u32::from(u16::from_be_bytes(header.stream)))
}

/// The note in a file's first frame about all of them.
struct Note {
    frames: u64,
    bytes: Option<u64>,
    /// Samples that the encoder put before and behind the sound.
    padding: u64,
}

impl Note {
    fn millis(&self, header: &Header) -> Option<u64> {
        millis((self.frames * header.samples).checked_sub(self.padding)?, header.rate)
    }
}

/// A frame's header.
#[derive(Debug, Clone, Copy)]
struct Header {
    /// The header's bits that are the same for all frames of a stream.
    stream: [u8; 2],
    len: usize,
    samples: u64,
    rate: u64,
    /// The place at which an encoder notes the number of frames.
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

impl Header {
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

    /// Reads what LAME and others (Xing, Info) or Fraunhofer's encoder (VBRI) note in the first frame.
    fn note(&self, frame: &[u8]) -> Option<Note> {
        let number =
            |at: usize| Some(u64::from(u32::from_be_bytes(*frame.get(at..)?.first_chunk()?)));
        let mut at = self.note;
        let note = match frame.get(at..at + 4)? {
            b"Xing" | b"Info" => {
                let flags = number(at + 4)?;
                at += 8;
                let mut next = |bit: u64, len: usize| {
                    let value = if flags & bit == 0 { None } else { number(at) };
                    at += if flags & bit == 0 { 0 } else { len };
                    value
                };
                let (frames, bytes) = (next(1, 4)?, next(2, 4));
                let _ = (next(4, 100), next(8, 4));
                // Nine letters name the encoder. Of those that write LAME's tag, what they put in
                // front of the sound and behind it is noted 21 bytes in.
                let name = frame.get(at..at + 4).unwrap_or_default();
                let known = matches!(name, b"LAME" | b"Lavf" | b"Lavc");
                let gaps = number(at + 20).filter(|_| known).unwrap_or(0);
                Note { frames, bytes, padding: (gaps >> 12 & 0xfff) + (gaps & 0xfff) }
            }
            _ if frame.get(36..40)? == b"VBRI" => {
                Note { frames: number(50)?, bytes: number(46), padding: 0 }
            }
            _ => return None,
        };
        (note.frames > 0).then_some(note)
    }
}
