//! FLAC: the stream information tells all.

use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Finds the duration of a stream that starts at `at`.
pub(in super::super) fn examine(window: &Window, at: u64, media: &mut Media) -> Result<(), Stop> {
    let (rate, samples) = stream_info(window.array(at.saturating_add(8))?);
    // Zero is unknown, as in a stream that was never rewound.
    media.duration_ms = millis(samples, rate).filter(|ms| *ms > 0);
    Ok(())
}

/// Sample rate and number of samples in the first bytes of a STREAMINFO block.
pub(super) fn stream_info(block: [u8; 18]) -> (u64, u64) {
    let bits = block[10..].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    (bits >> 44, bits & 0xf_ffff_ffff)
}
