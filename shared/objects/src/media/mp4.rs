//! ISO base media (MP4, M4A, `QuickTime`): duration, dimensions, kinds of tracks.
//!
//! Read box by box, since the sample tables of a long video are larger than all that may be read of
//! it: only the few boxes that say something are visited, and the rest is stepped over.

mod fragments;
mod track;

use self::track::{Handler, Track};
use super::boxes::{Atom, child, each};
use super::window::{Stop, Window};
use super::{Media, millis};

/// Tracks looked at.
const MAX_TRACKS: usize = 64;

/// A movie's header.
struct Movie {
    /// Units of a second.
    scale: u64,
    tracks: Vec<Track>,
    /// The end of its boxes.
    end: u64,
}

/// Finds duration and dimensions, and corrects the type of a file that only sounds.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let Some(atom) = child(window, 0, window.size(), *b"moov")? else {
        return Ok(());
    };
    let (mut length, mut extended) = (None, None);
    let mut movie = Movie { scale: 0, tracks: Vec::new(), end: atom.end };
    each(window, atom.start, atom.end, |atom| {
        match &atom.kind {
            b"mvhd" => (movie.scale, length) = header(window, &atom)?,
            b"trak" if movie.tracks.len() < MAX_TRACKS => {
                movie.tracks.extend(Track::read(window, &atom, media)?);
            }
            b"mvex" => extended = Some(atom),
            _ => {}
        }
        Ok(true)
    })?;
    let has = |handler| movie.tracks.iter().any(|track| track.handler == handler);
    if has(Handler::Sound) && !has(Handler::Film) {
        let sound = match &*media.content_type {
            "video/mp4" => "audio/mp4",
            "video/3gpp" => "audio/3gpp",
            "video/3gpp2" => "audio/3gpp2",
            other => other,
        };
        media.content_type = sound.to_owned();
    }
    if let Some(extended) = extended {
        return fragments::measure(window, movie, &extended, length, media);
    }
    // Where the movie's own is not known, that of its longest track.
    let tracks =
        || movie.tracks.iter().filter_map(|track| millis(track.length?, track.scale)).max();
    media.lasts(length.and_then(|length| millis(length, movie.scale)).or_else(tracks));
    Ok(())
}

/// The scale and the duration in a header of a movie or of a track's media.
fn header(window: &Window, header: &Atom) -> Result<(u64, Option<u64>), Stop> {
    let [version] = window.array(header.start)?;
    let (scale, length, unknown) = if version == 1 {
        (window.be::<4>(header.start + 20)?, window.be::<8>(header.start + 24)?, u64::MAX)
    } else {
        let length = window.be::<4>(header.start + 16)?;
        (window.be::<4>(header.start + 12)?, length, u64::from(u32::MAX))
    };
    Ok((scale, Some(length).filter(|length| *length != unknown && *length != 0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::probe_bytes;
    use super::super::tests::{atom, find, fixture, media, probe_sparse};

    #[test]
    fn a_film_of_three_gigabytes_with_its_index_at_the_end_takes_two_reads() {
        let sample = fixture("sample.mp4");
        let (start, index) = (find(&sample, b"mdat"), find(&sample, b"moov"));
        let size = 3 << 30;
        let at = size - (sample.len() - index) as u64;
        let header = [&[0, 0, 0, 1][..], b"mdat", &(at - start as u64).to_be_bytes()].concat();
        let pieces = [(0, &sample[..start]), (start as u64, &header[..]), (at, &sample[index..])];
        let (found, reads) = probe_sparse(size, &pieces, None);
        assert_eq!((found, reads), (media(("video/mp4", Some(320), Some(200), Some(2_000))), 2));
    }

    #[test]
    fn sample_tables_larger_than_the_limit_are_stepped_over() {
        let sample = fixture("sample.mp4");
        let index = &sample[find(&sample, b"moov")..];
        let second = index.windows(4).rposition(|window| window == b"trak").unwrap() - 4;
        let gap = 2_000_000_u32;
        let mut moov = index[8..].to_vec();
        // The first track grows by a box of two megabytes at its end.
        let first = find(&moov, b"trak");
        let len = u32::try_from(second - 8 - first).unwrap();
        moov[first..first + 4].copy_from_slice(&(len + gap).to_be_bytes());
        let filler = [&gap.to_be_bytes()[..], b"free"].concat();
        let ftyp = &sample[..find(&sample, b"free")];
        let head = u64::try_from(ftyp.len()).unwrap() + 8;
        let total = u32::try_from(index.len()).unwrap() + gap;
        let start = [ftyp, &total.to_be_bytes(), b"moov", &moov[..second - 8], &filler].concat();
        let rest = head + second as u64 - 8 + u64::from(gap);
        let size = rest + (moov.len() - (second - 8)) as u64;
        let (found, reads) = probe_sparse(size, &[(0, &start), (rest, &moov[second - 8..])], None);
        assert_eq!((found, reads), (media(("video/mp4", Some(320), Some(200), Some(2_000))), 2));
    }

    #[test]
    fn a_film_that_lies_on_its_side_is_measured_upright() {
        let mut sample = fixture("sample.mp4");
        let matrix = find(&sample, b"tkhd") + 8 + 40;
        let turn = [0_u32, 0x1_0000, 0, 0xffff_0000, 0, 0].map(u32::to_be_bytes).concat();
        sample[matrix..matrix + 24].copy_from_slice(&turn);
        let found = probe_bytes(&sample, None);
        assert_eq!((found.width, found.height), (Some(200), Some(320)));
    }

    #[test]
    fn a_film_without_pictures_is_sound() {
        let mut mp4 = atom(b"ftyp", b"isom\0\0\0\0isom");
        let sample = fixture("sample.m4a");
        mp4.extend(&sample[find(&sample, b"moov")..]);
        assert_eq!(probe_bytes(&mp4, None), media(("audio/mp4", None, None, Some(2_000))));
    }
    /// A film in pieces of four gigabytes: all but the last lie in the middle of them.
    fn in_large_pieces(name: &str) -> (super::super::Media, usize) {
        let sample = fixture(name);
        let last = sample.windows(4).rposition(|kind| kind == b"moof").unwrap() - 4;
        let index = find(&sample, b"moof");
        let gap = (4_u64 << 30) - 16;
        let filler = [&[0, 0, 0, 1][..], b"free", &gap.to_be_bytes()].concat();
        let at = index as u64 + gap;
        let pieces = [(0, &sample[..index]), (index as u64, &filler[..]), (at, &sample[last..])];
        probe_sparse(at + (sample.len() - last) as u64, &pieces, None)
    }

    #[test]
    fn a_film_in_pieces_is_told_by_the_last() {
        for name in ["cases/frag-empty.mp4", "cases/frag-keyframe.mp4"] {
            let (found, reads) = in_large_pieces(name);
            assert_eq!(
                (found.duration_ms, found.duration_estimated),
                (Some(2_133), false),
                "{name}"
            );
            assert!(reads <= 4, "{name}: {reads} reads");
        }
    }

    #[test]
    fn pieces_that_do_not_say_when_they_are_are_gone_through() {
        let mut sample = fixture("cases/frag-empty.mp4");
        while let Some(at) = sample.windows(4).position(|kind| kind == b"tfdt") {
            sample[at..at + 4].copy_from_slice(b"free");
        }
        assert_eq!(probe_bytes(&sample, None).duration_ms, Some(2_133));
    }
}
