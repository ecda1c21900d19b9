//! A window as a file, for parsers that are not ours.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::FIRST_READ;
use super::window::{Stop, Window};

/// A file of which some ranges have not been fetched: reading those fails.
pub(super) struct Reader<'a> {
    window: &'a Window,
    at: u64,
    missing: Cell<Option<Stop>>,
}

impl<'a> Reader<'a> {
    /// At the start of the window.
    pub(super) fn new(window: &'a Window) -> Self {
        Self { window, at: 0, missing: Cell::new(None) }
    }

    /// An error if a range was missing, whatever became of that where it was read.
    pub(super) fn missing(&self) -> Result<(), Stop> {
        self.missing.get().map_or(Ok(()), Err)
    }

    fn piece(&self, at: u64) -> io::Result<&'a [u8]> {
        match self.window.up_to(at, FIRST_READ) {
            Ok(bytes) => Ok(bytes),
            Err(Stop::Malformed) => Ok(&[]),
            Err(missing @ Stop::Missing { .. }) => {
                self.missing.set(self.missing.get().or(Some(missing)));
                Err(io::Error::other("not fetched"))
            }
        }
    }
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.piece(self.at)
    }

    fn consume(&mut self, len: usize) {
        self.at = self.at.saturating_add(len as u64);
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.piece(self.at)?.read(into)?;
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

impl rawzip::ReaderAt for Reader<'_> {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.piece(at)?.read(into)
    }
}
