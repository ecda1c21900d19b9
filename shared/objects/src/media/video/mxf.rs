//! MXF: the sets of its header's metadata, or of its footer's.

use super::super::window::{Stop, Window};
use super::super::{FIRST_READ, Media, millis};
use super::codec::{self, Codec};

/// Keys and items looked at.
const MAX_KEYS: usize = 1024;
const MAX_ITEMS: usize = 128;
/// Pixels of a side of a block.
const BLOCK: u32 = 16;
/// The starts of the keys of sets of metadata, and of partitions.
const SET: &[u8] = b"\x06\x0e\x2b\x34\x02\x53\x01\x01\x0d\x01\x01\x01\x01\x01";
const PARTITION: &[u8] = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01";
/// The part of an index, and the list of all partitions, which is the last thing in a file.
const INDEX: &[u8] = b"\x06\x0e\x2b\x34\x02\x53\x01\x01\x0d\x01\x02\x01\x01\x10\x01\x00";
const LIST: &[u8] = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x11\x01\x00";
const ESSENCE: &[u8] = b"\x06\x0e\x2b\x34\x01\x02\x01\x01\x0d\x01\x03\x01";

/// The fourteenth byte of the key of a partition of essence alone.
const BODY: u8 = 3;
/// That of the last partition.
const FOOTER: u8 = 4;

/// Sets by the fifteenth byte of their key.
const SEQUENCE: u8 = 0x0f;
const TRACK: u8 = 0x3b;

/// The sets' contents.
#[derive(Default)]
struct Found {
    size: (u32, u32),
    /// Frames, and how many make a second (a numerator and a denominator).
    contained: Option<(u64, (u64, u64))>,
    /// Of the timeline: the units of its tracks, and the longest sequence.
    rates: Vec<(u64, u64)>,
    length: u64,
    /// Of the index at the end: frames, and how many make a second.
    indexed: Option<(u64, (u64, u64))>,
}

/// The place of the last partition, by the list at the end: its length, and each place in front, take up the end.
fn last_partition(window: &Window) -> Result<u64, Stop> {
    let end = window.size().checked_sub(12).ok_or(Stop::Malformed)?;
    let list = window.size().checked_sub(window.be::<4>(end + 8)?).ok_or(Stop::Malformed)?;
    if window.array::<16>(list)? == *LIST { window.be::<8>(end) } else { Err(Stop::Malformed) }
}

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let footer = partition(window, 0, media)?;
    if media.duration_ms.is_none() {
        // The header of a file that was written from front to end knows no length, and of one that was
        // written to a pipe, not even where the end is.
        let footer = match footer.filter(|at| (1..window.size()).contains(at)) {
            Some(at) => at,
            None => last_partition(window)?,
        };
        partition(window, footer, media)?;
    }
    Ok(())
}

/// Reads the metadata of the partition at `at`, and tells where the last partition is.
fn partition(window: &Window, mut at: u64, media: &mut Media) -> Result<Option<u64>, Stop> {
    let (mut found, mut footer, mut is_last) = (Found::default(), None, false);
    for key in 0..MAX_KEYS {
        if window.size().saturating_sub(at) < 17 {
            break;
        }
        let name: [u8; 16] = window.array(at)?;
        let (content, len) = length(window, at + 16)?;
        if name.starts_with(PARTITION) && name[13] <= 4 {
            if key == 0 {
                footer = Some(window.be::<8>(content + 24)?);
                is_last = name[13] == FOOTER;
            } else if name[13] != BODY {
                break;
            }
        } else if name.starts_with(SET) || (is_last && name == *INDEX) {
            set(window, name[14], content, content.saturating_add(len), &mut found)?;
        } else if name.starts_with(ESSENCE) {
            // Descriptors count whole blocks; the pictures themselves may say how much of them is shown.
            let coded = codec::size(Codec::Mpeg, window.peek(content, FIRST_READ)?);
            let within = |side: u32, of: u32| side <= of && of - side < BLOCK;
            let (width, height) = found.size;
            found.size = coded
                .filter(|(w, h)| within(*w, width) && within(*h, height))
                .unwrap_or(found.size);
            break;
        }
        at = content.checked_add(len).ok_or(Stop::Malformed)?;
    }
    if let (width @ 1.., height @ 1..) = found.size {
        (media.width, media.height) = (Some(width), Some(height));
    }
    found.rates.dedup();
    let timeline = match found.rates[..] {
        [rate] => Some((found.length, rate)),
        _ => None,
    };
    let length = found.contained.or(timeline).or(found.indexed);
    media.lasts(length.and_then(|(units, (many, one))| millis(units.checked_mul(one)?, many)));
    Ok(footer)
}

/// Takes what a set of metadata says.
fn set(window: &Window, kind: u8, mut at: u64, end: u64, found: &mut Found) -> Result<(), Stop> {
    // No duration is all ones: of something that was not finished.
    let known = |length: u64| Some(length).filter(|length| (1..1 << 62).contains(length));
    let (mut stored, mut shown, mut fields) = ((0, 0), (0, 0), false);
    let (mut rate, mut contained, mut start, mut indexed) = (None, None, 0, None);
    for _ in 0..MAX_ITEMS {
        if at + 4 > end {
            break;
        }
        let (tag, len) = (window.be::<2>(at)?, window.be::<2>(at + 2)?);
        let value = at + 4;
        let side = || window.array(value).map(u32::from_be_bytes);
        let ratio = || Ok((window.be::<4>(value)?, window.be::<4>(value + 4)?));
        match (kind, tag) {
            (SEQUENCE, 0x0202) => {
                found.length = found.length.max(known(window.be::<8>(value)?).unwrap_or(0));
            }
            (TRACK, 0x4b01) => found.rates.push(ratio()?),
            (_, 0x3001 | 0x3f0b) => rate = Some(ratio()?),
            (_, 0x3002) => contained = known(window.be::<8>(value)?),
            (_, 0x3f0c) => start = known(window.be::<8>(value)?).unwrap_or(0),
            (_, 0x3f0d) => indexed = known(window.be::<8>(value)?),
            (_, 0x3202) => stored.1 = side()?,
            (_, 0x3203) => stored.0 = side()?,
            (_, 0x3208) => shown.1 = side()?,
            (_, 0x3209) => shown.0 = side()?,
            // The lines of each field apart.
            (_, 0x320c) => fields = window.be::<1>(value)? == 1,
            _ => {}
        }
        at = value + len;
    }
    if stored.0 > 0 {
        // Whole blocks are stored, of which a part is shown.
        let (width, height) = if shown.0 > 0 && shown.1 > 0 { shown } else { stored };
        found.size = (width, if fields { height.saturating_mul(2) } else { height });
    }
    let end = indexed.map(|length| start + length).zip(rate);
    found.indexed = found.indexed.max(end);
    if found.contained.is_none() || stored.0 > 0 {
        found.contained = contained.zip(rate).or(found.contained);
    }
    Ok(())
}

/// The start of a value, and its length: a byte, or in as many as the first says.
fn length(window: &Window, at: u64) -> Result<(u64, u64), Stop> {
    let first = window.be::<1>(at)?;
    let many = if first & 0x80 == 0 { return Ok((at + 1, first)) } else { first & 0x7f };
    if many > 8 {
        return Err(Stop::Malformed);
    }
    let bytes = window.peek(at + 1, many)?;
    Ok((at + 1 + many, super::super::window::be(bytes)))
}
