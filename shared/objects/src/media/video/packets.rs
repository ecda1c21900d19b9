//! The parts that transport and program streams share: packets of elementary streams that say when they
//! are to be shown, by a clock of 90 kHz in 33 bits.

use super::super::audio::frames::{self, FLICKS, Parse};
use super::super::audio::{ac3, adts, dts, mpeg};
use super::super::window::be;
use super::super::{Media, millis};
use super::codec::{self, Codec};

/// Times are counted from one that is so much before the first, as some packets come late.
const BEFORE: u64 = 1 << 31;
const WRAP: u64 = 1 << 33;
/// Units of a second.
const CLOCK: u64 = 90_000;
/// Streams told apart.
const MAX_STREAMS: usize = 32;
/// Bytes kept of a stream's start, where its dimensions stand.
const START: usize = 256 * 1024;
/// Bytes kept behind the last time that a stream names.
const LAST: usize = 64 * 1024;
/// The longest that a picture is taken to be shown, and the sound of one packet.
const LONGEST: u64 = CLOCK;

/// The header of a packet of an elementary stream.
pub(super) struct Header {
    /// The id of the stream, or of its kind.
    pub(super) id: u8,
    pub(super) time: Option<u64>,
    /// The start of the payload.
    pub(super) start: usize,
}

impl Header {
    /// Reads what a packet starts with (ISO 13818-1, 2.4.3.6; ISO 11172-1, 2.4.3.3).
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let [0, 0, 1, id, _, _, ..] = *packet else { return None };
        if !matches!(id, 0xbd | 0xc0..=0xef | 0xfd) {
            return None;
        }
        let first = *packet.get(6)?;
        if first >> 6 == 2 {
            let (flags, len) = (*packet.get(7)?, usize::from(*packet.get(8)?));
            let named = flags & 0x80 != 0;
            let time = if named { Some(time(*packet.get(9..)?.first_chunk()?)) } else { None };
            return Some(Self { id, time, start: 9 + len });
        }
        let mut at = 6 + packet.get(6..)?.iter().take(16).take_while(|byte| **byte == 0xff).count();
        if packet.get(at)? >> 6 == 1 {
            at += 2;
        }
        let (time, len) = match packet.get(at)? >> 4 {
            2 => (Some(time(*packet.get(at..)?.first_chunk()?)), 5),
            3 => (Some(time(*packet.get(at..)?.first_chunk()?)), 10),
            _ => (None, 1),
        };
        Some(Self { id, time, start: at + len })
    }
}

/// 33 bits in five bytes, with marks between them.
fn time(bytes: [u8; 5]) -> u64 {
    let bits = be(&bytes);
    (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7fff) << 15 | (bits >> 1 & 0x7fff)
}

/// The content of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    Film(Option<Codec>),
    Sound(Option<Parse>),
}

impl Content {
    /// By the kind of stream that a programme's map names.
    pub(super) fn of_type(kind: u8) -> Option<Self> {
        Some(match kind {
            1 | 2 => Self::Film(Some(Codec::Mpeg)),
            0x10 => Self::Film(Some(Codec::Mpeg4)),
            0x1b => Self::Film(Some(Codec::H264)),
            0x24 => Self::Film(Some(Codec::H265)),
            0x33 | 0xd1 | 0xea => Self::Film(None),
            3 | 4 => Self::Sound(Some(mpeg::parse)),
            0x0f => Self::Sound(Some(adts::parse)),
            0x81 | 0x84 | 0x87 => Self::Sound(Some(ac3::parse)),
            0x82 | 0x85 | 0x86 | 0x8a => Self::Sound(Some(dts::parse)),
            0x11 | 0x80 | 0x83 => Self::Sound(None),
            _ => return None,
        })
    }

    /// By the id of a packet and what it starts with, where no map tells.
    pub(super) fn of_packet(id: u8, payload: &[u8]) -> Option<Self> {
        let parsers: [Parse; 2] = [adts::parse, mpeg::parse];
        match id {
            0xe0..=0xef => Some(Self::Film(codec::starts(payload))),
            0xc0..=0xdf => {
                Some(Self::Sound(parsers.into_iter().find(|parse| parse(payload).is_some())))
            }
            _ => None,
        }
    }
}

