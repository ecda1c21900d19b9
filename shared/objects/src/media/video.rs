//! Films in containers other than ISO base media and Matroska: dimensions and durations.

pub(super) mod asf;
pub(super) mod avi;
mod codec;
pub(super) mod flv;
pub(super) mod mxf;
mod packets;
pub(super) mod program;
pub(super) mod transport;

use super::window::{Stop, Window};
use super::{FIRST_READ, Media, millis};

/// Finds the dimensions of MPEG-1 and MPEG-2 without a container, which nothing times.
pub(super) fn mpeg(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let size = codec::size(codec::Codec::Mpeg, window.peek(0, FIRST_READ)?);
    (media.width, media.height) = size.unzip();
    Ok(())
}

/// Finds the dimensions and the duration of IVF: all stands in front.
pub(super) fn ivf(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let side = |at| window.array(at).map(u16::from_le_bytes).map(u32::from);
    if let (width @ 1.., height @ 1..) = (side(12)?, side(14)?) {
        (media.width, media.height) = (Some(width), Some(height));
    }
    let [rate, scale, frames] = [window.le::<4>(16)?, window.le::<4>(20)?, window.le::<4>(24)?];
    media.lasts(millis(frames * scale, rate));
    Ok(())
}
