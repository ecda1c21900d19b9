//! Audio: durations, from headers and sizes.

pub(super) mod flac;
pub(super) mod mpeg;
pub(super) mod ogg;
pub(super) mod wav;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::probe_bytes;
    use super::super::tests::{find, fixture, media, probe_sparse};

    #[test]
    fn mp3_without_a_note_is_estimated_and_pictures_are_stepped_over() {
        let sample = fixture("sample.mp3");
        let tag = 10 + usize::from(sample[8]) * 128 + usize::from(sample[9]);
        // 128 kbit/s, 44.1 kHz, stereo: 417 or 418 bytes a frame, no note in the first.
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat();
        let plain = frame.repeat(383);
        assert_eq!(probe_bytes(&plain, None), media(("audio/mpeg", None, None, Some(10_005))));

        // A tag with a picture of five megabytes.
        let len = 5_u32 << 20;
        let size = [21, 14, 7, 0].map(|shift| u8::try_from(len >> shift & 0x7f).unwrap());
        let header = [b"ID3\x03\x00\x00", &size[..]].concat();
        let at = u64::from(len) + 10;
        let pieces = [(0, &header[..]), (at, &sample[tag..])];
        let (found, reads) = probe_sparse(at + (sample.len() - tag) as u64, &pieces, None);
        assert_eq!((found, reads), (media(("audio/mpeg", None, None, Some(2_038))), 2));
    }

    #[test]
    fn a_tag_may_be_followed_by_other_sound() {
        let tag = b"ID3\x03\x00\x00\x00\x00\x00\x05\0\0\0\0\0";
        let found = probe_bytes(&[&tag[..], &fixture("sample.flac")].concat(), None);
        assert_eq!(found, media(("audio/flac", None, None, Some(2_000))));
    }

    #[test]
    fn sound_of_unknown_length_is_measured_by_the_size() {
        let mut sample = fixture("sample.wav");
        let data = find(&sample, b"data") + 8;
        for len in [0, u32::MAX] {
            sample[data..data + 4].copy_from_slice(&len.to_le_bytes());
            assert_eq!(probe_bytes(&sample, None).duration_ms, Some(1_000));
        }
    }

    #[test]
    fn a_long_ogg_takes_its_head_and_its_tail() {
        let sample = fixture("sample.ogg");
        let size = 1 << 30;
        let pieces = [(0, &sample[..4_000]), (size - sample.len() as u64, &sample[..])];
        let (found, reads) = probe_sparse(size, &pieces, None);
        assert_eq!((found, reads), (media(("audio/ogg", None, None, Some(2_000))), 2));
    }
}
