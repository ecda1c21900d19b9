//! AMR, narrowband and wideband, as files hold it (RFC 4867, section 5).

use super::super::Media;
use super::super::window::{Stop, Window};
use super::frames::{self, Frame};

/// The start of a file.
pub(in super::super) const NARROW: &[u8] = b"#!AMR\n";
/// Of wideband.
pub(in super::super) const WIDE: &[u8] = b"#!AMR-WB\n";

/// Bytes of a frame behind its header, by mode.
const NARROW_LEN: [u8; 9] = [12, 13, 15, 17, 19, 20, 26, 31, 5];
const WIDE_LEN: [u8; 10] = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5];
/// The first mode of frames without sound: lost, or nothing to send.
const EMPTY: usize = 14;

/// Finds the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    if window.peek(0, WIDE.len() as u64)? == WIDE {
        frames::measure(window, WIDE.len() as u64, |b| frame(b, &WIDE_LEN), media)
    } else {
        frames::measure(window, NARROW.len() as u64, |b| frame(b, &NARROW_LEN), media)
    }
}

/// A frame: 20 ms, whatever its mode.
fn frame(bytes: &[u8], lens: &[u8]) -> Option<Frame> {
    let first = *bytes.first()?;
    // The bits around mode and quality are padding.
    if first & 0x83 != 0 {
        return None;
    }
    let mode = usize::from(first >> 3 & 15);
    let len = match lens.get(mode) {
        Some(len) => *len,
        None if mode >= EMPTY => 0,
        None => return None,
    };
    Frame::new(usize::from(len) + 1, 160, 8_000, 0)
}
