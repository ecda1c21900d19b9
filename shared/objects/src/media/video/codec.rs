//! Coded pictures: dimensions and rates, in the headers that streams repeat.

use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::rbsp::{BitReader, decode_nal};
use memchr::memmem;
use scuffle_h265::SpsNALUnit;

/// What a coded picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// MPEG-1 and MPEG-2.
    Mpeg,
    /// MPEG-4, part 2.
    Mpeg4,
    H264,
    H265,
}

/// The dimensions that a stream notes; none where none of its first headers does.
pub(super) fn size(codec: Codec, stream: &[u8]) -> Option<(u32, u32)> {
    units(stream).find_map(|unit| match (codec, unit) {
        (Codec::Mpeg, [0xb3, header @ ..]) => mpeg(header),
        (Codec::Mpeg4, [0x20..=0x2f, header @ ..]) => mpeg4(header),
        (Codec::H264, [first, ..]) if first & 0x1f == 7 => h264(unit),
        (Codec::H265, [first, ..]) if first >> 1 & 0x3f == 33 => h265(unit),
        _ => None,
    })
}

/// How many pictures of MPEG-1 or MPEG-2 start in a stream.
pub(super) fn pictures(stream: &[u8]) -> u64 {
    units(stream).filter(|unit| unit.first() == Some(&0)).count() as u64
}

/// What lies behind each start code.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        rest = &rest[memmem::find(rest, &[0, 0, 1])? + 3..];
        let end = memmem::find(rest, &[0, 0, 1]).unwrap_or(rest.len());
        Some(&rest[..end])
    })
}

/// A sequence header's dimensions.
fn mpeg(header: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, ..] = *header else { return None };
    let width = u32::from(a) << 4 | u32::from(b >> 4);
    let height = u32::from(b & 15) << 8 | u32::from(c);
    (width > 0 && height > 0).then_some((width, height))
}

/// A video object layer's dimensions (ISO 14496-2, 6.2.3).
fn mpeg4(header: &[u8]) -> Option<(u32, u32)> {
    let mut at = 0;
    let mut bits = |count: usize| {
        let value = (at..at + count).try_fold(0, |value, at| {
            Some(value << 1 | u32::from(header.get(at / 8)? >> (7 - at % 8) & 1))
        });
        at += count;
        value
    };
    bits(9)?;
    if bits(1)? == 1 {
        bits(7)?;
    }
    if bits(4)? == 15 {
        bits(16)?;
    }
    if bits(1)? == 1 {
        bits(3)?;
        if bits(1)? == 1 {
            bits(30)?;
            bits(30)?;
            bits(19)?;
        }
    }
    // Only rectangles have dimensions.
    if bits(2)? != 0 || bits(1)? != 1 {
        return None;
    }
    let ticks = bits(16)?;
    if bits(2)? & 1 == 1 {
        bits((u32::BITS - ticks.saturating_sub(1).leading_zeros()).max(1) as usize)?;
    }
    bits(1)?;
    let width = bits(13)?;
    bits(1)?;
    let height = bits(13)?;
    (width > 0 && height > 0).then_some((width, height))
}

/// A sequence parameter set's dimensions, cropped.
fn h264(unit: &[u8]) -> Option<(u32, u32)> {
    let bits = decode_nal(unit).ok()?;
    let set = SeqParameterSet::from_bits(BitReader::new(&*bits)).ok()?;
    set.pixel_dimensions().ok()
}

/// The dimensions in the configuration that containers hold of H.264.
pub(super) fn h264_in_record(record: &[u8]) -> Option<(u32, u32)> {
    let len = usize::from(u16::from_be_bytes(*record.get(6..)?.first_chunk()?));
    h264(record.get(8..8 + len)?)
}

fn h265(unit: &[u8]) -> Option<(u32, u32)> {
    let set = SpsNALUnit::parse(unit).ok()?.rbsp;
    let side = |side: u64| u32::try_from(side).ok().filter(|side| *side > 0);
    side(set.cropped_width()).zip(side(set.cropped_height()))
}
