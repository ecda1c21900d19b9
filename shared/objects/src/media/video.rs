//! Films in containers other than ISO base media and Matroska: dimensions and durations.

pub(super) mod asf;
pub(super) mod avi;
mod codec;
pub(super) mod flv;
pub(super) mod ivf;
pub(super) mod mxf;
mod packets;
pub(super) mod program;
pub(super) mod transport;

use super::window::{Stop, Window};
use super::{FIRST_READ, Media};

/// Finds the dimensions of MPEG-1 and MPEG-2 without a container, which nothing times.
pub(super) fn mpeg(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let size = codec::size(codec::Codec::Mpeg, window.peek(0, FIRST_READ)?);
    (media.width, media.height) = size.unzip();
    Ok(())
}
