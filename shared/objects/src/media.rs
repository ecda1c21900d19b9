//! What an object is, told from its bytes: content type, dimensions, duration.
//!
//! An object may be gigabytes, and its uploader may lie. So only headers are read, in a few ranges
//! ([`MAX_READS`], [`MAX_BYTES`]), and the declared type counts only where bytes cannot speak: which
//! text a text is, and a short list of inert binary formats without a signature.
//!
//! The parsers are plain functions over a [`Window`], the part of the object fetched so far. One that
//! needs more stops with the range it needs; [`probe`] fetches that and examines again from the start,
//! which costs microseconds and leaves no state to resume. No parser copies or allocates by a size
//! that a header claims, and every loop over a file's parts is bounded.

mod audio;
mod boxes;
mod declared;
mod image;
mod magic;
mod matroska;
mod mp4;
mod office;
mod text;
mod window;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use self::magic::Kind;
use self::window::{Stop, Window};

/// Ranges read of one object, at most.
const MAX_READS: usize = 8;
/// Bytes read of one object, at most.
const MAX_BYTES: u64 = 1024 * 1024;
/// The first range: enough for text, for images, and for media with their index in front.
const FIRST_READ: u64 = 64 * 1024;
/// Each later range, from where a parser stopped: what it needs next is mostly right behind.
const NEXT_READ: u64 = 128 * 1024;

const _: () = assert!(FIRST_READ + (MAX_READS as u64 - 1) * NEXT_READ <= MAX_BYTES);

/// Reads ranges of one object.
pub trait RangeRead {
    /// Why a range could not be read.
    type Error;

    /// The `len` bytes from `offset` on; fewer where the object ends before.
    fn read(
        &self,
        offset: u64,
        len: u64,
    ) -> impl Future<Output = Result<Bytes, Self::Error>> + Send;
}

/// What the bytes say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Media {
    /// A MIME type, valid and at most 255 characters long.
    pub content_type: String,
    /// In pixels, as shown: a video's rotation is applied.
    pub width: Option<u32>,
    /// In pixels, as shown.
    pub height: Option<u32>,
    /// Of audio and video.
    pub duration_ms: Option<u64>,
}

impl Media {
    fn of_type(content_type: impl Into<String>) -> Self {
        Self { content_type: content_type.into(), ..Self::default() }
    }
}

/// Tells what an object is from its first bytes, and from others that those point to.
///
/// `size` is the object's size in bytes, `declared` the content type that the uploader claimed. What
/// cannot be known within the limits stays unknown; the only error is the object's own.
pub async fn probe<R: RangeRead>(
    object: &R,
    size: u64,
    declared: Option<&str>,
) -> Result<Media, R::Error> {
    let mut window = Window::new(size);
    loop {
        let (media, missing) = examine(&window, declared);
        let Some(offset) = missing.filter(|_| window.reads() < MAX_READS) else {
            return Ok(media);
        };
        let len = (size - offset).min(if window.reads() == 0 { FIRST_READ } else { NEXT_READ });
        let bytes = object.read(offset, len).await?;
        if !window.add(offset, len, bytes) {
            return Ok(media);
        }
    }
}

/// Tells the same of bytes at hand.
#[must_use]
pub fn probe_bytes(bytes: &[u8], declared: Option<&str>) -> Media {
    examine(&Window::whole(Bytes::copy_from_slice(bytes)), declared).0
}

/// What the fetched part says, and where to read on if more could be known.
///
/// The bytes are hostile and two of the parsers (`infer`, `imagesize`) are not ours: a panic in one
/// must cost this object its dimensions and not a batch of events its function. What was known by
/// then stands; parsers only ever add to it, so there is no broken state to see.
fn examine(window: &Window, declared: Option<&str>) -> (Media, Option<u64>) {
    let mut media = Media::of_type(magic::UNKNOWN);
    let run = catch_unwind(AssertUnwindSafe(|| tell(window, declared, &mut media)));
    let missing = match run {
        Ok(Err(Stop::Missing(offset))) => Some(offset),
        Ok(Ok(()) | Err(Stop::Malformed)) | Err(_) => None,
    };
    (media, missing)
}

fn tell(window: &Window, declared: Option<&str>, media: &mut Media) -> Result<(), Stop> {
    let declared = declared.and_then(declared::parse);
    let head = window.head(FIRST_READ)?;
    if let Some(content_type) = text::content_type(head, declared.as_ref()) {
        media.content_type = content_type;
        return Ok(());
    }
    let (content_type, kind) = magic::content_type(head, declared.as_ref());
    content_type.clone_into(&mut media.content_type);
    match kind {
        Kind::Opaque => Ok(()),
        Kind::Image => image::measure(window, media),
        Kind::IsoMedia => mp4::examine(window, media),
        Kind::Matroska => matroska::examine(window, media),
        Kind::Mpeg => audio::mpeg::examine(window, media),
        Kind::Flac => audio::flac::examine(window, 0, media),
        Kind::Wav => audio::wav::examine(window, media),
        Kind::Ogg => audio::ogg::examine(window, media),
        Kind::Zip => office::examine_zip(window, media),
        Kind::Ole => office::examine_ole(window, media),
    }
}

/// A number of units, of which `scale` make a second, in milliseconds.
fn millis(units: u64, scale: u64) -> Option<u64> {
    let ms = (u128::from(units) * 1000 + u128::from(scale / 2)).checked_div(scale.into())?;
    u64::try_from(ms).ok()
}
