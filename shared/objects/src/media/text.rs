//! Text: told by what it does not contain, and by the markup that it starts with.
//!
//! Markup is looked for as browsers do (WHATWG MIME Sniffing, section 7.1), with two differences.
//! Comments are skipped rather than taken for HTML, since Markdown starts with them too. And what is
//! declared to be Markdown may start with an element that one uses in Markdown, such as a centred
//! heading; a whole document (`<html`, `<script` …) is HTML whatever was declared.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::declared::Declared;
use super::window::{Stop, Window};
use super::{FIRST_READ, Media, encoding, model, svg};

const PLAIN: &str = "text/plain; charset=utf-8";
const PLAIN_UTF16: &str = "text/plain; charset=utf-16";
const HTML: &str = "text/html";
const SVG: &str = "image/svg+xml";
const XML: &str = "application/xml";

/// Elements that make a document or run something. With those of [`FLOW`], what browsers look for.
const DOCUMENT: &[&str] = &[
    "html", "head", "script", "iframe", "style", "title", "body", "meta", "link", "base", "object",
    "embed", "form", "frameset", "noscript", "template",
];
/// Elements that make HTML, but are used in Markdown as well.
const FLOW: &[&str] = &[
    "h1", "h2", "h3", "div", "font", "table", "a", "b", "br", "p", "img", "span", "center",
    "details", "video", "audio", "picture", "section", "article", "main", "nav", "header", "ul",
    "ol",
];

/// Text formats that start with a signature.
const SIGNATURES: &[(&str, &str)] = &[
    ("%PDF-", "application/pdf"),
    ("{\\rtf", "application/rtf"),
    ("%!PS-Adobe-", "application/postscript"),
];

/// Bytes of a text looked at where its markup starts behind a long comment.
const MAX_PROLOG: u64 = 1024 * 1024;

/// Tells which text an object is; false if it is none.
pub(super) fn examine(
    window: &Window,
    declared: Option<&Declared>,
    media: &mut Media,
) -> Result<bool, Stop> {
    let mut head = window.head(FIRST_READ)?;
    if decode(head, true).is_some_and(|text| Prolog::of(text).is_open) {
        head = window.peek(0, MAX_PROLOG)?;
    }
    let Some(text) = Text::of(head, window.size(), declared) else {
        // HTML in an old encoding, or with control characters, runs all the same.
        let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let markup = String::from_utf8_lossy(start);
        let known = if start.starts_with(b"<") { sniff(&markup, None) } else { None };
        return Ok(known.is_some_and(|known| {
            known.clone_into(&mut media.content_type);
            true
        }));
    };
    let Some(content_type) = text.content_type() else { return Ok(false) };
    media.content_type = content_type;
    if media.content_type == SVG {
        svg::measure(&text.content, media);
    }
    Ok(true)
}

/// The start of a text.
struct Text<'a> {
    content: Cow<'a, str>,
    /// The text type that was declared, without an encoding that is not its own.
    declared: Option<Declared>,
    /// The type if neither that nor its content says.
    plain: &'static str,
}

impl<'a> Text<'a> {
    /// `head` of a text of `size` bytes; none if it is something else.
    fn of(head: &'a [u8], size: u64, declared: Option<&Declared>) -> Option<Self> {
        let is_cut = (head.len() as u64) < size;
        let declared = declared.filter(|declared| declared.is_text());
        if let Some(text) = decode_utf16(head) {
            let content = Cow::Owned(text);
            let declared = in_charset(declared, "utf-16", |_, named| !is_utf16(named));
            return Some(Self { content, declared, plain: PLAIN_UTF16 });
        }
        if let Some(text) = decode(head, is_cut) {
            let content = Cow::Borrowed(text);
            let declared = in_charset(declared, "utf-8", |own, named| {
                named != UTF_8 && decode_as(own, head, size).is_none()
            });
            return Some(Self { content, declared, plain: PLAIN });
        }
        // Nothing but the declared type tells text in an old encoding from bytes. JSON has none.
        let declared = declared.filter(|declared| !declared.essence.contains("json"))?;
        let (content, declared) = match decode_as(declared, head, size) {
            Some(text) => (text, declared.clone()),
            None => (encoding::guess(head, is_cut)?, declared.with_charset(None)),
        };
        Some(Self { content: Cow::Owned(content), declared: Some(declared), plain: PLAIN })
    }

