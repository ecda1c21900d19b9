//! `OpenEXR`: the window that is displayed, not that of the data, which may be larger or cropped.

use super::super::window::{Stop, Window};
use super::Size;

/// Attributes looked at.
const MAX_ATTRIBUTES: usize = 512;
/// The longest name of an attribute or its type, with its end.
const MAX_NAME: u64 = 256;

/// The dimensions.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    let mut at = 8;
    for _ in 0..MAX_ATTRIBUTES {
        let (name, kind_at) = name(window, at)?;
        if name.is_empty() {
            break;
        }
        let (kind, len_at) = self::name(window, kind_at)?;
        let len = window.le::<4>(len_at)?;
        let start = len_at + 4;
        if (name, kind) == (b"displayWindow", b"box2i") {
            let edge = |i: u64| window.array(start + 4 * i).map(i32::from_le_bytes);
            let side =
                |low: i32, high: i32| u32::try_from(i64::from(high) - i64::from(low) + 1).ok();
            return Ok(side(edge(0)?, edge(2)?).zip(side(edge(1)?, edge(3)?)));
        }
        at = start + len;
    }
    Ok(None)
}

/// The text that starts at an offset and ends with a zero, and where it is over.
fn name(window: &Window, at: u64) -> Result<(&[u8], u64), Stop> {
    let text = window.peek(at, MAX_NAME)?;
    let end = text.iter().position(|byte| *byte == 0).ok_or(Stop::Malformed)?;
    Ok((&text[..end], at + end as u64 + 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::size_of;

    #[test]
    fn what_is_displayed_counts() {
        let window = |name: &[u8], edges: [i32; 4]| {
            let edges = edges.map(i32::to_le_bytes).concat();
            [name, b"\0box2i\0\x10\0\0\0", &edges].concat()
        };
        let data = window(b"dataWindow", [-10, -10, 99, 99]);
        let shown = window(b"displayWindow", [0, 0, 59, 39]);
        let head = [b"\x76\x2f\x31\x01\x02\0\0\0", &data[..], &shown, b"\0"].concat();
        assert_eq!(size_of(&head), Some((60, 40)));
        assert_eq!(size_of(&head[..head.len() - 20]), None);
        let wrong = window(b"displayWindow", [0, 0, -1, i32::MIN]);
        assert_eq!(size_of(&[b"\x76\x2f\x31\x01\x02\0\0\0", &wrong[..]].concat()), None);
    }
}
