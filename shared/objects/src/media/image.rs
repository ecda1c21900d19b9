//! Pictures: their dimensions, as they are shown.

mod bitmap;
mod exr;
mod heif;
mod jpeg;
mod jpeg2000;
mod jxl;
pub(super) mod netpbm;
mod png;
mod tiff;

use super::Media;
use super::reader::Reader;
use super::window::{Stop, Window};

/// Width and height in pixels; none where they cannot be told.
type Size = Option<(u32, u32)>;

/// Finds the dimensions of a picture whose type is known.
pub(super) fn measure(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let size = match media.content_type.as_str() {
        "image/jpeg" => jpeg::size(window)?,
        "image/png" => png::size(window)?,
        "image/tiff" => tiff::size(window)?,
        "image/bmp" => bitmap::size(window)?,
        "image/avif" => heif::size(window, heif::Shown::ByBrowsers)?,
        "image/heic" | "image/heif" | "image/heic-sequence" => {
            heif::size(window, heif::Shown::AsMeant)?
        }
        "image/jxl" => jxl::size(window)?,
        "image/jp2" | "image/jpx" | "image/j2c" => jpeg2000::size(window)?,
        "image/x-exr" => exr::size(window)?,
        "image/gif"
        | "image/qoi"
        | "image/vnd.adobe.photoshop"
        | "image/vnd.microsoft.icon"
        | "image/vnd.ms-dds"
        | "image/vnd.radiance"
        | "image/webp"
        | "image/x-tga" => plain(window)?,
        _ => None,
    };
    if let Some((width @ 1.., height @ 1..)) = size {
        (media.width, media.height) = (Some(width), Some(height));
    }
    Ok(())
}

/// The size as the `imagesize` crate reads it: of formats that are shown as they are stored.
fn plain(window: &Window) -> Result<Size, Stop> {
    let mut reader = Reader::new(window);
    let size = imagesize::reader_size(&mut reader);
    // Asked of the reader, since `imagesize` may take a failed read for the end.
    reader.missing()?;
    Ok(size
        .ok()
        .and_then(|size| Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))))
}

/// A picture as far as a walk has found it, that may be shown lying on its side.
#[derive(Debug, Default)]
struct Found {
    size: Size,
    /// Of EXIF, 1 to 8.
    orientation: Option<u16>,
}

impl Found {
    /// The size that `walk` finds, as it is shown: all of it, or what there is before the bytes go wrong.
    fn by(walk: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<Size, Stop> {
        let mut found = Self::default();
        match walk(&mut found) {
            Err(missing @ Stop::Missing { .. }) => return Err(missing),
            Ok(()) | Err(Stop::Malformed) => {}
        }
        let turned = found.orientation.is_some_and(|orientation| orientation >= 5);
        Ok(found.size.map(|size| if turned { (size.1, size.0) } else { size }))
    }
}
