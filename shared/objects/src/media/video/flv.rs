//! Flash video: what its writer noted, or its last tags.

use super::super::Media;
use super::super::window::{Stop, Window};
use super::codec;

/// Tags looked at, at the start and at the end.
const MAX_TAGS: usize = 32;
const SOUND: u64 = 8;
const FILM: u64 = 9;
const SCRIPT: u64 = 18;
/// Bytes of a tag's header.
const HEADER: u64 = 11;
/// Bytes at the end in which the last tags are looked for.
const TAIL: u64 = 512 * 1024;
/// Bytes of a note that are read.
const NOTE: u64 = 64 * 1024;

struct Tag {
    kind: u64,
    len: u64,
    /// Milliseconds.
    time: u64,
}

impl Tag {
    fn read(window: &Window, at: u64) -> Result<Self, Stop> {
        Ok(Self {
            kind: window.be::<1>(at)? & 0x1f,
            len: window.be::<3>(at + 1)?,
            // Its highest byte comes last.
            time: window.be::<3>(at + 4)? | window.be::<1>(at + 7)? << 24,
        })
    }
}

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut at, mut first) = (window.be::<4>(5)? + 4, None);
    for _ in 0..MAX_TAGS {
        if at + HEADER > window.size() {
            break;
        }
        let tag = Tag::read(window, at)?;
        let content = at + HEADER;
        match tag.kind {
            SCRIPT => note(window.peek(content, tag.len.min(NOTE))?, media),
            FILM if media.width.is_none() => {
                // The configuration of H.264 comes in a tag of its own.
                let bytes = window.peek(content, tag.len.min(NOTE))?;
                let size = (bytes.first().is_some_and(|b| b & 15 == 7) && bytes.get(1) == Some(&0))
                    .then(|| codec::h264_in_record(bytes.get(5..)?))
                    .flatten();
                (media.width, media.height) = size.unzip();
                first = first.or(Some(tag.time));
            }
            _ => first = first.or(Some(tag.time)),
        }
        if first.is_some() && media.width.is_some() {
            break;
        }
        at = content + tag.len + 4;
    }
    if media.duration_ms.is_none() {
        media.lasts(end(window)?.and_then(|end| end.checked_sub(first.unwrap_or(0))));
    }
    Ok(())
}

/// Takes what is noted in `onMetaData`.
fn note(script: &[u8], media: &mut Media) {
    // A name with its length in front, the mark of a number, and a double.
    let number = |name: &[u8]| {
        let key = [&[0, u8::try_from(name.len()).ok()?][..], name, &[0]].concat();
        let at = script.windows(key.len()).position(|bytes| bytes == key)? + key.len();
        Some(f64::from_be_bytes(*script.get(at..)?.first_chunk()?))
    };
    let whole = |value: f64| std::time::Duration::try_from_secs_f64(value).ok();
    let side = |name| u32::try_from(whole(number(name)?)?.as_secs()).ok().filter(|side| *side > 0);
    if let (Some(width), Some(height)) = (side(b"width"), side(b"height")) {
        (media.width, media.height) = (Some(width), Some(height));
    }
    let ms = number(b"duration").and_then(whole).and_then(|d| u64::try_from(d.as_millis()).ok());
    media.lasts(ms);
}

/// The time at which the last tag ends, found from the end: behind each tag stands its length.
fn end(window: &Window) -> Result<Option<u64>, Stop> {
    let mut times: [Vec<u64>; 2] = [Vec::new(), Vec::new()];
    let (reach, _) = window.tail(TAIL)?;
    let mut at = window.size();
    for _ in 0..MAX_TAGS {
        let Some(behind) = at.checked_sub(4).filter(|behind| *behind >= reach) else { break };
        let Some(start) = behind.checked_sub(window.be::<4>(behind)?) else { break };
        if start < reach.max(13) || start + HEADER > behind {
            break;
        }
        let tag = Tag::read(window, start)?;
        match tag.kind {
            SOUND => times[0].push(tag.time),
            FILM => times[1].push(tag.time),
            _ => {}
        }
        at = start;
    }
    let ends = times.into_iter().filter_map(|mut times| {
        times.sort_unstable();
        times.dedup();
        let last = times.pop()?;
        Some(last + times.pop().map_or(0, |before| last - before))
    });
    Ok(ends.max())
}
