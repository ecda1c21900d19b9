//! Movies in pieces, as they are streamed and recorded: their header knows of none, or of the first.
//!
//! How long they are in all is told by a box that says so, by an index of the pieces, or by the end of
//! the last piece, which is found by an index at the end, by looking for it there, or by going from
//! piece to piece. What these take is read; where the limits end that, the pieces seen so far tell
//! about how long all of them are.

use memchr::memmem;

use super::super::Media;
use super::super::boxes::{Atom, child, each};
use super::super::millis;
use super::super::window::{Stop, Window, be};
use super::{Movie, Track};

/// Objects up to this are read whole.
const WHOLE: u64 = 2 * 1024 * 1024;
/// Bytes looked at at the end, until one of them holds the start of a piece.
const TAILS: [u64; 3] = [128 * 1024, 1024 * 1024, 3 * 1024 * 1024];
/// Pieces gone through.
const MAX_PIECES: usize = 4096;
/// Bytes of the table of a piece's samples.
const MAX_TABLE: u64 = 1024 * 1024;
/// The start of a piece behind its length: itself, and its own header's length and name.
const PIECE: &[u8] = b"moof\0\0\0\x10mfhd";

/// The reach of a track's fragments, in its own units.
#[derive(Clone, Copy, Default)]
struct Reach {
    /// The time at which the next sample is to be decoded.
    decoded: u64,
    /// The time at which the last one stops being shown.
    shown: u64,
}

/// The tracks and how far they reach.
struct Pieces {
    movie: Movie,
    reach: Vec<Reach>,
    /// The number of those that have been seen, and whether all of them said when they are.
    seen: usize,
    timed: bool,
}

/// Finds the duration of a movie that goes on in fragments; `noted` is the one in its header.
pub(super) fn measure(
    window: &Window,
    mut movie: Movie,
    extended: &Atom,
    noted: Option<u64>,
    media: &mut Media,
) -> Result<(), Stop> {
    let all = defaults(window, extended, &mut movie)?;
    if let Some(all) = all {
        media.lasts(millis(all, movie.scale));
        return Ok(());
    }
    if let Some(ms) = indexed(window, &movie)? {
        media.lasts(Some(ms));
        return Ok(());
    }
    let reach = movie.tracks.iter().map(|track| {
        // The samples that the movie's own header describes.
        let length = track.length.filter(|_| noted.is_some()).unwrap_or(0);
        Reach { decoded: length, shown: length }
    });
    let mut pieces = Pieces { reach: reach.collect(), movie, seen: 0, timed: true };
    if window.size() > WHOLE {
        let last = match last_noted(window)? {
            Some(at) => Some(at),
            None => last_found(window)?,
        };
        if let Some(at) = last {
            pieces.walk(window, at, None)?;
            if pieces.timed && pieces.seen > 0 {
                media.lasts(pieces.millis());
                return Ok(());
            }
        }
    } else {
        window.peek(0, WHOLE)?;
    }
    let start = pieces.movie.end;
    pieces.walk(window, start, Some(media))?;
    media.lasts(pieces.millis());
    Ok(())
}

/// Takes what the fragments leave out of each track, and the duration of all, where it is told.
fn defaults(window: &Window, extended: &Atom, movie: &mut Movie) -> Result<Option<u64>, Stop> {
    let mut all = None;
    each(window, extended.start, extended.end, |atom| {
        match &atom.kind {
            b"mehd" => {
                let late = window.array(atom.start)? == [1];
                let at = atom.start + 4;
                all = Some(if late { window.be::<8>(at)? } else { window.be::<4>(at)? });
            }
            b"trex" => {
                let id = window.be::<4>(atom.start + 4)?;
                if let Some(track) = movie.tracks.iter_mut().find(|track| track.id == id) {
                    track.default_duration = window.be::<4>(atom.start + 12)?;
                }
            }
            _ => {}
        }
        Ok(true)
    })?;
    Ok(all.filter(|length| *length > 0))
}

