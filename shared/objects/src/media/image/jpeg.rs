//! JPEG: the dimensions in its frame header, turned as its EXIF says.

use super::super::window::{Stop, Window};
use super::{Found, Size, tiff};

/// Segments looked at. A manifest of provenance takes one for each 64 KiB.
const MAX_SEGMENTS: usize = 4096;

const FILL: u8 = 0xff;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const EXIF: u8 = 0xe1;

/// The dimensions as browsers show them.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    Found::by(|found| walk(window, found))
}

/// Walks the segments up to the picture's data: EXIF may come behind the frame header.
fn walk(window: &Window, found: &mut Found) -> Result<(), Stop> {
    let mut at = 2;
    for _ in 0..MAX_SEGMENTS {
        let [0xff, marker] = window.array(at)? else { break };
        match marker {
            FILL => {
                at += 1;
                continue;
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            SCAN | END => break,
            _ => {}
        }
        let len = window.be::<2>(at + 2)?;
        let (start, end) = (at + 4, at + 2 + len);
        match marker {
            // Tables of Huffman and arithmetic codes, and an extension, lie among the frame headers.
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf if found.size.is_none() => {
                let [a, b, c, d] = window.array(start + 1)?;
                let side = |a, b| u32::from(u16::from_be_bytes([a, b]));
                found.size = Some((side(c, d), side(a, b)));
            }
            EXIF if found.orientation.is_none()
                && len > 8
                && window.array(start)? == *b"Exif\0\0" =>
            {
                found.orientation = tiff::orientation(window, start + 6, end)?;
            }
            _ => {}
        }
        at = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{fixture, probe_sparse, size_of};

    /// A segment of a JPEG.
    fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
        let len = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &len, content].concat()
    }

    /// The sample with segments behind its first marker, or behind its frame header.
    fn with(segments: &[u8], behind_frame: bool) -> Vec<u8> {
        let sample = fixture("sample.jpg");
        let frame = sample.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        let len = usize::from(u16::from_be_bytes([sample[frame + 2], sample[frame + 3]]));
        let at = if behind_frame { frame + 2 + len } else { 2 };
        [&sample[..at], segments, &sample[at..]].concat()
    }

    /// EXIF whose one entry is an orientation of `kind` (3 is a short).
    fn exif(kind: u8, orientation: u8) -> Vec<u8> {
        let entry = [&[1, 0, 0x12, 1, kind, 0, 1, 0, 0, 0, orientation][..], &[0; 7]].concat();
        segment(0xe1, &[b"Exif\0\0II*\0\x08\0\0\0", &entry[..]].concat())
    }

    #[test]
    fn orientations_from_five_on_turn_a_picture() {
        for orientation in 0..=9 {
            let turned = (5..=8).contains(&orientation);
            let size = if turned { (200, 320) } else { (320, 200) };
            assert_eq!(size_of(&with(&exif(3, orientation), false)), Some(size), "{orientation}");
        }
        assert_eq!(size_of(&with(&exif(3, 6), true)), Some((200, 320)), "behind the frame header");
        assert_eq!(
            size_of(&with(&exif(4, 6), false)),
            Some((320, 200)),
            "a long is no orientation"
        );
        assert_eq!(
            size_of(&with(&[&exif(3, 8)[..], &exif(3, 1)].concat(), false)),
            Some((200, 320))
        );
        assert_eq!(size_of(&with(&segment(0xe1, b"Exif\0\0nonsense"), false)), Some((320, 200)));
    }

    #[test]
    fn megabytes_of_a_manifest_are_walked_through() {
        let manifest = segment(0xeb, &vec![7; 65_000]).repeat(100);
        let file = with(&[&manifest[..], &exif(3, 6)].concat(), false);
        let (found, reads) = probe_sparse(file.len() as u64, &[(0, &file)], None);
        assert_eq!((found.width, found.height), (Some(200), Some(320)));
        assert!(reads <= 12, "{reads} reads");
    }
}
