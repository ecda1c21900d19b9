//! DTS: core frames, alone or with the extensions of DTS-HD behind each. Their words of 16 bits have their
//! highest byte first, or last, or hold 14 bits each, as on discs of sound.

use super::frames::Frame;

/// The starts of a core frame and an extension.
const CORE: u128 = 0x7ffe_8001;
const EXTENSION: u128 = 0x6458_2025;

/// Hz, by index; 0 is reserved.
const RATES: [u64; 14] =
    [0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000];

/// True if bytes start with a core frame.
pub(in super::super) fn is_core(bytes: &[u8]) -> bool {
    bits(bytes).is_some_and(|(bits, _)| bits >> 80 == CORE)
}

/// Reads the header of a core frame (ETSI TS 102 114, 5.3) or of an extension (7.4), which sounds at
/// the same time.
pub(in super::super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let (bits, width) = bits(bytes)?;
    let field = |from: u32, len: u32| u64::try_from(bits >> (112 - from - len) & ((1 << len) - 1));
    let len = |len: u64| Some((usize::try_from(len).ok()? + 1) * 16 / width);
    if bits >> 80 == CORE {
        let (blocks, size) = (field(39, 7).ok()?, field(46, 14).ok()?);
        let rate = *RATES.get(usize::try_from(field(66, 4).ok()?).ok()?)?;
        let frame = Frame::new(len(size)?, (blocks + 1) * 32, rate, 0)?;
        return (blocks >= 5 && size >= 95).then_some(frame);
    }
    if bits >> 80 == EXTENSION {
        let long = field(42, 1) == Ok(1);
        let size = if long { field(55, 20) } else { field(51, 16) };
        return Frame::new(len(size.ok()?)?, 0, 1, 0);
    }
    None
}

/// The first 112 bits of a frame, and how many of each word's 16 count.
fn bits(bytes: &[u8]) -> Option<(u128, usize)> {
    let (swapped, width) = match bytes {
        [0x7f, 0xfe, ..] | [0x64, 0x58, ..] => (false, 16),
        [0xfe, 0x7f, ..] | [0x58, 0x64, ..] => (true, 16),
        [0x1f, 0xff, ..] => (false, 14),
        [0xff, 0x1f, ..] => (true, 14),
        _ => return None,
    };
    let words = bytes.first_chunk::<16>()?.as_chunks::<2>().0;
    let word = |pair: &[u8; 2]| {
        if swapped { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
    };
    let count = 112 / width;
    let bits = words
        .iter()
        .take(count)
        .fold(0, |bits, pair| bits << width | (u128::from(word(pair)) & ((1 << width) - 1)));
    Some((bits, width))
}
