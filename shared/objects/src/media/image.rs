//! Images: their dimensions.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::window::{Stop, Window};
use super::{FIRST_READ, Media};

/// Finds an image's dimensions.
pub(super) fn measure(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let mut reader = Reader { window, at: 0, missing: None };
    if let Ok(size) = imagesize::reader_size(&mut reader) {
        let side = |length: usize| u32::try_from(length).ok().filter(|length| *length > 0);
        if let (Some(width), Some(height)) = (side(size.width), side(size.height)) {
            (media.width, media.height) = (Some(width), Some(height));
        }
    }
    // Asked of the reader, since `imagesize` may take a failed read for the end.
    reader.missing.map_or(Ok(()), |offset| Err(Stop::Missing { offset, len: 1 }))
}

/// A window as a file whose missing ranges fail to read.
struct Reader<'a> {
    window: &'a Window,
    at: u64,
    missing: Option<u64>,
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.window.up_to(self.at, FIRST_READ) {
            Ok(bytes) => Ok(bytes),
            Err(Stop::Malformed) => Ok(&[]),
            Err(Stop::Missing { offset, .. }) => {
                self.missing.get_or_insert(offset);
                Err(io::Error::other("not fetched"))
            }
        }
    }

    fn consume(&mut self, len: usize) {
        self.at = self.at.saturating_add(len as u64);
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(into)?;
        self.consume(len);
        Ok(len)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.window.size().checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
