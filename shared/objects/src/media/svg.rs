//! SVG: the size at which a browser shows it where the page names none.

use quick_xml::events::{BytesStart, Event};

use super::Media;

const NAMESPACE: &[u8] = b"http://www.w3.org/2000/svg";
/// Sides of what has only a ratio: the largest that fits.
const DEFAULT: (f64, f64) = (300.0, 150.0);
/// CSS pixels in an inch.
const INCH: f64 = 96.0;

/// Finds the dimensions of a picture that starts `text`. They stay unknown where neither its sides
/// nor its view box tell them, and where they depend on fonts or on the page.
pub(super) fn measure(text: &str, media: &mut Media) {
    let size = root(text).and_then(|root| shown(&root));
    let pixels = |length: f64| {
        let length = length.round();
        // The range is checked, so that nothing is cut off.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (1.0..=f64::from(u32::MAX)).contains(&length).then_some(length as u32)
    };
    if let Some((width, height)) =
        size.and_then(|(width, height)| pixels(width).zip(pixels(height)))
    {
        (media.width, media.height) = (Some(width), Some(height));
    }
}

/// The root element, if it is one of SVG's.
fn root(text: &str) -> Option<BytesStart<'_>> {
    let mut xml = quick_xml::Reader::from_str(text);
    let root = loop {
        match xml.read_event().ok()? {
            Event::Start(root) | Event::Empty(root) => break root,
            Event::Eof => return None,
            _ => {}
        }
    };
    let declaration = match root.name().prefix() {
        Some(prefix) => [b"xmlns:", prefix.as_ref()].concat(),
        None => b"xmlns".to_vec(),
    };
    let declared = root.attributes().flatten().find(|a| a.key.as_ref() == declaration)?;
    (&*declared.value == NAMESPACE).then_some(root)
}

fn shown(root: &BytesStart<'_>) -> Option<(f64, f64)> {
    let (width, height) = (length(root, "width")?, length(root, "height")?);
    if let (Length::Pixels(width), Length::Pixels(height)) = (width, height) {
        return Some((width, height));
    }
    let stretched = attribute(root, "preserveAspectRatio")?;
    if stretched.is_some_and(|ratio| ratio.trim_ascii().starts_with("none")) {
        return None;
    }
    let (across, down) = view_box(&attribute(root, "viewBox")??)?;
    Some(match (width, height) {
        (Length::Pixels(width), _) => (width, width * down / across),
        (_, Length::Pixels(height)) => (height * across / down, height),
        (Length::Auto, Length::Auto) => {
            let scale = (DEFAULT.0 / across).min(DEFAULT.1 / down);
            (across * scale, down * scale)
        }
    })
}

/// An attribute's value; none where it cannot be read, such as for an entity of the document's own.
#[allow(clippy::option_option, reason = "absent and unreadable are not the same")]
fn attribute(root: &BytesStart<'_>, name: &str) -> Option<Option<String>> {
    let Some(attribute) = root.try_get_attribute(name).ok()? else { return Some(None) };
    let value = str::from_utf8(&attribute.value).ok()?;
    Some(Some(quick_xml::escape::unescape(value).ok()?.into_owned()))
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Pixels(f64),
    /// Not said, or a share of what the page gives.
    Auto,
}

/// A side; none where its length is not known outside of a page.
fn length(root: &BytesStart<'_>, name: &str) -> Option<Length> {
    let Some(text) = attribute(root, name)? else { return Some(Length::Auto) };
    let text = text.trim_ascii();
    if text.contains('(') {
        return None;
    }
    let Some((number, unit)) = number(text) else { return Some(Length::Auto) };
    let scale = match unit.to_ascii_lowercase().as_str() {
        "" | "px" => 1.0,
        "in" => INCH,
        "cm" => INCH / 2.54,
        "mm" => INCH / 25.4,
        "q" => INCH / 101.6,
        "pt" => INCH / 72.0,
        "pc" => INCH / 6.0,
        "em" | "rem" => 16.0,
        "%" => return Some(Length::Auto),
        _ if unit.bytes().all(|byte| byte.is_ascii_alphabetic()) => return None,
        _ => return Some(Length::Auto),
    };
    Some(Length::Pixels(number * scale))
}

