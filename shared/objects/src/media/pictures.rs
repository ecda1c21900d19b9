//! Signatures of pictures and models that `infer` does not know, or not well enough.

use super::declared::Declared;
use super::kind::Kind;
use super::model;

/// The starts of pictures, and their types.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0\x08\0\0\0", "image/tiff"),
    (b"MM\0+\0\x08\0\0", "image/tiff"),
    (b"\x76\x2f\x31\x01", "image/x-exr"),
    (b"#?RADIANCE\n", "image/vnd.radiance"),
    (b"#?RGBE\n", "image/vnd.radiance"),
    (b"DDS \x7c\0\0\0", "image/vnd.ms-dds"),
    (b"qoif", "image/qoi"),
    (JPEG_2000, "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/j2c"),
];

const JPEG_2000: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";

/// Targa files start with nothing of their own: these names, and a header that fits, tell them.
const TARGA: &[&str] = &["image/x-tga", "image/tga", "image/x-targa", "image/targa"];

/// The type of a picture or a model by what it starts with; `size` is the object's, in bytes.
pub(super) fn content_type(
    head: &[u8],
    size: u64,
    declared: Option<&Declared>,
) -> Option<(&'static str, Kind)> {
    if let Some(model) = model::in_binary(head, size) {
        return Some((model, Kind::Opaque));
    }
    if head.get(8..11) == Some(b"CR\x02") {
        // A raw file of a camera, which `infer` knows, and takes for nothing else.
        return None;
    }
    if let Some((start, known)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        let extended = *start == JPEG_2000 && head.get(20..24) == Some(b"jpx ");
        return Some((if extended { "image/jpx" } else { known }, Kind::Image));
    }
    let is_targa = matches!(head, [_, 0 | 1, 1..=3 | 9..=11, ..])
        && matches!(head.get(16), Some(8 | 15 | 16 | 24 | 32))
        && declared.is_some_and(|declared| TARGA.contains(&&*declared.essence));
    is_targa.then_some(("image/x-tga", Kind::Image))
}
