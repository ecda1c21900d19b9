//! DTS: core frames, alone or with the extensions of DTS-HD behind each.

use super::super::window::be;
use super::frames::Frame;

/// What a core frame starts with.
pub(in super::super) const CORE: &[u8] = &[0x7f, 0xfe, 0x80, 0x01];
const EXTENSION: &[u8] = &[0x64, 0x58, 0x20, 0x25];

/// Hz, by index; 0 is reserved.
const RATES: [u64; 14] =
    [0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000];

/// Reads the header of a core frame (ETSI TS 102 114, 5.3) or of an extension (7.4), which sounds at
/// the same time.
pub(in super::super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let bits = be(bytes.get(4..12)?);
    if bytes.starts_with(CORE) {
        let blocks = bits >> 50 & 0x7f;
        let len = bits >> 36 & 0x3fff;
        let rate = *RATES.get(usize::try_from(bits >> 26 & 15).ok()?)?;
        let frame = Frame::new(usize::try_from(len).ok()? + 1, (blocks + 1) * 32, rate, 0)?;
        return (blocks >= 5 && len >= 95).then_some(frame);
    }
    if bytes.starts_with(EXTENSION) {
        let long = bits >> 53 & 1 == 1;
        let len = if long { bits >> 21 & 0xf_ffff } else { bits >> 29 & 0xffff };
        return Frame::new(usize::try_from(len).ok()? + 1, 0, 1, 0);
    }
    None
}
