//! A sink that compares what is written to it with what is there.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The most differing bytes that are kept: more than what a header holds that is written before it is known,
/// so that what is written again is always among them.
const MOST: usize = 1024;

/// Takes bytes, and tells where they are not those that it reads. What was written may be written again.
pub(crate) struct Comparison<R> {
    expected: R,
    /// The place at which `expected` stands.
    read: u64,
    position: u64,
    end: u64,
    /// The places at which they differ, as was last written.
    differing: BTreeSet<u64>,
}

impl<R: Read + Seek> Comparison<R> {
    /// Against `expected`, which stands at its beginning.
    pub(crate) fn with(expected: R) -> Self {
        Self { expected, read: 0, position: 0, end: 0, differing: BTreeSet::new() }
    }

    /// The first byte that differs, or that only one of them has.
    pub(crate) fn end(mut self) -> io::Result<Option<u64>> {
        self.expected.seek(SeekFrom::Start(self.end))?;
        let more = self.expected.read(&mut [0])? > 0;
        Ok(self.differing.first().copied().or(more.then_some(self.end)))
    }

    /// The bytes that are there in the place of `count`, as far as there is anything.
    fn expected(&mut self, count: usize) -> io::Result<Vec<u8>> {
        if self.read != self.position {
            self.read = self.expected.seek(SeekFrom::Start(self.position))?;
        }
        let mut expected = Vec::with_capacity(count);
        self.expected.by_ref().take(count as u64).read_to_end(&mut expected)?;
        self.read += expected.len() as u64;
        Ok(expected)
    }
}

impl<R: Read + Seek> Write for Comparison<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let expected = self.expected(bytes.len())?;
        let (start, end) = (self.position, self.position + bytes.len() as u64);
        self.differing.retain(|at| !(start..end).contains(at));
        if expected != bytes {
            let expected = expected.iter().map(Some).chain(std::iter::repeat(None));
            let pairs = (start..).zip(bytes.iter().zip(expected));
            let differing = pairs.filter(|(_, (byte, expected))| Some(*byte) != *expected);
            let room = MOST.saturating_sub(self.differing.len());
            self.differing.extend(differing.map(|(at, _)| at).take(room));
        }
        self.position = end;
        self.end = self.end.max(end);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Read + Seek> Seek for Comparison<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.position = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
