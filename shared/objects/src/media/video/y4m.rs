//! YUV4MPEG: pictures as they are behind a line of text.

use super::super::window::{Stop, Window};
use super::super::{Media, millis, stretched};

/// The start of a file.
pub(in super::super) const START: &[u8] = b"YUV4MPEG2 ";
/// Bytes of the first line looked at, and of the one in front of each picture.
const LINE: u64 = 1024;

/// Finds the dimensions and the duration.
pub(in super::super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (header, start) = line(window, 0)?;
    let field = |name| header.split(' ').skip(1).find_map(|field| field.strip_prefix(name));
    let side = |name| field(name)?.parse::<u16>().ok().filter(|side| *side > 0);
    let ratio = |name| {
        let (many, one) = field(name)?.split_once(':')?;
        Some((many.parse::<u32>().ok()?.into(), one.parse::<u32>().ok()?.into()))
    };
    let (Some(width), Some(height)) = (side('W'), side('H')) else { return Ok(()) };
    let shown = stretched((width.into(), height.into()), ratio('A').unwrap_or((1, 1)));
    (media.width, media.height) = (Some(shown.0), Some(shown.1));

    let picture = picture(width.into(), height.into(), field('C').unwrap_or("420"));
    let (Some(picture), Some((many, one))) = (picture, ratio('F')) else { return Ok(()) };
    let (_, first) = line(window, start)?;
    let (bytes, each) = (window.size().saturating_sub(start), first - start + picture);
    let length = (bytes / each).checked_mul(one).and_then(|length| millis(length, many));
    // What does not fill pictures is cut off, or says more in front of some.
    if bytes % each == 0 {
        media.lasts(length);
    } else {
        media.lasts_about(length);
    }
    Ok(())
}

/// The line at `at`, and where the next one starts.
fn line(window: &Window, at: u64) -> Result<(&str, u64), Stop> {
    let bytes = window.peek(at, LINE)?;
    let end = memchr::memchr(b'\n', bytes).ok_or(Stop::Malformed)?;
    let line = str::from_utf8(&bytes[..end]).map_err(|_| Stop::Malformed)?;
    Ok((line, at + end as u64 + 1))
}

/// Bytes of a picture, by the name of its coding: `420jpeg`, `422p10`, `mono`.
fn picture(width: u64, height: u64, coding: &str) -> Option<u64> {
    let colour = match coding.get(..3)? {
        "420" => 2 * width.div_ceil(2) * height.div_ceil(2),
        "411" => 2 * width.div_ceil(4) * height,
        "422" => 2 * width.div_ceil(2) * height,
        "444" if coding == "444alpha" => 3 * width * height,
        "444" => 2 * width * height,
        "mon" => 0,
        _ => return None,
    };
    let deep = match coding.trim_start_matches(|c: char| c.is_ascii_digit()) {
        "" | "jpeg" | "mpeg2" | "paldv" | "alpha" | "mono" => 1,
        "p9" | "p10" | "p12" | "p14" | "p16" | "mono9" | "mono10" | "mono12" | "mono16" => 2,
        _ => return None,
    };
    Some((width * height + colour) * deep)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::probe_bytes;
    use super::super::super::tests::fixture_case;

    #[test]
    fn pictures_that_do_not_fill_the_file_are_estimated() {
        let whole = fixture_case("pixels.y4m");
        let found = probe_bytes(&whole[..whole.len() - 9], None);
        assert_eq!((found.duration_ms, found.duration_estimated), (Some(400), true));
        let header = whole.iter().position(|byte| *byte == b'\n').unwrap();
        for (line, size, duration) in [
            ("YUV4MPEG2 W32 H24 F0:0 C420jpeg", Some(32), None),
            ("YUV4MPEG2 W32 H24 F10:1 C999", Some(32), None),
            ("YUV4MPEG2 W32 H24 F10:1", Some(32), Some(500)),
            ("YUV4MPEG2 W99999999 H24 F10:1", None, None),
        ] {
            let found = probe_bytes(&[line.as_bytes(), &whole[header..]].concat(), None);
            assert_eq!(found.content_type, "video/x-yuv4mpeg", "{line}");
            assert_eq!((found.width, found.duration_ms), (size, duration), "{line}");
        }
    }
}
