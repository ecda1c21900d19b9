//! BMP: the dimensions in its header, of Windows or of OS/2.

use super::super::window::{Stop, Window};
use super::Size;

/// The length of the header of OS/2, whose sides are shorts.
const OS2: u64 = 12;

/// The dimensions.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    if window.le::<4>(14)? == OS2 {
        let side = |at| window.array(at).map(|side| u32::from(u16::from_le_bytes(side)));
        return Ok(Some((side(18)?, side(20)?)));
    }
    // A negative height means that the rows are stored from the top.
    let side = |at| window.array(at).map(|side| i32::from_le_bytes(side).unsigned_abs());
    Ok(Some((side(18)?, side(22)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::size_of;

    #[test]
    fn rows_from_the_top_and_headers_of_os_2_are_told() {
        let start = [b"BM".to_vec(), vec![0; 12]].concat();
        let windows = |height: i32| {
            [&start[..], &40_u32.to_le_bytes(), &60_i32.to_le_bytes(), &height.to_le_bytes()]
                .concat()
        };
        assert_eq!(size_of(&windows(40)), Some((60, 40)));
        assert_eq!(size_of(&windows(-40)), Some((60, 40)));
        assert_eq!(size_of(&windows(0)), None);
        let os2 = [&start[..], &12_u32.to_le_bytes(), &[60, 0, 40, 0]].concat();
        assert_eq!(size_of(&os2), Some((60, 40)));
    }
}
