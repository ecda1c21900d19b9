//! Documents, books and scenes that are ZIP archives: told by the names in their directory and by the
//! one small file in which each says what it is.

use std::io::{BufReader, Read};

use flate2::read::DeflateDecoder;
use quick_xml::events::Event;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

use super::reader::Reader;
use super::window::{Stop, Window};
use super::{FIRST_READ, Media};

/// Entries of the directory looked at.
const MAX_ENTRIES: usize = 65_536;
/// The distance from the archive's end in which its directory's end is looked for, in bytes: the longest comment.
const END: u64 = FIRST_READ + 64;
/// Bytes read of the list of an Office Open XML document's parts, unpacked.
const MAX_PARTS: u64 = 4 * 1024 * 1024;
/// Bytes read of a file that holds nothing but a type.
const MAX_TYPE: u64 = 128;

/// The type of a document, by that of its main part: Office Open XML, 3MF and XPS.
const MAIN_PARTS: &[(&str, &str)] = &[
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    ),
    (
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.document.macroEnabled.12",
    ),
    (
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
        "application/vnd.ms-word.template.macroEnabled.12",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    ),
    (
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.12",
    ),
    (
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.12",
    ),
    (
        "application/vnd.ms-excel.addin.macroEnabled.main+xml",
        "application/vnd.ms-excel.addin.macroEnabled.12",
    ),
    (
        "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.template",
    ),
    (
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.template.macroEnabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.addin.macroEnabled.12",
    ),
    ("application/vnd.ms-visio.drawing.main+xml", "application/vnd.ms-visio.drawing"),
    ("application/vnd.ms-package.3dmanufacturing-3dmodel+xml", "model/3mf"),
    ("application/vnd.ms-package.xps-fixeddocumentsequence+xml", "application/vnd.ms-xpsdocument"),
];

/// Tells what an archive is by the directory at its end.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    "application/zip".clone_into(&mut media.content_type);
    window.tail(END)?;
    let reader = Reader::new(window);
    let found = tell(&reader, window.size());
    reader.missing()?;
    if let Some(content_type) = found {
        media.content_type = content_type;
    }
    Ok(())
}

fn tell(reader: &Reader<'_>, size: u64) -> Option<String> {
    let mut buffer = vec![0; 2 * usize::from(u16::MAX)];
    let locator = ZipLocator::new().max_search_space(END);
    let archive = locator.locate_in_reader(reader, &mut buffer, size).ok()?;
    let mut entries = archive.entries(&mut buffer);
    for first in std::iter::once(true).chain(std::iter::repeat_n(false, MAX_ENTRIES - 1)) {
        let entry = entries.next_entry().ok()??;
        let at = (entry.wayfinder(), entry.compression_method());
        match entry.file_path().as_ref() {
            b"[Content_Types].xml" => return main_part(open(&archive, at)?),
            b"mimetype" => return noted(open(&archive, at)?),
            name if first && is_scene(name) && at.1 == CompressionMethod::STORE => {
                return Some("model/vnd.usdz+zip".to_owned());
            }
            _ => {}
        }
    }
    None
}

/// True if a file is Universal Scene Description, which comes first in an archive of such.
fn is_scene(name: &[u8]) -> bool {
    let extension = name.rsplit(|byte| *byte == b'.').next();
    matches!(extension, Some(b"usd" | b"usda" | b"usdc"))
}

/// A file of the archive, unpacked.
fn open<'a>(
    archive: &'a ZipArchive<&Reader<'_>>,
    (at, method): (ZipArchiveEntryWayfinder, CompressionMethod),
) -> Option<Box<dyn Read + 'a>> {
    let entry = archive.get_entry(at).ok()?;
    match method {
        CompressionMethod::STORE => Some(Box::new(entry.reader())),
        CompressionMethod::DEFLATE => Some(Box::new(DeflateDecoder::new(entry.reader()))),
        _ => None,
    }
}

