//! AAC in ADTS frames.

use super::super::window::be;
use super::frames::Frame;

/// Hz, by index.
const RATES: [u64; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// Reads the header of a frame (ISO 13818-7, 6.2).
pub(in super::super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let bits = be(bytes.get(..7)?);
    let field = |from: u32, len: u32| bits >> from & ((1 << len) - 1);
    if field(44, 12) != 0xfff || field(41, 2) != 0 {
        return None;
    }
    let header = if field(40, 1) == 1 { 7 } else { 9 };
    let rate = *RATES.get(usize::try_from(field(34, 4)).ok()?)?;
    let len = usize::try_from(field(13, 13)).ok()?;
    // What says how to decode, other than the bit that anybody may set.
    let stream = u32::try_from(bits >> 30 & !(1 << 3)).ok()?;
    Frame::new(len, (field(0, 2) + 1) * 1024, rate, stream).filter(|_| len >= header)
}
