//! NUT: the packets of its header, and the index at its end.

use super::super::window::{Stop, Window, be};
use super::super::{FIRST_READ, Media, millis, stretched};

/// The start of a file.
pub(in super::super) const START: &[u8] = b"nut/multimedia container\0";

/// Names of packets.
const MAIN: u64 = 0x4e4d_7a56_1f5f_04ad;
const STREAM: u64 = 0x4e53_1140_5bf2_f9db;
const INDEX: u64 = 0x4e58_dd67_2f23_e64e;
/// The name of the packet where frames start.
const FRAMES: u64 = 0x4e4b_e4ad_eeca_4569;
/// Packets, and units of time, looked at.
const MAX_PACKETS: usize = 256;
/// The length from which a packet's header has a checksum, of four bytes.
const LONG: u64 = 4096;
/// Classes of streams.
const FILM: u64 = 0;
const SOUND: u64 = 1;

/// Finds the type, the dimensions and about how long it lasts: the index notes when the last frame starts.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut rest = window.peek(START.len() as u64, FIRST_READ)?;
    let (mut units, mut sounds, mut others) = (None, false, false);
    for _ in 0..MAX_PACKETS {
        let Some((name, content, after)) = packet(rest) else { break };
        match name {
            MAIN => units = main(content),
            STREAM => match class(content, media) {
                Some(SOUND) => sounds = true,
                _ => others = true,
            },
            FRAMES => break,
            _ => {}
        }
        rest = after;
    }
    if sounds && !others {
        "audio/x-nut".clone_into(&mut media.content_type);
    }
    let back = window.be::<8>(window.size().saturating_sub(12))?;
    let Some(at) = window.size().checked_sub(back) else { return Ok(()) };
    if let (Some(units), Some((INDEX, mut index, _))) =
        (units, packet(window.peek(at, FIRST_READ)?))
    {
        media.lasts_about(number(&mut index).and_then(|time| ms(time, &units)));
    }
    Ok(())
}

/// A packet's name and content, and what follows it.
fn packet(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (name, mut rest) = bytes.split_first_chunk::<8>()?;
    let len = number(&mut rest)?;
    let rest = if len > LONG { rest.get(4..)? } else { rest };
    let (content, after) = rest.split_at(usize::try_from(len).ok()?.min(rest.len()));
    Some((be(name), content, after))
}

/// The units of time: seconds, as a numerator and a denominator.
fn main(mut packet: &[u8]) -> Option<Vec<(u64, u64)>> {
    if number(&mut packet)? > 3 {
        number(&mut packet)?;
    }
    let (_streams, _distance) = (number(&mut packet)?, number(&mut packet)?);
    let count = usize::try_from(number(&mut packet)?).ok().filter(|count| *count <= MAX_PACKETS)?;
    (0..count).map(|_| number(&mut packet).zip(number(&mut packet))).collect()
}

/// A stream's class; notes the dimensions of a film.
fn class(mut packet: &[u8], media: &mut Media) -> Option<u64> {
    let mut next = || number(&mut packet);
    let (_id, class, name) = (next()?, next()?, next()?);
    packet = packet.get(usize::try_from(name).ok()?..)?;
    // The unit of time, and how it is used.
    for _ in 0..5 {
        number(&mut packet)?;
    }
    let len = number(&mut packet)?;
    packet = packet.get(usize::try_from(len).ok()?..)?;
    let mut next = || number(&mut packet);
    if class == FILM {
        let side = |side: u64| u32::try_from(side).ok().filter(|side| *side > 0);
        let sides = (side(next()?)?, side(next()?)?);
        let (width, height) = stretched(sides, (next()?, next()?));
        (media.width, media.height) = (Some(width), Some(height));
    }
    Some(class)
}

/// The number that bytes start with: seven bits in each, of which the highest comes first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let len = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(len);
    *bytes = rest;
    Some(number.iter().fold(0, |all, byte| all << 7 | u64::from(byte & 0x7f)))
}

/// A time: a number of units, and which of them, in one.
fn ms(time: u64, units: &[(u64, u64)]) -> Option<u64> {
    let count = units.len() as u64;
    let (one, many) = *units.get(usize::try_from(time.checked_rem(count)?).ok()?)?;
    millis((time / count).checked_mul(one)?, many)
}
