//! MPEG transport streams, as broadcast, streamed and recorded.

use super::super::Media;
use super::super::window::{Stop, Window};
use super::packets::{Content, Header, Streams};

const SYNC: u8 = 0x47;
/// The packets that name the map of each programme.
const PROGRAMS: u16 = 0;
/// The kind of streams that a map does not tell.
const PRIVATE: u8 = 6;
/// Bytes looked at in front.
const HEAD: u64 = 512 * 1024;
/// Bytes looked at at the end, and again where no stream's last packets were among them.
const TAILS: [u64; 3] = [256 * 1024, 1024 * 1024, 4 * 1024 * 1024];

/// The tables' contents.
#[derive(Default)]
struct Tables {
    map: Option<u16>,
    /// Private data may be of either kind, without a word.
    streams: Vec<(u16, Option<Content>)>,
}

impl Tables {
    /// Takes a table that starts in a packet.
    fn take(&mut self, id: u16, payload: &[u8]) {
        let pointer = payload.first().map_or(0, |len| usize::from(*len));
        let table = payload.get(1 + pointer..).unwrap_or_default();
        let len =
            table.get(1..3).map_or(0, |len| usize::from(len[0] & 15) << 8 | usize::from(len[1]));
        // A checksum stands at its end.
        let Some(table) = table.get(..(3 + len).saturating_sub(4).min(table.len())) else { return };
        let pid = |bytes: &[u8]| u16::from(bytes[0] & 0x1f) << 8 | u16::from(bytes[1]);
        if id == PROGRAMS && table.first() == Some(&0) {
            let mut programs = table.get(8..).unwrap_or_default().chunks_exact(4);
            self.map = programs.find(|entry| entry[..2] != [0, 0]).map(|entry| pid(&entry[2..]));
        } else if Some(id) == self.map && table.first() == Some(&2) && self.streams.is_empty() {
            let skip = table
                .get(10..12)
                .map_or(0, |len| usize::from(len[0] & 15) << 8 | usize::from(len[1]));
            let mut rest = table.get(12 + skip..).unwrap_or_default();
            while let [kind, a, b, c, d, after @ ..] = rest {
                let skip = usize::from(c & 15) << 8 | usize::from(*d);
                let descriptors = after.get(..skip).unwrap_or_default();
                let content = Content::of_type(*kind).or_else(|| private(*kind, descriptors));
                if content.is_some() || *kind == PRIVATE {
                    self.streams.push((pid(&[*a, *b]), content));
                }
                rest = after.get(skip..).unwrap_or_default();
            }
        }
    }
}

/// The kind of private data, by the first of its descriptors that tells: AC-3 of DVB, or a registered name.
fn private(kind: u8, mut descriptors: &[u8]) -> Option<Content> {
    while let [tag, len, rest @ ..] = descriptors {
        let (value, after) = rest.split_at_checked(usize::from(*len))?;
        let found = match (kind, *tag, value.get(..4)) {
            (PRIVATE, 0x6a | 0x7a, _) | (PRIVATE, 5, Some(b"AC-3" | b"EAC3")) => 0x81,
            (PRIVATE, 5, Some(b"HEVC")) => 0x24,
            (PRIVATE, 0x7b, _) | (PRIVATE, 5, Some(b"DTS1" | b"DTS2" | b"DTS3")) => 0x82,
            (PRIVATE, 5, Some(b"Opus")) => 0x11,
            _ => 0,
        };
        if let Some(content) = Content::of_type(found) {
            return Some(content);
        }
        descriptors = after;
    }
    None
}

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut tables, mut streams) = (Tables::default(), Streams::default());
    // Four bytes, the time of arrival, stand in front of each packet in some files.
    let first: usize = if window.peek(0, 1)? == [SYNC] { 0 } else { 4 };
    let step = 188 + first;
    let head = window.peek(0, HEAD)?;
    for packet in head.chunks_exact(step) {
        take(&packet[first..], &mut tables, &mut streams);
    }
    streams.measure(media);
    if head.len() as u64 == window.size() {
        streams.time(media);
        return Ok(());
    }
    for len in TAILS {
        let len = len - len % step as u64;
        let whole = window.size() - window.size() % step as u64;
        let tail = window.peek(whole.saturating_sub(len), len)?;
        streams.end();
        for packet in tail.chunks_exact(step) {
            take(&packet[first..], &mut tables, &mut streams);
        }
        if streams.have_ended() {
            break;
        }
    }
    streams.time(media);
    Ok(())
}

/// Takes what a packet says.
fn take(packet: &[u8], tables: &mut Tables, streams: &mut Streams) {
    let [SYNC, a, b, control, ..] = *packet else { return };
    let (starts, id) = (a & 0x40 != 0, u16::from(a & 0x1f) << 8 | u16::from(b));
    let skip = match control >> 4 & 3 {
        1 => 4,
        3 => 5 + packet.get(4).map_or(0, |len| usize::from(*len)),
        _ => return,
    };
    let Some(payload) = packet.get(skip..) else { return };
    if id == PROGRAMS || Some(id) == tables.map {
        if starts {
            tables.take(id, payload);
        }
        return;
    }
    let Some((_, content)) = tables.streams.iter().find(|(known, _)| *known == id) else { return };
    if !starts {
        streams.go_on(id, payload);
    } else if let Some(header) = Header::read(payload) {
        let payload = payload.get(header.start..).unwrap_or_default();
        if let Some(content) = content.or_else(|| Content::of_packet(header.id, payload)) {
            streams.begin(id, content, header.time);
            streams.go_on(id, payload);
        }
    }
}
