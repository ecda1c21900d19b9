//! Matroska and `WebM`: duration, dimensions, kinds of tracks.

mod clusters;

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
    pub(super) const PROJECTION: u32 = 0x7670;
    pub(super) const PROJECTION_ROLL: u32 = 0x7675;
    pub(super) const TRACK_NUMBER: u32 = 0xd7;
    pub(super) const DEFAULT_DURATION: u32 = 0x23_e383;
    pub(super) const TIMESTAMP: u32 = 0xe7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
    pub(super) const BLOCK_GROUP: u32 = 0xa0;
    pub(super) const BLOCK: u32 = 0xa1;
    pub(super) const BLOCK_DURATION: u32 = 0x9b;
}

/// An element: its kind, where it starts, and where its content is.
#[derive(Debug, Clone, Copy)]
struct Element {
    id: u32,
    header: u64,
    start: u64,
    end: u64,
    /// True if it says where it ends.
    sized: bool,
}

/// The head of a segment.
struct Head {
    /// Nanoseconds of a unit of time.
    scale: u64,
    video: bool,
    audio: bool,
    /// The numbers of tracks, and how many nanoseconds a frame of each lasts.
    frames: Vec<(u64, u64)>,
    /// The start of the media itself.
    clusters: Option<u64>,
}

/// Finds the type, the duration and the dimensions.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let header = element(window, 0, window.size())?;
    let mut webm = false;
    each(window, &header, |child| {
        if child.id == id::DOC_TYPE {
            webm = window.peek(child.start, 4)? == b"webm";
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
    let mut head =
        Head { scale: 1_000_000, video: false, audio: false, frames: Vec::new(), clusters: None };
    each(window, &segment, |child| {
        match child.id {
            id::INFO => media.lasts(information(window, &child, &mut head)?),
            id::TRACKS => each(window, &child, |entry| {
                if entry.id == id::TRACK {
                    track(window, &entry, &mut head, media)?;
                }
                Ok(true)
            })?,
            // What describes the media comes before it.
            id::CLUSTER => {
                head.clusters = Some(child.header);
                return Ok(false);
            }
            _ => {}
        }
        Ok(true)
    })?;
    if head.audio && !head.video {
        sound.clone_into(&mut media.content_type);
    }
    // Not in a recording whose end was not known when its head was written.
    match head.clusters {
        Some(first) if media.duration_ms.is_none() => {
            clusters::measure(window, first, segment.end, &head, media)
        }
        _ => Ok(()),
    }
}

/// The duration and the units of time.
fn information(window: &Window, info: &Element, head: &mut Head) -> Result<Option<u64>, Stop> {
    let mut length = None;
    each(window, info, |child| {
        match child.id {
            id::TIMESTAMP_SCALE => head.scale = unsigned(window, &child)?,
            id::DURATION => length = Some(float(window, &child)?),
            _ => {}
        }
        Ok(true)
    })?;
    let scale = u32::try_from(head.scale).map_err(|_| Stop::Malformed)?;
    Ok(length
        .and_then(|length| Duration::try_from_secs_f64(length * f64::from(scale) / 1e9).ok())
        .and_then(|duration| u64::try_from(duration.as_millis()).ok()))
}

fn track(window: &Window, entry: &Element, head: &mut Head, media: &mut Media) -> Result<(), Stop> {
    let (mut number, mut length) = (0, 0);
    each(window, entry, |child| {
        match child.id {
            id::TRACK_TYPE => match unsigned(window, &child)? {
                1 => head.video = true,
                2 => head.audio = true,
                _ => {}
            },
            id::TRACK_NUMBER => number = unsigned(window, &child)?,
            id::DEFAULT_DURATION => length = unsigned(window, &child)?,
            id::VIDEO if media.width.is_none() => measure(window, &child, media)?,
            _ => {}
        }
        Ok(true)
    })?;
    head.frames.push((number, length));
    Ok(())
}

fn measure(window: &Window, video: &Element, media: &mut Media) -> Result<(), Stop> {
    let (mut coded, mut shown, mut roll) = ((0, 0), (0, 0), 0.0);
    each(window, video, |child| {
        match child.id {
            id::PIXEL_WIDTH => coded.0 = unsigned(window, &child)?,
            id::PIXEL_HEIGHT => coded.1 = unsigned(window, &child)?,
            id::DISPLAY_WIDTH => shown.0 = unsigned(window, &child)?,
            id::DISPLAY_HEIGHT => shown.1 = unsigned(window, &child)?,
            id::PROJECTION => each(window, &child, |child| {
                if child.id == id::PROJECTION_ROLL {
                    roll = float(window, &child)?;
                }
                Ok(true)
            })?,
            _ => {}
        }
        Ok(true)
    })?;
    // What is to be cropped is shown by browsers, and told by ffprobe.
    let coded = u32::try_from(coded.0).ok().zip(u32::try_from(coded.1).ok());
    let Some((width @ 1.., height @ 1..)) = coded else { return Ok(()) };
    // The display's sides, of whatever unit, have the ratio in which the picture is shown.
    let ratio = shown.0.checked_mul(height.into()).zip(shown.1.checked_mul(width.into()));
    let (width, height) = super::stretched((width, height), ratio.unwrap_or((0, 0)));
    let turned = (45.0..135.0).contains(&(roll % 180.0_f64).abs());
    let (width, height) = if turned { (height, width) } else { (width, height) };
    (media.width, media.height) = (Some(width), Some(height));
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
    let header = at;
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
    let sized = size != ones;
    let stop = if sized { start.saturating_add(size).min(end) } else { end };
    Ok(Element { id, header, start, end: stop.max(start), sized })
}