/// The duration that an index in front of the fragments tells, if it is one of all of them.
fn indexed(window: &Window, movie: &Movie) -> Result<Option<u64>, Stop> {
    let (mut longest, mut covered) = (None, 0);
    each(window, movie.end, window.size(), |atom| {
        if atom.kind == *b"sidx" {
            let (scale, units, end) = index(window, &atom)?;
            longest = longest.max(millis(units, scale));
            covered = covered.max(end);
        }
        Ok(!matches!(&atom.kind, b"moof" | b"mdat"))
    })?;
    if longest.is_none() || covered > window.size() {
        return Ok(None);
    }
    if covered < window.size() {
        // Whatever else may follow, no fragments.
        let behind: [u8; 4] = window.array(covered + 4)?;
        if !matches!(&behind, b"mfra" | b"free" | b"skip" | b"udta" | b"uuid" | b"meta") {
            return Ok(None);
        }
    }
    Ok(longest)
}

/// An index's scale, how many units it covers, and where that ends.
fn index(window: &Window, atom: &Atom) -> Result<(u64, u64, u64), Stop> {
    let scale = window.be::<4>(atom.start + 8)?;
    let (first, offset, at) = if window.array(atom.start)? == [0] {
        (window.be::<4>(atom.start + 12)?, window.be::<4>(atom.start + 16)?, atom.start + 20)
    } else {
        (window.be::<8>(atom.start + 12)?, window.be::<8>(atom.start + 20)?, atom.start + 28)
    };
    let count = window.be::<2>(at + 2)?;
    let entries = window.get(at + 4, usize::try_from(count * 12).map_err(|_| Stop::Malformed)?)?;
    let (mut units, mut end) = (first, atom.end.saturating_add(offset));
    for entry in entries.chunks_exact(12) {
        end = end.saturating_add(be(&entry[..4]) & 0x7fff_ffff);
        units = units.saturating_add(be(&entry[4..8]));
    }
    Ok((scale, units, end))
}

/// The start of the last pieces, by the index that some writers put at the end.
fn last_noted(window: &Window) -> Result<Option<u64>, Stop> {
    let (_, tail) = window.tail(16)?;
    if tail.get(4..8) != Some(b"mfro") {
        return Ok(None);
    }
    let len = be(tail.get(12..).unwrap_or_default());
    let Some(start) = window.size().checked_sub(len) else { return Ok(None) };
    let Some(index) = child(window, start, window.size(), *b"mfra")? else { return Ok(None) };
    let mut last: Option<u64> = None;
    each(window, index.start, index.end, |atom| {
        if atom.kind == *b"tfra" {
            let (at, late) = (atom.start, window.array(atom.start)? == [1]);
            let (lens, count) = (window.be::<4>(at + 8)?, window.be::<4>(at + 12)?);
            let numbers = 3 + (lens >> 4 & 3) + (lens >> 2 & 3) + (lens & 3);
            let times = if late { 16 } else { 8 };
            if let Some(before) = count.checked_sub(1) {
                let entry = at + 16 + before * (times + numbers);
                let piece =
                    if late { window.be::<8>(entry + 8)? } else { window.be::<4>(entry + 4)? };
                last = Some(last.map_or(piece, |last| last.min(piece)));
            }
        }
        Ok(true)
    })?;
    Ok(last)
}

/// The start of the last pieces, looked for from the end.
fn last_found(window: &Window) -> Result<Option<u64>, Stop> {
    for len in TAILS {
        let (start, tail) = window.tail(len)?;
        if let Some(at) = memmem::find(tail, PIECE).and_then(|at| at.checked_sub(4)) {
            return Ok(Some(start + at as u64));
        }
    }
    Ok(None)
}

impl Pieces {
    /// Goes from piece to piece. On the way, `media` is told about how long all of them are.
    fn walk(
        &mut self,
        window: &Window,
        from: u64,
        mut media: Option<&mut Media>,
    ) -> Result<(), Stop> {
        let (mut at, size) = (from, window.size());
        for _ in 0..MAX_PIECES {
            if size.saturating_sub(at) < 8 {
                return Ok(());
            }
            let mut next = size;
            let read = each(window, at, size, |atom| {
                next = atom.end;
                if atom.kind == *b"moof" {
                    self.piece(window, &atom).map(|()| false)
                } else {
                    Ok(false)
                }
            });
            // The last piece of a recording that broke off.
            if read == Err(Stop::Malformed) {
                return Ok(());
            }
            if let Some(media) = &mut media {
                let seen = u128::from(self.millis().unwrap_or(0));
                let all = seen * u128::from(size - from) / u128::from((next - from).max(1));
                media.lasts_about(u64::try_from(all).ok().filter(|_| seen > 0 && next < size));
            }
            read?;
            at = next;
        }
        Err(Stop::Malformed)
    }

