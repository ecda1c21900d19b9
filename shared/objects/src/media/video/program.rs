//! MPEG program streams (`.mpg`, `.vob`).

use memchr::memmem;

use super::super::Media;
use super::super::audio::mpeg;
use super::super::window::{Stop, Window};
use super::codec::Codec;
use super::packets::{Content, Header, Streams};

/// The start of each pack.
const PACK: [u8; 4] = [0, 0, 1, 0xba];
/// Bytes looked at in front.
const HEAD: u64 = 512 * 1024;
/// Bytes looked at at the end, and again where no stream's last packets were among them.
const TAILS: [u64; 2] = [512 * 1024, 4 * 1024 * 1024];

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut streams = Streams::default();
    let head = window.peek(0, HEAD)?;
    walk(head, &mut streams);
    streams.measure(media);
    if head.len() as u64 == window.size() {
        streams.time(media);
        return Ok(());
    }
    for len in TAILS {
        let (_, tail) = window.tail(len)?;
        streams.end();
        walk(tail, &mut streams);
        if streams.have_ended() {
            break;
        }
    }
    streams.time(media);
    Ok(())
}

/// Takes the packets in bytes, from the first pack on.
fn walk(bytes: &[u8], streams: &mut Streams) {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > 6) {
        let len = match rest {
            [0, 0, 1, 0xba, kind, ..] if kind >> 6 == 1 => {
                14 + rest.get(13).map_or(0, |stuffing| usize::from(stuffing & 7))
            }
            [0, 0, 1, 0xba, ..] => 12,
            [0, 0, 1, 0xb9, ..] => 4,
            [0, 0, 1, 0xbb..=0xff, high, low, ..] => {
                6 + (usize::from(*high) << 8 | usize::from(*low))
            }
            // Out of step, as at the start of a range.
            _ => match memmem::find(rest, &PACK) {
                Some(gap) => gap,
                None => return,
            },
        };
        let packet = &rest[..len.min(rest.len())];
        if let Some(header) = Header::read(packet) {
            let content = match header.id {
                // Told by its bytes: an MPEG-4 or H.264 film is rare here.
                0xe0..=0xef => Some(Content::Film(Some(Codec::Mpeg))),
                0xc0..=0xdf => Some(Content::Sound(Some(mpeg::parse))),
                0xbd => Some(Content::Sound(None)),
                _ => None,
            };
            if let Some(content) = content {
                streams.begin(header.id.into(), content, header.time);
                streams.go_on(header.id.into(), packet.get(header.start..).unwrap_or_default());
            }
        }
        at += len.max(1);
    }
}
