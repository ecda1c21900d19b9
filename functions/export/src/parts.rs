//! An archive on its way: cut into parts, of which those are kept that may still change.

use std::collections::BTreeMap;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use objects::PART;

/// [`PART`], as positions are counted.
const LENGTH: u64 = PART as u64;

/// The part of the archive that was written and not sent yet. A clone writes to the same.
#[derive(Clone, Default)]
pub(crate) struct Parts(Arc<Mutex<Cut>>);

#[derive(Default)]
struct Cut {
    /// By their places, from 0; all are full but the last.
    parts: BTreeMap<u64, Vec<u8>>,
    position: u64,
    end: u64,
    /// The header of the file that was begun last.
    header: Range<u64>,
}

impl Parts {
    /// The number of bytes that there are.
    pub(crate) fn end(&self) -> u64 {
        self.cut().end
    }

    /// Keeps what was written from `start` on, which is the header of a file that begins: it is written
    /// again once the file has ended, or taken back with it. What was kept before may be sent.
    pub(crate) fn keep_from(&self, start: u64) {
        let mut cut = self.cut();
        cut.header = start..cut.end;
    }

    /// Lets everything be sent.
    pub(crate) fn keep_nothing(&self) {
        self.cut().header = 0..0;
    }

    /// Takes the next part that is full and will not change, with its place.
    pub(crate) fn take_full(&self) -> Option<(u64, Vec<u8>)> {
        let mut cut = self.cut();
        let (full, header) = (cut.end / LENGTH, cut.header.clone());
        let kept = |place: u64| place * LENGTH < header.end && (place + 1) * LENGTH > header.start;
        let place = cut.parts.keys().copied().find(|place| *place < full && !kept(*place))?;
        cut.parts.remove(&place).map(|part| (place, part))
    }

    /// Takes the last part, once all others were taken; none where there is nothing left.
    pub(crate) fn take_last(&self) -> Option<(u64, Vec<u8>)> {
        self.cut().parts.pop_last()
    }

    /// Drops what stands behind the position: a file was taken back to there. From which place on parts
    /// may have been sent that are none any more.
    pub(crate) fn cut_off(&self) -> u64 {
        let mut cut = self.cut();
        let (place, rest) = (cut.position / LENGTH, cut.position % LENGTH);
        cut.end = cut.position;
        cut.header = 0..0;
        drop(cut.parts.split_off(&(place + u64::from(rest > 0))));
        if let Some(part) = cut.parts.get_mut(&place) {
            part.truncate(usize::try_from(rest).unwrap_or(PART));
        }
        place
    }

    fn cut(&self) -> MutexGuard<'_, Cut> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut cut = self.cut();
        let cut = &mut *cut;
        let place = cut.position / LENGTH;
        let at = usize::try_from(cut.position % LENGTH).unwrap_or(PART);
        let part = match cut.parts.get_mut(&place) {
            Some(part) => part,
            None if cut.position == cut.end => {
                cut.parts.entry(place).or_insert_with(|| Vec::with_capacity(PART))
            }
            None => return Err(io::Error::other("what is to be changed was sent already")),
        };
        let count = bytes.len().min(PART - at);
        let over = (part.len() - at).min(count);
        part[at..at + over].copy_from_slice(&bytes[..over]);
        part.extend_from_slice(&bytes[over..count]);
        cut.position += count as u64;
        cut.end = cut.end.max(cut.position);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Parts {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut cut = self.cut();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => cut.position.checked_add_signed(by),
            SeekFrom::End(by) => cut.end.checked_add_signed(by),
        };
        let at = at.filter(|at| *at <= cut.end).ok_or(io::ErrorKind::InvalidInput)?;
        cut.position = at;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of all parts, by their places.
    fn whole(sent: BTreeMap<u64, Vec<u8>>) -> Vec<u8> {
        sent.into_values().flatten().collect()
    }

    fn send(parts: &Parts, sent: &mut BTreeMap<u64, Vec<u8>>) {
        sent.extend(std::iter::from_fn(|| parts.take_full()));
    }

    #[test]
    fn the_part_of_an_open_header_is_kept_and_changed() {
        // The header ends a part, spans two, and begins one.
        for before in [PART - 10, PART - 5, PART] {
            let (mut parts, mut sent) = (Parts::default(), BTreeMap::new());
            parts.write_all(&vec![1; before]).unwrap();
            parts.write_all(b"__________").unwrap();
            parts.keep_from(before as u64);
            for _ in 0..7 {
                parts.write_all(&vec![2; PART / 2]).unwrap();
                send(&parts, &mut sent);
            }
            assert!(sent.len() >= 2 && parts.cut().parts.len() <= 3, "{before}");
            parts.seek(SeekFrom::Start(before as u64)).unwrap();
            parts.write_all(b"the header").unwrap();
            parts.seek(SeekFrom::End(0)).unwrap();
            parts.keep_nothing();
            send(&parts, &mut sent);
            sent.extend(parts.take_last());
            let expected =
                [vec![1; before], b"the header".to_vec(), vec![2; PART / 2 * 7]].concat();
            assert!(whole(sent) == expected, "{before}");
        }
    }

    #[test]
    fn what_is_taken_back_is_written_over() {
        for before in [0, 7, PART - 5, PART, PART + 3] {
            let (mut parts, mut sent) = (Parts::default(), BTreeMap::new());
            parts.write_all(&vec![1; before]).unwrap();
            parts.write_all(b"__________").unwrap();
            parts.keep_from(before as u64);
            parts.write_all(&vec![2; PART * 2]).unwrap();
            send(&parts, &mut sent);
            parts.seek(SeekFrom::Start(before as u64)).unwrap();
            let from = parts.cut_off();
            sent.retain(|place, _| *place < from);
            parts.write_all(b"after").unwrap();
            send(&parts, &mut sent);
            sent.extend(parts.take_last());
            assert!(whole(sent) == [vec![1; before], b"after".to_vec()].concat(), "{before}");
            assert_eq!(parts.end(), before as u64 + 5);
        }
    }

    #[test]
    fn what_was_sent_is_not_changed() {
        let mut parts = Parts::default();
        parts.write_all(&vec![1; PART + 1]).unwrap();
        assert!(parts.take_full().is_some());
        parts.seek(SeekFrom::Start(5)).unwrap();
        assert!(parts.write_all(b"x").is_err() && parts.seek(SeekFrom::Start(u64::MAX)).is_err());
    }
}
