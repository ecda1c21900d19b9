//! Netpbm: PBM, PGM, PPM, PAM and PFM, whose headers are text.

/// A picture's type and dimensions, where `head` is the start of one.
pub(in super::super) fn examine(head: &[u8]) -> Option<(&'static str, u32, u32)> {
    let (magic, rest) = head.split_first_chunk()?;
    let (content_type, plain, numbers) = match magic {
        b"P1" => ("image/x-portable-bitmap", true, 2),
        b"P2" => ("image/x-portable-graymap", true, 3),
        b"P3" => ("image/x-portable-pixmap", true, 3),
        b"P4" => ("image/x-portable-bitmap", false, 2),
        b"P5" => ("image/x-portable-graymap", false, 3),
        b"P6" => ("image/x-portable-pixmap", false, 3),
        b"P7" => return arbitrary(rest),
        b"PF" | b"Pf" => return float(rest),
        _ => return None,
    };
    let mut tokens = Tokens { rest };
    let (width, height) = (tokens.number()?, tokens.number()?);
    if numbers == 3 && !(1..=0xffff).contains(&tokens.number()?) {
        return None;
    }
    // In the plain formats, the pixels are text as well.
    let pixel = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_whitespace();
    let mut lines = tokens.rest.split(|byte| *byte == b'\n');
    let fits = !plain || lines.all(|line| line.iter().take_while(|byte| **byte != b'#').all(pixel));
    fits.then_some((content_type, width, height))
}

/// PAM, whose header is lines of a name and a value.
fn arbitrary(head: &[u8]) -> Option<(&'static str, u32, u32)> {
    let header = head.strip_prefix(b"\n")?;
    let end = header.windows(7).position(|window| window == b"ENDHDR\n")?;
    let header = str::from_utf8(header.get(..end)?).ok()?;
    let value = |name| {
        let mut lines = header.lines().filter_map(|line| line.trim().split_once([' ', '\t']));
        lines.find(|(found, _)| *found == name)?.1.trim().parse().ok()
    };
    Some(("image/x-portable-arbitrarymap", value("WIDTH")?, value("HEIGHT")?))
}

/// PFM, whose third number may have a sign and a fraction.
fn float(head: &[u8]) -> Option<(&'static str, u32, u32)> {
    let mut tokens = Tokens { rest: head };
    let (width, height) = (tokens.number()?, tokens.number()?);
    let scale = str::from_utf8(tokens.next()?).ok()?.parse::<f32>().ok()?;
    (scale != 0.0).then_some(("image/x-portable-floatmap", width, height))
}

/// The tokens of a header, blanks between them and comments up to the ends of lines.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let mut rest = self.rest;
        if !rest.first()?.is_ascii_whitespace() {
            return None;
        }
        loop {
            rest = rest.trim_ascii_start();
            if rest.first()? != &b'#' {
                break;
            }
            rest = rest.get(rest.iter().position(|byte| *byte == b'\n')?..)?;
        }
        let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (token, rest) = rest.split_at(len);
        self.rest = rest;
        Some(token)
    }

    fn number(&mut self) -> Option<u32> {
        let token = self.next().filter(|token| token.iter().all(u8::is_ascii_digit))?;
        str::from_utf8(token).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{size_of, type_of};

    #[test]
    fn headers_are_told_with_their_comments() {
        for (head, subtype) in [
            (&b"P1\n# a comment\n60 # another\n40\n0 1 0"[..], "bitmap"),
            (b"P4 60 40\n\xff\0", "bitmap"),
            (b"P2\n60\n40\n255\n1 2 3", "graymap"),
            (b"P3\r\n60 40\r\n65535\r\n1 2 3", "pixmap"),
            (b"P6\n#\n60 40 255 \x01\x02", "pixmap"),
            (b"P7\nWIDTH 60\nHEIGHT 40\nDEPTH 3\nMAXVAL 255\nENDHDR\n", "arbitrarymap"),
            (b"PF\n60 40\n-1.0\n\0\0", "floatmap"),
        ] {
            assert_eq!(type_of(head, None), format!("image/x-portable-{subtype}"));
            assert_eq!(size_of(head), Some((60, 40)), "{subtype}");
        }
    }

    #[test]
    fn text_that_starts_like_a_picture_is_text() {
        for text in ["P1 60 40 of us", "P6", "P3 60 40 0", "P2 60", "P5 is 60 40 255", "PF 1 2 x"] {
            assert_eq!(type_of(text, None), "text/plain; charset=utf-8", "{text}");
        }
    }
}