/// The number that `text` starts with, and what follows.
fn number(text: &str) -> Option<(f64, &str)> {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(usize::from(text.starts_with(['+', '-'])));
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        // Not the unit that starts with the same letter.
        end = if exponent > end + 1 + sign { exponent } else { end };
    }
    let number: f64 = text[..end].parse().ok()?;
    Some((number, &text[end..]))
}

/// Width and height of a view box.
fn view_box(text: &str) -> Option<(f64, f64)> {
    let mut numbers =
        text.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|t| !t.is_empty());
    let mut next = || numbers.next()?.parse::<f64>().ok().filter(|number| number.is_finite());
    let (_, _, width, height) = (next()?, next()?, next()?, next()?);
    (width > 0.0 && height > 0.0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::size_of;

    fn size(attributes: &str) -> Option<(u32, u32)> {
        size_of(format!("<svg xmlns='http://www.w3.org/2000/svg' {attributes}/>").as_bytes())
    }

    /// The sizes that Chromium 156 shows.
    #[test]
    fn sides_and_view_boxes_are_measured_as_in_a_browser() {
        for (attributes, shown) in [
            ("width='320' height='200'", (320, 200)),
            ("width='10cm' height='5cm'", (378, 189)),
            ("width='210mm' height='297mm'", (794, 1123)),
            ("width='100.4pt' height='33pt'", (134, 44)),
            ("width='100Q' height='6pc'", (94, 96)),
            ("width='10PX' height='20Px'", (10, 20)),
            ("width='1e2' height='+2.5e1'", (100, 25)),
            ("width=' 100 ' height='50 '", (100, 50)),
            ("width='10.6' height='20.5'", (11, 21)),
            ("viewBox='0 0 640 480'", (200, 150)),
            ("viewBox='0 0 1000 100'", (300, 30)),
            ("viewBox='0,0,640,480' width='320'", (320, 240)),
            ("viewBox='0 0 40 10' height='200'", (800, 200)),
            ("viewBox='0 0 640 480' width='100%' height='50'", (67, 50)),
            ("viewBox='0 0 640 480' width='auto' height='auto'", (200, 150)),
            ("viewBox='0 0 4 2' width='abc' height='20'", (40, 20)),
        ] {
            assert_eq!(size(attributes), Some(shown), "{attributes}");
        }
    }

    #[test]
    fn what_the_file_does_not_say_is_left_out() {
        for attributes in [
            "",
            "width='200'",
            "width='0' height='10'",
            "width='-5' height='20'",
            "width='10ex' height='10'",
            "width='10vw' height='10'",
            "width='calc(10px + 5px)' height='10'",
            "width='&w;' height='10'",
            "viewBox='0 0 0 10'",
            "viewBox='0 0 640 480' width='100' preserveAspectRatio='none'",
            "width='1e99' height='1'",
        ] {
            assert_eq!(size(attributes), None, "{attributes}");
        }
        assert_eq!(size_of(b"<svg width='30' height='10'/>"), None, "no namespace");
    }

    #[test]
    fn prefixes_marks_and_long_comments_do_not_hide_a_picture() {
        let root = "<s:svg xmlns:s='http://www.w3.org/2000/svg' width='30' height='10'/>";
        assert_eq!(size_of(root.as_bytes()), Some((30, 10)));
        let comment = format!("<?xml version='1.0'?><!--{}-->{root}", "x".repeat(300_000));
        assert_eq!(size_of(comment.as_bytes()), Some((30, 10)));
        let utf16 = root.encode_utf16().flat_map(u16::to_le_bytes);
        assert_eq!(
            size_of(&[&[0xff, 0xfe][..], &utf16.collect::<Vec<_>>()].concat()),
            Some((30, 10))
        );
    }
}