    fn content_type(&self) -> Option<String> {
        let (text, declared) = (&*self.content, self.declared.as_ref());
        if text.is_empty() {
            // Nothing speaks against a text type; nothing speaks for any other.
            return declared.map(|declared| declared.full.clone());
        }
        if let Some((_, known)) = SIGNATURES.iter().find(|(start, _)| text.starts_with(start)) {
            return Some((*known).to_owned());
        }
        let known = sniff(text, declared).map(|markup| match declared {
            // More precise than what the bytes say: a feed, XHTML.
            Some(declared) if markup == XML && declared.is_xml() => declared.full.clone(),
            Some(declared) if declared.essence == markup => declared.full.clone(),
            _ => markup.to_owned(),
        });
        let known = known.or_else(|| {
            let is_plain = declared.is_none_or(|declared| declared.essence == "text/plain");
            model::in_text(text, is_plain).map(str::to_owned)
        });
        let declared = || declared.map(|declared| declared.full.clone());
        Some(known.or_else(declared).unwrap_or_else(|| self.plain.to_owned()))
    }
}

/// The bytes as UTF-8 text, without a byte order mark and, where they are `cut` off, without a part of
/// a character at the end; nothing if they hold something else.
fn decode(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    // The bytes that WHATWG calls binary: escape stays, for coloured logs.
    let binary = |b: u8| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    (!text.bytes().any(binary)).then(|| text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The start of UTF-16 text; nothing if it does not start with a byte order mark.
fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        _ => return None,
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // A surrogate cut in two at the end of the sample is dropped; anywhere else it means no text.
    let mut text = String::new();
    let mut decoded = char::decode_utf16(units).peekable();
    while let Some(c) = decoded.next() {
        match c {
            Ok(c) => text.push(c),
            Err(_) if decoded.peek().is_none() => {}
            Err(_) => return None,
        }
    }
    decode(text.as_bytes(), false).map(str::to_owned)
}

/// The type that was declared, with this in the place of a `charset` that is another.
fn in_charset(
    declared: Option<&Declared>,
    charset: &str,
    is_another: impl Fn(&Declared, &'static Encoding) -> bool,
) -> Option<Declared> {
    let declared = declared?;
    let is_another = declared.encoding().is_some_and(|named| is_another(declared, named));
    Some(if is_another { declared.with_charset(Some(charset)) } else { declared.clone() })
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// `head` of a text of `size` bytes in the encoding that is declared; nothing if none is, or it is another.
fn decode_as(declared: &Declared, head: &[u8], size: u64) -> Option<String> {
    let named = declared.encoding()?;
    let is_other =
        (declared.is_ascii() && !head.is_ascii()) || (is_utf16(named) && !size.is_multiple_of(2));
    if is_other { None } else { encoding::decode(head, (head.len() as u64) < size, named) }
}

/// The text before its first element.
struct Prolog<'a> {
    rest: &'a str,
    is_xml: bool,
    /// True if it is a page by what it says of itself.
    is_html: bool,
    /// True if it does not end within the text.
    is_open: bool,
}

impl<'a> Prolog<'a> {
    fn of(text: &'a str) -> Self {
        let rest = text.trim_start_matches('\u{feff}');
        let mut prolog = Self { rest, is_xml: false, is_html: false, is_open: false };
        loop {
            prolog.rest = prolog.rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
            let rest = prolog.rest;
            let after = if rest.starts_with("<!--") {
                // Its dashes may be those that end it: `<!-->` is a whole comment.
                rest[2..].find("-->").map(|end| &rest[2 + end + 3..])
            } else if rest.starts_with("<?") {
                prolog.is_xml |= starts_with(rest, "<?xml");
                rest.find("?>").map(|end| &rest[end + 2..])
            } else if starts_with(rest, "<!doctype") {
                if element(rest[9..].trim_start()) == Some("html".into()) {
                    prolog.is_html = true;
                    break;
                }
                prolog.is_xml |= after_doctype(rest).is_some();
                after_doctype(rest)
            } else {
                break;
            };
            let Some(after) = after else {
                prolog.is_open = true;
                break;
            };
            prolog.rest = after;
        }
        prolog
    }
}

/// The markup that a text starts with.
fn sniff(text: &str, declared: Option<&Declared>) -> Option<&'static str> {
    let Prolog { rest, is_xml: xml, is_html, is_open } = Prolog::of(text);
    if is_html {
        return Some(if xml { XML } else { HTML });
    }
    if is_open && rest.starts_with("<!--") {
        return Some(HTML);
    }
    let name = rest.strip_prefix('<').and_then(element).unwrap_or_default();
    let markdown =
        declared.is_some_and(|d| matches!(&*d.essence, "text/markdown" | "text/x-markdown"));
    let root = name.rsplit_once(':').map_or(&*name, |(_, local)| local);
    match root {
        "svg" => Some(SVG),
        _ if xml => Some(XML),
        _ if DOCUMENT.contains(&&*name) => Some(HTML),
        _ if FLOW.contains(&&*name) && !markdown => Some(HTML),
        _ => None,
    }
}

/// The name that `text` starts with, in lower case, if it is ended as an element's name is.
fn element(text: &str) -> Option<String> {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/' || c == '[')?;
    let name = text.get(..end).filter(|name| name.len() <= 64)?;
    Some(name.to_ascii_lowercase())
}

/// The text behind a document type, its own declarations skipped.
fn after_doctype(text: &str) -> Option<&str> {
    let mut end = text.find(['[', '>'])?;
    if text[end..].starts_with('[') {
        end += text[end..].find(']')?;
        end += text[end..].find('>')?;
    }
    text.get(end + 1..)
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::{fixture, type_of};

    #[test]
    fn only_text_bears_the_declared_type() {
        assert_eq!(
            type_of(fixture("notes.md"), "text/Markdown;charset=UTF-8"),
            "text/markdown; charset=UTF-8"
        );
        assert_eq!(type_of("{}", "application/vnd.api+json"), "application/vnd.api+json");
        assert_eq!(type_of("a: 1", "application/yaml"), "application/yaml");
        assert_eq!(type_of("alert(1)", "text/javascript"), "text/javascript");
        assert_eq!(type_of("fragment", "text/html"), "text/html");
        assert_eq!(type_of("BM, GIF and ID3 are words", None), "text/plain; charset=utf-8");
        assert_eq!(type_of("text", "image/png"), "text/plain; charset=utf-8");
        assert_eq!(type_of("text", "text/html\r\nx: y"), "text/plain; charset=utf-8");
        assert_eq!(type_of("Grüße".as_bytes().split_last().unwrap().1, "text/csv"), "text/csv");
        assert_eq!(type_of(b"\xc3\xbc\xc3", "text/csv"), "text/csv");
        assert_eq!(type_of(b"\xff\xfeh\0i\0", None), "text/plain; charset=utf-16");
        assert_eq!(type_of(b"%PDF-1.7\n", "text/plain"), "application/pdf");
        assert_eq!(type_of(b"\x01\x02", "text/plain"), "application/octet-stream");
        assert_eq!(type_of(b"\x01\x02", "video/mp4"), "application/octet-stream");
        assert_eq!(type_of(b"\x01\x02", "application/x-protobuf"), "application/x-protobuf");
        assert_eq!(type_of("", "text/csv"), "text/csv");
        assert_eq!(type_of("", "image/png"), "application/octet-stream");
    }

    #[test]
    fn markup_is_found_whatever_is_declared() {
        for page in [
            "<!doctype html>",
            "\u{feff}\n <HTML lang=en>",
            "<!-- a --><!--b-->\n<script>x()</script>",
            "<iframe src=x>",
            "<style/>",
            "<p>",
            "<!-- no end",
            "<!--><script>x()</script>",
            "<!DOCTYPE HTML SYSTEM 'about:'>",
            "<h1\nid=x>",
        ] {
            assert_eq!(type_of(page, "text/plain"), "text/html", "{page}");
        }
        assert_eq!(type_of(b"<html><p>caf\xe9", "text/plain"), "text/html");
        assert_eq!(type_of(b"\xef\xbb\xbf<body>\x00", "image/png"), "text/html");
        assert_eq!(type_of(b"\xff\xfe<\0b\0o\0d\0y\0>\0", "image/png"), "text/html");
        assert_eq!(
            type_of("<!doctype html>", "text/html; charset=latin1"),
            "text/html; charset=latin1"
        );
        for text in [
            "<!-- todo -->\n# Title",
            "<paragraph>",
            "a <script>",
            "<html",
            "<>",
            "<",
            "<!",
            "<!-->",
        ] {
            assert_eq!(type_of(text, "text/markdown"), "text/markdown", "{text}");
        }
        assert_eq!(type_of("<h1 align=center>Title</h1>", "text/markdown"), "text/markdown");
        assert_eq!(type_of("<script>x()</script>", "text/markdown"), "text/html");

        for image in [
            "<svg>",
            "<SVG\n/>",
            "<?xml version='1.0'?><!-- c --><!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg >",
            "<s:svg xmlns:s='http://www.w3.org/2000/svg'/>",
            "<?xml-stylesheet?><svg>",
            "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'><svg>",
        ] {
            assert_eq!(type_of(image, "image/png"), "image/svg+xml", "{image}");
        }
        assert_eq!(type_of("<?xml version='1.0'?><feed>", None), "application/xml");
        assert_eq!(
            type_of("<?xml version='1.0'?><feed>", "application/atom+xml"),
            "application/atom+xml"
        );
        assert_eq!(type_of("<?xml version='1.0'?><html>", "text/plain"), "application/xml");
    }
}
