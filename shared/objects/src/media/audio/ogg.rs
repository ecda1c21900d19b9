//! Ogg: Vorbis, Opus, FLAC and Speex, with or without Theora.

use super::super::window::{Stop, Window};
use super::super::{FIRST_READ, Media, millis};
use super::flac;

/// Streams looked at.
const MAX_STREAMS: usize = 16;
const HEADER: usize = 27;
/// The flag of a stream's first page.
const FIRST_PAGE: u8 = 2;

/// A stream of sound.
struct Sound {
    serial: [u8; 4],
    rate: u64,
    /// Samples that a decoder drops at the start.
    skip: u64,
}

/// Finds the kind of content and the duration: the position that the last page notes.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut sound = None;
    let mut at = 0;
    for _ in 0..MAX_STREAMS {
        let header: [u8; HEADER] = window.array(at)?;
        if !header.starts_with(b"OggS") || header[5] & FIRST_PAGE == 0 {
            break;
        }
        let start = at + HEADER as u64 + u64::from(header[26]);
        let table = window.get(at + HEADER as u64, header[26].into())?;
        let len = table.iter().map(|len| usize::from(*len)).sum();
        let packet = window.get(start, len)?;
        if let Some((width, height)) = theora(packet) {
            "video/ogg".clone_into(&mut media.content_type);
            (media.width, media.height) = (Some(width), Some(height));
        }
        let serial = [header[14], header[15], header[16], header[17]];
        sound = sound.or_else(|| {
            let (rate, skip) = rate(packet)?;
            Some(Sound { serial, rate, skip })
        });
        at = start + len as u64;
    }
    if let Some(sound) = sound {
        let (_, tail) = window.tail(FIRST_READ)?;
        media.duration_ms = last_position(tail, sound.serial)
            .and_then(|end| millis(end.saturating_sub(sound.skip), sound.rate));
    }
    Ok(())
}

/// Sample rate and samples to skip, from a stream's first packet.
fn rate(packet: &[u8]) -> Option<(u64, u64)> {
    let number = |at: usize| packet.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    if packet.starts_with(b"OpusHead") {
        let skip = packet.get(10..12)?.try_into().ok().map(u16::from_le_bytes)?;
        Some((48_000, skip.into()))
    } else if packet.starts_with(b"\x01vorbis") {
        Some((number(12)?.into(), 0))
    } else if packet.starts_with(b"\x7fFLAC") {
        let (rate, _) = flac::stream_info(packet.get(17..35)?.try_into().ok()?);
        Some((rate, 0))
    } else if packet.starts_with(b"Speex   ") {
        Some((number(36)?.into(), 0))
    } else {
        None
    }
}

/// The dimensions in a Theora stream's first packet.
fn theora(packet: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| match *packet.get(at..at + 3)? {
        [a, b, c] => Some(u32::from_be_bytes([0, a, b, c])),
        _ => None,
    };
    if packet.starts_with(b"\x80theora") { number(14).zip(number(17)) } else { None }
}

/// The position on a stream's last page that notes one.
fn last_position(tail: &[u8], serial: [u8; 4]) -> Option<u64> {
    tail.windows(HEADER).rev().find_map(|page| {
        let position = page.get(6..14)?.try_into().ok().map(u64::from_le_bytes)?;
        (page.starts_with(b"OggS") && page[14..18] == serial && position != u64::MAX)
            .then_some(position)
    })
}
