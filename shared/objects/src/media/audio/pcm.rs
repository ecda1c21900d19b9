//! Samples as they are behind a header: AIFF, AU, CAF, IRCAM, NIST. Their length is that of their bytes.

use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Chunks looked at.
const MAX_CHUNKS: usize = 64;
/// The length of a header of IRCAM, and of most of NIST.
const KILOBYTE: u64 = 1024;

/// Finds the duration of AIFF and AIFF-C.
pub(in super::super) fn aiff(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let compressible = window.array(8)? == *b"AIFC";
    let (mut at, mut common, mut sound) = (12, None, None);
    for _ in 0..MAX_CHUNKS {
        if (common.is_some() && sound.is_some()) || at + 8 > window.size() {
            break;
        }
        let kind: [u8; 4] = window.array(at)?;
        let len = window.be::<4>(at + 4)?;
        match &kind {
            b"COMM" => {
                let coding = if compressible { window.array(at + 26)? } else { *b"NONE" };
                let (channels, bits) = (window.be::<2>(at + 8)?, window.be::<2>(at + 14)?);
                let rate = extended(window.array(at + 16)?);
                common = Some((coding, channels, window.be::<4>(at + 10)?, bits, rate));
            }
            // An offset and the size of a block come first. What is written to a pipe has no length.
            b"SSND" => {
                let rest = window.size().saturating_sub(at + 16);
                sound = Some(len.checked_sub(8).map_or(rest, |len| len.min(rest)));
            }
            _ => {}
        }
        at += 8 + len.next_multiple_of(2);
    }
    let (Some((coding, channels, noted, bits, rate)), Some(sound)) = (common, sound) else {
        return Ok(());
    };
    let bytes = match &coding {
        b"NONE" | b"twos" | b"sowt" | b"raw " | b"in24" | b"in32" | b"in16" | b"23ni" | b"42ni"
        | b"fl32" | b"FL32" | b"fl64" | b"FL64" => bits.div_ceil(8),
        b"ulaw" | b"ULAW" | b"alaw" | b"ALAW" => 1,
        // Packets of 64 samples, which are what is noted.
        b"ima4" => {
            media.lasts(millis(noted * 64, rate));
            return Ok(());
        }
        // Packets of 33 bytes and 160 samples. Some writers note the packets, some the samples.
        b"GSM " => {
            let packets = sound / 33;
            let there = packets * 160;
            let samples = if noted <= packets { there } else { noted.min(there) };
            media.lasts(millis(samples, rate));
            return Ok(());
        }
        _ => return Ok(()),
    };
    // To a pipe, nothing is noted either, or the most that there could be.
    let there = sound.checked_div(bytes * channels).unwrap_or(0);
    let samples = if noted == 0 { there } else { noted.min(there) };
    media.lasts(millis(samples, rate));
    Ok(())
}

/// A number of ten bytes, as AIFF notes rates; its whole part.
fn extended(bytes: [u8; 10]) -> u64 {
    let exponent = u32::from(u16::from_be_bytes([bytes[0] & 0x7f, bytes[1]]));
    let mantissa = super::super::window::be(&bytes[2..]);
    let shift = (16_383_u32 + 63).saturating_sub(exponent);
    mantissa.checked_shr(shift).unwrap_or(0)
}

/// Finds the duration of AU.
pub(in super::super) fn au(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let [start, len, coding] = [window.be::<4>(4)?, window.be::<4>(8)?, window.be::<4>(12)?];
    let (rate, channels) = (window.be::<4>(16)?, window.be::<4>(20)?);
    let bits = match coding {
        1 | 2 | 27 => 8,
        3 => 16,
        4 => 24,
        5 | 6 => 32,
        7 => 64,
        23 => 4,
        25 => 3,
        26 => 5,
        _ => return Ok(()),
    };
    let rest = window.size().saturating_sub(start);
    let len = if len == 0 { rest } else { len.min(rest) };
    let second = channels.checked_mul(rate).and_then(|samples| samples.checked_mul(bits));
    media.lasts(second.and_then(|second| millis(len.checked_mul(8)?, second)));
    Ok(())
}

