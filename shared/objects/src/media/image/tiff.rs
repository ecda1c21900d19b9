//! TIFF and `BigTIFF` in either byte order, and EXIF, which is laid out as TIFF is.

use super::super::window::{Stop, Window, be};
use super::{Found, Size};

/// Entries looked at of a directory.
const MAX_ENTRIES: u64 = 1024;

mod tag {
    pub(super) const SUBFILE: u16 = 0x00fe;
    pub(super) const WIDTH: u16 = 0x0100;
    pub(super) const HEIGHT: u16 = 0x0101;
    pub(super) const ORIENTATION: u16 = 0x0112;
}

/// The dimensions of the first picture, turned as its orientation says; none where that is only a
/// small copy of another one, as in a camera's raw file.
pub(super) fn size(window: &Window) -> Result<Size, Stop> {
    Found::by(|found| {
        let (mut width, mut height, mut reduced) = (None, None, false);
        let directory = Directory::first(window, 0, window.size())?;
        directory.each(|entry| {
            match entry.tag {
                tag::SUBFILE => reduced = entry.unsigned().is_some_and(|kind| kind & 1 == 1),
                tag::WIDTH => width = entry.unsigned(),
                tag::HEIGHT => height = entry.unsigned(),
                tag::ORIENTATION => found.orientation = entry.orientation(),
                _ => {}
            }
            true
        })?;
        found.size = width.zip(height).filter(|_| !reduced);
        Ok(())
    })
}

/// The orientation that the EXIF data between two offsets names; none where it is not what it
/// should be. As in browsers, only a short counts.
pub(super) fn orientation(window: &Window, start: u64, end: u64) -> Result<Option<u16>, Stop> {
    let mut orientation = None;
    let found = Directory::first(window, start, end).and_then(|directory| {
        directory.each(|entry| {
            if entry.tag == tag::ORIENTATION {
                orientation = entry.orientation();
            }
            entry.tag != tag::ORIENTATION
        })
    });
    match found {
        Ok(()) | Err(Stop::Malformed) => Ok(orientation),
        Err(missing @ Stop::Missing { .. }) => Err(missing),
    }
}

/// A directory of entries.
struct Directory<'a> {
    window: &'a Window,
    little: bool,
    big: bool,
    entries: u64,
    count: u64,
}

/// One of them.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    value: [u8; 8],
    little: bool,
}

impl<'a> Directory<'a> {
    /// The first directory of the data between two offsets.
    fn first(window: &'a Window, start: u64, end: u64) -> Result<Self, Stop> {
        if end.saturating_sub(start) < 8 {
            return Err(Stop::Malformed);
        }
        let (little, big) = match &window.array(start)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return Err(Stop::Malformed),
        };
        let offset = if big {
            number(little, window.array::<8>(start + 8)?)
        } else {
            number(little, window.array::<4>(start + 4)?)
        };
        let at = start.checked_add(offset).filter(|at| *at < end).ok_or(Stop::Malformed)?;
        let (header, count) = if big {
            (8, number(little, window.array::<8>(at)?))
        } else {
            (2, number(little, window.array::<2>(at)?))
        };
        Ok(Self { window, little, big, entries: at.saturating_add(header), count })
    }

    /// Visits the entries, until told to stop.
    fn each(&self, mut visit: impl FnMut(Entry) -> bool) -> Result<(), Stop> {
        let (len, value_at) = if self.big { (20, 12) } else { (12, 8) };
        for i in 0..self.count.min(MAX_ENTRIES) {
            let at = self.entries.saturating_add(i * len);
            let [tag, kind] = [0, 2].map(|by| self.window.array(at.saturating_add(by)));
            let short = |bytes| {
                if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
            };
            let (count, value) = if self.big {
                (
                    number(self.little, self.window.array::<8>(at + 4)?),
                    self.window.array(at + value_at)?,
                )
            } else {
                let [a, b, c, d] = self.window.array(at + value_at)?;
                let count = number(self.little, self.window.array::<4>(at + 4)?);
                (count, [a, b, c, d, 0, 0, 0, 0])
            };
            let (tag, kind) = (short(tag?), short(kind?));
            if !visit(Entry { tag, kind, count, value, little: self.little }) {
                break;
            }
        }
        Ok(())
    }
}

impl Entry {
    /// The value of one short, long, or long of eight bytes.
    fn unsigned(&self) -> Option<u32> {
        let [a, b, c, d, ..] = self.value;
        let value = match self.kind {
            _ if self.count != 1 => return None,
            3 => number(self.little, [a, b]),
            4 => number(self.little, [a, b, c, d]),
            16 => number(self.little, self.value),
            _ => return None,
        };
        value.try_into().ok()
    }

    fn orientation(&self) -> Option<u16> {
        let short = self.unsigned().filter(|_| self.kind == 3)?;
        u16::try_from(short).ok().filter(|orientation| (1..=8).contains(orientation))
    }
}

fn number<const N: usize>(little: bool, mut bytes: [u8; N]) -> u64 {
    if little {
        bytes.reverse();
    }
    be(&bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::super::tests::{probe_sparse, size_of};

    /// Entries of a directory: a tag, a short or a long, and its value.
    fn tiff(little: bool, entries: &[(u16, u16, u32)], at: u32) -> (Vec<u8>, Vec<u8>) {
        let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let head = [if little { b"II" } else { b"MM" }, &short(42)[..], &long(at)].concat();
        let mut directory = short(entries.len().try_into().unwrap()).to_vec();
        for (tag, kind, value) in entries {
            directory.extend([short(*tag), short(*kind)].concat());
            directory.extend(long(1));
            directory.extend(match kind {
                3 => [short(u16::try_from(*value).unwrap()), [0; 2]].concat(),
                _ => long(*value).to_vec(),
            });
        }
        (head, directory)
    }

    #[test]
    fn sides_and_turns_are_told_in_either_byte_order() {
        for little in [true, false] {
            let (head, directory) = tiff(little, &[(256, 3, 60), (257, 4, 40)], 8);
            assert_eq!(size_of(&[&head[..], &directory].concat()), Some((60, 40)));
            let entries = [(256, 3, 60), (257, 4, 40), (274, 3, 8)];
            let (head, directory) = tiff(little, &entries, 8);
            assert_eq!(size_of(&[&head[..], &directory].concat()), Some((40, 60)));
        }
    }

    #[test]
    fn a_small_copy_in_front_is_not_the_picture() {
        let (head, directory) = tiff(true, &[(254, 4, 1), (256, 3, 160), (257, 3, 120)], 8);
        assert_eq!(size_of(&[&head[..], &directory].concat()), None);
    }

    #[test]
    fn a_directory_at_the_end_of_a_large_file_takes_two_reads() {
        let at = 900_000_000;
        let (head, directory) = tiff(false, &[(256, 3, 60), (257, 3, 40)], at);
        let size = u64::from(at) + directory.len() as u64;
        let (found, reads) = probe_sparse(size, &[(0, &head), (at.into(), &directory)], None);
        assert_eq!((found.width, found.height, reads), (Some(60), Some(40), 2));
    }
}
