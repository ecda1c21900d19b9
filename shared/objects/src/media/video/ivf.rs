//! IVF: coded pictures with their times.

use super::super::audio::frames::COUNTED;
use super::super::window::{Stop, Window};
use super::super::{Media, millis};

/// Bytes of the header of a file.
const HEADER: u64 = 32;

/// Finds the dimensions and the duration of IVF: all stands in front, but of what was written to a pipe.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let side = |at| window.array(at).map(u16::from_le_bytes).map(u32::from);
    if let (width @ 1.., height @ 1..) = (side(12)?, side(14)?) {
        (media.width, media.height) = (Some(width), Some(height));
    }
    let [rate, scale, frames] = [window.le::<4>(16)?, window.le::<4>(20)?, window.le::<4>(24)?];
    if frames == 0 || frames == u64::from(u32::MAX) {
        return by_frames(window, (rate, scale), media);
    }
    media.lasts(millis(frames * scale, rate));
    Ok(())
}

/// Takes the duration from the times of IVF's frames: of all, or of the first ones of a long film.
fn by_frames(window: &Window, (rate, scale): (u64, u64), media: &mut Media) -> Result<(), Stop> {
    let mut rest = window.peek(HEADER, COUNTED)?;
    let read = rest.len();
    let (mut first, mut last, mut step) = (None, 0, 1);
    while let Some((header, after)) = rest.split_first_chunk::<12>() {
        let [len @ .., _, _, _, _, _, _, _, _] = *header;
        let [_, _, _, _, time @ ..] = *header;
        let Some(after) = after.get(u32::from_le_bytes(len) as usize..) else { break };
        let time = u64::from_le_bytes(time);
        step = if first.is_none() { step } else { time.saturating_sub(last).max(1) };
        (first, last, rest) = (first.or(Some(time)), time, after);
    }
    let Some(length) = first.and_then(|first| last.checked_sub(first)?.checked_add(step)) else {
        return Ok(());
    };
    let length = length.checked_mul(scale).and_then(|length| millis(length, rate));
    if window.size() - HEADER <= COUNTED {
        media.lasts(length);
    } else {
        let (seen, all) = ((read - rest.len()) as u64, window.size() - HEADER);
        media.lasts_about(length.and_then(|length| length.checked_mul(all)?.checked_div(seen)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{fixture_case, probe_slice};

    #[test]
    fn a_long_ivf_of_a_pipe_is_estimated_by_its_first_frames() {
        let short = fixture_case("pipe.ivf");
        let frame =
            |time: u64| [&4_000_u32.to_le_bytes()[..], &time.to_le_bytes(), &[0; 4_000]].concat();
        let long: Vec<u8> = (0..3_000).flat_map(frame).collect();
        let (found, _) = probe_slice(&[&short[..32], &long].concat(), None);
        assert_eq!((found.duration_ms, found.duration_estimated), (Some(300_000), true));
    }
}
