//! Sound and film: told by their signatures.

use super::audio::{ac3, adts, amr, dts, frames, lossless, voc};
use super::kind::Kind;
use super::video::codec::{self, Codec};
use super::video::{nut, y4m};

/// The starts of formats that a few letters tell.
const SIGNATURES: &[(&[u8], &str, Kind)] = &[
    (amr::NARROW, "audio/amr", Kind::Amr),
    (amr::WIDE, "audio/amr-wb", Kind::Amr),
    (b".snd", "audio/basic", Kind::Au),
    (b"caff\0\x01", "audio/x-caf", Kind::Caf),
    (b"TTA1", "audio/x-tta", Kind::TrueAudio),
    (lossless::WAVPACK, "audio/x-wavpack", Kind::WavPack),
    (b"MAC ", "audio/x-ape", Kind::MonkeysAudio),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "audio/x-w64", Kind::Wave64),
    (b"DTSHDHDR", "audio/vnd.dts.hd", Kind::Opaque),
    (voc::START, "audio/x-voc", Kind::Voc),
    (b"\x64\xa3\x01\0", "audio/x-ircam", Kind::Ircam),
    (b"\x64\xa3\x02\0", "audio/x-ircam", Kind::Ircam),
    (b"NIST_1A\n", "audio/x-nist", Kind::Nist),
    (nut::START, "video/x-nut", Kind::Nut),
    (y4m::START, "video/x-yuv4mpeg", Kind::Y4m),
    (b"FLV\x01", "video/x-flv", Kind::Flv),
    (b"DKIF\0\0", "video/x-ivf", Kind::Ivf),
    (ASF, "video/x-ms-wmv", Kind::Asf),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01", "application/mxf", Kind::Mxf),
    (b"\0\0\x01\xba", "video/mpeg", Kind::ProgramStream),
    (b"\0\0\x01\xb3", "video/mpeg", Kind::Pictures(Codec::Mpeg)),
];

/// The start of a file of Windows Media.
const ASF: &[u8] = &[
    0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c,
];

/// The content type of bytes that sound, and who can tell more.
pub(super) fn content_type(head: &[u8]) -> Option<(&'static str, Kind)> {
    if let Some((_, content_type, kind)) =
        SIGNATURES.iter().find(|(start, ..)| head.starts_with(start))
    {
        return Some((content_type, *kind));
    }
    match (head.get(..4), head.get(8..12)) {
        (Some(b"FORM"), Some(b"AIFF" | b"AIFC")) => return Some(("audio/aiff", Kind::Aiff)),
        (Some(b"RIFF"), Some(b"AVI ")) => return Some(("video/x-msvideo", Kind::Avi)),
        _ => {}
    }
    // Packets of 188 bytes, or with four in front of each as cameras and discs write them.
    if [0, 4].iter().any(|first| in_packets(head, *first)) {
        return Some(("video/mp2t", Kind::TransportStream));
    }
    if let Some(codec) = codec::starts(head) {
        let content_type = match codec {
            Codec::Mpeg => "video/mpeg",
            Codec::Mpeg4 => "video/mp4v-es",
            Codec::H264 => "video/h264",
            Codec::H265 => "video/h265",
        };
        return Some((content_type, Kind::Pictures(codec)));
    }
    match head {
        [0x0b, 0x77, ..] if frames::starts(head, ac3::parse) => {
            let enhanced = ac3::is_enhanced(head);
            Some((if enhanced { "audio/eac3" } else { "audio/ac3" }, Kind::Ac3))
        }
        [0xff, ..] if frames::starts(head, adts::parse) => Some(("audio/aac", Kind::Adts)),
        _ if dts::is_core(head) && frames::starts(head, dts::parse) => {
            Some(("audio/vnd.dts", Kind::Dts))
        }
        _ => None,
    }
}

/// True if bytes are packets of a transport stream, `first` of which stand in front of each.
fn in_packets(head: &[u8], first: usize) -> bool {
    (0..3).all(|packet| head.get(first + packet * (188 + first)) == Some(&0x47))
}
