//! WAV and Wave64: the length of the sound divided by its rate.

use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Chunks looked at before the sound.
const MAX_CHUNKS: usize = 64;

/// The bytes that a chunk of Wave64 has behind the four letters that WAV has: `wave`, `fmt `, `fact`, `data`.
const WAVE64: &[u8] = &[0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a];

/// A format chunk.
#[derive(Default)]
struct Format {
    coding: u64,
    rate: u64,
    bytes_per_second: u64,
    /// Bytes of a block: of a sample of each channel, or of what is compressed together.
    block: u64,
    /// Samples of what is compressed together.
    samples: u64,
}

impl Format {
    fn read(window: &Window, at: u64, len: u64) -> Result<Self, Stop> {
        let coding = window.le::<2>(at)?;
        Ok(Self {
            coding,
            rate: window.le::<4>(at + 4)?,
            bytes_per_second: window.le::<4>(at + 8)?,
            block: window.le::<2>(at + 12)?,
            samples: match coding {
                // ADPCM of Microsoft and of the IMA, and GSM.
                2 | 0x11 | 0x31 if len >= 20 => window.le::<2>(at + 18)?,
                // Samples as they are: integers, floating point, A-law, µ-law, extensible.
                1 | 3 | 6 | 7 | 0xfffe => 1,
                _ => 0,
            },
        })
    }

    /// Notes the duration of `len` bytes; `noted` is the number of samples that the file gives.
    fn measure(&self, len: u64, noted: u64, media: &mut Media) {
        let plain = self.samples == 1;
        if !plain && noted > 0 && noted < u64::from(u32::MAX) {
            media.lasts(millis(noted, self.rate));
        } else if self.samples > 0 {
            let blocks = len.checked_div(self.block);
            media.lasts(blocks.and_then(|n| millis(n.checked_mul(self.samples)?, self.rate)));
        } else {
            // The bytes per second of what is compressed are only about right.
            media.lasts_about(millis(len, self.bytes_per_second));
        }
        if self.coding == 0 {
            media.lasts(None);
        }
    }
}

/// Finds the duration of WAV.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut at, mut format, mut noted, mut long) = (12, Format::default(), 0, 0);
    for _ in 0..MAX_CHUNKS {
        let kind: [u8; 4] = window.array(at)?;
        let len = window.le::<4>(at + 4)?;
        let content = at + 8;
        match &kind {
            b"fmt " => format = Format::read(window, content, len)?,
            b"fact" => noted = window.le::<4>(content)?,
            // Of a file over 4 GiB.
            b"ds64" => long = window.le::<8>(content + 8)?,
            b"data" => {
                // What is streamed claims the longest length there is, or none.
                let rest = window.size().saturating_sub(content);
                let len = match len {
                    0xffff_ffff if long > 0 => long.min(rest),
                    0 => rest,
                    len => len.min(rest),
                };
                format.measure(len, noted, media);
                break;
            }
            _ => {}
        }
        at = content + len.next_multiple_of(2);
    }
    Ok(())
}

/// Finds the duration of Wave64: chunks named by 16 bytes, whose lengths of eight count their headers
/// too, padded to eight.
pub(in super::super) fn wave64(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut at, mut format, mut noted) = (40, Format::default(), 0);
    for _ in 0..MAX_CHUNKS {
        let kind: [u8; 16] = window.array(at)?;
        let len = window.le::<8>(at + 16)?.checked_sub(24).ok_or(Stop::Malformed)?;
        let content = at + 24;
        let name = kind.strip_suffix(WAVE64).unwrap_or_default();
        match name {
            b"fmt " => format = Format::read(window, content, len)?,
            b"fact" => noted = window.le::<8>(content)?,
            b"data" => {
                let len = len.min(window.size().saturating_sub(content));
                format.measure(len, noted, media);
                break;
            }
            _ => {}
        }
        let next = len.checked_next_multiple_of(8).and_then(|len| content.checked_add(len));
        at = next.ok_or(Stop::Malformed)?;
    }
    Ok(())
}