/// Finds the duration of CAF.
pub(in super::super) fn caf(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut at, mut format, mut sound, mut packets) = (8, None, None, None);
    for _ in 0..MAX_CHUNKS {
        let known = format.is_some_and(|(_, bytes, _)| bytes > 0 && sound.is_some());
        if known || at + 12 > window.size() {
            break;
        }
        let kind: [u8; 4] = window.array(at)?;
        let len = window.be::<8>(at + 4)?;
        let content = at + 12;
        let end = content.saturating_add(len).min(window.size());
        match &kind {
            b"desc" => {
                let rate = f64::from_be_bytes(window.array(content)?);
                let (bytes, frames) =
                    (window.be::<4>(content + 16)?, window.be::<4>(content + 20)?);
                format = Some((rate, bytes, frames));
            }
            // The number of edits comes first. A length of -1 reaches to the end, as `end` does.
            b"data" => sound = Some(end.saturating_sub(content + 4)),
            b"pakt" => packets = Some((window.be::<8>(content)?, window.be::<8>(content + 8)?)),
            _ => {}
        }
        at = end;
    }
    let Some((rate, bytes, frames)) = format else { return Ok(()) };
    let samples = match (sound, packets) {
        (_, Some((_, valid @ 1..))) => Some(valid),
        (_, Some((count, _))) => count.checked_mul(frames),
        (Some(len), None) => len.checked_div(bytes).and_then(|count| count.checked_mul(frames)),
        (None, None) => None,
    };
    media.lasts(samples.and_then(|samples| millis(samples, whole(rate)?)));
    Ok(())
}

/// A rate that a float holds.
fn whole(rate: f64) -> Option<u64> {
    let seconds = std::time::Duration::try_from_secs_f64(rate).ok()?;
    Some(seconds.as_secs()).filter(|rate| *rate > 0)
}

/// Finds the duration of IRCAM: a header of a kilobyte, in either byte order.
pub(in super::super) fn ircam(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let swapped = window.be::<4>(8)? < window.le::<4>(8)?;
    let number = |at| if swapped { window.be::<4>(at) } else { window.le::<4>(at) };
    let (channels, bytes) = (number(8)?, number(12)? & 0xffff);
    let rate = u32::try_from(number(4)?).map_or(0.0, f32::from_bits);
    let there = window.size().saturating_sub(KILOBYTE);
    let samples = channels.checked_mul(bytes).and_then(|block| there.checked_div(block));
    media.lasts(samples.zip(whole(rate.into())).and_then(|(samples, rate)| millis(samples, rate)));
    Ok(())
}

/// Finds the duration of a NIST Sphere file: its header is text that notes all.
pub(in super::super) fn nist(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let header = String::from_utf8_lossy(window.peek(0, KILOBYTE)?);
    let field = |name| header.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let number = |name| field(name)?.strip_prefix("-i ")?.trim().parse::<u64>().ok();
    let noted = number("sample_count").unwrap_or(0);
    let coding = field("sample_coding").and_then(|coding| coding.split_once(' '));
    let samples = match coding.map_or("pcm", |(_, coding)| coding.trim()) {
        "pcm" | "ulaw" | "mu-law" | "alaw" => {
            let start = header.lines().nth(1).and_then(|line| line.trim().parse::<u64>().ok());
            let there = window.size().saturating_sub(start.unwrap_or(KILOBYTE));
            let channels = number("channel_count").unwrap_or(1);
            let block = number("sample_n_bytes").and_then(|bytes| bytes.checked_mul(channels));
            let there = block.and_then(|block| there.checked_div(block)).unwrap_or(noted);
            if noted == 0 { there } else { noted.min(there) }
        }
        // Packed, as some collections of speech are.
        _ => noted,
    };
    media.lasts(number("sample_rate").and_then(|rate| millis(samples, rate)));
    Ok(())
}