    /// Takes how far a piece reaches.
    fn piece(&mut self, window: &Window, piece: &Atom) -> Result<(), Stop> {
        self.seen += 1;
        each(window, piece.start, piece.end, |atom| {
            if atom.kind == *b"traf" {
                self.run(window, &atom)?;
            }
            Ok(true)
        })
    }

    /// Takes a track's samples of one piece.
    fn run(&mut self, window: &Window, atom: &Atom) -> Result<(), Stop> {
        let Some(header) = child(window, atom.start, atom.end, *b"tfhd")? else { return Ok(()) };
        let flags = window.be::<4>(header.start)?;
        let id = window.be::<4>(header.start + 4)?;
        let Some(number) = self.movie.tracks.iter().position(|track| track.id == id) else {
            return Ok(());
        };
        let optional = |bit: u64, len: u64| if flags & bit == 0 { 0 } else { len };
        let duration = if flags & 8 == 0 {
            self.movie.tracks[number].default_duration
        } else {
            window.be::<4>(header.start + 8 + optional(1, 8) + optional(2, 4))?
        };
        let reach = &mut self.reach[number];
        match child(window, atom.start, atom.end, *b"tfdt")? {
            Some(time) if window.array(time.start)? == [1] => {
                reach.decoded = window.be::<8>(time.start + 4)?;
            }
            Some(time) => reach.decoded = window.be::<4>(time.start + 4)?,
            None => self.timed = false,
        }
        each(window, atom.start, atom.end, |atom| {
            if atom.kind == *b"trun" {
                samples(window, &atom, duration, reach)?;
            }
            Ok(true)
        })
    }

    /// The end of the last track, in milliseconds.
    fn millis(&self) -> Option<u64> {
        let ends = self.movie.tracks.iter().zip(&self.reach).filter_map(|(track, reach)| {
            let Track { scale, skipped, delay, .. } = *track;
            let ms = millis(reach.shown.checked_sub(skipped)?, scale)?;
            Some(ms.saturating_add(millis(delay, self.movie.scale).unwrap_or(0)))
        });
        ends.max().filter(|ms| *ms > 0)
    }
}

/// Takes a table of samples.
fn samples(window: &Window, table: &Atom, duration: u64, reach: &mut Reach) -> Result<(), Stop> {
    let (flags, count) = (window.be::<4>(table.start)?, window.be::<4>(table.start + 4)?);
    let optional = |bit: u64| if flags & bit == 0 { 0 } else { 4 };
    let start = table.start + 8 + optional(1) + optional(4);
    let entry = optional(0x100) + optional(0x200) + optional(0x400) + optional(0x800);
    if entry == 0 {
        reach.decoded = reach.decoded.saturating_add(count.saturating_mul(duration));
        reach.shown = reach.shown.max(reach.decoded);
        return Ok(());
    }
    let len = count.saturating_mul(entry).min(table.end.saturating_sub(start));
    let len = usize::try_from(len).ok().filter(|_| len <= MAX_TABLE).ok_or(Stop::Malformed)?;
    for sample in window.get(start, len)?.chunks_exact(usize::try_from(entry).unwrap_or(4)) {
        let length = if optional(0x100) == 0 { duration } else { be(&sample[..4]) };
        reach.decoded = reach.decoded.saturating_add(length);
        // How much later it is shown than decoded: below zero in newer tables.
        let later = sample.last_chunk::<4>().filter(|_| optional(0x800) != 0);
        let later = later.map_or(0, |later| i64::from(i32::from_be_bytes(*later)));
        reach.shown = reach.shown.max(reach.decoded.saturating_add_signed(later));
    }
    Ok(())
}