/// The main part's type, by the list of parts.
fn main_part(list: impl Read) -> Option<String> {
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(list.take(MAX_PARTS)));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).ok()? {
            Event::Start(part) | Event::Empty(part) => {
                let kind = part.try_get_attribute("ContentType").ok()?;
                let known = kind.and_then(|kind| {
                    MAIN_PARTS.iter().find(|(main, _)| main.as_bytes() == &*kind.value)
                });
                if let Some((_, content_type)) = known {
                    return Some((*content_type).to_owned());
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The type in a file that holds nothing else: of an EPUB, an `OpenDocument`, or a picture in layers.
fn noted(file: impl Read) -> Option<String> {
    let mut text = String::new();
    file.take(MAX_TYPE).read_to_string(&mut text).ok()?;
    let content_type = text.trim_ascii();
    let is_known = matches!(content_type, "application/epub+zip" | "image/openraster")
        || content_type
            .strip_prefix("application/vnd.oasis.opendocument.")
            .is_some_and(|kind| kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    is_known.then(|| content_type.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;

    use rawzip::{CompressionMethod, ZipArchiveWriter};

    use super::super::tests::{PPTX, fixture, probe_sparse, type_of};

    /// An archive of these files, packed where that is asked for.
    fn archive(files: &[(&str, &str)], is_packed: bool) -> Vec<u8> {
        let mut written = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut written);
        for (name, content) in files {
            let file = archive.new_file(name);
            if is_packed {
                let (mut entry, config) =
                    file.compression_method(CompressionMethod::DEFLATE).start().unwrap();
                let packed =
                    flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
                let mut writer = config.wrap(packed);
                writer.write_all(content.as_bytes()).unwrap();
                let (packed, descriptor) = writer.finish().unwrap();
                packed.finish().unwrap();
                entry.finish(descriptor).unwrap();
            } else {
                let (mut entry, config) = file.start().unwrap();
                let mut writer = config.wrap(&mut entry);
                writer.write_all(content.as_bytes()).unwrap();
                let (_, descriptor) = writer.finish().unwrap();
                entry.finish(descriptor).unwrap();
            }
        }
        archive.finish().unwrap();
        written
    }

    fn parts(main: &str) -> String {
        format!(
            "<?xml version='1.0'?><Types><Default Extension='xml' ContentType='application/xml'/>\
             <Override PartName='/main.xml' ContentType='{main}'/></Types>"
        )
    }

    #[test]
    fn the_main_part_tells_a_document_wherever_it_is_listed() {
        for (main, content_type) in super::MAIN_PARTS {
            let list = parts(main);
            let files =
                [("xl/a.xml", "<a/>"), ("word/b.xml", "<b/>"), ("[Content_Types].xml", &list)];
            for is_packed in [false, true] {
                assert_eq!(type_of(archive(&files, is_packed), PPTX), *content_type);
            }
        }
        let other = parts("application/vnd.example.main+xml");
        for list in [&other, "<Types", "no list", ""] {
            let files = [("ppt/a.xml", "<a/>"), ("[Content_Types].xml", list)];
            assert_eq!(type_of(archive(&files, true), PPTX), "application/zip");
        }
    }

    #[test]
    fn a_file_that_holds_a_type_tells_books_and_open_documents() {
        let graphics = "application/vnd.oasis.opendocument.graphics";
        for (noted, told) in [
            ("application/epub+zip\n", "application/epub+zip"),
            (graphics, graphics),
            ("image/openraster", "image/openraster"),
            ("text/html", "application/zip"),
            ("application/vnd.oasis.opendocument.\r\nX: y", "application/zip"),
        ] {
            let files = [("META-INF/a", "a"), ("mimetype", noted)];
            assert_eq!(type_of(archive(&files, false), None), told);
        }
        assert_eq!(type_of(archive(&[("scene.usdc", "")], false), None), "model/vnd.usdz+zip");
        assert_eq!(
            type_of(archive(&[("a.txt", ""), ("b.usda", "")], false), None),
            "application/zip"
        );
    }

    #[test]
    fn a_long_directory_and_a_list_at_the_end_take_few_reads() {
        let list = parts(super::MAIN_PARTS[10].0);
        let names: Vec<String> = (0..20_000).map(|i| format!("ppt/slides/slide{i}.xml")).collect();
        let mut files: Vec<(&str, &str)> =
            names.iter().map(|name| (name.as_str(), "<a/>")).collect();
        files.push(("[Content_Types].xml", &list));
        let file = archive(&files, false);
        let (found, reads) = probe_sparse(file.len() as u64, &[(0, &file)], None);
        assert_eq!(found.content_type, PPTX);
        assert!(reads <= 8, "{reads} reads");
    }

    #[test]
    fn a_directory_far_from_the_start_takes_one_more_read() {
        let slides = fixture("slides.pptx");
        let end = slides.len() - 22;
        let directory = u32::from_le_bytes(slides[end + 16..end + 20].try_into().unwrap());
        let directory = usize::try_from(directory).unwrap();
        let size = 1_u64 << 28;
        let at = size - (slides.len() - directory) as u64;
        let mut tail = slides[directory..].to_vec();
        let field = tail.len() - 22 + 16;
        tail[field..field + 4].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
        let (found, reads) = probe_sparse(size, &[(0, &slides[..directory]), (at, &tail)], None);
        assert_eq!((found.content_type.as_str(), reads), (PPTX, 2));
    }
}
