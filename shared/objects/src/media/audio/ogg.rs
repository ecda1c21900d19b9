//! Ogg: Vorbis, Opus, FLAC and Speex, with or without Theora.

use memchr::memmem;

use super::super::window::{Stop, Window, be};
use super::super::{Media, millis};
use super::flac;
use super::frames::FLICKS;

/// Streams looked at, of those that sound and show at the same time.
const MAX_STREAMS: usize = 16;
const HEADER: usize = 27;
/// The start of each page.
const PAGE: &[u8] = b"OggS\0";
/// The flag of a stream's first page.
const FIRST_PAGE: u8 = 2;
/// The length of the tail in which the last pages of all streams are looked for.
const TAIL: u64 = 256 * 1024;
/// Files up to this are read whole: several may have been joined, one behind the other.
const WHOLE: u64 = 4 * 1024 * 1024;
/// A stream whose pages say when it is.
struct Stream {
    serial: [u8; 4],
    clock: Clock,
    /// The end of its last page that has been seen, in flicks.
    end: u64,
}

/// The meaning of the positions of a stream's pages.
#[derive(Clone, Copy)]
enum Clock {
    /// Samples, of which `rate` make a second; a decoder drops the first `skip`.
    Samples { rate: u64, skip: u64 },
    /// The number of the last key frame, and `shift` bits with those since.
    Frames { rate: u64, scale: u64, shift: u32 },
}

impl Clock {
    /// The time at which a stream is at a position, in flicks.
    fn at(self, position: u64) -> Option<u64> {
        let (units, scale, rate) = match self {
            Self::Samples { rate, skip } => (position.saturating_sub(skip), 1, rate),
            Self::Frames { rate, scale, shift } => {
                let since = position & ((1 << shift) - 1);
                ((position >> shift) + since, scale, rate)
            }
        };
        let flicks = u128::from(units) * u128::from(scale) * u128::from(FLICKS);
        u64::try_from(flicks.checked_div(rate.into())?).ok()
    }
}

/// Finds the kind of content and the duration: the position that the last page notes.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut streams = Vec::new();
    let mut at = 0;
    for _ in 0..MAX_STREAMS {
        let head = window.peek(at, HEADER as u64 + 255)?;
        let Some(page) = Page::read(head).filter(|page| page.flags & FIRST_PAGE != 0) else {
            break;
        };
        let packet = window.peek(at + page.start as u64, page.body as u64)?;
        if let Some((width, height)) = theora_size(packet) {
            "video/ogg".clone_into(&mut media.content_type);
            (media.width, media.height) = (Some(width), Some(height));
        }
        begin(&mut streams, &page, packet);
        at += page.len() as u64;
    }
    if window.size() <= WHOLE {
        media.lasts(millis(joined(window.peek(0, WHOLE)?), FLICKS));
        return Ok(());
    }
    let (_, tail) = window.tail(TAIL)?;
    for start in memmem::find_iter(tail, PAGE) {
        if let Some(page) = Page::read(&tail[start..]) {
            go_on(&mut streams, &page);
        }
    }
    // Nothing where all of these have ended, and others follow whose number is not known.
    media.lasts(millis(longest(&streams), FLICKS));
    Ok(())
}

/// The length of a file, in flicks: the sum of those that were joined to it.
fn joined(all: &[u8]) -> u64 {
    let (mut streams, mut sum, mut started, mut at) = (Vec::new(), 0_u64, false, 0);
    while let Some(page) = Page::read(&all[at..]) {
        if page.flags & FIRST_PAGE == 0 {
            started = true;
            go_on(&mut streams, &page);
        } else {
            if std::mem::take(&mut started) {
                sum = sum.saturating_add(longest(&streams));
                streams.clear();
            }
            let body = all[at..].get(page.start..page.len()).unwrap_or_default();
            begin(&mut streams, &page, body);
        }
        at = (at + page.len()).min(all.len());
    }
    sum.saturating_add(longest(&streams))
}

/// Takes up the stream that a page begins.
fn begin(streams: &mut Vec<Stream>, page: &Page, packet: &[u8]) {
    if let Some(clock) = clock(packet).filter(|_| streams.len() < MAX_STREAMS) {
        streams.push(Stream { serial: page.serial, clock, end: 0 });
    }
}

/// Notes when a page ends.
fn go_on(streams: &mut [Stream], page: &Page) {
    // All ones stand on a page that no packet ends on.
    let known = streams.iter_mut().find(|s| s.serial == page.serial && page.position != u64::MAX);
    if let Some((stream, end)) = known.and_then(|s| s.clock.at(page.position).map(|end| (s, end))) {
        stream.end = stream.end.max(end);
    }
}

fn longest(streams: &[Stream]) -> u64 {
    streams.iter().map(|stream| stream.end).max().unwrap_or(0)
}

/// A page's header.
struct Page {
    flags: u8,
    position: u64,
    serial: [u8; 4],
    /// The start of its content, and the length of that.
    start: usize,
    body: usize,
}

impl Page {
    fn read(bytes: &[u8]) -> Option<Self> {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        if !header.starts_with(PAGE) {
            return None;
        }
        let start = HEADER + usize::from(header[26]);
        Some(Self {
            flags: header[5],
            position: u64::from_le_bytes(*header[6..].first_chunk()?),
            serial: *header[14..].first_chunk()?,
            start,
            body: bytes.get(HEADER..start)?.iter().map(|len| usize::from(*len)).sum(),
        })
    }

    fn len(&self) -> usize {
        self.start + self.body
    }
}

/// The meaning of a stream's positions, from its first packet.
fn clock(packet: &[u8]) -> Option<Clock> {
    let number = |at: usize| Some(u64::from(u32::from_le_bytes(*packet.get(at..)?.first_chunk()?)));
    let samples = |rate, skip| Some(Clock::Samples { rate, skip });
    if packet.starts_with(b"OpusHead") {
        samples(48_000, u64::from(u16::from_le_bytes(*packet.get(10..)?.first_chunk()?)))
    } else if packet.starts_with(b"\x01vorbis") {
        samples(number(12)?, 0)
    } else if packet.starts_with(b"\x7fFLAC") {
        samples(flac::stream_info(*packet.get(17..)?.first_chunk()?).0, 0)
    } else if packet.starts_with(b"Speex   ") {
        samples(number(36)?, 0)
    } else if packet.starts_with(b"\x80theora") {
        let (rate, scale) = (be(packet.get(22..26)?), be(packet.get(26..30)?));
        let shift = be(packet.get(40..42)?) >> 5 & 31;
        Some(Clock::Frames { rate, scale, shift: u32::try_from(shift).ok()? })
    } else {
        None
    }
}

/// The dimensions of the picture in a Theora stream's first packet.
fn theora_size(packet: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| u32::try_from(be(packet.get(at..at + 3)?)).ok().filter(|side| *side > 0);
    if packet.starts_with(b"\x80theora") { side(14).zip(side(17)) } else { None }
}
