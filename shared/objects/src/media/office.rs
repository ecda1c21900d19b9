//! Older office documents: file systems of their own, told by the names in them.

use super::Media;
use super::window::{Stop, Window};

/// The names of the streams of older documents.
const STREAMS: &[(&str, &str)] = &[
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
];

/// Tells an older document by the names in its directory.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
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

    use super::super::tests::type_of;

    #[test]
    fn an_older_document_is_told_by_its_streams() {
        let mut older = vec![0; 1024 + 512];
        older[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        (older[30], older[48]) = (9, 1);
        for (i, unit) in "PowerPoint Document".encode_utf16().enumerate() {
            older[1024 + 128 + 2 * i] = u8::try_from(unit).unwrap();
        }
        assert_eq!(type_of(&older, None), "application/vnd.ms-powerpoint");
    }
}
