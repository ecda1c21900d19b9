//! Office documents: archives and file systems of their own, told by the names in them.

use super::window::{Stop, Window};
use super::{FIRST_READ, Media};

/// Entries of a ZIP directory looked at.
const MAX_ENTRIES: usize = 1024;
const ENTRY: usize = 46;

/// What the folders of an Office Open XML document are named after.
const FOLDERS: &[(&[u8], &str)] = &[
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// What the streams of an older document are named.
const STREAMS: &[(&str, &str)] = &[
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
];

/// Tells a document from another archive by the directory at the archive's end.
pub(super) fn examine_zip(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let (_, tail) = window.tail(FIRST_READ)?;
    let end = tail.windows(22).rev().find(|end| end.starts_with(b"PK\x05\x06"));
    let mut at = u64::from(number(end.ok_or(Stop::Malformed)?, 16)?);
    let (mut parts, mut folder) = (false, None);
    for _ in 0..MAX_ENTRIES {
        // The directory ends in front of the end's own record, so an entry's length is there.
        let entry = window.get(at, ENTRY)?;
        if !entry.starts_with(b"PK\x01\x02") {
            break;
        }
        let [name, extra, comment] =
            [28, 30, 32].map(|at| u16::from_le_bytes([entry[at], entry[at + 1]]));
        let file = window.get(at + ENTRY as u64, name.into())?;
        parts |= file == b"[Content_Types].xml";
        folder = folder.or_else(|| FOLDERS.iter().find(|(start, _)| file.starts_with(start)));
        if let (true, Some((_, content_type))) = (parts, folder) {
            (*content_type).clone_into(&mut media.content_type);
            return Ok(());
        }
        at += ENTRY as u64 + u64::from(name) + u64::from(extra) + u64::from(comment);
    }
    "application/zip".clone_into(&mut media.content_type);
    Ok(())
}

/// Tells an older document by the names in its directory.
pub(super) fn examine_ole(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let shift = u16::from_le_bytes(window.array(30)?);
    let sector = u64::from(number(window.get(48, 4)?, 0)?);
    if shift != 9 && shift != 12 {
        return Err(Stop::Malformed);
    }
    // The directory's sectors are chained; in practice, those that matter follow each other.
    let directory = window.up_to((sector + 1) << shift, 4096)?;
    let named = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        directory.chunks_exact(128).any(|entry| entry.starts_with(&name))
    };
    if let Some((_, content_type)) = STREAMS.iter().find(|(name, _)| named(name)) {
        (*content_type).clone_into(&mut media.content_type);
    }
    Ok(())
}

fn number(bytes: &[u8], at: usize) -> Result<u32, Stop> {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_le_bytes).ok_or(Stop::Malformed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::{PPTX, fixture, probe_sparse, type_of};

    #[test]
    fn documents_are_told_from_archives() {
        let mut archive = fixture("slides.pptx");
        for at in 0..archive.len() - 4 {
            if archive[at..].starts_with(b"ppt/") {
                archive[at] = b'q';
            }
        }
        assert_eq!(type_of(&archive, PPTX), "application/zip");

        // The parts in another order, far apart: the directory at the end tells.
        let slides = fixture("slides.pptx");
        let end = slides.len() - 22;
        let directory = u32::from_le_bytes(slides[end + 16..end + 20].try_into().unwrap());
        let size = 1_u64 << 28;
        let at = size - (slides.len() as u64 - u64::from(directory));
        let mut tail = slides[usize::try_from(directory).unwrap()..].to_vec();
        let field = tail.len() - 22 + 16;
        tail[field..field + 4].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
        let (found, reads) = probe_sparse(size, &[(0, b"PK\x03\x04\x14\0\0\0"), (at, &tail)], None);
        assert_eq!((found.content_type.as_str(), reads), (PPTX, 2));

        let mut older = vec![0; 1024 + 512];
        older[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        (older[30], older[48]) = (9, 1);
        for (i, unit) in "PowerPoint Document".encode_utf16().enumerate() {
            older[1024 + 128 + 2 * i] = u8::try_from(unit).unwrap();
        }
        assert_eq!(type_of(&older, None), "application/vnd.ms-powerpoint");
    }
}
