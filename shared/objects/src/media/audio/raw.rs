//! Samples without any header, as speech services stream them: only the declared type tells what they
//! are, `audio/L16; rate=24000; channels=1`.

use super::super::declared::Declared;
use super::super::{Media, millis};

/// The layout of samples of a declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Layout {
    /// Bits of a sample of one channel.
    bits: u64,
    /// A second's samples of one channel; none where nothing says it.
    rate: Option<u64>,
    channels: u64,
}

/// The layout that a declared type tells; none if it is of no such type.
pub(in super::super) fn layout(declared: &Declared) -> Option<Layout> {
    let name = declared.essence.strip_prefix("audio/")?;
    let number = |name| parameter(declared, name).map(|value| value.parse::<u64>().ok());
    // (bits, the rate that the type's registration names)
    let (bits, rate) = match name {
        // RFC 3551, RFC 2586 and RFC 3190.
        "l8" => (8, None),
        "l16" => (16, None),
        "l20" => (20, None),
        "l24" => (24, None),
        "pcmu" | "pcma" | "basic" | "x-mulaw" | "x-alaw" | "mulaw" | "alaw" => (8, Some(8_000)),
        // Of no registration: told only where the parameters say all.
        "pcm" | "x-pcm" | "x-raw" | "raw" => {
            (number("bits").or_else(|| number("bit-depth")).flatten().unwrap_or(0), None)
        }
        _ => return None,
    };
    let rate = match number("rate").or_else(|| number("sample-rate")) {
        Some(given) => given,
        None => rate,
    };
    let channels = number("channels").map_or(Some(1), |given| given);
    let known = rate.filter(|rate| bits > 0 && (1..=768_000).contains(rate));
    let rate = known.filter(|_| channels.is_some_and(|channels| (1..=255).contains(&channels)));
    Some(Layout { bits, rate, channels: channels.unwrap_or(1) })
}

/// The value of a parameter of the declared type, without quotes.
fn parameter<'a>(declared: &'a Declared, name: &str) -> Option<&'a str> {
    let mut parts = declared.full.split("; ").skip(1).filter_map(|part| part.split_once('='));
    parts.find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'))
}

/// Signatures that samples do not have by chance, of files that somebody called samples.
const OTHERS: &[&[u8]] =
    &[b"OggS", b"fLaC", b"ID3", b"\x89PNG", b"GIF8", b"PK\x03\x04", b"\xff\xd8\xff\xe0"];

/// True if bytes are of another format after all, whose signature is long enough.
pub(in super::super) fn is_refuted(head: &[u8]) -> bool {
    OTHERS.iter().any(|start| head.starts_with(start)) || super::mpeg::starts(head)
}

impl Layout {
    /// Takes the duration from an object's size.
    pub(in super::super) fn measure(self, size: u64, media: &mut Media) {
        let second = self.rate.map(|rate| rate * self.bits * self.channels);
        media.lasts(second.and_then(|bits| millis(size.checked_mul(8)?, bits)));
    }
}
