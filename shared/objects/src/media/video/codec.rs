//! Coded pictures: dimensions and rates, in the headers that streams repeat.

use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::rbsp::{BitRead, BitReader, decode_nal};
use memchr::memmem;

/// Bits of a profile and of a level of H.265.
const PROFILE: u32 = 88;
const LEVEL: u32 = 8;

/// The coding of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Codec {
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

/// The coding of the pictures that bytes start with: by what comes first, and where a header that tells their
/// dimensions follows.
pub(in super::super) fn starts(bytes: &[u8]) -> Option<Codec> {
    let bytes =
        bytes.strip_prefix(&[0]).filter(|rest| rest.starts_with(&[0, 0, 1])).unwrap_or(bytes);
    let codec = match bytes {
        [0, 0, 1, 0xb3, ..] => Codec::Mpeg,
        [0, 0, 1, 0xb0, ..] => Codec::Mpeg4,
        // The mark of an access unit, or parameters.
        [0, 0, 1, 0x09 | 0x27 | 0x47 | 0x67, ..] => Codec::H264,
        [0, 0, 1, 0x40 | 0x42 | 0x46, 1, ..] => Codec::H265,
        _ => return None,
    };
    size(codec, bytes).map(|_| codec)
}

/// The number of pictures of MPEG-1 or MPEG-2 that start in a stream.
pub(super) fn pictures(stream: &[u8]) -> u64 {
    units(stream).filter(|unit| unit.first() == Some(&0)).count() as u64
}

/// The bytes behind each start code.
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
    let mut bits = BitReader::new(header);
    bits.skip(9, "random_accessible_vol, video_object_type_indication").ok()?;
    if bits.read_bit("is_object_layer_identifier").ok()? {
        bits.skip(7, "video_object_layer_verid, _priority").ok()?;
    }
    if bits.read::<4, u8>("aspect_ratio_info").ok()? == 15 {
        bits.skip(16, "par_width, par_height").ok()?;
    }
    if bits.read_bit("vol_control_parameters").ok()? {
        bits.skip(3, "chroma_format, low_delay").ok()?;
        if bits.read_bit("vbv_parameters").ok()? {
            bits.skip(79, "vbv").ok()?;
        }
    }
    // Only rectangles have dimensions.
    if bits.read::<2, u8>("video_object_layer_shape").ok()? != 0 {
        return None;
    }
    bits.skip(1, "marker_bit").ok()?;
    let ticks = bits.read::<16, u32>("vop_time_increment_resolution").ok()?;
    bits.skip(1, "marker_bit").ok()?;
    if bits.read_bit("fixed_vop_rate").ok()? {
        let len = u32::BITS - ticks.saturating_sub(1).leading_zeros();
        bits.skip(len.max(1), "fixed_vop_time_increment").ok()?;
    }
    bits.skip(1, "marker_bit").ok()?;
    let width = bits.read::<13, u32>("video_object_layer_width").ok()?;
    bits.skip(1, "marker_bit").ok()?;
    let height = bits.read::<13, u32>("video_object_layer_height").ok()?;
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

/// The same of H.265 (ITU-T H.265, 7.3.2.2), whose units differ in a second byte in front.
fn h265(unit: &[u8]) -> Option<(u32, u32)> {
    let bytes = decode_nal(unit).ok()?;
    let mut bits = BitReader::new(&*bytes);
    bits.skip(8 + 4, "nuh_temporal_id_plus1, sps_video_parameter_set_id").ok()?;
    let layers = bits.read::<3, u32>("sps_max_sub_layers_minus1").ok()?;
    bits.skip(1 + PROFILE + LEVEL, "profile_tier_level").ok()?;
    let mut skipped = 0;
    for _ in 0..layers {
        skipped += if bits.read_bit("sub_layer_profile_present_flag").ok()? { PROFILE } else { 0 };
        skipped += if bits.read_bit("sub_layer_level_present_flag").ok()? { LEVEL } else { 0 };
    }
    // What is left of eight pairs of flags.
    skipped += if layers == 0 { 0 } else { 2 * (8 - layers) };
    bits.skip(skipped, "sub_layers").ok()?;
    bits.read_ue("sps_seq_parameter_set_id").ok()?;
    let chroma = bits.read_ue("chroma_format_idc").ok()?;
    if chroma == 3 {
        bits.skip(1, "separate_colour_plane_flag").ok()?;
    }
    let width = bits.read_ue("pic_width_in_luma_samples").ok()?;
    let height = bits.read_ue("pic_height_in_luma_samples").ok()?;
    let [left, right, top, bottom] = if bits.read_bit("conformance_window_flag").ok()? {
        let mut number = || bits.read_ue("conf_win_offset").ok();
        [number()?, number()?, number()?, number()?]
    } else {
        [0; 4]
    };
    // Counted in samples of colour, of which there are half as many.
    let cropped = |side: u32, a: u32, b: u32, halved: bool| {
        let off = a.checked_add(b)?.checked_mul(if halved { 2 } else { 1 })?;
        side.checked_sub(off).filter(|side| *side > 0)
    };
    let width = cropped(width, left, right, matches!(chroma, 1 | 2))?;
    Some((width, cropped(height, top, bottom, chroma == 1)?))
}

#[cfg(test)]
mod tests {
    use super::super::super::probe_bytes;

    #[test]
    fn what_only_starts_like_coded_pictures_is_not_told() {
        for bytes in
            [&b"\0\0\0\x01\x67\xff\xff\xff\xff"[..], b"\0\0\x01\x67", b"\0\0\x01\x40\x01\0\0\x01"]
        {
            assert_eq!(probe_bytes(bytes, None).content_type, "application/octet-stream");
        }
    }
}
