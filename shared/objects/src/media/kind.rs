//! The kinds of binary formats, by who can tell more of them.

use super::audio::raw::Layout;
use super::video::codec::Codec;

/// A kind of binary format, by who can tell more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody.
    Opaque,
    Image,
    /// ISO base media: MP4, M4A, `QuickTime`.
    IsoMedia,
    /// Matroska and `WebM`.
    Matroska,
    /// MP3 and its like, or what follows an ID3 tag.
    Mpeg,
    Flac,
    Wav,
    Ogg,
    Zip,
    Ole,
    Ac3,
    Adts,
    Aiff,
    Amr,
    /// Windows Media.
    Asf,
    Au,
    Avi,
    Caf,
    Dts,
    Flv,
    Ircam,
    Ivf,
    MonkeysAudio,
    Mxf,
    /// Speech, of the NIST.
    Nist,
    Nut,
    /// Coded pictures without a container.
    Pictures(Codec),
    /// MPEG, as on discs.
    ProgramStream,
    /// Samples as the declared type says they are.
    Raw(Layout),
    /// MPEG, as broadcast.
    TransportStream,
    TrueAudio,
    /// Creative Voice.
    Voc,
    WavPack,
    Wave64,
    Y4m,
}
