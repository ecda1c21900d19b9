//! Binary formats: told by their signatures.

use super::audio::mpeg;
use super::audio::raw;
use super::declared::Declared;
use super::kind::Kind;
use super::pictures;
use super::timed;

/// The type of bytes of which nothing is known.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// The content type of bytes that are not text, as far as the first ones tell.
pub(super) fn content_type<'a>(
    head: &[u8],
    size: u64,
    declared: Option<&'a Declared>,
) -> (&'a str, Kind) {
    let known = container(head).or_else(|| timed::content_type(head));
    if let Some(known) = known.or_else(|| pictures::content_type(head, size, declared)) {
        return known;
    }
    if let Some(declared) = declared
        && let Some(layout) = raw::layout(declared)
        && !raw::is_refuted(head)
    {
        return (&declared.full, Kind::Raw(layout));
    }
    if let Some(known) = infer::get(head).filter(|t| t.matcher_type() != infer::MatcherType::Text) {
        return normal(known.mime_type(), known.extension());
    }
    if mpeg::starts(head) {
        return ("audio/mpeg", Kind::Mpeg);
    }
    match declared {
        Some(declared) if declared.is_inert_binary() => (&declared.essence, Kind::Opaque),
        _ => (UNKNOWN, Kind::Opaque),
    }
}

/// Containers whose kind of content is told more finely here than by `infer`.
fn container(head: &[u8]) -> Option<(&'static str, Kind)> {
    if head.get(4..8) == Some(b"ftyp") {
        return Some(brand(head));
    }
    if let Some(b"RIFF" | b"RF64" | b"BW64") = head.first_chunk() {
        return match head.get(8..12)? {
            b"WAVE" => Some(("audio/wav", Kind::Wav)),
            b"WEBP" => Some(("image/webp", Kind::Image)),
            _ => None,
        };
    }
    match head {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(("video/x-matroska", Kind::Matroska)),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => {
            Some(("application/x-ole-storage", Kind::Ole))
        }
        [b'g', b'l', b'T', b'F', 1 | 2, 0, 0, 0, ..] => Some(("model/gltf-binary", Kind::Opaque)),
        _ => None,
    }
}

/// The types that `infer` takes archives for, besides office documents.
const ZIP: &[&str] = &["application/epub+zip", "application/zip", "image/openraster"];

const AVIF: (&str, Kind) = ("image/avif", Kind::Image);
const HEIC: (&str, Kind) = ("image/heic", Kind::Image);

/// The types of ISO base media, by their brands.
fn brand(head: &[u8]) -> (&'static str, Kind) {
    let Some(major) = head.get(8..12) else {
        return (UNKNOWN, Kind::Opaque);
    };
    let len = head.first_chunk().map_or(0, |len| u32::from_be_bytes(*len) as usize);
    let compatible = head.get(16..len.min(head.len())).unwrap_or_default();
    let lists =
        |brands: &[&[u8]]| compatible.chunks_exact(4).take(64).any(|brand| brands.contains(&brand));
    match major {
        b"qt  " => ("video/quicktime", Kind::IsoMedia),
        b"crx " => ("image/x-canon-cr3", Kind::Opaque),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " => ("audio/mp4", Kind::IsoMedia),
        b"avif" | b"avis" => AVIF,
        b"heic" | b"heix" | b"heim" | b"heis" => HEIC,
        b"hevc" | b"hevx" => ("image/heic-sequence", Kind::Image),
        b"mif1" | b"mif2" | b"msf1" | b"miaf" if lists(&[b"avif", b"avis"]) => AVIF,
        b"mif1" | b"mif2" | b"msf1" | b"miaf" if lists(&[b"heic", b"heix"]) => HEIC,
        b"mif1" | b"mif2" | b"msf1" | b"miaf" => ("image/heif", Kind::Image),
        [b'3', b'g', b'2', _] => ("video/3gpp2", Kind::IsoMedia),
        [b'3', b'g', ..] => ("video/3gpp", Kind::IsoMedia),
        _ => ("video/mp4", Kind::IsoMedia),
    }
}

/// The types that users expect for those that `infer` names.
fn normal(mime: &'static str, extension: &str) -> (&'static str, Kind) {
    match mime {
        "video/quicktime" => (mime, Kind::IsoMedia),
        "audio/mpeg" => (mime, Kind::Mpeg),
        "audio/x-flac" => ("audio/flac", Kind::Flac),
        "audio/ogg" | "audio/opus" => ("audio/ogg", Kind::Ogg),
        "application/font-woff" if extension == "woff2" => ("font/woff2", Kind::Opaque),
        "application/font-woff" => ("font/woff", Kind::Opaque),
        "application/font-sfnt" if extension == "otf" => ("font/otf", Kind::Opaque),
        "application/font-sfnt" => ("font/ttf", Kind::Opaque),
        // Two bytes that much else starts with.
        "application/x-x509-ca-cert" => (UNKNOWN, Kind::Opaque),
        _ if ZIP.contains(&mime) || mime.contains("officedocument") => (mime, Kind::Zip),
        _ if mime.contains("opendocument") => (mime, Kind::Zip),
        _ if mime.starts_with("image/") => (mime, Kind::Image),
        _ => (mime, Kind::Opaque),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::type_of;

    #[test]
    fn users_see_the_types_they_expect() {
        for (content, expected) in [
            (&b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf"[..], "image/avif"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0miafheic", "image/heic"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
            (b"\0\0\0\x14ftypdash\0\0\0\0dash", "video/mp4"),
            (b"\0\0\0\x08wide\0\0\0\0mdat\0", "video/quicktime"),
            (b"wOF2\0\x01\0\0\0", "font/woff2"),
            (b"RF64\xff\xff\xff\xffWAVE\0", "audio/wav"),
            (b"\x1f\x8b\x08\x00\0", "application/gzip"),
            (b"\x1a\x45\xdf\xa3\x80\x01", "video/x-matroska"),
            (b"SQLite format 3\0", "application/vnd.sqlite3"),
        ] {
            assert_eq!(type_of(content, "text/html"), expected);
        }
    }
}
