//! PNG: the dimensions in its header, turned as its EXIF says.

use super::super::window::{Stop, Window};
use super::{Found, Size, tiff};

/// Chunks looked at.
const MAX_CHUNKS: usize = 4096;

/// The dimensions as browsers show them.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    Found::by(|found| walk(window, found))
}

/// Walks the chunks up to the picture's data: browsers do not look for EXIF behind it.
fn walk(window: &Window, found: &mut Found) -> Result<(), Stop> {
    let mut at = 8;
    for _ in 0..MAX_CHUNKS {
        let [a, b, c, d, kind @ ..] = window.array::<8>(at)?;
        let len = u64::from(u32::from_be_bytes([a, b, c, d]));
        let start = at + 8;
        match &kind {
            b"IHDR" => {
                let side = |at| window.array(at).map(u32::from_be_bytes);
                found.size = Some((side(start)?, side(start + 4)?));
            }
            b"eXIf" => found.orientation = tiff::orientation(window, start, start + len)?,
            b"IDAT" | b"IEND" => break,
            _ => {}
        }
        at = start + len + 4;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{fixture, probe_sparse, size_of};

    const EXIF: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";

    /// A chunk, whose checksum nobody here looks at.
    fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let len = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&len[..], kind, content, &[0; 4]].concat()
    }

    #[test]
    fn exif_turns_a_picture_where_it_comes_before_the_data() {
        let sample = fixture("sample.png");
        let end = sample.len() - 12;
        let exif = chunk(b"eXIf", EXIF);
        let before = [&sample[..33], &exif, &sample[33..]].concat();
        assert_eq!(size_of(&before), Some((200, 320)));
        let behind = [&sample[..end], &exif, &sample[end..]].concat();
        assert_eq!(size_of(&behind), Some((320, 200)));
    }

    #[test]
    fn a_long_chunk_is_stepped_over() {
        let sample = fixture("sample.png");
        let len = 5_u32 << 20;
        let start = [&sample[..33], &len.to_be_bytes(), b"caBX"].concat();
        let at = 33 + 12 + u64::from(len);
        let rest = [&chunk(b"eXIf", EXIF)[..], &sample[33..]].concat();
        let size = at + rest.len() as u64;
        let (found, reads) = probe_sparse(size, &[(0, &start), (at, &rest)], None);
        assert_eq!((found.width, found.height, reads), (Some(200), Some(320), 2));
    }
}
