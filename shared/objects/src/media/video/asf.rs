//! Windows Media (ASF): the objects of its header.

use super::super::window::{Stop, Window, be};
use super::super::{Media, millis};

/// Objects looked at.
const MAX_OBJECTS: usize = 128;
/// Bytes of an object's name and length.
const HEADER: u64 = 24;

const FILE: [u8; 16] = guid(0x8cab_dca1, 0xa947, 0x11cf, 0x8ee4_00c0_0c20_5365);
const STREAM: [u8; 16] = guid(0xb7dc_0791, 0xa9b7, 0x11cf, 0x8ee6_00c0_0c20_5365);
const SOUND: [u8; 16] = guid(0xf869_9e40, 0x5b4d, 0x11cf, 0xa8fd_0080_5f5c_442b);
const FILM: [u8; 16] = guid(0xbc19_efc0, 0x5b4d, 0x11cf, 0xa8fd_0080_5f5c_442b);

/// A name as it is stored: its first three parts with the lowest byte first.
const fn guid(a: u32, b: u16, c: u16, d: u64) -> [u8; 16] {
    let (a, b, c, d) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes(), d.to_be_bytes());
    [a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]]
}

/// The flag of a file whose writer did not know its length.
const BROADCAST: u64 = 1;

/// Bytes of the object that holds all packets, in front of them.
const DATA: u64 = 50;
/// Packets looked at, from the end: an index may stand behind them.
const LAST: u64 = 64;

/// Finds the type, the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let end = window.le::<8>(16)?.min(window.size());
    let (mut sounds, mut shows, mut packet) = (false, false, None);
    let mut at = HEADER + 6;
    for _ in 0..MAX_OBJECTS {
        if end.saturating_sub(at) < HEADER {
            break;
        }
        let name: [u8; 16] = window.array(at)?;
        let len = window.le::<8>(at + 16)?;
        let content = at + HEADER;
        match name {
            FILE => {
                // In units of 100 ns, with the milliseconds that a player waits before it begins.
                let length = millis(window.le::<8>(content + 40)?, 10_000_000);
                let wait = window.le::<8>(content + 56)?;
                if window.le::<4>(content + 64)? & BROADCAST == 0 {
                    media.lasts(length.and_then(|length| length.checked_sub(wait)));
                } else {
                    packet = Some(window.le::<4>(content + 68)?);
                }
            }
            STREAM => match window.array(content)? {
                SOUND => sounds = true,
                FILM => {
                    shows = true;
                    let side = |at| window.array(at).map(u32::from_le_bytes);
                    let sides = (side(content + 54)?, side(content + 58)?);
                    if let (width @ 1.., height @ 1..) = sides {
                        (media.width, media.height) = (Some(width), Some(height));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        at = at.checked_add(len.max(HEADER)).ok_or(Stop::Malformed)?;
    }
    if sounds && !shows {
        "audio/x-ms-wma".clone_into(&mut media.content_type);
    }
    if let Some(len @ 64..=65_536) = packet {
        media.lasts_about(last_time(window, end + DATA, len)?);
    }
    Ok(())
}

/// The end of the last packet, in milliseconds; the packets of `len` bytes start at `start`. What it starts last
/// sounds a little longer.
fn last_time(window: &Window, start: u64, len: u64) -> Result<Option<u64>, Stop> {
    let count = window.size().saturating_sub(start) / len;
    for number in (count.saturating_sub(LAST)..count).rev() {
        let found = time(window.get(start + number * len, PACKET)?);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Bytes of a packet's header, at most.
const PACKET: usize = 32;

/// The end of a packet, by its header.
fn time(packet: &[u8]) -> Option<u64> {
    let [0x82, 0, 0, lens, _properties, rest @ ..] = packet else { return None };
    // Of the packet, its number, and what fills it up: each of none to four bytes.
    let bytes = [5, 1, 3].map(|at| [0, 1, 2, 4][usize::from(lens >> at & 3)]).iter().sum::<usize>();
    let little = |bytes: &[u8]| be(&bytes.iter().rev().copied().collect::<Vec<_>>());
    let (sent, lasts) = (rest.get(bytes..bytes + 4)?, rest.get(bytes + 4..bytes + 6)?);
    Some(little(sent) + little(lasts))
}
