//! AC-3 and E-AC-3.

use super::frames::Frame;

/// The number that tells the streams of the two apart.
const ENHANCED: u32 = 1 << 8;

const RATES: [u64; 3] = [48_000, 44_100, 32_000];
/// kbit/s, by half the code of a frame's size.
const KILOBITS: [usize; 19] =
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

/// Reads the header of a frame of either (ETSI TS 102 366, 4.3 and E.1.2).
pub(in super::super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let [0x0b, 0x77, c, d, e, f, ..] = *bytes else { return None };
    let code = usize::from(e >> 6);
    match f >> 3 {
        version @ ..=10 => {
            let rate = *RATES.get(code)?;
            let kilobits = *KILOBITS.get(usize::from(e & 0x3f) / 2)?;
            let words = match code {
                0 => kilobits * 2,
                1 => kilobits * 320 / 147 + usize::from(e & 1),
                _ => kilobits * 3,
            };
            // Versions 9 and 10 are of half and of a quarter of the rate.
            let rate = rate >> version.saturating_sub(8);
            Frame::new(words * 2, 1536, rate, u32::from(e >> 6))
        }
        11..=16 => {
            let len = (usize::from(c & 7) << 8 | usize::from(d)) * 2 + 2;
            let half = usize::from(e >> 4 & 3);
            let (rate, blocks) = match RATES.get(code) {
                Some(rate) => (*rate, [1, 2, 3, 6][half]),
                None => (RATES.get(half)? / 2, 6),
            };
            // Further channels, and further programmes, sound at the same time.
            let first = c >> 6 != 1 && c & 0x38 == 0;
            Frame::new(
                len,
                if first { blocks * 256 } else { 0 },
                rate,
                ENHANCED | u32::from(e >> 6),
            )
        }
        _ => None,
    }
}

/// True if a stream that starts with these bytes is E-AC-3.
pub(in super::super) fn is_enhanced(bytes: &[u8]) -> bool {
    parse(bytes).is_some_and(|frame| frame.stream & ENHANCED != 0)
}
