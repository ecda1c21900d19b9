//! Matroska and `WebM`: duration, dimensions, kinds of tracks.

use std::time::Duration;

use super::Media;
use super::window::{Stop, Window};

/// Elements looked at in one parent.
const MAX_ELEMENTS: usize = 256;

mod id {
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const CLUSTER: u32 = 0x1f43_b675;
    pub(super) const INFO: u32 = 0x1549_a966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub(super) const DURATION: u32 = 0x4489;
    pub(super) const TRACKS: u32 = 0x1654_ae6b;
    pub(super) const TRACK: u32 = 0xae;
    pub(super) const TRACK_TYPE: u32 = 0x83;
    pub(super) const VIDEO: u32 = 0xe0;
    pub(super) const PIXEL_WIDTH: u32 = 0xb0;
    pub(super) const PIXEL_HEIGHT: u32 = 0xba;
    pub(super) const DISPLAY_WIDTH: u32 = 0x54b0;
    pub(super) const DISPLAY_HEIGHT: u32 = 0x54ba;
    pub(super) const DISPLAY_UNIT: u32 = 0x54b2;
}

/// An element: its kind and where its content is.
struct Element {
    id: u32,
    start: u64,
    end: u64,
}

/// What the tracks are.
#[derive(Default)]
struct Tracks {
    video: bool,
    audio: bool,
}

/// Finds the type, the duration and the dimensions.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let header = element(window, 0, window.size())?;
    let mut webm = false;
    each(window, &header, |child| {
        if child.id == id::DOC_TYPE {
            webm = window.up_to(child.start, 4)? == b"webm";
        }
        Ok(true)
    })?;
    let (sound, film) =
        if webm { ("audio/webm", "video/webm") } else { ("audio/x-matroska", "video/x-matroska") };
    film.clone_into(&mut media.content_type);

    let segment = element(window, header.end, window.size())?;
    if segment.id != id::SEGMENT {
        return Err(Stop::Malformed);
    }
    let mut tracks = Tracks::default();
    each(window, &segment, |child| {
        match child.id {
            id::INFO => media.duration_ms = duration(window, &child)?,
            id::TRACKS => each(window, &child, |entry| {
                if entry.id == id::TRACK {
                    track(window, &entry, &mut tracks, media)?;
                }
                Ok(true)
            })?,
            // The media itself: what describes it comes before.
            id::CLUSTER => return Ok(false),
            _ => {}
        }
        Ok(true)
    })?;
    if tracks.audio && !tracks.video {
        sound.clone_into(&mut media.content_type);
    }
    Ok(())
}

/// The duration; nothing in a recording whose end was not known when its head was written.
fn duration(window: &Window, info: &Element) -> Result<Option<u64>, Stop> {
    let (mut scale, mut length) = (1_000_000, None);
    each(window, info, |child| {
        match child.id {
            id::TIMESTAMP_SCALE => scale = unsigned(window, &child)?,
            id::DURATION => length = Some(float(window, &child)?),
            _ => {}
        }
        Ok(true)
    })?;
    let nanos =
        length.zip(u32::try_from(scale).ok()).map(|(length, scale)| length * f64::from(scale));
    Ok(nanos
        .and_then(|nanos| Duration::try_from_secs_f64(nanos / 1e9).ok())
        .and_then(|duration| u64::try_from(duration.as_millis()).ok())
        .filter(|ms| *ms > 0))
}

fn track(
    window: &Window,
    entry: &Element,
    tracks: &mut Tracks,
    media: &mut Media,
) -> Result<(), Stop> {
    each(window, entry, |child| {
        match child.id {
            id::TRACK_TYPE => match unsigned(window, &child)? {
                1 => tracks.video = true,
                2 => tracks.audio = true,
                _ => {}
            },
            id::VIDEO if media.width.is_none() => measure(window, &child, media)?,
            _ => {}
        }
        Ok(true)
    })
}

fn measure(window: &Window, video: &Element, media: &mut Media) -> Result<(), Stop> {
    let (mut coded, mut shown, mut unit) = ((0, 0), (0, 0), 0);
    each(window, video, |child| {
        match child.id {
            id::PIXEL_WIDTH => coded.0 = unsigned(window, &child)?,
            id::PIXEL_HEIGHT => coded.1 = unsigned(window, &child)?,
            id::DISPLAY_WIDTH => shown.0 = unsigned(window, &child)?,
            id::DISPLAY_HEIGHT => shown.1 = unsigned(window, &child)?,
            id::DISPLAY_UNIT => unit = unsigned(window, &child)?,
            _ => {}
        }
        Ok(true)
    })?;
    // In other units, such as centimetres, it is only a ratio.
    let (width, height) = if unit == 0 && shown.0 > 0 && shown.1 > 0 { shown } else { coded };
    if let (Ok(width @ 1..), Ok(height @ 1..)) = (u32::try_from(width), u32::try_from(height)) {
        (media.width, media.height) = (Some(width), Some(height));
    }
    Ok(())
}

fn unsigned(window: &Window, element: &Element) -> Result<u64, Stop> {
    let bytes = content(window, element)?;
    Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

fn float(window: &Window, element: &Element) -> Result<f64, Stop> {
    let bytes = content(window, element)?;
    let double = bytes.try_into().map(f64::from_be_bytes);
    double
        .or_else(|_| bytes.try_into().map(|single| f32::from_be_bytes(single).into()))
        .map_err(|_| Stop::Malformed)
}

/// The content of a number: eight bytes at most.
fn content<'a>(window: &'a Window, element: &Element) -> Result<&'a [u8], Stop> {
    let len = usize::try_from(element.end - element.start).ok().filter(|len| *len <= 8);
    window.get(element.start, len.ok_or(Stop::Malformed)?)
}

/// Visits an element's children, until told to stop.
fn each(
    window: &Window,
    parent: &Element,
    mut visit: impl FnMut(Element) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    let mut at = parent.start;
    for _ in 0..MAX_ELEMENTS {
        if at >= parent.end {
            break;
        }
        let child = element(window, at, parent.end)?;
        at = child.end;
        if !visit(child)? {
            break;
        }
    }
    Ok(())
}

/// The element at an offset, cut off where its parent ends.
fn element(window: &Window, at: u64, end: u64) -> Result<Element, Stop> {
    let [first] = window.array(at)?;
    let len = first.leading_zeros() as usize + 1;
    let id = window.get(at, Some(len).filter(|len| *len <= 4).ok_or(Stop::Malformed)?)?;
    let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let at = at + len as u64;

    let [first] = window.array(at)?;
    let len = first.leading_zeros() as usize + 1;
    let size = window.get(at, Some(len).filter(|len| *len <= 8).ok_or(Stop::Malformed)?)?;
    let size = size.iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
    let start = at + len as u64;

    // The length's own mark is taken off; all ones mean that the end is not known.
    let ones = (1 << (7 * len)) - 1;
    let size = size & ones;
    let stop = if size == ones { end } else { start.saturating_add(size).min(end) };
    Ok(Element { id, start, end: stop.max(start) })
}
