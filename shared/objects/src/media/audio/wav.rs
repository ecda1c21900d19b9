//! WAV: the length of the sound divided by its rate.

use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Chunks looked at before the sound.
const MAX_CHUNKS: usize = 64;

/// What its data is, in a `fmt ` chunk: samples as they are, integer, floating point, or extensible.
const PLAIN: [u16; 3] = [1, 3, 0xfffe];

/// Finds the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (mut at, mut plain, mut samples, mut rates) = (12, true, None, (0, 0));
    for _ in 0..MAX_CHUNKS {
        let [kind @ .., a, b, c, d] = window.array::<8>(at)?;
        let len = u64::from(u32::from_le_bytes([a, b, c, d]));
        let number = |offset| window.array(at + 8 + offset).map(u32::from_le_bytes);
        match &kind {
            b"fmt " => {
                plain = PLAIN.contains(&u16::from_le_bytes(window.array(at + 8)?));
                rates = (number(4)?.into(), number(8)?.into());
            }
            // The bytes per second of what is compressed are only about right.
            b"fact" if !plain => samples = Some(number(0)?.into()),
            b"data" => {
                // What is streamed, or over 4 GiB, claims the longest length there is, or none.
                let rest = window.size().saturating_sub(at + 8);
                let len = if len == 0 { rest } else { len.min(rest) };
                media.duration_ms = match samples {
                    Some(samples) => millis(samples, rates.0),
                    None => millis(len, rates.1),
                };
                break;
            }
            _ => {}
        }
        at += 8 + len.next_multiple_of(2);
    }
    Ok(())
}
