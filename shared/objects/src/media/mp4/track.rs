//! A track: what it is of, its units of time, and how its picture is shown.

use super::super::Media;
use super::super::boxes::{Atom, child, each};
use super::super::window::{Stop, Window};

/// Edits looked at.
const MAX_EDITS: u64 = 16;
/// Bytes of a picture's description in front of the boxes that say more.
const DESCRIPTION: u64 = 8 + 78;

/// The kind of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler {
    Film,
    Sound,
    Other,
}

/// A track of a movie.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: u64,
    pub(super) handler: Handler,
    /// Units of a second.
    pub(super) scale: u64,
    /// In these units, where its header knows it.
    pub(super) length: Option<u64>,
    /// The time that an edit takes off the start, in these units.
    pub(super) skipped: u64,
    /// The time that an edit puts in front, in units of the movie.
    pub(super) delay: u64,
    /// The length of samples of fragments that do not say it themselves.
    pub(super) default_duration: u64,
}

impl Track {
    /// Reads a track; of a film, takes the dimensions of the largest.
    pub(super) fn read(
        window: &Window,
        atom: &Atom,
        media: &mut Media,
    ) -> Result<Option<Self>, Stop> {
        let find = |parent: &Atom, kind| child(window, parent.start, parent.end, kind);
        let (Some(header), Some(description)) = (find(atom, *b"tkhd")?, find(atom, *b"mdia")?)
        else {
            return Ok(None);
        };
        let (Some(times), Some(handler)) =
            (find(&description, *b"mdhd")?, find(&description, *b"hdlr")?)
        else {
            return Ok(None);
        };
        let handler = match &window.array(handler.start + 8)? {
            b"soun" => Handler::Sound,
            b"vide" => Handler::Film,
            _ => Handler::Other,
        };
        let late = window.array(header.start)? == [1];
        let (scale, length) = super::header(window, &times)?;
        let (skipped, delay) = edits(window, atom)?;
        if handler == Handler::Film {
            let entry = sample_entry(window, &description)?;
            measure(window, &header, entry.as_ref(), media)?;
        }
        Ok(Some(Self {
            id: window.be::<4>(header.start + if late { 20 } else { 12 })?,
            handler,
            scale,
            length,
            skipped,
            delay,
            default_duration: 0,
        }))
    }
}

/// The times that edits take off a track's start, and put in front of it.
fn edits(window: &Window, track: &Atom) -> Result<(u64, u64), Stop> {
    let Some(edits) = child(window, track.start, track.end, *b"edts")? else { return Ok((0, 0)) };
    let Some(list) = child(window, edits.start, edits.end, *b"elst")? else { return Ok((0, 0)) };
    let late = window.array(list.start)? == [1];
    let (mut at, mut delay) = (list.start + 8, 0_u64);
    for _ in 0..window.be::<4>(list.start + 4)?.min(MAX_EDITS) {
        let (length, start, empty) = if late {
            (window.be::<8>(at)?, window.be::<8>(at + 8)?, u64::MAX)
        } else {
            (window.be::<4>(at)?, window.be::<4>(at + 4)?, u64::from(u32::MAX))
        };
        if start != empty {
            return Ok((start, delay));
        }
        delay = delay.saturating_add(length);
        at += if late { 20 } else { 12 };
    }
    Ok((0, delay))
}

/// The first description of a track's samples.
fn sample_entry(window: &Window, description: &Atom) -> Result<Option<Atom>, Stop> {
    let mut atom = *description;
    for kind in [*b"minf", *b"stbl", *b"stsd"] {
        let Some(inner) = child(window, atom.start, atom.end, kind)? else { return Ok(None) };
        atom = inner;
    }
    let mut entry = None;
    each(window, atom.start + 8, atom.end, |atom| {
        entry = Some(atom);
        Ok(false)
    })?;
    Ok(entry)
}

/// Takes a track's dimensions, if it is the largest so far.
fn measure(
    window: &Window,
    header: &Atom,
    entry: Option<&Atom>,
    media: &mut Media,
) -> Result<(), Stop> {
    let [version] = window.array(header.start)?;
    let matrix = header.start + if version == 1 { 52 } else { 40 };
    // 16.16 fixed point; the matrix says whether the picture is shown lying on its side.
    let fixed = |at| window.array(at).map(u32::from_be_bytes);
    let turned = fixed(matrix)? == 0 && fixed(matrix + 4)? != 0;
    let noted = (fixed(matrix + 36)? >> 16, fixed(matrix + 40)? >> 16);
    let (width, height) = match entry {
        Some(entry) => shown(window, entry, noted)?,
        None => noted,
    };
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let known = u64::from(media.width.unwrap_or(0)) * u64::from(media.height.unwrap_or(0));
    if u64::from(width) * u64::from(height) > known {
        (media.width, media.height) = (Some(width), Some(height));
    }
    Ok(())
}

/// The size at which a picture is shown: as coded, where its pixels are square. `noted` is what its track notes.
fn shown(window: &Window, entry: &Atom, noted: (u32, u32)) -> Result<(u32, u32), Stop> {
    let side = |at| window.array(entry.start + at).map(|side| u32::from(u16::from_be_bytes(side)));
    let coded = (side(24)?, side(26)?);
    if coded.0 == 0 || coded.1 == 0 {
        return Ok(noted);
    }
    let start = entry.start + DESCRIPTION - 8;
    let Some(ratio) = child(window, start, entry.end, *b"pasp")? else {
        return Ok(if noted.0 > 0 && noted.1 > 0 { noted } else { coded });
    };
    let ratio = (window.be::<4>(ratio.start)?, window.be::<4>(ratio.start + 4)?);
    Ok(super::super::stretched(coded, ratio))
}
