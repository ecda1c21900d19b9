//! JPEG XL: the dimensions in its codestream, turned as that says. EXIF does not count there.

use jxl_bitstream::Bitstream;
use jxl_image::ImageHeader;
use jxl_oxide_common::Bundle;

use super::super::boxes::each;
use super::super::window::{Stop, Window};
use super::Size;

/// The bytes of the codestream that are looked at: more than its longest header takes.
const HEADER: u64 = 8 * 1024;

/// The dimensions as they are shown.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    let header = if window.array(0)? == [0xff, 0x0a] {
        window.peek(0, HEADER)?.to_vec()
    } else {
        contained(window)?
    };
    let header = ImageHeader::parse(&mut Bitstream::new(&header), ()).ok();
    Ok(header.map(|header| (header.width_with_orientation(), header.height_with_orientation())))
}

/// The start of the codestream in a container, which may be cut in pieces.
fn contained(window: &Window) -> Result<Vec<u8>, Stop> {
    let mut header = Vec::new();
    each(window, 0, window.size(), |atom| {
        let start = match &atom.kind {
            b"jxlc" => atom.start,
            // A number comes first.
            b"jxlp" => atom.start.saturating_add(4),
            _ => return Ok(true),
        };
        let wanted = HEADER.saturating_sub(header.len() as u64);
        header.extend_from_slice(window.peek(start, atom.end.saturating_sub(start).min(wanted))?);
        Ok(&atom.kind == b"jxlp" && (header.len() as u64) < HEADER)
    })?;
    Ok(header)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{atom, fixture_case, size_of};

    #[test]
    fn a_codestream_may_come_in_pieces() {
        let bare = fixture_case("size-1365x1024.jxl");
        let (head, rest) = bare.split_at(3);
        let piece = |number: &[u8], part| atom(b"jxlp", &[number, part].concat());
        let parts = [piece(&[0, 0, 0, 0], head), piece(&[0x80, 0, 0, 1], rest)].concat();
        let file = [&b"\0\0\0\x0cJXL \r\n\x87\n"[..], &atom(b"free", &[0; 9]), &parts].concat();
        assert_eq!(size_of(&file), Some((1365, 1024)));
    }
}
