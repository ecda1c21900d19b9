//! An object's media, told from its bytes: content type, dimensions, duration.
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
mod encoding;
mod image;
mod kind;
mod magic;
mod matroska;
mod model;
mod mp4;
mod office;
mod package;
mod pictures;
mod reader;
mod svg;
mod text;
mod timed;
mod video;
mod window;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use self::kind::Kind;
use self::window::{Stop, Window};

/// Ranges read of one object, at most.
const MAX_READS: usize = 24;
/// Bytes read of one object, at most; all are held until it is known.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// The first range: enough for text, for images, and for media with their index in front.
const FIRST_READ: u64 = 64 * 1024;
/// Each later range, from where a parser stopped, unless it needs more: what it needs next is mostly
/// right behind.
const NEXT_READ: u64 = 128 * 1024;
/// A range that goes on where the last one ended is twice as long, up to this.
const LONGEST_STEP: u64 = 1024 * 1024;

/// Reads ranges of one object.
pub trait RangeRead {
    /// The reason for which a range could not be read.
    type Error;

    /// The `len` bytes from `offset` on; fewer where the object ends before.
    fn read(
        &self,
        offset: u64,
        len: u64,
    ) -> impl Future<Output = Result<Bytes, Self::Error>> + Send;
}

/// Media, as its bytes tell of it.
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
    /// True if the duration is only about right: told from a part of the object.
    pub duration_estimated: bool,
}

impl Media {
    /// Notes a duration that is known; nothing is known of one that is none or zero.
    fn lasts(&mut self, ms: Option<u64>) {
        (self.duration_ms, self.duration_estimated) = (ms.filter(|ms| *ms > 0), false);
    }

    /// Notes a duration that is only about right.
    fn lasts_about(&mut self, ms: Option<u64>) {
        self.lasts(ms);
        self.duration_estimated = self.duration_ms.is_some();
    }

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
        let Some((offset, len)) = missing.and_then(|missing| next_range(&window, missing)) else {
            return Ok(media);
        };
        let bytes = object.read(offset, len).await?;
        if !window.add(offset, len, bytes) {
            return Ok(media);
        }
    }
}

/// The range to read for what a parser is missing; none beyond the limits.
fn next_range(window: &Window, (offset, needed): (u64, u64)) -> Option<(u64, u64)> {
    let step = match window.continued_at(offset) {
        None if window.reads() == 0 => FIRST_READ,
        None => NEXT_READ,
        Some(last) => (last * 2).clamp(NEXT_READ, LONGEST_STEP),
    };
    let left = MAX_BYTES.saturating_sub(window.fetched());
    let len = step.max(needed).min(window.size().saturating_sub(offset)).min(left);
    (window.reads() < MAX_READS && len >= needed.max(1)).then_some((offset, len))
}

/// Tells the same of bytes at hand.
#[must_use]
pub fn probe_bytes(bytes: &[u8], declared: Option<&str>) -> Media {
    examine(&Window::whole(Bytes::copy_from_slice(bytes)), declared).0
}

/// Tells the same of text at hand, which is UTF-8 whatever `charset` is declared.
#[must_use]
pub fn probe_text(text: &str, declared: &str) -> Media {
    let declared = declared::parse(declared).map(|declared| declared.with_charset(Some("utf-8")));
    probe_bytes(text.as_bytes(), declared.as_ref().map(|declared| declared.full.as_str()))
}

/// A text as it is read: in the encoding that its byte order mark or else its content type names,
/// without those in UTF-8, with the replacement character for what is no text in it.
#[must_use]
pub fn read_text(bytes: &[u8], content_type: &str) -> String {
    let named = declared::parse(content_type).and_then(|declared| declared.encoding());
    named.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
}

/// The media as the fetched part tells of it, and where to read on, and how much, if more could be known.
///
/// The bytes are hostile and some of the parsers are not ours: a panic in one
/// must cost this object its dimensions and not a batch of events its function. What was known by
/// then stands; parsers only ever add to it, so there is no broken state to see.
fn examine(window: &Window, declared: Option<&str>) -> (Media, Option<(u64, u64)>) {
    let mut media = Media::of_type(magic::UNKNOWN);
    let run = catch_unwind(AssertUnwindSafe(|| tell(window, declared, &mut media)));
    let missing = match run {
        Ok(Err(Stop::Missing { offset, len })) => Some((offset, len)),
        Ok(Ok(()) | Err(Stop::Malformed)) | Err(_) => None,
    };
    (media, missing)
}

