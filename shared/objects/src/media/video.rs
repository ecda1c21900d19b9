//! Films in containers other than ISO base media and Matroska: dimensions and durations.

pub(super) mod asf;
pub(super) mod avi;
pub(super) mod codec;
pub(super) mod flv;
pub(super) mod ivf;
pub(super) mod mxf;
pub(super) mod nut;
mod packets;
pub(super) mod program;
pub(super) mod transport;
pub(super) mod y4m;

use self::codec::Codec;
use super::window::{Stop, Window};
use super::{FIRST_READ, Media};

/// Finds the dimensions of pictures without a container, which nothing times.
pub(super) fn pictures(window: &Window, codec: Codec, media: &mut Media) -> Result<(), Stop> {
    let size = codec::size(codec, window.peek(0, FIRST_READ)?);
    (media.width, media.height) = size.unzip();
    Ok(())
}
