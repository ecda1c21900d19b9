//! The part of an object that has been fetched.

use bytes::Bytes;

/// The reason for which a parser stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// These bytes have not all been fetched.
    Missing {
        /// Their start.
        offset: u64,
        /// The bytes that are needed in one piece.
        len: u64,
    },
    /// They are not what they should be; more would not help.
    Malformed,
}

/// The longest step that goes on behind a range: of the parts of a JPEG.
const STEP: u64 = 64 * 1024;

/// An object's size and some ranges of its bytes.
#[derive(Debug)]
pub(super) struct Window {
    size: u64,
    ranges: Vec<(u64, Bytes)>,
}

impl Window {
    /// An object of which nothing has been fetched.
    pub(super) fn new(size: u64) -> Self {
        Self { size, ranges: Vec::new() }
    }

    /// An object at hand.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, ranges: vec![(0, bytes)] }
    }

    /// Adds what reading `len` bytes at `offset` gave; false if that is nothing.
    pub(super) fn add(&mut self, offset: u64, len: u64, mut bytes: Bytes) -> bool {
        bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        let some = !bytes.is_empty();
        self.ranges.push((offset, bytes));
        some
    }

    /// The number of ranges that have been fetched.
    pub(super) fn reads(&self) -> usize {
        self.ranges.len()
    }

    /// The number of bytes that have been fetched.
    pub(super) fn fetched(&self) -> u64 {
        self.ranges.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The length of the last range, if `offset` is in it, or so little behind it that whoever steps
    /// from part to part is likely to go on so.
    pub(super) fn continued_at(&self, offset: u64) -> Option<u64> {
        let (start, bytes) = self.ranges.last()?;
        let len = bytes.len() as u64;
        (*start..=start + len + STEP).contains(&offset).then_some(len)
    }

    /// The object's size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The first bytes, at most `max`.
    pub(super) fn head(&self, max: u64) -> Result<&[u8], Stop> {
        if self.size == 0 { Ok(&[]) } else { self.up_to(0, max) }
    }

    /// The last bytes, at most `max`, and where they start.
    pub(super) fn tail(&self, max: u64) -> Result<(u64, &[u8]), Stop> {
        let offset = self.size.saturating_sub(max);
        let len = usize::try_from(self.size - offset).map_err(|_| Stop::Malformed)?;
        Ok((offset, self.get(offset, len)?))
    }

    /// The `len` bytes at `offset`.
    pub(super) fn get(&self, offset: u64, len: usize) -> Result<&[u8], Stop> {
        if len == 0 {
            return Ok(&[]);
        }
        if offset.checked_add(len as u64).is_none_or(|end| end > self.size) {
            return Err(Stop::Malformed);
        }
        self.ranges
            .iter()
            .find_map(|(start, bytes)| {
                let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
                bytes.get(from..from.checked_add(len)?)
            })
            .ok_or(Stop::Missing { offset, len: len as u64 })
    }

    /// The bytes from `offset` on, `max` of them or all that the object has.
    pub(super) fn peek(&self, offset: u64, max: u64) -> Result<&[u8], Stop> {
        let len = self.size.saturating_sub(offset).min(max);
        self.get(offset, usize::try_from(len).map_err(|_| Stop::Malformed)?)
    }

    /// `N` bytes at `offset`.
    pub(super) fn array<const N: usize>(&self, offset: u64) -> Result<[u8; N], Stop> {
        self.get(offset, N)?.try_into().map_err(|_| Stop::Malformed)
    }

    /// The big-endian number in the `N` bytes at `offset`, at most eight.
    pub(super) fn be<const N: usize>(&self, offset: u64) -> Result<u64, Stop> {
        Ok(be(&self.array::<N>(offset)?))
    }

    /// The little-endian number in the `N` bytes at `offset`, at most eight.
    pub(super) fn le<const N: usize>(&self, offset: u64) -> Result<u64, Stop> {
        let mut bytes = self.array::<N>(offset)?;
        bytes.reverse();
        Ok(be(&bytes))
    }

    /// The bytes that are there from `offset` on in one piece: at least a byte, at most `max`.
    pub(super) fn up_to(&self, offset: u64, max: u64) -> Result<&[u8], Stop> {
        if offset >= self.size {
            return Err(Stop::Malformed);
        }
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        self.ranges
            .iter()
            .filter_map(|(start, bytes)| {
                let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
                let piece = bytes.get(from..).filter(|piece| !piece.is_empty())?;
                piece.get(..max).or(Some(piece))
            })
            .max_by_key(|piece| piece.len())
            .ok_or(Stop::Missing { offset, len: 1 })
    }
}

/// The number that bytes make, the highest first.
pub(super) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