/// One elementary stream.
struct Stream {
    id: u16,
    content: Content,
    start: Vec<u8>,
    /// The first time, and those at the end.
    first: u64,
    times: Vec<u64>,
    /// The bytes that follow the last time that was named.
    last: Vec<u8>,
}

/// The elementary streams of an object.
#[derive(Default)]
pub(super) struct Streams {
    all: Vec<Stream>,
    /// The time that all others are counted from.
    origin: Option<u64>,
    /// The start is behind us: what comes are the last packets.
    ending: bool,
}

impl Streams {
    /// True if the last packets of any stream have been seen.
    pub(super) fn have_ended(&self) -> bool {
        self.all.iter().any(|stream| !stream.times.is_empty())
    }

    /// Takes what comes from here on for the last packets.
    pub(super) fn end(&mut self) {
        self.ending = true;
        for stream in &mut self.all {
            stream.times.clear();
            stream.last.clear();
        }
    }

    /// A packet of the stream `id` starts here.
    pub(super) fn begin(&mut self, id: u16, content: Content, time: Option<u64>) {
        let Some(time) = time else { return };
        let origin = *self.origin.get_or_insert(time.wrapping_sub(BEFORE) % WRAP);
        let time = time.wrapping_sub(origin) % WRAP;
        let full = self.ending || self.all.len() == MAX_STREAMS;
        match self.all.iter_mut().find(|stream| stream.id == id) {
            Some(stream) => {
                if !self.ending {
                    stream.first = stream.first.min(time);
                }
                stream.times.push(time);
                stream.last.clear();
            }
            None if full => {}
            None => self.all.push(Stream {
                id,
                content,
                start: Vec::new(),
                first: time,
                times: vec![time],
                last: Vec::new(),
            }),
        }
    }

    /// Bytes of the stream `id`.
    pub(super) fn go_on(&mut self, id: u16, bytes: &[u8]) {
        let Some(stream) = self.all.iter_mut().find(|stream| stream.id == id) else { return };
        let add = |to: &mut Vec<u8>, most: usize| {
            let room = most.saturating_sub(to.len()).min(bytes.len());
            to.extend_from_slice(&bytes[..room]);
        };
        if !self.ending && matches!(stream.content, Content::Film(_)) {
            add(&mut stream.start, START);
        }
        add(&mut stream.last, LAST);
    }

    /// Notes the dimensions.
    pub(super) fn measure(&self, media: &mut Media) {
        let size = self.all.iter().find_map(|stream| match stream.content {
            Content::Film(Some(codec)) => codec::size(codec, &stream.start),
            Content::Film(None) | Content::Sound(_) => None,
        });
        (media.width, media.height) = size.unzip();
    }

    /// Notes the duration: from the first time of all streams to the end of the last.
    pub(super) fn time(&self, media: &mut Media) {
        let first = self.all.iter().map(|stream| stream.first).min();
        let last = self.all.iter().filter_map(Stream::end).max();
        let length = first.zip(last).and_then(|(first, last)| last.checked_sub(first));
        media.lasts(length.and_then(|length| millis(length, CLOCK)));
    }
}

impl Stream {
    /// The end of what was seen last.
    fn end(&self) -> Option<u64> {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.dedup();
        let latest = *times.last()?;
        let gaps = || times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap < LONGEST);
        match self.content {
            Content::Film(codec) => {
                let gap = gaps().min().unwrap_or(0);
                // Discs name the time of some pictures alone.
                let pictures = match codec {
                    Some(Codec::Mpeg) => codec::pictures(&self.last).max(1),
                    Some(Codec::Mpeg4 | Codec::H264 | Codec::H265) | None => 1,
                };
                let after = if pictures > 1 {
                    self.times.last()? + gap.min(CLOCK / 24) * pictures
                } else {
                    0
                };
                Some((latest + gap).max(after))
            }
            Content::Sound(parse) => {
                let counted = parse.and_then(|parse| {
                    let start = frames::find(&self.last, parse)?;
                    let count = frames::count(&self.last[start..], parse);
                    Some(count.flicks / (FLICKS / CLOCK))
                });
                let length = counted.filter(|length| *length > 0).or_else(|| gaps().next_back());
                Some(latest + length.unwrap_or(0).min(LONGEST))
            }
        }
    }
}
