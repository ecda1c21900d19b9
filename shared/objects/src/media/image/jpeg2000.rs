//! JPEG 2000: the dimensions in the header of a file, or of a bare codestream.

use super::super::boxes::child;
use super::super::window::{Stop, Window};
use super::Size;

/// The dimensions.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    let side = |at| window.array(at).map(u32::from_be_bytes);
    if window.array(0)? == [0xff, 0x4f, 0xff, 0x51] {
        // The far edges on the reference grid, and the near ones.
        let [right, bottom, left, top] = [8, 12, 16, 20].map(side);
        return Ok(right?.checked_sub(left?).zip(bottom?.checked_sub(top?)));
    }
    let Some(header) = child(window, 0, window.size(), *b"jp2h")? else { return Ok(None) };
    let Some(image) = child(window, header.start, header.end, *b"ihdr")? else { return Ok(None) };
    Ok(Some((side(image.start + 4)?, side(image.start)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{fixture_case, size_of, type_of};

    #[test]
    fn files_and_bare_codestreams_are_told() {
        let file = fixture_case("pil.jp2");
        let codestream = file.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51]).unwrap();
        assert_eq!(size_of(&file), Some((64, 40)));
        assert_eq!(size_of(&file[codestream..]), Some((64, 40)));
        assert_eq!(type_of(&file[codestream..], None), "image/j2c");
    }
}
