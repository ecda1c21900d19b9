//! AVI: what its headers say of each stream.

use super::super::audio::frames::COUNTED;
use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Bytes of a chunk's header.
const CHUNK: u64 = 8;
/// Chunks looked at in one list.
const MAX_CHUNKS: usize = 256;

/// A chunk: its name, the kind of a list, and where its content is.
struct Chunk {
    name: [u8; 4],
    start: u64,
    end: u64,
}

/// The streams' contents.
#[derive(Default)]
struct Streams {
    longest: Option<u64>,
    /// Of the first stream that shows: its number, and how long a frame lasts.
    film: Option<(usize, u64, u64)>,
    count: usize,
}

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut streams = Streams::default();
    each(window, 12, window.size(), |chunk| {
        if chunk.name != *b"LIST" {
            return Ok(true);
        }
        match &window.array(chunk.start)? {
            b"hdrl" => each(window, chunk.start + 4, chunk.end, |inner| {
                if inner.name == *b"LIST" && window.array(inner.start)? == *b"strl" {
                    stream(window, &inner, &mut streams, media)?;
                }
                Ok(true)
            })?,
            b"movi" => {
                media.lasts(streams.longest);
                if let (None, Some(film)) = (media.duration_ms, streams.film) {
                    media.lasts(count(window, &chunk, film)?);
                }
                return Ok(false);
            }
            _ => {}
        }
        Ok(true)
    })
}

fn stream(
    window: &Window,
    list: &Chunk,
    streams: &mut Streams,
    media: &mut Media,
) -> Result<(), Stop> {
    let mut shows = false;
    each(window, list.start + 4, list.end, |chunk| {
        let at = chunk.start;
        match &chunk.name {
            b"strh" => {
                shows = window.array(at)? == *b"vids";
                let [scale, rate] = [window.le::<4>(at + 20)?, window.le::<4>(at + 24)?];
                let (units, bytes) = (window.le::<4>(at + 32)?, window.le::<4>(at + 44)?);
                // What is written to a pipe promises more than fits: each unit has a size, or is a chunk.
                let fits = units * if bytes == 0 { CHUNK } else { bytes } <= window.size();
                let length = millis(units * scale, rate).filter(|_| fits);
                streams.longest = streams.longest.max(length);
                if shows && streams.film.is_none() {
                    streams.film = Some((streams.count, scale, rate));
                }
            }
            b"strf" if shows && media.width.is_none() => {
                // A picture stored from its top down has a height below zero.
                let side =
                    |at| window.array(at).map(|side| i32::from_le_bytes(side).unsigned_abs());
                if let (width @ 1.., height @ 1..) = (side(at + 4)?, side(at + 8)?) {
                    (media.width, media.height) = (Some(width), Some(height));
                }
            }
            _ => {}
        }
        Ok(true)
    })?;
    streams.count += 1;
    Ok(())
}

/// The duration of a film that was written where its writer could not go back: its frames, counted.
fn count(
    window: &Window,
    movie: &Chunk,
    (number, scale, rate): (usize, u64, u64),
) -> Result<Option<u64>, Stop> {
    if window.size() > COUNTED || number > 9 {
        return Ok(None);
    }
    let (name, mut at, mut frames) = (format!("{number:02}d"), movie.start + 4, 0);
    window.peek(at, COUNTED)?;
    while at + 8 <= window.size() {
        let [kind @ .., a, b, c, d] = window.array::<8>(at)?;
        let len = u64::from(u32::from_le_bytes([a, b, c, d]));
        frames += u64::from(kind.starts_with(name.as_bytes()));
        at += 8 + if kind == *b"LIST" { 4 } else { len.next_multiple_of(2) };
    }
    Ok(millis(frames * scale, rate))
}

/// Visits the chunks between two offsets, until told to stop.
fn each(
    window: &Window,
    mut at: u64,
    end: u64,
    mut visit: impl FnMut(Chunk) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    for _ in 0..MAX_CHUNKS {
        if at + 8 > end {
            break;
        }
        let name = window.array(at)?;
        let len = window.le::<4>(at + 4)?;
        let start = at + 8;
        if !visit(Chunk { name, start, end: (start + len).min(end) })? {
            break;
        }
        at = start + len.next_multiple_of(2);
    }
    Ok(())
}
