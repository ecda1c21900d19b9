//! ISO base media (MP4, M4A, `QuickTime`): duration, dimensions, kinds of tracks.
//!
//! Read box by box, since the sample tables of a long video are larger than all that may be read of
//! it: only the few boxes that say something are visited, and the rest is stepped over.

use super::Media;
use super::boxes::{Atom, child, each};
use super::window::{Stop, Window};

/// What a file's tracks say.
#[derive(Default)]
struct Tracks {
    video: bool,
    audio: bool,
}

/// Finds duration and dimensions, and corrects the type of a file that only sounds.
pub(super) fn examine(window: &Window, media: &mut Media) -> Result<(), Stop> {
    let Some(movie) = child(window, 0, window.size(), *b"moov")? else {
        return Ok(());
    };
    let mut tracks = Tracks::default();
    let result = each(window, movie.start, movie.end, |atom| {
        match &atom.kind {
            b"mvhd" => media.duration_ms = duration(window, &atom)?,
            b"trak" => track(window, &atom, &mut tracks, media)?,
            // In pieces: the movie's header knows of none of them, this one may know of all.
            b"mvex" if media.duration_ms.is_none() => {
                let scale = child(window, movie.start, movie.end, *b"mvhd")?;
                let extent = child(window, atom.start, atom.end, *b"mehd")?;
                if let (Some(scale), Some(extent)) = (scale, extent) {
                    media.duration_ms = fragments(window, &scale, &extent)?;
                }
            }
            _ => {}
        }
        Ok(true)
    });
    if tracks.audio
        && !tracks.video
        && result.is_ok()
        && media.content_type.starts_with("video/mp4")
    {
        "audio/mp4".clone_into(&mut media.content_type);
    }
    result
}

fn track(
    window: &Window,
    track: &Atom,
    tracks: &mut Tracks,
    media: &mut Media,
) -> Result<(), Stop> {
    let Some(description) = child(window, track.start, track.end, *b"mdia")? else {
        return Ok(());
    };
    let Some(handler) = child(window, description.start, description.end, *b"hdlr")? else {
        return Ok(());
    };
    match &window.array(handler.start + 8)? {
        b"soun" => tracks.audio = true,
        b"vide" => {
            tracks.video = true;
            if let Some(header) = child(window, track.start, track.end, *b"tkhd")? {
                measure(window, &header, media)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Takes the dimensions of the largest video track.
fn measure(window: &Window, header: &Atom, media: &mut Media) -> Result<(), Stop> {
    let [version] = window.array(header.start)?;
    let matrix = header.start + if version == 1 { 52 } else { 40 };
    // 16.16 fixed point; the matrix says whether the picture is shown lying on its side.
    let fixed = |at| window.array(at).map(u32::from_be_bytes);
    let turned = fixed(matrix)? == 0 && fixed(matrix + 4)? != 0;
    let (width, height) = (fixed(matrix + 36)? >> 16, fixed(matrix + 40)? >> 16);
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let known = u64::from(media.width.unwrap_or(0)) * u64::from(media.height.unwrap_or(0));
    if u64::from(width) * u64::from(height) > known {
        (media.width, media.height) = (Some(width), Some(height));
    }
    Ok(())
}

/// The duration in a movie header.
fn duration(window: &Window, header: &Atom) -> Result<Option<u64>, Stop> {
    let [version] = window.array(header.start)?;
    let (scale, length, unknown) = if version == 1 {
        let length = u64::from_be_bytes(window.array(header.start + 24)?);
        (window.array(header.start + 20)?, length, u64::MAX)
    } else {
        let length = u32::from_be_bytes(window.array(header.start + 16)?);
        (window.array(header.start + 12)?, u64::from(length), u64::from(u32::MAX))
    };
    let known = length != unknown && length != 0;
    Ok(if known { super::millis(length, u32::from_be_bytes(scale).into()) } else { None })
}

/// The duration of all fragments.
fn fragments(window: &Window, movie: &Atom, extent: &Atom) -> Result<Option<u64>, Stop> {
    let [version] = window.array(movie.start)?;
    let scale = window.array(movie.start + if version == 1 { 20 } else { 12 })?;
    let length = match window.array(extent.start)? {
        [1] => u64::from_be_bytes(window.array(extent.start + 4)?),
        [_] => u32::from_be_bytes(window.array(extent.start + 4)?).into(),
    };
    Ok(super::millis(length, u32::from_be_bytes(scale).into()).filter(|ms| *ms > 0))
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
}
