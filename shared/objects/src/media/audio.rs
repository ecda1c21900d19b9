//! Audio: durations, from headers, sizes and frames.

pub(super) mod ac3;
pub(super) mod adts;
pub(super) mod amr;
pub(super) mod dts;
pub(super) mod flac;
pub(super) mod frames;
pub(super) mod lossless;
pub(super) mod mpeg;
pub(super) mod ogg;
pub(super) mod pcm;
pub(super) mod raw;
pub(super) mod voc;
pub(super) mod wav;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::probe_bytes;
    use super::super::tests::{find, fixture, media, probe_slice, probe_sparse};

    /// 128 kbit/s, 44.1 kHz, stereo: 417 bytes a frame, no note in the first.
    fn frames(count: usize) -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat().repeat(count)
    }

    #[test]
    fn mp3_without_a_note_is_counted_or_if_long_estimated() {
        assert_eq!(
            probe_bytes(&frames(383), None),
            media(("audio/mpeg", None, None, Some(10_005)))
        );
        let (found, reads) = probe_slice(&frames(23_000), None);
        assert_eq!((found.duration_ms, found.duration_estimated), (Some(600_816), true));
        assert!(reads <= 9);
    }

    #[test]
    fn joined_mp3s_have_their_whole_length() {
        let sample = fixture("sample.mp3");
        let joined = probe_bytes(&sample.repeat(3), None);
        // What the encoder put in front of each and behind it sounds, as it does in players.
        assert_eq!(joined, media(("audio/mpeg", None, None, Some(6_113))));
        let tagged = [&sample[..], b"TAG", &[b' '; 125]].concat();
        assert_eq!(probe_bytes(&tagged, None).duration_ms, Some(2_000));
        assert_eq!(probe_bytes(&sample[..sample.len() / 2], None).duration_ms, Some(993));
    }

    #[test]
    fn a_picture_in_front_of_an_mp3_is_stepped_over() {
        let sample = fixture("sample.mp3");
        let tag = 10 + usize::from(sample[8]) * 128 + usize::from(sample[9]);
        let len = 5_u32 << 20;
        let size = [21, 14, 7, 0].map(|shift| u8::try_from(len >> shift & 0x7f).unwrap());
        let header = [b"ID3\x03\x00\x00", &size[..]].concat();
        let at = u64::from(len) + 10;
        let pieces = [(0, &header[..]), (at, &sample[tag..])];
        let (found, reads) = probe_sparse(at + (sample.len() - tag) as u64, &pieces, None);
        assert_eq!((found, reads), (media(("audio/mpeg", None, None, Some(2_000))), 2));
    }

    #[test]
    fn what_could_not_be_noted_in_front_is_told_by_the_last_frame() {
        let mut flac = fixture("sample.flac");
        flac[22..26].fill(0);
        assert_eq!(probe_bytes(&flac, None), media(("audio/flac", None, None, Some(2_000))));
        let mut wavpack = fixture("cases/sound.wv");
        wavpack[12..16].fill(0xff);
        assert_eq!(probe_bytes(&wavpack, None).duration_ms, Some(2_000));
    }

    #[test]
    fn samples_without_a_header_are_what_is_declared() {
        let samples = [0x12, 0x34].repeat(24_000);
        for (declared, duration) in [
            ("audio/L16;rate=24000;channels=1", Some(1_000)),
            ("audio/L16; codec=pcm; rate=24000", Some(1_000)),
            ("Audio/l16; Rate=48000; channels=2", Some(250)),
            ("audio/L24; rate=16000", Some(1_000)),
            ("audio/L8;rate=\"8000\"", Some(6_000)),
            ("audio/PCMU", Some(6_000)),
            ("audio/pcm; rate=24000; bits=16", Some(1_000)),
            // Nothing says how many samples make a second, or how long one is.
            ("audio/L16", None),
            ("audio/L16; rate=0", None),
            ("audio/L16; rate=24000; channels=none", None),
            ("audio/pcm; rate=24000", None),
        ] {
            let found = probe_bytes(&samples, Some(declared));
            assert!(found.content_type.starts_with("audio/"), "{declared}");
            assert_eq!(found.duration_ms, duration, "{declared}");
        }
        let wav = probe_bytes(&fixture("sample.wav"), Some("audio/L16; rate=24000"));
        assert_eq!(wav, media(("audio/wav", None, None, Some(1_000))));
        let image = probe_bytes(&fixture("sample.png"), Some("audio/L16; rate=24000"));
        assert_eq!(image.content_type, "image/png");
    }

    #[test]
    fn words_of_dts_may_have_their_lowest_byte_first() {
        let sound = fixture("cases/sound.dts");
        let swapped: Vec<_> = sound.chunks_exact(2).flat_map(|word| [word[1], word[0]]).collect();
        assert_eq!(probe_bytes(&swapped, None), probe_bytes(&sound, None));
    }

    #[test]
    fn a_header_does_not_note_more_samples_than_there_are() {
        let speech = fixture("cases/speech.sph");
        assert_eq!(probe_bytes(&speech[..1024 + 2_000], None).duration_ms, Some(250));
        let noted = speech.len() - 1024;
        let unnoted = String::from_utf8_lossy(&speech[..1024]).replace(&noted.to_string(), "0000");
        let unnoted = [unnoted.as_bytes(), &speech[1024..]].concat();
        assert_eq!(probe_bytes(&unnoted, None).duration_ms, Some(500));
    }

    #[test]
    fn blocks_of_creative_voice_are_summed_up_or_if_many_estimated() {
        let block = |kind: u8, content: &[u8]| {
            let len = u32::try_from(content.len()).unwrap().to_le_bytes();
            [&[kind, len[0], len[1], len[2]], content].concat()
        };
        let header = fixture("cases/sox.voc")[..26].to_vec();
        // 8,000 samples a second: of 256 microseconds, 125 less.
        let sound = block(1, &[&[131, 0][..], &[0; 4_000]].concat());
        let silence = block(3, &[0x3f, 0x1f, 131]);
        let more = block(2, &[0; 2_000]);
        let whole = [&header[..], &sound, &silence, &more, &[0]].concat();
        assert_eq!(probe_bytes(&whole, None), media(("audio/x-voc", None, None, Some(1_750))));
        // Two channels of 8,000 samples each.
        let both = block(8, &[0x80, 0xc1, 0, 1]);
        let stereo = [&header[..], &both, &sound, &[0]].concat();
        assert_eq!(probe_bytes(&stereo, None).duration_ms, Some(250));
        let long = [&header[..], &sound, &more.repeat(4_000)].concat();
        let (found, reads) = probe_slice(&long, None);
        assert_eq!((found.duration_estimated, reads), (true, 1));
        assert!(found.duration_ms.unwrap().abs_diff(1_000_500) < 5_000);
    }

    #[test]
    fn joined_oggs_have_their_whole_length() {
        let joined = fixture("sample.ogg").repeat(2);
        assert_eq!(probe_bytes(&joined, None), media(("audio/ogg", None, None, Some(4_000))));
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