fn tell(window: &Window, declared: Option<&str>, media: &mut Media) -> Result<(), Stop> {
    let declared = declared.and_then(declared::parse);
    let head = window.head(FIRST_READ)?;
    // Some of these are text from end to end.
    if let Some((content_type, width, height)) = image::netpbm::examine(head) {
        content_type.clone_into(&mut media.content_type);
        (media.width, media.height) = (Some(width), Some(height));
        return Ok(());
    }
    if text::examine(window, declared.as_ref(), media)? {
        return Ok(());
    }
    let (content_type, kind) = magic::content_type(head, window.size(), declared.as_ref());
    content_type.clone_into(&mut media.content_type);
    measure(kind, window, media)
}

/// Reads the size or the length of what is known to be of a kind.
fn measure(kind: Kind, window: &Window, media: &mut Media) -> Result<(), Stop> {
    match kind {
        Kind::Opaque => Ok(()),
        Kind::Image => image::measure(window, media),
        Kind::IsoMedia => mp4::examine(window, media),
        Kind::Matroska => matroska::examine(window, media),
        Kind::Mpeg => audio::mpeg::examine(window, media),
        Kind::Flac => audio::flac::examine(window, 0, media),
        Kind::Wav => audio::wav::examine(window, media),
        Kind::Ogg => audio::ogg::examine(window, media),
        Kind::Zip => package::examine(window, media),
        Kind::Ole => office::examine(window, media),
        Kind::Ac3 => audio::frames::measure(window, 0, audio::ac3::parse, media),
        Kind::Adts => audio::frames::measure(window, 0, audio::adts::parse, media),
        Kind::Aiff => audio::pcm::aiff(window, media),
        Kind::Amr => audio::amr::examine(window, media),
        Kind::Asf => video::asf::examine(window, media),
        Kind::Au => audio::pcm::au(window, media),
        Kind::Avi => video::avi::examine(window, media),
        Kind::Caf => audio::pcm::caf(window, media),
        Kind::Dts => audio::frames::measure(window, 0, audio::dts::parse, media),
        Kind::Flv => video::flv::examine(window, media),
        Kind::Ircam => audio::pcm::ircam(window, media),
        Kind::Ivf => video::ivf::examine(window, media),
        Kind::MonkeysAudio => audio::lossless::monkeys(window, media),
        Kind::Mxf => video::mxf::examine(window, media),
        Kind::Nist => audio::pcm::nist(window, media),
        Kind::Nut => video::nut::examine(window, media),
        Kind::Pictures(codec) => video::pictures(window, codec, media),
        Kind::ProgramStream => video::program::examine(window, media),
        Kind::Raw(layout) => {
            layout.measure(window.size(), media);
            Ok(())
        }
        Kind::TransportStream => video::transport::examine(window, media),
        Kind::TrueAudio => audio::lossless::true_audio(window, 0, media),
        Kind::Voc => audio::voc::examine(window, media),
        Kind::WavPack => audio::lossless::wavpack(window, media),
        Kind::Wave64 => audio::wav::wave64(window, media),
        Kind::Y4m => video::y4m::examine(window, media),
    }
}

/// A number of units, of which `scale` make a second, in milliseconds.
fn millis(units: u64, scale: u64) -> Option<u64> {
    let ms = (u128::from(units) * 1000 + u128::from(scale / 2)).checked_div(scale.into())?;
    u64::try_from(ms).ok()
}

/// The size at which a picture is shown whose pixels are not square: `ratio` is of their width to their height.
/// As in browsers, one side grows and none shrinks.
fn stretched((width, height): (u32, u32), (x, y): (u64, u64)) -> (u32, u32) {
    let grown = |side: u32, by: u64, of: u64| {
        let grown = (u64::from(side).checked_mul(by)?.checked_add(of / 2)?).checked_div(of)?;
        u32::try_from(grown).ok()
    };
    if x == 0 || y == 0 {
        (width, height)
    } else if x > y {
        (grown(width, x, y).unwrap_or(width), height)
    } else {
        (width, grown(height, y, x).unwrap_or(height))
    }
}
